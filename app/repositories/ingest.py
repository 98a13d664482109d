"""Seeds and rejects of a corpus that is being read, in bulk."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import orjson
from psycopg.types.json import Jsonb
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.db.copying import copy_rows
from app.db.tables import Corpus


class NewSeed(NamedTuple):
    """A seed to store."""

    ordinal: int
    sha256: bytes
    kind: str
    split: str
    external_id: str | None
    licence: str | None
    details: dict[str, Any]
    flags: list[str]
    text: str


class Rejected(Protocol):
    """A record to report."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def code(self) -> str: ...
    @property
    def excerpt(self) -> str: ...


class Counted(Protocol):
    """What became of the records."""

    read: int
    stored: int
    duplicates: int
    rejected: int
    kinds: dict[str, int]


SEED_COLUMNS = (
    ("corpus_id", "int8"),
    ("ordinal", "int8"),
    ("sha256", "bytea"),
    ("kind", "text"),
    ("split", "text"),
    ("external_id", "text"),
    ("licence", "text"),
    ("details", "jsonb"),
    ("flags", "text[]"),
    ("text", "text"),
)
REJECT_COLUMNS = (("corpus_id", "int8"), ("file", "text"), ("line", "int8"), ("code", "text"), ("excerpt", "text"))


def known(session: Session, corpus_id: int, digests: Sequence[bytes]) -> list[bytes]:
    """Those of `digests` that the corpus holds already."""
    # One value cut up by the server: an array of 4,000 digests takes the client five times as long to write. The sum
    # keeps a planner that knows nothing of a growing table yet from reading the whole corpus for every digest.
    rows = session.execute(
        text("""
        SELECT d.sha256 FROM generate_series(0, :count - 1) AS place
        CROSS JOIN LATERAL (SELECT substring(CAST(:digests AS bytea) FROM 32 * place + 1 FOR 32) AS sha256) d
        CROSS JOIN LATERAL (SELECT 1 FROM seeds s WHERE s.sha256 = d.sha256 AND s.corpus_id + 0 = :corpus
                            AND s.source_id IS NULL LIMIT 1) held"""),
        {"corpus": corpus_id, "digests": b"".join(digests), "count": len(digests)},
    )
    return [bytes(row.sha256) for row in rows]


def put_seeds(session: Session, corpus_id: int, seeds: Iterable[NewSeed]) -> int:
    """COPY new seeds."""
    return copy_rows(session, "seeds", SEED_COLUMNS, (_row(corpus_id, seed) for seed in seeds))


def _row(corpus_id: int, seed: NewSeed) -> tuple[object, ...]:
    details = Jsonb(seed.details, dumps=orjson.dumps)
    return (corpus_id, *seed[:6], details, seed.flags, seed.text)


def add_copies(session: Session, corpus_id: int, copies: Mapping[bytes, int]) -> None:
    """Count further copies of seeds that are there."""
    if not copies:
        return
    session.execute(
        text("""
        UPDATE seeds s SET copies = s.copies + c.n
        FROM unnest(CAST(:digests AS bytea[]), CAST(:counts AS int[])) AS c(sha256, n)
        CROSS JOIN LATERAL (SELECT h.id FROM seeds h WHERE h.sha256 = c.sha256 AND h.corpus_id + 0 = :corpus
                            AND h.source_id IS NULL LIMIT 1) held
        WHERE s.id = held.id"""),
        {"corpus": corpus_id, "digests": list(copies), "counts": list(copies.values())},
    )


def put_rejects(session: Session, corpus_id: int, rejects: Iterable[Rejected]) -> int:
    """COPY rejected records."""
    rows = ((corpus_id, reject.file, reject.line, str(reject.code), reject.excerpt) for reject in rejects)
    return copy_rows(session, "rejects", REJECT_COLUMNS, rows)


def allow_slow_reading(session: Session) -> None:
    """Let this transaction wait for files longer than others may: it holds no row but those it makes."""
    session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '90s'"))


def look_up_by_index(session: Session) -> None:
    """Let this transaction find digests by their index, also while the table is so small that reading it is cheaper."""
    session.execute(text("SET LOCAL enable_seqscan = off"))


def tell(session: Session, corpus_id: int, counts: Counted) -> None:
    """Let watchers see how far reading is; a reader that lost its lease must not touch a corpus that is ready."""
    reading = Corpus.state == "ingesting"
    session.execute(update(Corpus).where(Corpus.id == corpus_id, reading).values(**_columns(counts)))


def finish(session: Session, corpus_id: int, counts: Counted) -> None:
    """The corpus is ready."""
    values = {**_columns(counts), "state": "ready", "finished_at": text("now()"), "kinds": counts.kinds}
    session.execute(update(Corpus).where(Corpus.id == corpus_id).values(**values))


def _columns(counts: Counted) -> dict[str, int]:
    return {
        "read": counts.read,
        "stored": counts.stored,
        "duplicates": counts.duplicates,
        "rejected": counts.rejected,
    }
