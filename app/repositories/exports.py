"""Rows of exports, and the pool as an export reads it: who is in it at once, the texts in pages."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.orm import Session

from app.db.arrays import array as array_parameter
from app.db.tables import Export
from app.domain.exporting import PartOf, PoolText, RealText, SeedSource
from app.errors import NotFoundError
from app.repositories.reviews import REJECTED

MEMBER_PAGE = 50_000
"""Ids fetched at once from the server's cursor."""


@dataclass(frozen=True)
class ExportRow:
    """An export as stored."""

    id: int
    job_id: int
    state: str
    options: dict[str, Any]
    manifest: dict[str, Any] | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None


COLUMNS = [getattr(Export, name) for name in ExportRow.__dataclass_fields__]


def add(session: Session, job_id: int, *, options: Mapping[str, Any]) -> int:
    """A new export that waits to be built; returns its id."""
    return int(session.execute(insert(Export).values(job_id=job_id, options=options).returning(Export.id)).scalar_one())


def get(session: Session, export_id: int) -> ExportRow:
    """The export; raises NotFoundError."""
    row = session.execute(select(*COLUMNS).where(Export.id == export_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="export", id=export_id)
    return ExportRow(*row)


def of_job(session: Session, job_id: int, *, before: int | None, limit: int) -> list[ExportRow]:
    """A job's exports, youngest first, older than `before`."""
    query = select(*COLUMNS).where(Export.job_id == job_id).order_by(Export.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Export.id < before)
    return [ExportRow(*row) for row in session.execute(query)]


def finish(session: Session, export_id: int, *, manifest: Mapping[str, Any]) -> None:
    """Make a built export ready."""
    values = {"state": "ready", "manifest": manifest, "error": None, "finished_at": text("now()")}
    session.execute(update(Export).where(Export.id == export_id).values(**values))


def snapshot(session: Session) -> None:
    """Make every later read of this transaction see one state of the database; call it before the first."""
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def pool_is_empty(session: Session, job_id: int) -> bool:
    """Whether a job has approved nothing, or people have rejected all of it."""
    query = text(f"""
        SELECT EXISTS (
            SELECT 1 FROM generations WHERE job_id = :job AND verdict = 'kept' AND id NOT IN {REJECTED})""")
    return not session.execute(query, {"job": job_id}).scalar_one()


def pool_members(session: Session, job_id: int, *, edu_min: float, unverified: bool = False) -> dict[str, "array[int]"]:
    """{split: ids of approved generations in the order of their keys}; eight bytes a text, the texts stay behind.

    Those that a person rejected are not among them, exercises that nobody could run only with `unverified`.
    """
    members: dict[str, array[int]] = {}
    rows = session.execute(
        text(f"""
        SELECT g.id, coalesce(s.split, g.draw->>'split', 'work') AS split
        FROM generations g LEFT JOIN seeds s ON s.id = g.seed_id
        WHERE g.job_id = :job AND g.verdict = 'kept' AND g.edu_score >= :edu AND g.id NOT IN {REJECTED}
          AND (:unverified OR coalesce(CAST(g.scores->>'unverified' AS float8), 0) = 0) ORDER BY g.key"""),
        {"job": job_id, "edu": edu_min, "unverified": unverified},
        execution_options={"yield_per": MEMBER_PAGE},
    )
    for row in rows:
        members.setdefault(row.split, array("q")).append(row.id)
    return members


def rejected_members(session: Session, job_id: int, *, edu_min: float) -> dict[str, int]:
    """{split: how many approved generations are left out because a person rejected them}."""
    rows = session.execute(
        text(f"""
        SELECT coalesce(s.split, g.draw->>'split', 'work') AS split, count(*) AS n
        FROM generations g LEFT JOIN seeds s ON s.id = g.seed_id
        WHERE g.job_id = :job AND g.verdict = 'kept' AND g.edu_score >= :edu AND g.id IN {REJECTED} GROUP BY 1"""),
        {"job": job_id, "edu": edu_min},
    )
    return {row.split: row.n for row in rows}


def unverified(session: Session, job_id: int) -> int:
    """Exercises in the pool that nobody could run."""
    query = text("""
        SELECT count(*) FROM generations
        WHERE job_id = :job AND verdict = 'kept' AND CAST(scores->>'unverified' AS float8) > 0""")
    return int(session.execute(query, {"job": job_id}).scalar_one())


def real_members(session: Session, job_id: int, *, edu_min: float) -> "array[int]":
    """Ids of the seeds of the working split that take part and are good enough as they are, by sha256."""
    rows = session.execute(
        text("""
        SELECT s.id FROM seed_scores x JOIN seeds s ON s.id = x.seed_id
        WHERE x.job_id = :job AND x.reason IS NULL AND x.edu_score >= :edu AND s.split = 'work' ORDER BY s.sha256"""),
        {"job": job_id, "edu": edu_min},
        execution_options={"yield_per": MEMBER_PAGE},
    )
    return array("q", (row.id for row in rows))


@dataclass(frozen=True)
class KeptOfSeed:
    """An approved generation beside its seed, by their signatures."""

    generation_id: int
    signature: bytes
    seed_signature: bytes


def kept_of_seeds(session: Session, job_id: int, *, edu_min: float) -> Iterator[KeptOfSeed]:
    """The approved generations that come from one seed, but for those a person rejected; streamed."""
    rows = session.execute(
        text(f"""
        SELECT g.id, g.signature, x.signature
        FROM generations g JOIN seed_scores x ON x.job_id = g.job_id AND x.seed_id = g.seed_id
        WHERE g.job_id = :job AND g.verdict = 'kept' AND g.edu_score >= :edu AND g.id NOT IN {REJECTED}
        ORDER BY g.id"""),
        {"job": job_id, "edu": edu_min},
        execution_options={"yield_per": MEMBER_PAGE},
    )
    for row in rows:
        yield KeptOfSeed(row[0], bytes(row[1]), bytes(row[2]))


def texts_of_pairs(session: Session, generation_ids: Sequence[int]) -> list[tuple[int, str, str]]:
    """(seed id, text, the seed's text) of generations."""
    rows = session.execute(
        text("""
        SELECT g.seed_id, g.text, s.text FROM generations g JOIN seeds s ON s.id = g.seed_id
        WHERE g.id = ANY(CAST(:ids AS bigint[]))"""),
        {"ids": array_parameter(generation_ids)},
    )
    return [(row[0], row[1], row[2]) for row in rows]


_SEED = """encode(s.sha256, 'hex') AS seed_sha256, s.external_id, s.licence, s.kind, s.details,
               s.part, s.parts, s.part_from, s.part_to,
               (SELECT encode(d.sha256, 'hex') FROM seeds d WHERE d.id = s.source_id) AS source_sha256"""


def pool_texts(session: Session, ids: Sequence[int]) -> list[PoolText]:
    """These generations, in the order given."""
    rows = session.execute(
        text(f"""
        SELECT encode(g.key, 'hex') AS key, g.text, r.number, g.arm, g.draw, w.seeds, w.licences, g.model, g.edu_score,
               g.ease, g.grade, g.cluster, encode(p.key, 'hex') AS parent,
               CAST(g.scores->>'unverified' AS float8) AS unverified, {_SEED}
        FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS o(id, place)
        JOIN generations g ON g.id = o.id JOIN rounds r ON r.id = g.round_id
        LEFT JOIN generations p ON p.id = g.parent_id LEFT JOIN seeds s ON s.id = g.seed_id
        LEFT JOIN LATERAL (
            SELECT array_agg(encode(v.sha256, 'hex') ORDER BY d.place) AS seeds,
                   array_agg(DISTINCT v.licence) FILTER (WHERE v.licence IS NOT NULL) AS licences
            FROM jsonb_array_elements_text(g.draw->'word_seeds') WITH ORDINALITY AS d(id, place)
            JOIN seeds v ON v.id = CAST(d.id AS bigint)) w ON g.draw ? 'word_seeds'
        ORDER BY o.place"""),
        {"ids": list(ids)},
    )
    return [_pool_text(row) for row in rows]


def _pool_text(row: Row[Any]) -> PoolText:
    return PoolText(
        key=row.key,
        text=row.text,
        round=row.number,
        arm=row.arm,
        words=tuple(row.draw.get("words", ())),
        word_seeds=tuple(row.seeds or ()),
        word_licences=tuple(row.licences or ()),
        model=row.model,
        edu_score=row.edu_score,
        ease=row.ease,
        grade=row.grade,
        cluster=row.cluster,
        parent=row.parent,
        seed=None if row.seed_sha256 is None else _source(row),
        verified=None if row.unverified is None else row.unverified == 0,
    )


def _source(row: Row[Any]) -> SeedSource:
    part = None
    if row.source_sha256 is not None:
        part = PartOf(row.source_sha256, row.part, row.parts, row.part_from, row.part_to)
    return SeedSource(row.seed_sha256, row.external_id, row.licence, row.kind, row.details, part)


def real_texts(session: Session, job_id: int, ids: Sequence[int]) -> list[RealText]:
    """These seeds, in the order given."""
    rows = session.execute(
        text(f"""
        SELECT s.text, x.edu_score, x.ease, x.grade, x.cluster, {_SEED}
        FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS o(id, place)
        JOIN seeds s ON s.id = o.id JOIN seed_scores x ON x.seed_id = s.id AND x.job_id = :job
        ORDER BY o.place"""),
        {"ids": list(ids), "job": job_id},
    )
    return [RealText(row.text, row.edu_score, row.ease, row.grade, row.cluster, _source(row)) for row in rows]


def kept_by_round(session: Session, job_id: int) -> dict[int, int]:
    """{round number: its texts in the pool}."""
    rows = session.execute(
        text("""
        SELECT r.number, count(*) AS n FROM generations g JOIN rounds r ON r.id = g.round_id
        WHERE g.job_id = :job AND g.verdict = 'kept' GROUP BY r.number"""),
        {"job": job_id},
    )
    return {row.number: row.n for row in rows}
