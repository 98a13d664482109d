"""A whole Hornbook of real processes that faults are done to, and the invariants that must hold afterwards.

Postgres, Redis, Celery workers and the reconciler under the supervisor of embedded mode, and a stub endpoint that keeps
its own bill on disk: budgets and "nothing lost" are judged by that bill and by counting rows, not by our ledger.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
import psycopg
import redis
from psycopg.rows import dict_row

from app.adapters.storage import Storage
from app.db import migrate
from app.db.session import engine_of, retrying
from app.dispatch import send
from app.domain.config import Budget, Embedding, JobConfig, Llm, Planning, Targets
from app.domain.gate_config import Gates
from app.domain.price_list import price_table
from app.domain.records import JobId
from app.domain.steps import Compute
from app.embedded.process import ProcessSpec
from app.embedded.services import EmbeddedServices
from app.services import corpora, submission

LEASE_S, SWEEP_S = 4.0, 1.0
PRICES = {"stub": {"input_usd_per_mtok": 0.15, "output_usd_per_mtok": 0.6, "batch_discount": 0.5}}


@dataclass
class Rig:
    """The processes and how to reach them."""

    services: EmbeddedServices
    home: Path
    stub_port: int
    bill: Path
    kills: int = 0
    workers: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    """What a test wants otherwise, by the name of the variable."""

    @property
    def env(self) -> dict[str, str]:
        """What every process is told."""
        return {
            "HORNBOOK_HOME": str(self.home),
            "HORNBOOK_DATABASE_URL": self.services.database_url,
            "HORNBOOK_REDIS_URL": self.services.redis_url,
            "HORNBOOK_LEASE_S": str(LEASE_S),
            "HORNBOOK_SWEEP_S": str(SWEEP_S),
            "HORNBOOK_LLM_DEADLINE_S": "20",
            "HORNBOOK_PUMP_SLICE_S": "20",
            # Faults come faster here than leases run out in life. What a killed pump held must survive by the default.
            "HORNBOOK_MAX_CRASHES": "50",
            **self.settings,
        }

    def start(self, *, refine: int = 1, reconciler: bool = True) -> None:
        """Start the workers and the reconciler; whatever dies is started again."""
        specs = [self._worker("refine", number, 2) for number in range(refine)] + [self._worker("cpu", 0, 1)]
        self.services.supervisor.start(specs)
        self.workers += [spec.name for spec in specs]
        if reconciler:
            self.start_reconciler()

    def _worker(self, queue: str, number: int, concurrency: int) -> ProcessSpec:
        argv = (sys.executable, "-m", "celery", "-A", "workers.celery_app", "worker", "-c", str(concurrency))
        argv += ("-Q", queue, "--without-gossip", "--without-mingle", "-n", f"{queue}-{number}@%h", "-l", "INFO")
        return ProcessSpec(f"{queue}-{number}", argv, env=self.env, grace_s=1)

    def start_reconciler(self) -> None:
        """The reconciler alone."""
        argv = (sys.executable, "-m", "workers.reconciler")
        self.services.supervisor.start([ProcessSpec("reconciler", argv, env=self.env, grace_s=1)])

    def pool_children(self, queue: str) -> list[psutil.Process]:
        """The Celery pool processes of a queue's workers that run now."""
        pids = self.services.supervisor.pids()
        found: list[psutil.Process] = []
        for name in self.workers:
            if name.startswith(queue) and name in pids:
                try:
                    found += psutil.Process(pids[name]).children()
                except psutil.NoSuchProcess:
                    continue
        return found

    def pid(self, name: str) -> int:
        """The process of that name."""
        self.wait(lambda: name in self.services.supervisor.pids(), within_s=20, what=f"{name} runs")
        return self.services.supervisor.pids()[name]

    def redis(self) -> redis.Redis:
        """A client of the broker."""
        return redis.Redis.from_url(self.services.redis_url)

    def query(self, sql: str, *values: object) -> list[dict[str, object]]:
        """Rows of a query, tried again while Postgres is away."""
        url = self.services.database_url.replace("+psycopg", "")
        for _ in range(100):
            try:
                with psycopg.connect(url, autocommit=True, row_factory=dict_row, connect_timeout=2) as connection:
                    return connection.execute(sql, values).fetchall()  # type: ignore[arg-type]
            except psycopg.OperationalError:
                time.sleep(0.2)
        raise AssertionError("Postgres did not come back")

    def submit(
        self,
        documents: int,
        *,
        budget: Budget | None = None,
        rounds: int = 1,
        hint: bool = True,
        vectors: bool = False,
        batch: bool = False,
    ) -> JobId:
        """A job over `documents` made-up seeds, with the stub's `vectors` or Hornbook's own; returns its id."""
        engine = engine_of(self.services.database_url)
        storage = Storage(self.home / "files")
        lines = "".join(json.dumps({"text": document(place)}) + "\n" for place in range(documents))
        stored = storage.receive([lines.encode()], "seeds.jsonl", max_bytes=10**9)
        registered = retrying(engine, lambda s: corpora.register(s, "rig", [stored], corpora.CorpusOptions()))
        operator = submission.Operator(
            production=False,
            endpoint=f"http://127.0.0.1:{self.stub_port}/v1",
            model="stub",
            api_key=None,
            prices=price_table(PRICES),
        )
        config = job_config(budget or Budget(), rounds)
        if vectors:
            config = replace(config, embedding=Embedding(base_url=operator.endpoint, model="stub"))
        if batch:
            config = replace(config, llm=replace(config.llm, batch=True, profile="openai"))
        target = submission.choose_target(config, operator)
        job_id, _ = retrying(
            engine,
            lambda s: submission.submit(s, registered.corpus_id, config, target, operator=operator, priority=0),
        )
        if hint:
            send(self.services.redis_url, [Compute()])
        return job_id

    def job(self, job_id: JobId) -> dict[str, object]:
        """The job's row."""
        return self.query("SELECT state, stop_reason, note FROM jobs WHERE id = %s", job_id)[0]

    def wait(self, until: Callable[[], bool], *, within_s: float, what: str) -> float:
        """Seconds until `until()` holds; fails with `what` after `within_s`."""
        begun = time.monotonic()
        while not until():
            if time.monotonic() - begun > within_s:
                raise AssertionError(f"not within {within_s} s: {what}")
            time.sleep(0.1)
        return time.monotonic() - begun

    def wait_for_calls(self, job_id: JobId, calls: int, *, within_s: float = 60) -> None:
        """Wait until so many calls of a job have ended."""
        ended = "SELECT count(*) AS n FROM units WHERE job_id = %s AND kind = 'rewrite' AND state <> 'ready'"
        self.wait(lambda: int(str(self.query(ended, job_id)[0]["n"])) >= calls, within_s=within_s, what="calls ended")

    def wait_done(self, job_id: JobId, *, within_s: float) -> float:
        """Wait until the job has ended."""
        return self.wait(lambda: self.job(job_id)["state"] == "done", within_s=within_s, what="the job ends")

    def billed(self) -> list[dict[str, object]]:
        """The stub's own bill."""
        return [json.loads(line) for line in self.bill.read_text().splitlines()]

    def check(self, job_id: JobId, *, waste: int) -> None:
        """Invariants I1 to I4 and I6 of the fault tests; at most `waste` paid calls may have brought nothing."""
        open_units = self.query(
            "SELECT kind, state, reason FROM units WHERE job_id = %s AND state IN ('ready', 'leased')", job_id
        )
        assert open_units == [], "I1: a unit never ended"
        dead = self.query("SELECT id FROM units WHERE job_id = %s AND state = 'dead'", job_id)
        assert dead == [], "I1: a unit was given up"
        doubled = self.query(
            "SELECT unit_id FROM generations WHERE job_id = %s GROUP BY unit_id, sample_ix HAVING count(*) > 1", job_id
        )
        assert doubled == [], "I2: two results of one call"
        without = self.query(
            "SELECT u.id FROM units u LEFT JOIN generations g ON g.unit_id = u.id "
            "WHERE u.job_id = %s AND u.kind = 'rewrite' AND u.state = 'done' AND g.id IS NULL",
            job_id,
        )
        assert without == [], "I2: a call that ended without its text"
        self._check_money(job_id)
        stored = self.query("SELECT count(*) AS n FROM llm_calls WHERE job_id = %s AND ok", job_id)[0]["n"]
        assert len(self.billed()) - int(str(stored)) <= waste, "I4: paid for and lost"
        orphans = self.query(
            "SELECT g.id FROM generations g LEFT JOIN seeds s ON s.id = g.seed_id WHERE g.job_id = %s AND s.id IS NULL",
            job_id,
        )
        assert orphans == [], "I6: a text without its seed"

    def _check_money(self, job_id: JobId) -> None:
        budget = self.query("SELECT * FROM budgets WHERE job_id = %s", job_id)[0]
        billed = sum(int(str(line["cost_micro"])) for line in self.billed())
        spent, cap = int(str(budget["spent_micro"])), budget["cap_micro"]
        assert budget["reserved_micro"] == 0, "I3: money is still put aside"
        assert spent >= billed, "I3: the ledger knows less than the provider"
        assert cap is None or billed <= int(str(cap)), "I3: over the budget"
        reservations = self.query("SELECT token FROM reservations WHERE job_id = %s AND state = 'open'", job_id)
        assert reservations == [], "I3: a reservation is open"


TOPICS = ("rivers", "bridges", "clocks", "gardens", "engines", "letters", "islands", "markets", "storms", "planets")
PLACES = ("north", "south", "east", "west", "old town", "new harbour", "high valley", "dry plain")


def document(place: int) -> str:
    """A made-up passage, another for every place."""
    topic, where = TOPICS[place % 10], PLACES[place // 10 % 8]
    return (
        f"Passage {place} is about {topic} in the {where}. People there have {place + 3} of them and count them once "
        f"a year. A teacher shows why {topic} matter: they change slowly, and each change has a cause that can be "
        f"found. First you look, then you write down what you saw in line {place * 7 + 1}. After that you ask why. "
        f"The answer explains the next {topic}, so the class can test it in the {where}."
    )


def job_config(budget: Budget, rounds: int) -> JobConfig:
    """A config under which every seed takes part and a job ends after `rounds`."""
    gates = Gates(seed_edu_min=0, edu_min=0, ease_min=0, near_duplicate_jaccard=1.0)
    targets = Targets(approved_tokens=10**9)
    return JobConfig(
        max_rounds=rounds, budget=budget, gates=gates, targets=targets, planning=Planning(), llm=Llm(concurrency=16)
    )


@contextmanager
def running_rig(root: Path, *, latency_ms: int, faults: tuple[str, ...] = ()) -> Iterator[Rig]:
    """Databases and a stub; the test starts the workers."""
    services = EmbeddedServices(root / "home", durable=False)
    services.start_databases()
    bill = root / "bill.jsonl"
    bill.touch()
    argv = [sys.executable, "-m", "tests.stub_llm", "--port", "0", "--log", str(bill), "--latency-ms", str(latency_ms)]
    argv += ["--jitter-ms", str(latency_ms // 4), *(part for fault in faults for part in ("--fault", fault))]
    stub = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        assert stub.stdout is not None
        port = int(stub.stdout.readline().split()[-1])
        migrate.upgrade(services.database_url)
        yield Rig(services, root / "home", port, bill)
    finally:
        services.stop()
        stub.kill()
        stub.wait()
        if stub.stdout:
            stub.stdout.close()
