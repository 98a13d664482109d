"""A job in round 1 over real Postgres, and the pump's own parts to work on it in this process."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app.adapters.llm import LlmClient
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.llm_outcomes import Answer, Outcome
from app.db.session import engine_of, retrying
from app.domain.config import Budget, JobConfig, Llm, Targets
from app.domain.gate_config import Gates
from app.domain.price_list import price_table
from app.domain.records import JobId
from app.services import asking, submission
from app.services.asking import Ask, JobContext
from app.services.named_endpoints import NamedEndpoint
from app.settings import get_settings
from tests.api_rows import make_ready
from tests.faults.rig import PRICES, document
from workers import compute, resources
from workers.desk import Desk
from workers.endpoints import Health
from workers.judging import Judge
from workers.lanes import Group, Lane
from workers.pump import Pump
from workers.returned import Returned

KEYS = {"east": "sk-east", "west": "sk-west"}
"""Keys of endpoints that a test's operator names."""
NO_BROKER = "redis://127.0.0.1:1/0"
"""Nothing listens there: hints are lost, which no test here may notice."""


@dataclass
class World:
    """The database of one test and what runs on it."""

    engine: Engine
    endpoint: str = "http://127.0.0.1:9/v1"
    named: tuple[NamedEndpoint, ...] = ()
    """The operator's endpoints with names."""

    def query(self, sql: str, **values: object) -> list[Any]:
        """Rows of a statement, committed."""
        with self.engine.begin() as connection:
            result = connection.execute(text(sql), values)
            return list(result) if result.returns_rows else []

    def job(
        self,
        texts: Sequence[str] | int = 12,
        *,
        budget: Budget | None = None,
        kinds: Sequence[str] = ("prose",),
        **llm: Any,
    ) -> JobId:
        """A job with round 0 settled and round 1 open."""
        texts = [document(place) for place in range(texts)] if isinstance(texts, int) else list(texts)
        corpus = self.query(
            "INSERT INTO corpora (name, content_sha256, files, options) VALUES ('c', :sha, '[]', '{}') RETURNING id",
            sha=sha256(repr(texts).encode()).digest(),
        )[0].id
        operator = submission.Operator(False, self.endpoint, "stub", None, price_table(PRICES), endpoints=self.named)
        config = JobConfig(
            max_rounds=1,
            budget=budget or Budget(),
            gates=Gates(seed_edu_min=0, edu_min=0, ease_min=0, near_duplicate_jaccard=1.0),
            targets=Targets(approved_tokens=10**9),
            llm=Llm(**llm),
        )
        retrying(self.engine, lambda s: make_ready(s, corpus, texts))
        for place, kind in enumerate(kinds):
            self.query(
                "UPDATE seeds SET kind = :kind WHERE ordinal % :n = :place", kind=kind, n=len(kinds), place=place
            )
        self.query("UPDATE corpora SET kinds = CAST(:k AS jsonb)", k=json.dumps(dict.fromkeys(kinds, len(texts))))
        target = submission.choose_target(config, operator)
        job_id, _ = retrying(
            self.engine, lambda s: submission.submit(s, corpus, config, target, operator=operator, priority=0)
        )
        compute.compute()
        return job_id

    def context(self, job_id: JobId) -> JobContext:
        """What a pump of the job knows."""
        context = retrying(self.engine, lambda s: asking.job_context(s, job_id, redis_url=NO_BROKER))
        assert context is not None
        return context

    def desk(self, job_id: JobId) -> Desk:
        """A desk with the real gates."""
        context = self.context(job_id)
        weights = resources.classifier_weights(context.job.classifier_sha256)
        judge = Judge(resources.sandbox(), context, weights)
        return Desk(self.engine, context, judge, worker="test:1", lease_s=60)

    async def pump(self, job_id: JobId, *, slice_s: float = 5.0, **options: Any) -> Desk:
        """Run one pump over the job; its desk afterwards."""
        desk = self.desk(job_id)
        ceiling, deadline_s = options.pop("ceiling", 4), options.pop("deadline_s", 5.0)
        stop: Callable[[], bool] = options.pop("stop", lambda: False)
        healths: dict[str, Health] = options.pop("healths", {})
        async with AsyncExitStack() as stack:
            groups: dict[str, list[Lane]] = {}
            for one in desk.context.lanes:
                client = LlmClient(parse_endpoint(one.url, key=KEYS.get(one.name or "")), concurrency=ceiling)
                await stack.enter_async_context(client)
                health = options.get("health") or healths.setdefault(one.id, Health())
                most = min(ceiling, one.concurrency or ceiling)
                lane = Lane(
                    client,
                    one.id,
                    ceiling=most,
                    deadline_s=deadline_s,
                    health=health,
                    weight=one.weight,
                    there=one.there,
                )
                groups.setdefault(one.model, []).append(lane)
            asked = [Group(lanes, model=model) for model, lanes in groups.items()]
            await Pump(desk, asked, ceiling=ceiling, slice_s=slice_s, stop=stop).run()
        return desk

    def states(self, job_id: JobId) -> dict[str, int]:
        """{state or reason of the rejected: calls}."""
        rows = self.query(
            "SELECT CASE state WHEN 'rejected' THEN reason ELSE state END AS what, count(*) AS n FROM units "
            "WHERE job_id = :job AND kind = 'rewrite' GROUP BY 1 ORDER BY 1",
            job=job_id,
        )
        return {row.what: row.n for row in rows}

    def open_reservations(self, job_id: JobId) -> int:
        """Reservations that nobody closed."""
        return int(self.query("SELECT count(*) FROM reservations WHERE state = 'open' AND job_id = :j", j=job_id)[0][0])


def said(ask: Ask, words: str | None = None, *, model: str = "stub", outcome: Outcome | None = None) -> Returned:
    """A call that came back with a text, by default one that keeps to its seed."""
    content = (ask.unit.seed_text or "") if words is None else words
    raw = json.dumps(
        {"model": "stub", "choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
    ).encode()
    return Returned(ask, outcome or Answer(content, "stop", 50, 40, True, model, 0.1, raw), 0.0)


@contextmanager
def pump_world(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Workers' settings that point at a test's database."""
    monkeypatch.setenv("HORNBOOK_DATABASE_URL", database_url)
    monkeypatch.setenv("HORNBOOK_REDIS_URL", NO_BROKER)
    get_settings.cache_clear()
    yield World(engine_of(database_url))
    engine_of(database_url).dispose()
    get_settings.cache_clear()
