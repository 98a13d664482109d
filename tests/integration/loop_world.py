"""Jobs, rounds, calls and texts as rows, for tests of what moves them."""

import itertools
from dataclasses import replace
from hashlib import sha256
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.domain.config import Budget, JobConfig, Planning, Targets
from app.domain.gate_config import Gates
from app.domain.pricing import Price
from app.repositories import budgets, corpora, jobs, rewrites, rounds
from app.repositories.generations import NewGeneration
from app.repositories.llm_calls import NewCall
from app.repositories.rewrites import NewRewrite
from app.services.rounds import config_json
from tests.api_rows import make_ready

PRICE = Price(150_000, 600_000)
RESERVE, MOST = 3_000, 1_000
WORST_MICRO = PRICE.cost(RESERVE - MOST, MOST)
"""900: what a claim of `add_calls` reserves."""
ENDPOINT = "http://127.0.0.1:1/v1"
_NUMBERS = itertools.count()

EASY = Targets(
    vendi2_ratio=None,
    cluster_simpson_ratio=None,
    covered_clusters=None,
    distinct3_low=None,
    distinct3_high=None,
    cross_5gram_ratio=None,
    opening_share=None,
    near_duplicate_rate=None,
    grade_p90=None,
    cyclomatic_p90=None,
    nesting_p90=None,
    function_lines_p90=None,
    fidelity_precision=None,
    fidelity_recall=None,
    approved_tokens=1,
)
"""Held by any text at all."""
FAR = replace(EASY, approved_tokens=10**9)
"""Held by none."""
OPEN = Gates(
    seed_edu_min=0,
    edu_min=0,
    ease_min=0,
    fidelity_precision=0,
    fidelity_recall=0,
    near_duplicate_jaccard=1.0,
    opening_cap=1.0,
    redundancy_percentile=100,
)
"""Gates that let nearly everything through."""


def add_job(
    session: Session,
    *,
    seeds: int = 3,
    state: str = "running",
    priority: int = 0,
    config: JobConfig | None = None,
    micro: int | None = None,
    tokens: int | None = None,
    calls: int | None = None,
) -> int:
    """A job over a ready corpus of made-up seeds, with its budget."""
    number, config = next(_NUMBERS), config or JobConfig()
    digest = sha256(f"corpus {number}".encode()).digest()
    corpus_id = corpora.add(session, f"corpus {number}", content_sha256=digest, files=[], options={})
    assert corpus_id is not None
    make_ready(session, corpus_id, [f"Seed {place} of corpus {number}." for place in range(seeds)])
    job_id = jobs.add(
        session,
        corpus_id=corpus_id,
        key=sha256(f"job {number}".encode()).digest(),
        recipe=config.recipe,
        config=config_json(config),
        config_sha256="c" * 64,
        classifier_sha256="d" * 64,
        prompt_sha256="e" * 64,
        endpoint=ENDPOINT,
        model="stub",
        price_input=PRICE.input_micro_per_mtok,
        price_output=PRICE.output_micro_per_mtok,
        state=state,
        priority=priority,
        stop_reason="error" if state in ("done", "failed", "cancelled") else None,
    )
    budgets.create(session, job_id, micro=micro, tokens=tokens, calls=calls)
    return job_id


def seed_ids(session: Session, job_id: int) -> list[int]:
    """The seeds of a job's corpus, in order."""
    query = text("SELECT s.id FROM seeds s JOIN jobs j USING (corpus_id) WHERE j.id = :job ORDER BY s.ordinal")
    return list(session.execute(query, {"job": job_id}).scalars())


def add_calls(session: Session, job_id: int, count: int, *, number: int = 1) -> tuple[int, list[int]]:
    """An open round of `count` calls; its id and its units' ids in plan order."""
    round_id = rounds.add(session, job_id, number, plan={"calls": count})
    seeds = seed_ids(session, job_id)
    planned = [
        NewRewrite(
            ordinal=place,
            seed_id=seeds[place % len(seeds)] if seeds else None,
            parent_id=None,
            payload={"arm": f"lesson/a school pupil/{place}", "why": "quota", "rng_seed": place},
            max_tokens=MOST,
            reserve_tokens=RESERVE,
        )
        for place in range(count)
    ]
    rewrites.put(session, job_id, round_id, planned)
    return round_id, unit_ids(session, round_id)


def unit_ids(session: Session, round_id: int) -> list[int]:
    """The calls of a round in plan order."""
    query = text("SELECT id FROM units WHERE round_id = :round AND kind = 'rewrite' ORDER BY ordinal")
    return list(session.execute(query, {"round": round_id}).scalars())


def job_with_calls(engine: Engine, count: int, **job: Any) -> tuple[int, list[int]]:
    """A committed job with an open round; its id and its units' ids."""
    with transaction(engine) as session:
        job_id = add_job(session, **job)
        return job_id, add_calls(session, job_id, count)[1]


def rows(engine: Engine, sql: str, **values: object) -> list[dict[str, Any]]:
    """Rows of a query."""
    with transaction(engine) as session:
        return [dict(row._mapping) for row in session.execute(text(sql), values)]


def row(engine: Engine, sql: str, **values: object) -> dict[str, Any]:
    """The one row of a query."""
    (only,) = rows(engine, sql, **values)
    return only


def unit_row(engine: Engine, unit_id: int) -> dict[str, Any]:
    """A unit as stored."""
    return row(engine, "SELECT * FROM units WHERE id = :id", id=unit_id)


def make_late(session: Session, *unit_ids: int) -> None:
    """As if the leases of these units had run out."""
    query = text("UPDATE units SET lease_until = now() - interval '1 second' WHERE id = ANY(:ids) AND state = 'leased'")
    session.execute(query, {"ids": list(unit_ids)})


def generation(
    job_id: int, round_id: int, unit_id: int, seed_id: int | None, *, body: str | None = None, **over: Any
) -> NewGeneration:
    """A kept-able text of a unit."""
    body = body or f"Text of unit {unit_id}."
    values: dict[str, Any] = {
        "job_id": job_id,
        "round_id": round_id,
        "unit_id": unit_id,
        "key": sha256(f"{job_id}/{unit_id}".encode()).digest()[:16],
        "seed_id": seed_id,
        "parent_id": None,
        "llm_call_id": None,
        "text": body,
        "sha256": sha256(body.encode()).digest(),
        "model": "stub",
        "arm": f"lesson/a school pupil/{unit_id}",
        "draw": {},
        "params": {},
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "micro": 30,
        "finish_reason": "stop",
        "edu_score": 3.0,
        "ease": 70.0,
        "grade": 5.0,
        "list_coverage": 0.9,
        "tokens": 4,
        "cluster": 0,
        "scores": {},
        "gate": None,
        "reason": None,
        "detail": None,
        "repairable": False,
        "verdict": "pending",
        "embedding": b"",
        "signature": b"",
    }
    return NewGeneration(**(values | over))


def call(job_id: int, unit_id: int, token: int, *, key: bytes | None = None, ok: bool = True, **over: Any) -> NewCall:
    """An attempt at the endpoint."""
    values: dict[str, Any] = {
        "job_id": job_id,
        "unit_id": unit_id,
        "token": token,
        "request_key": key or sha256(f"call {token}".encode()).digest(),
        "ok": ok,
        "code": "ok" if ok else "server_error",
        "status": 200 if ok else 500,
        "model": "stub",
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "micro": 30,
        "latency_s": 0.1,
        "raw": b"{}",
    }
    return NewCall(**(values | over))


def config_of(**over: Any) -> JobConfig:
    """A short job in which everything passes; fields may be replaced."""
    values: dict[str, Any] = {
        "max_rounds": 3,
        "gates": OPEN,
        "targets": FAR,
        "planning": Planning(),
        "budget": Budget(),
    }
    return JobConfig(**(values | over))
