"""Seeds and what a job scored of them, in bulk."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.arrays import array
from app.db.copying import copy_rows


@dataclass(frozen=True)
class SeedText:
    """A seed as the scoring pass reads it."""

    id: int
    kind: str
    text: str


@dataclass(frozen=True)
class SeedScoreRow:
    """What round 0 writes of a seed."""

    seed_id: int
    edu_score: float
    ease: float
    grade: float
    list_coverage: float
    tokens: int
    embedding: bytes
    signature: bytes
    reason: str | None
    """Set when it could not be scored or holds an item of a benchmark."""
    detail: str | None
    """What the reason rests on: the benchmark's item and the evidence."""
    facts: bytes | None
    """What it states; None when prompts will not show it as it is."""
    improvable: bool = False
    """Whether passes can better its code."""


@dataclass(frozen=True)
class ScoredSeed:
    """A seed with its scores, without its text."""

    id: int
    ordinal: int
    kind: str
    split: str
    edu_score: float
    ease: float
    grade: float
    list_coverage: float
    tokens: int
    cluster: int | None
    reason: str | None
    embedding: bytes
    signature: bytes
    licence: str | None = None
    detail: str | None = None
    clean: bool = False
    """It was found to hold nothing that the job redacts or rejects."""
    improvable: bool = False
    """Passes can better its code; looked at only where the job has passes."""
    place: int = 0
    """0 of a document; of a part its first character in the source, from 1."""
    source_id: int | None = None
    """The long document that it is a part of."""

    @property
    def family(self) -> int:
        """What it shares with all that must stay on its side of the split: its source, or itself."""
        return self.id if self.source_id is None else self.source_id


@dataclass(frozen=True)
class Word:
    """A word of a word list."""

    id: int
    text: str
    licence: str | None


PLACE = "CASE WHEN s.source_id IS NULL THEN 0 ELSE s.part_from + 1 END"
SCORE_COLUMNS = (
    ("job_id", "int8"),
    ("seed_id", "int8"),
    ("edu_score", "float8"),
    ("ease", "float8"),
    ("grade", "float8"),
    ("list_coverage", "float8"),
    ("tokens", "int4"),
    ("embedding", "bytea"),
    ("signature", "bytea"),
    ("reason", "text"),
    ("detail", "text"),
    ("facts", "bytea"),
    ("improvable", "bool"),
)


def last_ordinal(session: Session, corpus_id: int) -> int:
    """The highest ordinal of a corpus; -1 when it has no seeds."""
    query = text("SELECT coalesce(max(ordinal), -1) FROM seeds WHERE corpus_id = :corpus AND source_id IS NULL")
    return int(session.execute(query, {"corpus": corpus_id}).scalar_one())


def texts_between(session: Session, corpus_id: int, low: int, high: int) -> list[SeedText]:
    """Documents with low <= ordinal < high, in order."""
    rows = session.execute(
        text("""
        SELECT id, kind, text FROM seeds
        WHERE corpus_id = :corpus AND source_id IS NULL AND ordinal >= :low AND ordinal < :high ORDER BY ordinal"""),
        {"corpus": corpus_id, "low": low, "high": high},
    )
    return [SeedText(*row) for row in rows]


def sample(session: Session, corpus_id: int, *, limit: int) -> list[SeedText]:
    """At most `limit` seeds, the ones with the lowest digests: a fixed random sample, in corpus order."""
    rows = session.execute(
        text("""
        SELECT id, kind, text FROM (SELECT id, kind, text, ordinal FROM seeds
                                    WHERE corpus_id = :corpus AND source_id IS NULL
                                    ORDER BY sha256 LIMIT :limit) s ORDER BY ordinal"""),
        {"corpus": corpus_id, "limit": limit},
    )
    return [SeedText(*row) for row in rows]


def put_scores(session: Session, job_id: int, rows: Iterable[SeedScoreRow]) -> int:
    """COPY the scores of a range."""
    return copy_rows(
        session,
        "seed_scores",
        SCORE_COLUMNS,
        ((job_id, *(getattr(row, name) for name, _ in SCORE_COLUMNS[1:])) for row in rows),
    )


def scored(
    session: Session, job_id: int, *, vectors: bool, after: tuple[int, int] = (-1, 0), limit: int = 20_000
) -> list[ScoredSeed]:
    """A page of a job's scored seeds in corpus order, the parts of one after it, beyond the (ordinal, place)
    `after`; embeddings and signatures if asked."""
    blobs = "x.embedding, x.signature" if vectors else "''::bytea, ''::bytea"
    rows = session.execute(
        text(f"""
        SELECT s.id, s.ordinal, s.kind, s.split, x.edu_score, x.ease, x.grade, x.list_coverage, x.tokens, x.cluster,
               x.reason, {blobs}, s.licence, x.detail, x.facts IS NOT NULL AS clean,
               x.improvable, {PLACE}, s.source_id
        FROM seed_scores x JOIN seeds s ON s.id = x.seed_id
        WHERE x.job_id = :job
          AND (s.ordinal, {PLACE}) > (:ordinal, :place)
        ORDER BY s.ordinal, {PLACE} LIMIT :limit"""),
        {"job": job_id, "ordinal": after[0], "place": after[1], "limit": limit},
    )
    return [ScoredSeed(*row) for row in rows.all()]


def all_scored(session: Session, job_id: int, *, vectors: bool) -> Iterator[ScoredSeed]:
    """Every scored seed of a job, in corpus order, read in pages."""
    after = (-1, 0)
    while page := scored(session, job_id, vectors=vectors, after=after):
        yield from page
        after = (page[-1].ordinal, page[-1].place)


def mark(session: Session, job_id: int, marks: Sequence[tuple[int, int | None, str | None]]) -> None:
    """Write (seed id, cluster, reason it takes no part) for many seeds at once."""
    if not marks:
        return
    ids, clusters, reasons = zip(*marks, strict=True)
    session.execute(
        text("""
        UPDATE seed_scores x SET cluster = m.cluster, reason = m.reason
        FROM unnest(CAST(:ids AS bigint[]), CAST(:clusters AS int[]), CAST(:reasons AS text[]))
             AS m(id, cluster, reason)
        WHERE x.job_id = :job AND x.seed_id = m.id"""),
        {"job": job_id, "ids": array(ids), "clusters": array(clusters), "reasons": array(reasons)},
    )


def texts(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """{seed id: text}."""
    rows = session.execute(text("SELECT id, text FROM seeds WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return {row.id: row.text for row in rows}


def words(session: Session, corpus_id: int, *, part: str = "noun") -> dict[str, list[Word]]:
    """{part of speech: words} of a word list, in corpus order; words that came without one are of `part`."""
    parts: dict[str, list[Word]] = {}
    rows = session.execute(
        text(
            "SELECT id, text, licence, details->>'part' AS part FROM seeds WHERE corpus_id = :corpus ORDER BY ordinal"
        ),
        {"corpus": corpus_id},
    )
    for row in rows:
        parts.setdefault(row.part or part, []).append(Word(row.id, row.text, row.licence))
    return parts


def parts(session: Session, corpus_id: int) -> dict[str | None, int]:
    """{part of speech: words} of a word list, the commonest first; None: of none."""
    rows = session.execute(
        text("""
        SELECT details->>'part' AS part, count(*) AS n FROM seeds WHERE corpus_id = :corpus AND kind = 'words'
        GROUP BY 1 ORDER BY n DESC, 1"""),
        {"corpus": corpus_id},
    )
    return {row.part: row.n for row in rows}


def licences(session: Session, corpus_id: int) -> dict[str | None, int]:
    """{licence: seeds of a corpus that came with it}, the commonest first; None: without one."""
    rows = session.execute(
        text("""
        SELECT licence, count(*) AS n FROM seeds WHERE corpus_id = :corpus AND source_id IS NULL
        GROUP BY licence ORDER BY n DESC, licence"""),
        {"corpus": corpus_id},
    )
    return {row.licence: row.n for row in rows}
