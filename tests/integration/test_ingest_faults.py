"""Reading a corpus: slow files, huge texts, and a reader that lost its lease (A5, C1)."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from app.db.session import engine_of, transaction
from app.domain.ingest import Record, Reject
from app.domain.records import Kind
from app.domain.text import sha256
from app.repositories import ingest, units
from app.services import ingesting
from app.services.ingesting import Counts


def _record(place: int, size: int = 20) -> Record:
    content = f"{place} " + "x" * size
    return Record(content, sha256(content), Kind.prose, None, None, {}, (), "a.jsonl", place + 1)


def _corpus(url: str, state: str = "ingesting") -> int:
    with transaction(engine_of(url)) as session:
        query = text("""
            INSERT INTO corpora (name, state, content_sha256, files, options, read, stored)
            VALUES ('c', :state, decode(repeat('00', 32), 'hex'), '[]', '{}', 9, 9) RETURNING id""")
        corpus = int(session.execute(query, {"state": state}).scalar_one())
        units.add(session, "ingest", corpus_id=corpus)
    return corpus


def test_a_reader_that_lost_its_lease_does_not_touch_a_corpus_that_is_ready(database_url: str) -> None:
    corpus = _corpus(database_url, state="ready")
    with transaction(engine_of(database_url)) as session:
        ingest.tell(session, corpus, Counts(read=3, stored=3))
        assert session.execute(text("SELECT read, stored FROM corpora")).one() == (9, 9)
    engine_of(database_url).dispose()


def test_files_may_be_slower_than_an_idle_transaction_may_be(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingesting, "BATCH", 1)
    corpus = _corpus(database_url)
    options = {"options": "-c idle_in_transaction_session_timeout=300"}
    engine = create_engine(database_url, connect_args=options)

    def slow() -> Iterator[Record | Reject]:
        yield _record(0)
        time.sleep(1)
        yield _record(1)

    with transaction(engine) as session:
        unit = units.claim_cpu(session, worker="test:1", lease_s=60)
    assert unit is not None and unit.corpus_id == corpus
    with transaction(engine) as session:
        counts = ingesting.ingest_corpus(session, unit, slow(), licence=None, tell=lambda _: None)
    assert counts.stored == 2
    engine.dispose()
    engine_of(database_url).dispose()


def test_a_batch_of_huge_texts_ends_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting, "BATCH_CHARS", 1_000)
    batches = list(ingesting._ahead(_record(place, size=400) for place in range(7)))
    assert [len(batch) for batch in batches] == [3, 3, 1]
