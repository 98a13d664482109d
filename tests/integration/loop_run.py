"""A whole loop in this process: the workers' own functions against a stub endpoint in a thread."""

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine

from app.db.session import transaction
from app.domain.config import JobConfig
from app.domain.price_list import price_table
from app.domain.records import JobId
from app.services import corpora as uploads
from app.services import submission
from tests.integration.loop_world import row, rows
from tests.stub_llm import StubLlm, StubOptions
from workers import compute, reconciler, refine, resources


class StubThread:
    """A stub endpoint in a thread with a loop of its own; `script` and `answer` may change while it runs."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self.stub = StubLlm(StubOptions())
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.stub.__aenter__(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self.stub.__aexit__(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def says(self, answer: Callable[..., str]) -> None:
        """Answer every prompt with `answer(prompt)` from now on."""
        self.stub.options = replace(self.stub.options, answer=answer)


class Loop:
    """A whole job, moved by calling what the workers' tasks call."""

    def __init__(self, engine: Engine, endpoint: StubThread) -> None:
        self.engine, self.endpoint, self.stub = engine, endpoint, endpoint.stub

    def corpus(self, documents: Sequence[str | dict[str, Any]]) -> int:
        """An uploaded corpus, read by the worker."""
        records = [{"text": one} if isinstance(one, str) else one for one in documents]
        lines = "".join(json.dumps(record) + "\n" for record in records).encode()
        stored = resources.storage().receive([lines], "seeds.jsonl", max_bytes=10**9)
        with transaction(self.engine) as session:
            registered = uploads.register(session, "a corpus", [stored], uploads.CorpusOptions())
        compute.compute()
        return registered.corpus_id

    @property
    def operator(self) -> submission.Operator:
        """Whoever runs the service: the stub is their endpoint."""
        return submission.Operator(
            production=False,
            endpoint=self.stub.url,
            model="stub",
            api_key=None,
            prices=price_table({"stub": {"input_usd_per_mtok": 0.15, "output_usd_per_mtok": 0.6}}),
        )

    def submit(self, corpus_id: int, config: JobConfig) -> JobId:
        """A submitted job."""
        operator = self.operator
        target = submission.choose_target(config, operator)
        with transaction(self.engine) as session:
            return submission.submit(session, corpus_id, config, target, operator=operator, priority=0)[0]

    def job(self, job_id: int) -> dict[str, Any]:
        """The job as stored."""
        return row(self.engine, "SELECT * FROM jobs WHERE id = :job", job=job_id)

    def rounds(self, job_id: int) -> list[dict[str, Any]]:
        """The job's rounds from 0."""
        return rows(self.engine, "SELECT * FROM rounds WHERE job_id = :job ORDER BY number", job=job_id)

    def turn(self, job_id: int) -> None:
        """Every worker has a turn, as after a hint."""
        compute.compute()
        refine.refine(job_id)

    def drive(self, job_id: int, *, turns: int = 30, until: Callable[[], bool] = lambda: False) -> dict[str, Any]:
        """Let the workers have their turns until the job waits for nobody; returns it."""
        for _ in range(turns):
            compute.compute()
            if self.job(job_id)["state"] != "running" or until():
                return self.job(job_id)
            refine.refine(job_id)
        raise AssertionError(f"still running after {turns} turns: {self.rounds(job_id)[-1]}")

    def sweep(self) -> None:
        """One look of the reconciler."""
        reconciler.sweep()
