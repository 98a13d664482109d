"""Long sources over HTTP: coverage a source in pages, and the part in a text's lineage."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db.session import transaction
from app.domain.text import sha256
from app.repositories import seeds, sources
from app.repositories.sources import NewPart
from tests.api_rows import add_round, make_ready
from tests.api_service import MODEL, api_service, llm_endpoint
from tests.integration.repositories.test_texts import score
from tests.job_texts import JobTexts

BOOK = "# Heat\n\nWater boils.\n\n# Cold\n\nIce floats.\n"


@pytest.fixture
def pool(database_url: str, tmp_path: Path) -> Iterator[JobTexts]:
    """Two books of two parts, and a short text; the parts of the first are seeds 0 and 1 of the pool."""
    with (
        llm_endpoint() as url,
        api_service(database_url, tmp_path, llm_base_url=url, llm_model=MODEL) as service,
    ):
        job = service.job()
        with transaction(service.engine) as session:
            whole = make_ready(session, job["corpus_id"], [BOOK, f"{BOOK} ", "Short."])
            cut = BOOK.index("# Cold")
            parts = [
                NewPart(book, place + 1, 2, *span, sha256(BOOK[slice(*span)]), "Heat", "Part", BOOK[slice(*span)])
                for book in whole[:2]
                for place, span in enumerate([(0, cut), (cut, len(BOOK))])
            ]
            made = sources.put_parts(session, parts)
            assert [one.id for one in sources.put_parts(session, parts)] == [one.id for one in made], "stored twice"
            scores = [
                score(seed, tokens=words) for seed, words in zip([m.id for m in made], [30, 10, 30, 10], strict=True)
            ]
            scores += [score(whole[0], reason="split"), score(whole[1], reason="split"), score(whole[2])]
            seeds.put_scores(session, job["id"], scores)
            order = [one.id for one in seeds.all_scored(session, job["id"], vectors=False)]
            round_id = add_round(session, job["id"])
        assert order == [whole[0], made[0].id, made[1].id, whole[1], made[2].id, made[3].id, whole[2]]
        yield JobTexts(service, job["id"], round_id, [one.id for one in made])


def test_the_coverage_of_each_source_comes_in_pages(pool: JobTexts) -> None:
    pool.add("Water boils, they say.", 0, scores={"fidelity_recall": 0.5})
    pool.add("Water boils, I say.", 4, scores={"fidelity_recall": 0.9})
    pool.add("Ice sinks.", 3, verdict="dropped", gate="fidelity", reason="negation")

    pages, cursor = [], None
    while not pages or cursor:
        answer = pool.service.http.get(
            f"/v1/jobs/{pool.job_id}/sources", params={"limit": 1} | ({"cursor": cursor} if cursor else {})
        ).json()
        pages.append(answer["items"])
        cursor = answer["next_cursor"]

    (first,), (second,) = pages
    assert (first["parts"], first["taking_part"], first["covered"], first["coverage"]) == (2, 2, 1, 0.75)
    assert first["fact_coverage"] == pytest.approx(0.9 * 0.75) and first["title"] == "T"
    assert (second["covered"], second["coverage"], second["fact_coverage"]) == (0, 0.0, 0.0)
    page = pool.service.http.get(f"/jobs/{pool.job_id}").text
    assert "Long sources" in page and "75" in page


def test_lineage_names_the_part_and_its_source(pool: JobTexts) -> None:
    made = pool.add("Ice floats, they say.", 1)

    (seed,) = pool.service.http.get(f"/v1/generations/{made}/lineage").json()["seeds"]

    part = seed["part"]
    assert (part["part"], part["parts"], part["heading"]) == (2, 2, "Heat")
    assert BOOK[part["start"] : part["end"]] == seed["text"] and seed["external_id"] == "seed-0"
