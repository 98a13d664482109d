"""Records become seeds in one transaction: counted, deduplicated, and all or nothing."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

import pytest
from sqlalchemy import Engine, text

from app.db.session import transaction
from app.domain.ingest import Record, RecordFault, Reject
from app.domain.records import Kind, split_of
from app.repositories import units
from app.repositories.units import ClaimedUnit
from app.services import ingesting
from app.services.failures import LostLeaseError
from app.services.ingesting import BATCH, Counts
from tests.integration.loop_world import add_job, make_late, row, rows


def record(content: str, line: int = 1, **over: object) -> Record:
    values = {
        "text": content,
        "sha256": sha256(content.encode()).digest(),
        "kind": Kind.prose,
        "external_id": None,
        "licence": None,
        "metadata": {},
        "flags": (),
        "file": "a.jsonl",
        "line": line,
    }
    return Record(**{**values, **over})  # type: ignore[arg-type]


def reject(line: int, code: str = "empty_text") -> Reject:
    return Reject(file="a.jsonl", line=line, code=code, excerpt="")


@pytest.fixture
def claimed(engine: Engine) -> ClaimedUnit:
    """The unit of a corpus that waits to be read."""
    with transaction(engine) as session:
        session.execute(text("UPDATE units SET state = 'cancelled' WHERE kind <> 'rewrite' AND state = 'ready'"))
        job_id = add_job(session, seeds=0)
        corpus = session.execute(text("SELECT corpus_id FROM jobs WHERE id = :j"), {"j": job_id}).scalar_one()
        session.execute(text("UPDATE corpora SET state = 'ingesting' WHERE id = :c"), {"c": corpus})
        units.add(session, "ingest", corpus_id=corpus)
        unit = units.claim_cpu(session, worker="w", lease_s=600)
    assert unit is not None
    return unit


def ingest(engine: Engine, unit: ClaimedUnit, items: Iterable[Record | Reject], licence: str | None = None) -> Counts:
    with transaction(engine) as session:
        return ingesting.ingest_corpus(session, unit, items, licence=licence, tell=lambda _: None)


def corpus_row(engine: Engine, unit: ClaimedUnit) -> dict[str, object]:
    return row(engine, "SELECT * FROM corpora WHERE id = :c", c=unit.corpus_id)


def seeds_of(engine: Engine, unit: ClaimedUnit) -> list[dict[str, object]]:
    return rows(engine, "SELECT * FROM seeds WHERE corpus_id = :c ORDER BY ordinal", c=unit.corpus_id)


def test_no_records_make_an_empty_corpus_that_is_ready(engine: Engine, claimed: ClaimedUnit) -> None:
    counts = ingest(engine, claimed, [])

    assert (counts.read, counts.stored) == (0, 0)
    assert corpus_row(engine, claimed)["state"] == "ready" and seeds_of(engine, claimed) == []


def test_every_record_is_a_seed_a_copy_or_a_reject(engine: Engine, claimed: ClaimedUnit) -> None:
    items = [record("a", 1), reject(2), record("b", 3), record("a", 4), reject(5, RecordFault.nul_char), record("a", 6)]

    counts = ingest(engine, claimed, items)

    assert (counts.read, counts.stored, counts.duplicates, counts.rejected) == (6, 2, 2, 2)
    found = seeds_of(engine, claimed)
    assert [(s["text"], s["ordinal"], s["copies"]) for s in found] == [("a", 0, 3), ("b", 2, 1)]
    codes = rows(engine, "SELECT line, code FROM rejects WHERE corpus_id = :c ORDER BY line", c=claimed.corpus_id)
    assert codes == [{"line": 2, "code": "empty_text"}, {"line": 5, "code": "nul_char"}]
    stored = corpus_row(engine, claimed)
    assert stored["read"] == 6 and stored["kinds"] == {"prose": 2}


def test_copies_are_found_across_batches(engine: Engine, claimed: ClaimedUnit) -> None:
    items = [record(f"text {n % (BATCH + 10)}", n) for n in range(2 * BATCH)]

    counts = ingest(engine, claimed, items)

    assert (counts.stored, counts.duplicates) == (BATCH + 10, BATCH - 10)
    ordinals = [s["ordinal"] for s in seeds_of(engine, claimed)]
    assert ordinals == list(range(BATCH + 10)), "the first of each is the seed"
    assert row(engine, "SELECT sum(copies) AS n FROM seeds WHERE corpus_id = :c", c=claimed.corpus_id)["n"] == 2 * BATCH


def test_a_seed_knows_where_it_comes_from_and_its_side(engine: Engine, claimed: ClaimedUnit) -> None:
    ingest(
        engine,
        claimed,
        [record("a", 7, metadata={"title": "T"}, flags=("bidi",), licence="MIT"), record("b")],
        "CC0-1.0",
    )

    first, second = seeds_of(engine, claimed)

    assert first["details"] == {"title": "T", "file": "a.jsonl", "line": 7} and first["flags"] == ["bidi"]
    assert (first["licence"], second["licence"]) == ("MIT", "CC0-1.0"), "the record's own licence goes first"
    assert first["split"] == split_of(sha256(b"a").digest()).value


def test_a_reader_that_breaks_off_leaves_nothing(engine: Engine, claimed: ClaimedUnit) -> None:
    def broken() -> Iterator[Record]:
        for n in range(BATCH + 5):
            yield record(f"text {n}")
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        ingest(engine, claimed, broken())

    assert seeds_of(engine, claimed) == [] and corpus_row(engine, claimed)["state"] == "ingesting"


def test_a_worker_that_lost_its_lease_stores_nothing(engine: Engine, claimed: ClaimedUnit) -> None:
    with transaction(engine) as session:
        make_late(session, claimed.id)
        units.expire(session, max_crashes=3, max_rewrite_crashes=3)

    with pytest.raises(LostLeaseError):
        ingest(engine, claimed, [record("a")])

    assert seeds_of(engine, claimed) == []
