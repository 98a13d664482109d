"""The production processes: `hornbook api`, `worker` and `reconciler`.

Each replaces this process, so that signals and exit codes need no relay; imports are few, for they are paid twice.
"""

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

from app.settings import get_settings


class Queue(StrEnum):
    """What a worker works on."""

    refine = "refine"
    """Waits on the LLM."""
    cpu = "cpu"
    """Ingests, scores, settles, exports."""


def api() -> None:
    """Serve the HTTP API and the dashboard."""
    os.execv(sys.executable, [sys.executable, "-m", "app.main"])


def worker(
    queue: Annotated[Queue, typer.Option(help="Which queue to work on.")],
    concurrency: Annotated[int | None, typer.Option(min=1, help="Worker processes; the default is a setting.")] = None,
) -> None:
    """Run Celery workers on one queue."""
    settings = get_settings()
    count = concurrency or (1 if queue is Queue.refine else settings.worker_concurrency)
    argv = [sys.executable, "-m", "celery", "-A", "workers.celery_app", "worker", "-P", "prefork", "-c", str(count)]
    argv += ["-Q", queue.value, "--without-gossip", "--without-mingle", "-n", f"{queue.value}-{os.getpid()}@%h"]
    if queue is Queue.cpu:
        argv += ["--max-memory-per-child", str(settings.worker_max_memory_mb * 1_000)]
    os.execv(sys.executable, [*argv, "-l", settings.log_level])


def reconciler() -> None:
    """Find in the database what messages may have lost; one is enough, more do no harm."""
    os.execv(sys.executable, [sys.executable, "-m", "workers.reconciler"])
