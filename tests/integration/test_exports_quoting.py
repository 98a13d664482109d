"""An export holds no seed beside a text that repeats it nearly whole."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.adapters.storage import Storage
from app.db.session import transaction
from app.domain.dedup import signatures
from app.domain.exporting import ExportOptions
from app.domain.text import tokenise
from tests.integration.export_world import add_world, connected, lines_of, make
from workers import resources

SEED = (
    "The mill stands by the river. Its wheel turns when the water is high, and then the stones grind the corn. A "
    "miller hears by their sound whether they are too near each other. In dry summers he waits, mends his roof, and "
    "counts the sacks that farmers left with him in spring. "
)
QUOTING = f"Let us read about a mill. {SEED}"
REWRITTEN = "A river drives a wheel, and the wheel drives two stones. Between the stones corn becomes flour. "


@pytest.fixture
def engine(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    with connected(database_url, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def storage(engine: Engine) -> Storage:
    return resources.storage()


def put(engine: Engine, job_id: int, place: int, body: str) -> None:
    """Make one seed SEED, good enough to be exported as it is, and the text that was kept of it `body`."""
    ours, seeds = (row.tobytes() for row in signatures(tokenise([body, SEED])))
    with transaction(engine) as session:
        seed_id = session.execute(text("SELECT id FROM seeds WHERE ordinal = :n"), {"n": place}).scalar_one()
        digest = hashlib.sha256(f"{place} {SEED}".encode()).digest()
        session.execute(
            text("UPDATE seeds SET text = :t, sha256 = :d WHERE id = :s"), {"t": SEED, "d": digest, "s": seed_id}
        )
        session.execute(
            text("UPDATE seed_scores SET edu_score = 4, signature = :g WHERE seed_id = :s"), {"g": seeds, "s": seed_id}
        )
        session.execute(
            text("UPDATE generations SET text = :t, signature = :g WHERE seed_id = :s AND verdict = 'kept'"),
            {"t": body, "g": ours, "s": seed_id},
        )
        session.execute(text("UPDATE generations SET edu_score = 4 WHERE job_id = :j"), {"j": job_id})


@pytest.mark.parametrize(("body", "real"), [(QUOTING, 0), (REWRITTEN, 1)], ids=["quoted whole", "rewritten"])
def test_a_seed_is_left_out_beside_a_text_that_quotes_it_whole(
    engine: Engine, storage: Storage, body: str, real: int
) -> None:
    with transaction(engine) as session:
        job_id = add_world(session)
    put(engine, job_id, 2, body)

    export_id = make(engine, job_id, ExportOptions(real_share=0.3))

    lines = lines_of(engine, storage, export_id, "train")
    assert [line["text"] for line in lines if line["round"] == 0].count(SEED) == real
    assert [line["text"] for line in lines if line["round"] > 0].count(body) == 1


def test_real_text_alone_may_hold_what_generations_quote(engine: Engine, storage: Storage) -> None:
    with transaction(engine) as session:
        job_id = add_world(session)
    put(engine, job_id, 2, QUOTING)

    export_id = make(engine, job_id, ExportOptions(real_share=1.0))

    assert [line["text"] for line in lines_of(engine, storage, export_id, "train")].count(SEED) == 1
