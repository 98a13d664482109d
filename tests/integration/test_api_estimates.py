"""Estimates over HTTP: from a corpus or from sizes alone, refused like the job, and nothing is left behind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.db.session import transaction
from app.repositories import rounds, units
from tests import api_rows
from tests.api_service import MODEL, PRICES, ApiService, api_service

NOBODY = "http://127.0.0.1:9/v1"
"""Nothing listens there: an estimate asks no model."""
SEEDS = {"count": 500, "sizes": [{"words": 120, "bytes": 700}]}
ROWS = """
    SELECT (SELECT count(*) FROM corpora), (SELECT count(*) FROM jobs), (SELECT count(*) FROM units),
           (SELECT count(*) FROM events), (SELECT count(*) FROM idempotency_keys)"""


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[ApiService]:
    with api_service(database_url, tmp_path, llm_base_url=NOBODY, llm_model=MODEL, llm_prices=PRICES) as running:
        yield running


def ask(service: ApiService, **body: Any) -> Any:
    return service.http.post("/v1/estimates", json=body)


def counts(service: ApiService) -> tuple[int, ...]:
    with transaction(service.engine) as session:
        return tuple(session.execute(text(ROWS)).one())


def past_job(service: ApiService, corpus_id: int) -> None:
    """A job of the same model that kept one of two answers and stopped by itself."""
    job_id = service.http.post("/v1/jobs", json={"corpus_id": corpus_id, "llm": {"base_url": service.url}}).json()["id"]
    with transaction(service.engine) as session:
        seeds = api_rows.make_ready(session, corpus_id, [f"Passage {n} is about rivers." for n in range(4)])
        first = api_rows.add_round(session, job_id, 0)
        rounds.settle(session, first, funnel={"seeds": 4, "taking_part": 2}, measures={}, decision={})
        one = api_rows.add_round(session, job_id, 1)
        for place, seed in enumerate(seeds[:2]):
            unit = units.add(session, "rewrite", job_id=job_id, round_id=one, ordinal=100 + place, seed_id=seed)
            call = session.execute(
                text("""
                INSERT INTO llm_calls (job_id, unit_id, token, request_key, ok, code, latency_s)
                VALUES (:job, :unit, :unit, CAST(:key AS bytea), true, 'ok', 2.0) RETURNING id"""),
                {"job": job_id, "unit": unit, "key": f"key {place}".encode()},
            ).scalar_one()
            api_rows.add_generation(
                session, job_id, one, seed, body=f"Text {place}", ordinal=place, llm_call_id=call,
                prompt_tokens=400, completion_tokens=150,
            )  # fmt: skip
        session.execute(text("UPDATE rounds SET opened_at = now() - interval '4 s' WHERE id = :id"), {"id": one})
        rounds.settle(session, one, funnel={"answers": 2, "without_text": []}, measures={}, decision={})
        session.execute(text("UPDATE budgets SET spent_calls = 3 WHERE job_id = :job"), {"job": job_id})
        api_rows.end_job(session, job_id)


def test_estimate_of_sizes_leaves_nothing_and_asks_nobody(service: ApiService) -> None:
    before = counts(service)

    found = ask(service, seeds=SEEDS, budget={"calls": 100}).json()

    assert found["seeds"] == 500
    assert found["calls"] == {"low": 100, "expected": 100, "high": 100}
    assert found["stops_first"]["budget"] == "calls"
    assert found["price"]["input_usd_per_mtok"] == 1.0
    assert found["money_usd"]["low"] > 0
    assert (found["seconds"], found["measured_jobs"]) == (None, 0)
    assert counts(service) == before


def test_estimate_of_a_corpus_rests_on_what_its_earlier_job_measured(service: ApiService) -> None:
    corpus_id = service.corpus("Water boils at 100 degrees. It freezes at 0.")
    past_job(service, corpus_id)

    found = ask(service, corpus_id=corpus_id, llm={"concurrency": 2}).json()

    assert (found["measured_jobs"], found["measured_calls"]) == (1, 2)
    assert found["taking_part"] == {"low": 2, "expected": 2, "high": 2}
    # One round of two calls, each paid one and a half times.
    assert (found["rounds"]["expected"], found["calls"]["expected"]) == (1, 3)
    assert found["prompt_tokens"]["expected"] == 3 * 400
    assert found["completion_tokens"]["expected"] == 3 * 150
    # Two calls of 2 s in 4 s keep one of 64 slots busy at most a 64th of the time; the estimate has two slots.
    assert found["seconds"]["expected"] > found["seconds"]["low"] - 1 > 0


def test_several_models_are_told_apart_and_only_what_one_of_them_did_is_measured(service: ApiService) -> None:
    corpus_id = service.corpus("Water boils at 100 degrees. It freezes at 0.")
    past_job(service, corpus_id)
    models = [{"model": MODEL, "share": 3}, {"model": "offline-explainer"}, {"model": "mystery"}]

    found = ask(service, corpus_id=corpus_id, llm={"models": models}).json()

    lines = {one["model"]: one for one in found["models"]}
    assert [one["share"] for one in found["models"]] == [0.6, 0.2, 0.2]
    assert [lines[name]["measured_calls"] for name in (MODEL, "offline-explainer", "mystery")] == [2, 0, 0]
    assert lines[MODEL]["money_usd"]["expected"] > 0
    assert lines["offline-explainer"]["money_usd"] == {"low": 0, "expected": 0, "high": 0}
    assert (lines["mystery"]["price"], lines["mystery"]["money_usd"], found["money_usd"]) == (None, None, None)
    assert sum(one["calls"]["expected"] for one in found["models"]) == pytest.approx(found["calls"]["expected"], abs=2)
    assert found["seconds"] is None, "nobody knows how long the others take"


REFUSED = [
    pytest.param({"seeds": SEEDS, "corpus_id": 1}, "invalid_request", id="both"),
    pytest.param({}, "invalid_request", id="neither"),
    pytest.param({"seeds": {**SEEDS, "sizes": []}}, "invalid_request", id="no-size"),
    pytest.param({"corpus_id": 99}, "not_found", id="no-corpus"),
    pytest.param({"seeds": SEEDS, "recipe": "soup"}, "unknown_recipe", id="recipe"),
    pytest.param({"seeds": SEEDS, "targets": {"distinct3_low": 2, "distinct3_high": 1}}, "impossible_config", id="bad"),
    pytest.param(
        {"seeds": SEEDS, "llm": {"model": "mystery"}, "budget": {"money_usd": 1}}, "unknown_price", id="no-price"
    ),
]


def test_refused_as_the_job_would_be(service: ApiService) -> None:
    for case in REFUSED:
        body, code = case.values[0], case.values[1]
        assert ask(service, **body).json()["code"] == code, case.id  # type: ignore[arg-type]  # pytest types values as objects


def test_corpus_that_is_still_being_read_is_told(service: ApiService) -> None:
    answer = ask(service, corpus_id=service.corpus())

    assert (answer.status_code, answer.json()["code"]) == (409, "corpus_not_ready")
