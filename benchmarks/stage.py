"""What benchmarks share: a whole Hornbook of real processes with production's settings, and how figures are printed."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.adapters.storage import Storage
from app.db import migrate
from app.db.session import engine_of, retrying
from app.dispatch import send
from app.domain.config import JobConfig
from app.domain.price_list import price_table
from app.domain.records import JobId
from app.domain.steps import Compute
from app.embedded.process import ProcessSpec
from app.embedded.services import EmbeddedServices
from app.services import corpora, submission
from tests.faults.rig import PRICES, Rig


@dataclass
class Stage(Rig):
    """The rig of the fault tests with production's leases, slices and durable databases."""

    @property
    def env(self) -> dict[str, str]:
        """What every process is told: addresses, and nothing that production would not have."""
        return {
            "HORNBOOK_HOME": str(self.home),
            "HORNBOOK_DATABASE_URL": self.services.database_url,
            "HORNBOOK_REDIS_URL": self.services.redis_url,
            "HORNBOOK_LOG_LEVEL": "WARNING",
        }

    def _worker(self, queue: str, number: int, concurrency: int) -> ProcessSpec:
        # `hornbook worker` runs one pump, which fills all slots by itself, and a CPU worker a core.
        return super()._worker(queue, number, 1 if queue == "refine" else os.cpu_count() or 1)

    def upload(self, texts: Sequence[str], name: str) -> int:
        """The id of a corpus of `texts`, to be read by a worker."""
        lines = (json.dumps({"text": text}).encode() + b"\n" for text in texts)
        stored = Storage(self.home / "files").receive(lines, "seeds.jsonl", max_bytes=10**10)
        engine = engine_of(self.services.database_url)
        return retrying(engine, lambda s: corpora.register(s, name, [stored], corpora.CorpusOptions())).corpus_id

    def start_job(self, corpus_id: int, config: JobConfig) -> JobId:
        """A job over a corpus, with a hint to begin."""
        operator = submission.Operator(
            production=False,
            endpoint=f"http://127.0.0.1:{self.stub_port}/v1",
            model="stub",
            api_key=None,
            prices=price_table(PRICES),
        )
        target = submission.choose_target(config, operator)
        engine = engine_of(self.services.database_url)
        job_id, _ = retrying(
            engine, lambda s: submission.submit(s, corpus_id, config, target, operator=operator, priority=0)
        )
        send(self.services.redis_url, [Compute()])
        return job_id

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds so far by process name, each with all its children."""
        return {name: cpu_of(pid) for name, pid in self.services.supervisor.pids().items()}


def cpu_of(pid: int) -> float:
    """CPU seconds of a process, its children and their children so far."""
    total = 0.0
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return float(total)


@contextmanager
def stage(root: Path, *, stub: Sequence[str] = ()) -> Iterator[Stage]:
    """Durable databases with the schema, and an endpoint; the benchmark starts the workers it wants."""
    services = EmbeddedServices(root / "home", durable=True)
    services.start_databases()
    bill = root / "bill.jsonl"
    try:
        with stub_endpoint([*stub, "--log", str(bill)]) as port:
            migrate.upgrade(services.database_url)
            yield Stage(services, root / "home", port, bill)
    finally:
        services.stop()


@contextmanager
def stub_endpoint(options: Sequence[str]) -> Iterator[int]:
    """The port of a stub endpoint in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.stub_llm", *options], stdout=subprocess.PIPE, text=True
    ) as stub:
        assert stub.stdout is not None
        try:
            yield int(stub.stdout.readline())
        finally:
            stub.terminate()


def options_of(description: str | None) -> argparse.ArgumentParser:
    """A parser that knows `--json`."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    return parser


class Load:
    """How busy everybody else kept the machine while we measured."""

    def __init__(self) -> None:
        self.begun, self.times = time.perf_counter(), psutil.cpu_times()
        self.own = cpu_of(os.getpid())

    def figures(self) -> dict[str, float]:
        """Cores, the load average of the last minute, and cores taken by processes that this one did not start."""
        now, wall = psutil.cpu_times(), time.perf_counter() - self.begun
        busy = (now.user + now.system + now.nice) - (self.times.user + self.times.system + self.times.nice)
        ours = cpu_of(os.getpid()) - self.own
        return {
            "cores": float(os.cpu_count() or 1),
            "load_1min": round(os.getloadavg()[0], 2),
            "cores_taken_by_others": round(max(0.0, busy - ours) / wall, 2),
        }


def show(figures: dict[str, object], lines: Sequence[str], *, as_json: bool) -> None:
    """Print either."""
    print(json.dumps(figures) if as_json else "\n".join(lines), flush=True)
