"""Generations as people read them: filtered pages, and one with all it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, text
from sqlalchemy.orm import Session

from app.db.tables import Finding, Generation, Job, LlmCall, Round, Seed, Unit
from app.errors import NotFoundError


@dataclass(frozen=True)
class GenerationRow:
    """A generation with its place in the job."""

    id: int
    job_id: int
    round: int
    ordinal: int
    key: bytes
    seed_id: int | None
    parent_id: int | None
    llm_call_id: int | None
    text: str
    sha256: bytes
    model: str
    arm: str
    draw: dict[str, Any]
    params: dict[str, Any]
    prompt_tokens: int
    completion_tokens: int
    micro: int
    finish_reason: str
    edu_score: float
    ease: float
    grade: float
    list_coverage: float
    tokens: int
    cluster: int
    redundancy: float | None
    scores: dict[str, Any]
    gate: str | None
    reason: str | None
    detail: str | None
    verdict: str
    created_at: datetime


@dataclass(frozen=True)
class Filter:
    """Which generations to show; None asks for nothing."""

    round: int | None = None
    verdict: str | None = None
    reason: str | None = None
    edu_min: float | None = None
    edu_max: float | None = None
    arm: str | None = None
    seed_id: int | None = None
    flagged: bool | None = None
    """Whether the judge came to the opposite of the gates."""
    contains: str | None = None
    """Literal text, upper and lower case alike."""


@dataclass(frozen=True)
class SourceRow:
    """The seed behind a generation."""

    id: int
    corpus_id: int
    ordinal: int
    external_id: str | None
    licence: str | None
    kind: str
    split: str
    sha256: bytes
    details: dict[str, Any]
    text: str
    source_id: int | None
    """The long document that it is a part of."""
    part: int | None
    parts: int | None
    part_from: int
    part_to: int


@dataclass(frozen=True)
class CallRow:
    """The attempt at the endpoint that brought a text."""

    id: int
    request_key: bytes
    code: str
    status: int | None
    model: str | None
    lane: str | None
    prompt_tokens: int
    completion_tokens: int
    micro: int
    latency_s: float
    created_at: datetime


@dataclass(frozen=True)
class ProvenanceRow:
    """The hashes a job's texts depend on."""

    job_id: int
    key: bytes
    recipe: str
    config_sha256: str
    prompt_sha256: str
    classifier_sha256: str
    model: str


PLACED: dict[str, Any] = {"round": Round.number, "ordinal": Unit.ordinal}
COLUMNS: list[Any] = [
    PLACED[name].label(name) if name in PLACED else getattr(Generation, name)
    for name in GenerationRow.__dataclass_fields__
]


def _placed() -> Select[Any]:
    query = select(*COLUMNS)
    return query.join(Round, Round.id == Generation.round_id).join(Unit, Unit.id == Generation.unit_id)


def page(
    session: Session, job_id: int, wanted: Filter, *, cursor: int | None, limit: int, youngest_first: bool = False
) -> list[GenerationRow]:
    """A page of a job's generations by id, beyond `cursor`."""
    query = _filtered(_placed().where(Generation.job_id == job_id), wanted)
    if cursor is not None:
        query = query.where(Generation.id < cursor if youngest_first else Generation.id > cursor)
    order = Generation.id.desc() if youngest_first else Generation.id.asc()
    return [_row(row) for row in session.execute(query.order_by(order).limit(limit))]


def _filtered(query: Select[Any], wanted: Filter) -> Select[Any]:
    equal = (
        (Round.number, wanted.round),
        (Generation.verdict, wanted.verdict),
        (Generation.reason, wanted.reason),
        (Generation.arm, wanted.arm),
        (Generation.seed_id, wanted.seed_id),
    )
    for column, value in equal:
        if value is not None:
            query = query.where(column == value)
    if wanted.edu_min is not None:
        query = query.where(Generation.edu_score >= wanted.edu_min)
    if wanted.edu_max is not None:
        query = query.where(Generation.edu_score <= wanted.edu_max)
    if wanted.flagged is not None:
        told = select(Finding.id).where(Finding.generation_id == Generation.id, Finding.disagrees).exists()
        query = query.where(told if wanted.flagged else ~told)
    if wanted.contains:
        query = query.where(Generation.text.icontains(wanted.contains, autoescape=True))
    return query


def _row(row: Row[Any]) -> GenerationRow:
    return GenerationRow(**row._mapping)


def get(session: Session, generation_id: int) -> GenerationRow:
    """One generation; raises NotFoundError."""
    row = session.execute(_placed().where(Generation.id == generation_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="generation", id=generation_id)
    return _row(row)


def ancestors(session: Session, generation_id: int) -> list[GenerationRow]:
    """The generation's parents, the nearest first."""
    ids = session.execute(
        text("""
        WITH RECURSIVE line AS (
            SELECT id, parent_id, 0 AS depth FROM generations WHERE id = :id
            UNION ALL
            SELECT g.id, g.parent_id, line.depth + 1 FROM generations g JOIN line ON g.id = line.parent_id
            WHERE line.depth < 1000)
        SELECT id FROM line WHERE depth > 0 ORDER BY depth"""),
        {"id": generation_id},
    ).scalars()
    order = list(ids)
    rows = {row.id: row for row in _many(session, order)}
    return [rows[place] for place in order]


def drafts_before(session: Session, generation_id: int) -> list[GenerationRow]:
    """The drafts of the generation's seed that were there before it, in the order they were made."""
    ids = session.execute(
        text("""
        SELECT d.id FROM generations g JOIN generations d
            ON d.job_id = g.job_id AND d.seed_id = g.seed_id AND d.verdict = 'draft' AND d.id <> g.id
           AND (d.round_id < g.round_id OR d.unit_id = g.unit_id)
        WHERE g.id = :id AND (g.verdict <> 'draft' OR d.id < g.id) ORDER BY d.round_id, d.sample_ix, d.id"""),
        {"id": generation_id},
    ).scalars()
    order = list(ids)
    rows = {row.id: row for row in _many(session, order)}
    return [rows[place] for place in order]


def _many(session: Session, ids: Sequence[int]) -> list[GenerationRow]:
    return [_row(row) for row in session.execute(_placed().where(Generation.id.in_(ids)))]


def source(session: Session, seed_id: int) -> SourceRow:
    """The seed with its text; raises NotFoundError."""
    row = session.execute(
        select(*(getattr(Seed, name) for name in SourceRow.__dataclass_fields__)).where(Seed.id == seed_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(kind="seed", id=seed_id)
    return SourceRow(*row)


def call(session: Session, call_id: int) -> CallRow:
    """The attempt at the endpoint; raises NotFoundError."""
    row = session.execute(
        select(*(getattr(LlmCall, name) for name in CallRow.__dataclass_fields__)).where(LlmCall.id == call_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(kind="LLM call", id=call_id)
    return CallRow(*row)


def provenance(session: Session, job_id: int) -> ProvenanceRow:
    """The hashes of the job."""
    columns: list[Any] = [Job.id, *(getattr(Job, name) for name in list(ProvenanceRow.__dataclass_fields__)[1:])]
    return ProvenanceRow(*session.execute(select(*columns).where(Job.id == job_id)).one())
