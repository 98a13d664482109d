"""`hornbook worker --queue cpu` replaces a process that grew too large."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from app.dispatch import send
from app.domain.steps import Compute
from tests.cli_process import environment


@contextmanager
def cpu_worker(env: dict[str, str], cwd: Path) -> Iterator[psutil.Process]:
    """The worker as a user starts it, with one process to work."""
    argv = [sys.executable, "-m", "app.cli.main", "worker", "--queue", "cpu", "--concurrency", "1"]
    with (cwd / "log").open("wb") as log, subprocess.Popen(argv, env=env, cwd=cwd, stdout=log, stderr=log) as started:
        try:
            yield psutil.Process(started.pid)
        finally:
            started.terminate()
            started.wait(30)


def children(worker: psutil.Process) -> set[int]:
    return {child.pid for child in worker.children()}


def test_a_process_that_grew_too_large_is_replaced(database_url: str, redis_url: str, tmp_path: Path) -> None:
    env = environment(database_url=database_url, redis_url=redis_url, home=str(tmp_path), worker_max_memory_mb="1")
    with cpu_worker(env, tmp_path) as worker:
        end = time.monotonic() + 120
        while not (first := children(worker)) and time.monotonic() < end:
            time.sleep(0.2)
        send(redis_url, [Compute()])
        while first & children(worker) and time.monotonic() < end:
            time.sleep(0.2)
        assert first and not first & children(worker), (tmp_path / "log").read_text()[-2_000:]
