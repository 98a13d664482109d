"""Reads a corpus's files into seeds, in one transaction: whole, or not at all and from the start again."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy.orm import Session

from app.domain.ingest import Record, Reject
from app.domain.records import Kind, split_of
from app.repositories import ingest
from app.repositories.ingest import NewSeed
from app.repositories.units import ClaimedUnit
from app.services import failures

BATCH = 4_000
"""Records a COPY at most; two batches are in memory at a time."""
BATCH_CHARS = 16_000_000
"""Characters a batch takes before it ends early: 4,000 of the longest texts would be gigabytes."""
TELL_EVERY_S = 1.0
"""Seconds between two updates of the counts that watchers see."""

Items = Iterable[Record | Reject]


@dataclass
class Counts:
    """What became of the records so far: read = stored + duplicates + rejected."""

    read: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: int = 0
    kinds: dict[str, int] = field(default_factory=dict)


def ingest_corpus(
    session: Session, unit: ClaimedUnit, items: Items, *, licence: str | None, tell: Callable[[Counts], None]
) -> Counts:
    """Store every record of `items` and end the corpus as ready; `tell` hears the counts now and then.

    Must run in a transaction of its own: nothing is visible before its end.
    """
    corpus_id = unit.corpus_id
    assert corpus_id is not None
    counts, told = Counts(), time.monotonic()
    ingest.allow_slow_reading(session)
    ingest.look_up_by_index(session)
    for batch in _ahead(items):
        _store(session, corpus_id, batch, counts, licence)
        if time.monotonic() - told > TELL_EVERY_S:
            tell(counts)
            told = time.monotonic()
    failures.finish_or_lose(session, unit)
    ingest.finish(session, corpus_id, counts)
    return counts


def _ahead(items: Items) -> Iterator[list[Record | Reject]]:
    """Batches of `items`, the next one read by a thread while the caller stores this one."""
    source = iter(items)

    def take() -> list[Record | Reject]:
        batch: list[Record | Reject] = []
        chars = 0
        for item in islice(source, BATCH):
            batch.append(item)
            chars += len(item.text) if isinstance(item, Record) else 0
            if chars > BATCH_CHARS:
                break
        return batch

    with ThreadPoolExecutor(1, thread_name_prefix="reader") as reader:
        batch = take()
        while batch:
            following = reader.submit(take)
            yield batch
            batch = following.result()


def _store(session: Session, corpus_id: int, batch: list[Record | Reject], counts: Counts, licence: str | None) -> None:
    fresh: dict[bytes, NewSeed] = {}
    copies: dict[bytes, int] = {}
    rejected: list[Reject] = []
    for place, item in enumerate(batch, counts.read):
        if isinstance(item, Reject):
            rejected.append(item)
        elif item.sha256 in fresh:
            copies[item.sha256] = copies.get(item.sha256, 0) + 1
        else:
            fresh[item.sha256] = _seed(item, place, licence)
    for known in ingest.known(session, corpus_id, list(fresh)):
        copies[known] = copies.get(known, 0) + 1
        del fresh[known]
    ingest.put_seeds(session, corpus_id, fresh.values())
    ingest.add_copies(session, corpus_id, copies)
    ingest.put_rejects(session, corpus_id, rejected)
    counts.read += len(batch)
    counts.stored += len(fresh)
    counts.duplicates += sum(copies.values())
    counts.rejected += len(rejected)
    for seed in fresh.values():
        counts.kinds[seed.kind] = counts.kinds.get(seed.kind, 0) + 1


def _seed(record: Record, ordinal: int, licence: str | None) -> NewSeed:
    details = {**record.metadata, "file": record.file, "line": record.line}
    return NewSeed(
        ordinal=ordinal,
        sha256=record.sha256,
        kind=Kind(record.kind).value,
        split=split_of(record.sha256).value,
        external_id=record.external_id,
        licence=record.licence or licence,
        details=details,
        flags=list(record.flags),
        text=record.text,
    )
