"""Generations as the loop writes and reads them. Texts are inserted once and never updated."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.arrays import array
from app.db.copying import copy_rows


@dataclass(frozen=True)
class NewGeneration:
    """A candidate with all it came from, as the pump stores it."""

    job_id: int
    round_id: int
    unit_id: int
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
    scores: dict[str, Any]
    gate: str | None
    reason: str | None
    detail: str | None
    repairable: bool
    verdict: str
    embedding: bytes
    signature: bytes
    sample_ix: int = 0
    """Of a draft the place of its pass, from 1."""


TYPES = {
    "int": "int8",
    "bytes": "bytea",
    "str": "text",
    "float": "float8",
    "bool": "bool",
    "dict": "jsonb",
}
NARROW = {"tokens": "int4", "cluster": "int4", "sample_ix": "int2"}


def _type_of(name: str, annotation: Any) -> str:
    base = str(getattr(annotation, "__name__", annotation)).split("[")[0].split(" ")[0]
    return NARROW.get(name) or TYPES[base]


COLUMNS = tuple((name, _type_of(name, field.type)) for name, field in NewGeneration.__dataclass_fields__.items())
JSON_PLACES = tuple(place for place, (_, kind) in enumerate(COLUMNS) if kind == "jsonb")


def put(session: Session, generations: Iterable[NewGeneration]) -> int:
    """COPY new generations; a second one for the same unit violates a unique key and fails the transaction."""
    return copy_rows(session, "generations", COLUMNS, (_values(generation) for generation in generations))


def _values(generation: NewGeneration) -> list[object]:
    values: list[object] = [getattr(generation, name) for name, _ in COLUMNS]
    for place in JSON_PLACES:
        values[place] = Jsonb(values[place], dumps=orjson.dumps)
    return values


@dataclass(frozen=True)
class Candidate:
    """A generation as settling reads it; the few that are compared or measured are read whole (`Body`)."""

    id: int
    round_id: int
    ordinal: int
    seed_id: int | None
    split: str
    kind: str
    sha256: bytes
    head: str
    """The first 200 characters."""
    arm: str
    verdict: str
    edu_score: float
    ease: float
    grade: float
    list_coverage: float
    tokens: int
    cluster: int
    embedding: bytes
    signature: bytes
    model: str | None = None
    """As asked; None: the job has one."""
    parent_id: int | None = None
    """The earlier version that it repairs or refines."""
    source_id: int | None = None
    """The long document that its seed is a part of."""
    refines: dict[str, Any] | None = None
    """Of a refinement: the figures it was asked to better (`by`), and how many its text had before it (`asked`)."""

    @property
    def repair(self) -> bool:
        """Whether it was asked for with an earlier version."""
        return self.parent_id is not None


@dataclass(frozen=True)
class Body:
    """What is long of a generation."""

    text: str
    scores: dict[str, Any]


_CANDIDATE = """
    SELECT g.id, g.round_id, u.ordinal, g.seed_id, coalesce(s.split, g.draw->>'split', 'work') AS split,
           coalesce(s.kind, 'prose') AS kind, g.sha256, left(g.text, 200) AS head, g.arm, g.verdict, g.edu_score,
           g.ease, g.grade, g.list_coverage, g.tokens, g.cluster, g.embedding, g.signature,
           g.draw->>'model', g.parent_id, s.source_id, g.draw->'refines'
    FROM generations g JOIN units u ON u.id = g.unit_id LEFT JOIN seeds s ON s.id = g.seed_id
    WHERE g.job_id = :job AND g.verdict = ANY(:verdicts)"""


def candidates(session: Session, job_id: int, verdicts: Sequence[str]) -> list[Candidate]:
    """A job's generations with one of `verdicts`, in the order of their rounds and plans."""
    rows = session.execute(text(_CANDIDATE), {"job": job_id, "verdicts": list(verdicts)})
    # Sorted here: there the wide rows of a large pool would be sorted on disk.
    return sorted(
        (Candidate(*row) for row in rows.all()), key=lambda candidate: (candidate.round_id, candidate.ordinal)
    )


def bodies(session: Session, ids: Sequence[int]) -> dict[int, Body]:
    """{generation id: its text and scores}."""
    rows = session.execute(
        text("SELECT id, text, scores FROM generations WHERE id = ANY(CAST(:ids AS bigint[]))"), {"ids": array(ids)}
    )
    return {row.id: Body(row.text, row.scores) for row in rows}


def set_verdicts(session: Session, outcomes: Sequence[tuple[int, str, str | None, str | None, float]]) -> None:
    """Write (id, verdict, gate, reason, redundancy) of a settled round."""
    if not outcomes:
        return
    ids, verdicts, gates, reasons, redundancies = zip(*outcomes, strict=True)
    session.execute(
        text("""
        UPDATE generations g SET verdict = o.verdict, gate = o.gate, reason = o.reason, redundancy = o.redundancy
        FROM unnest(CAST(:ids AS bigint[]), CAST(:verdicts AS text[]), CAST(:gates AS text[]),
                    CAST(:reasons AS text[]), CAST(:redundancies AS float8[]))
             AS o(id, verdict, gate, reason, redundancy)
        WHERE g.id = o.id"""),
        {
            "ids": array(ids),
            "verdicts": array(verdicts),
            "gates": array(gates),
            "reasons": array(reasons),
            "redundancies": array(redundancies),
        },
    )


def retire_round(session: Session, round_id: int, *, reason: str) -> int:
    """Take a collapsed round's texts out of pool and reserve again, and bring back those that they replaced.

    Returns how many were taken out.
    """
    session.execute(
        text("""
        UPDATE generations SET verdict = 'kept', gate = NULL, reason = NULL
        WHERE verdict = 'dropped' AND gate = 'refinement' AND reason = 'replaced' AND id IN (
            SELECT parent_id FROM generations WHERE round_id = :round AND verdict = 'kept')"""),
        {"round": round_id},
    )
    result = session.execute(
        text("""
        UPDATE generations SET verdict = 'dropped', gate = 'collapse', reason = :reason
        WHERE round_id = :round AND verdict IN ('kept', 'reserve')"""),
        {"round": round_id, "reason": reason},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # SQLAlchemy types Result without rowcount


@dataclass(frozen=True)
class RepairRow:
    """A dropped generation worth one more try."""

    generation_id: int
    seed_id: int | None
    """None of a text that was drawn."""
    arm: str
    edu_score: float
    reason: str
    detail: str | None


def repairable(session: Session, job_id: int, *, limit: int) -> list[RepairRow]:
    """Dropped generations that were never repaired and no repair themselves, the most educational first."""
    rows = session.execute(
        text("""
        SELECT g.id, g.seed_id, g.arm, g.edu_score, g.reason, g.detail FROM generations g
        JOIN units u ON u.id = g.unit_id JOIN rounds r ON r.id = g.round_id
        WHERE g.job_id = :job AND g.verdict = 'dropped' AND g.repairable AND g.parent_id IS NULL
          AND g.id NOT IN (SELECT v.parent_id FROM units v
                           WHERE v.round_id = ANY(ARRAY(SELECT id FROM rounds WHERE job_id = :job))
                             AND v.kind = 'rewrite' AND v.parent_id IS NOT NULL)
        ORDER BY g.edu_score DESC, r.number, u.ordinal LIMIT :limit"""),
        {"job": job_id, "limit": limit},
    )
    return [RepairRow(*row) for row in rows]


def used_arms(session: Session, job_id: int) -> dict[int, set[str]]:
    """{seed id: names of the arms it was asked with}, repairs not counted."""
    used: dict[int, set[str]] = {}
    rows = session.execute(
        text("""
        SELECT seed_id, payload->>'arm' AS arm FROM units
        WHERE round_id = ANY(ARRAY(SELECT id FROM rounds WHERE job_id = :job)) AND kind = 'rewrite'
          AND seed_id IS NOT NULL AND parent_id IS NULL AND state <> 'cancelled'"""),
        {"job": job_id},
    )
    for seed_id, arm in rows.all():
        used.setdefault(seed_id, set()).add(arm)
    return used


def funnel(session: Session, round_id: int) -> dict[str, Any]:
    """How many of a round's calls came how far: verdicts, and for the dropped ones gate and reason."""
    rows = session.execute(
        text("""
        SELECT verdict, gate, reason, count(*) AS n, coalesce(sum(prompt_tokens + completion_tokens), 0) AS tokens
        FROM generations WHERE round_id = :round AND verdict <> 'draft'
        GROUP BY verdict, gate, reason ORDER BY n DESC, gate, reason"""),
        {"round": round_id},
    ).all()
    failed = session.execute(
        text("""
        SELECT state, reason, count(*) AS n FROM units
        WHERE round_id = :round AND kind IN ('rewrite', 'embed') AND state IN ('rejected', 'dead', 'cancelled')
        GROUP BY state, reason ORDER BY n DESC, state, reason"""),
        {"round": round_id},
    ).all()
    verdicts: dict[str, int] = {}
    for row in rows:
        verdicts[row.verdict] = verdicts.get(row.verdict, 0) + row.n
    again = session.execute(
        text("""
        SELECT draw->>'why' AS why, count(*) AS n, count(*) FILTER (WHERE verdict = 'kept') AS kept FROM generations
        WHERE round_id = :round AND parent_id IS NOT NULL AND verdict <> 'draft' GROUP BY why ORDER BY why"""),
        {"round": round_id},
    ).all()
    return {
        "answers": sum(row.n for row in rows),
        "again": {row.why: {"answers": row.n, "kept": row.kept} for row in again if row.why},
        "tokens": int(sum(row.tokens for row in rows)),
        "verdicts": verdicts,
        "dropped": [{"gate": r.gate, "reason": r.reason, "count": r.n} for r in rows if r.verdict == "dropped"],
        "without_text": [{"state": r.state, "reason": r.reason, "count": r.n} for r in failed],
    }


def redacted(session: Session, round_id: int) -> dict[str, int]:
    """{kind: texts of a round in which something of that kind was redacted}."""
    rows = session.execute(
        text("""
        SELECT substr(s.name, 10) AS kind, count(*) AS n
        FROM generations g, jsonb_object_keys(g.scores) AS s(name)
        WHERE g.round_id = :round AND s.name LIKE 'redacted\\_%' GROUP BY kind ORDER BY kind"""),
        {"round": round_id},
    )
    return {row.kind: row.n for row in rows}
