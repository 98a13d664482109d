"""Rows of corpora and their rejected records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.tables import Corpus, Reject, Seed
from app.domain.benchmarks import Item, item_of
from app.errors import NotFoundError


@dataclass(frozen=True)
class CorpusRow:
    """A corpus as stored."""

    id: int
    name: str
    state: str
    content_sha256: bytes
    files: list[dict[str, Any]]
    options: dict[str, Any]
    read: int
    stored: int
    duplicates: int
    rejected: int
    kinds: dict[str, int]
    error: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


class RejectRow(NamedTuple):
    """A record that did not become a seed."""

    id: int
    file: str
    line: int
    code: str
    excerpt: str


COLUMNS = [getattr(Corpus, name) for name in CorpusRow.__dataclass_fields__]
REJECT_COLUMNS = [getattr(Reject, name) for name in RejectRow._fields]


def add(
    session: Session, name: str, *, content_sha256: bytes, files: list[dict[str, Any]], options: dict[str, Any]
) -> int | None:
    """A new corpus that waits to be read; None when one of this content is there already."""
    row = session.execute(
        insert(Corpus)
        .values(name=name, content_sha256=content_sha256, files=files, options=options)
        .on_conflict_do_nothing(index_elements=[Corpus.content_sha256])
        .returning(Corpus.id)
    ).one_or_none()
    return int(row.id) if row else None


def get(session: Session, corpus_id: int) -> CorpusRow:
    """The corpus; raises NotFoundError."""
    row = session.execute(select(*COLUMNS).where(Corpus.id == corpus_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="corpus", id=corpus_id)
    return CorpusRow(*row)


def with_content(session: Session, content_sha256: bytes) -> CorpusRow:
    """The corpus of this content, locked against another restart."""
    query = select(*COLUMNS).where(Corpus.content_sha256 == content_sha256).with_for_update()
    return CorpusRow(*session.execute(query).one())


def restart(session: Session, corpus_id: int, *, files: list[dict[str, Any]]) -> None:
    """Empty a failed corpus and point it at new files, to be read again."""
    session.execute(delete(Reject).where(Reject.corpus_id == corpus_id))
    session.execute(delete(Seed).where(Seed.corpus_id == corpus_id))
    counts = {"read": 0, "stored": 0, "duplicates": 0, "rejected": 0, "kinds": {}}
    session.execute(
        update(Corpus)
        .where(Corpus.id == corpus_id)
        .values(state="ingesting", files=files, error=None, finished_at=None, **counts)
    )


def page(session: Session, *, before: int | None, limit: int) -> list[CorpusRow]:
    """Corpora, youngest first, older than `before`."""
    query = select(*COLUMNS).order_by(Corpus.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Corpus.id < before)
    return [CorpusRow(*row) for row in session.execute(query)]


def rejects(session: Session, corpus_id: int, *, after: int, limit: int, code: str | None = None) -> list[RejectRow]:
    """A page of rejected records in the order they were met, from id `after` on."""
    query = select(*REJECT_COLUMNS).where(Reject.corpus_id == corpus_id, Reject.id > after)
    if code is not None:
        query = query.where(Reject.code == code)
    return [RejectRow(*row) for row in session.execute(query.order_by(Reject.id).limit(limit))]


def reject_counts(session: Session, corpus_id: int) -> dict[str, int]:
    """{code: rejected records}, the commonest first."""
    rows = session.execute(
        text("SELECT code, count(*) AS n FROM rejects WHERE corpus_id = :corpus GROUP BY code ORDER BY n DESC, code"),
        {"corpus": corpus_id},
    )
    return {row.code: row.n for row in rows}


def kinds(session: Session, corpus_id: int) -> dict[str, int]:
    """{kind: seeds} of a corpus."""
    return get(session, corpus_id).kinds


def items(session: Session, corpus_id: int) -> list[Item]:
    """The item of every seed, in order: a corpus used as a benchmark to decontaminate against."""
    corpus = get(session, corpus_id)
    field = corpus.options.get("text_field", "text")
    rows = session.execute(
        text("""
        SELECT external_id, text, details FROM seeds
        WHERE corpus_id = :corpus AND source_id IS NULL ORDER BY ordinal"""),
        {"corpus": corpus_id},
    )
    return [_item(row.details, row.external_id, {field: row.text}, corpus.name) for row in rows]


def _item(details: dict[str, Any], external_id: str | None, text: dict[str, str], name: str) -> Item:
    """The record as it came, without what the reader added to it."""
    own = {key: value for key, value in details.items() if key not in ("file", "line")}
    identity = {} if external_id is None else {"id": external_id}
    return item_of(own | text | identity, name, int(details.get("line", 0)))


def not_ready(session: Session, corpus_ids: Sequence[int]) -> list[int]:
    """Those of `corpus_ids` that do not exist or could not be read to the end."""
    rows = session.execute(
        text("SELECT id FROM corpora WHERE id = ANY(:ids) AND state = 'ready'"), {"ids": list(corpus_ids)}
    )
    ready = {row.id for row in rows}
    return sorted(set(corpus_ids) - ready)
