"""Long documents that were split: their parts as seeds, and how many of them a job's pool covers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.repositories.seeds import SeedText


@dataclass(frozen=True)
class Origin:
    """What titles a source besides its text."""

    details: dict[str, object]
    external_id: str | None


@dataclass(frozen=True)
class NewPart:
    """A part to store as a seed."""

    source_id: int
    part: int
    """From 1."""
    parts: int
    part_from: int
    part_to: int
    sha256: bytes
    heading: str
    context: str
    text: str


def origins(session: Session, ids: Sequence[int]) -> dict[int, Origin]:
    """{seed id: what titles it}."""
    rows = session.execute(text("SELECT id, details, external_id FROM seeds WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return {row.id: Origin(row.details, row.external_id) for row in rows}


def put_parts(session: Session, parts: Sequence[NewPart]) -> list[SeedText]:
    """Store parts that are not there yet, with kind, split, licence and fields of their source; all of them, in order.

    Another job may have split the same source alike, or be doing so now.
    """
    names = list(NewPart.__dataclass_fields__)
    values = {name: [getattr(part, name) for part in parts] for name in names}
    unnested = """unnest(CAST(:source_id AS bigint[]), CAST(:part AS int[]), CAST(:parts AS int[]),
        CAST(:part_from AS int[]), CAST(:part_to AS int[]), CAST(:sha256 AS bytea[]), CAST(:heading AS text[]),
        CAST(:context AS text[]), CAST(:text AS text[])) WITH ORDINALITY
        AS p(source_id, part, parts, part_from, part_to, sha256, heading, context, text, place)"""
    session.execute(
        text(f"""
        INSERT INTO seeds (corpus_id, ordinal, kind, split, external_id, licence, details, flags, source_id, part,
                           parts, part_from, part_to, sha256, context, text)
        SELECT s.corpus_id, s.ordinal, s.kind, s.split, s.external_id, s.licence,
               CASE p.heading WHEN '' THEN s.details ELSE s.details || jsonb_build_object('heading', p.heading) END,
               s.flags, p.source_id, p.part, p.parts, p.part_from, p.part_to, p.sha256, p.context, p.text
        FROM {unnested} JOIN seeds s ON s.id = p.source_id ORDER BY p.place ON CONFLICT DO NOTHING"""),
        values,
    )
    rows = session.execute(
        text(f"""
        SELECT s.id, s.kind, s.text FROM {unnested}
        JOIN seeds s ON s.source_id = p.source_id AND s.part = p.part AND s.parts = p.parts
                    AND s.part_from = p.part_from AND s.part_to = p.part_to ORDER BY p.place"""),
        values,
    )
    return [SeedText(*row) for row in rows]


@dataclass(frozen=True)
class CoverageRow:
    """A long source in a job."""

    id: int
    sha256: bytes
    title: str | None
    external_id: str | None
    file: str | None
    parts: int
    taking_part: int
    covered: int
    """Parts with a text in the pool."""
    coverage: float | None
    """Of the words of the parts that take part, the share in covered ones; None: no part does."""
    fact_coverage: float | None
    """Likewise, each covered part weighed by the share of its facts that its most faithful text keeps."""


_COVERAGE = """
    SELECT d.id, d.sha256, d.details->>'title' AS title, d.external_id, d.details->>'file' AS file, c.parts,
           c.taking_part, c.covered, c.coverage, c.fact_coverage
    FROM (
        SELECT s.source_id, count(*) AS parts, count(*) FILTER (WHERE x.reason IS NULL) AS taking_part,
               count(*) FILTER (WHERE x.reason IS NULL AND k.recall IS NOT NULL) AS covered,
               CAST(sum(x.tokens) FILTER (WHERE x.reason IS NULL AND k.recall IS NOT NULL) AS float8)
                   / nullif(sum(x.tokens) FILTER (WHERE x.reason IS NULL), 0) AS share,
               sum(x.tokens * k.recall) FILTER (WHERE x.reason IS NULL)
                   / nullif(sum(x.tokens) FILTER (WHERE x.reason IS NULL), 0) AS facts,
               coalesce(sum(x.tokens) FILTER (WHERE x.reason IS NULL), 0) AS words
        FROM seed_scores x JOIN seeds s ON s.id = x.seed_id
        LEFT JOIN LATERAL (
            SELECT max(coalesce(CAST(g.scores->>'fidelity_recall' AS float8), 1)) AS recall FROM generations g
            WHERE g.seed_id = s.id AND g.job_id = x.job_id AND g.verdict = 'kept') k ON true
        WHERE x.job_id = :job AND s.source_id IS NOT NULL GROUP BY s.source_id) AS a
    CROSS JOIN LATERAL (
        SELECT a.parts, a.taking_part, a.covered,
               CASE WHEN a.words > 0 THEN coalesce(a.share, 0) END AS coverage,
               CASE WHEN a.words > 0 THEN coalesce(a.facts, 0) END AS fact_coverage) AS c
    JOIN seeds d ON d.id = a.source_id"""


def coverage(session: Session, job_id: int, *, after: int = 0, limit: int = 10_000) -> list[CoverageRow]:
    """The job's long sources by id, beyond `after`."""
    query = text(f"SELECT * FROM ({_COVERAGE}) AS found WHERE id > :after ORDER BY id LIMIT :limit")
    rows = session.execute(query, {"job": job_id, "after": after, "limit": limit})
    return [CoverageRow(*row) for row in rows]
