"""Jobs over HTTP: refused with what to do about it, or queued with a budget."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.db.session import transaction
from app.embedded.services import EmbeddedServices
from tests.api_rows import make_ready
from tests.api_service import MODEL, PRICES, ApiService, api_service, database_for_many


@pytest.fixture(scope="module")
def refusing(
    services: EmbeddedServices, template_database: str, tmp_path_factory: pytest.TempPathFactory, llm_url: str
) -> Iterator[ApiService]:
    """One service for all requests that are refused and leave nothing."""
    home = tmp_path_factory.mktemp("refusing")
    with (
        database_for_many(services, template_database) as database_url,
        api_service(database_url, home, llm_base_url=llm_url, llm_model=MODEL, llm_prices=PRICES) as running,
    ):
        yield running


@pytest.fixture
def service(database_url: str, tmp_path: Path, llm_url: str) -> Iterator[ApiService]:
    with api_service(database_url, tmp_path, llm_base_url=llm_url, llm_model=MODEL, llm_prices=PRICES) as running:
        yield running


def submit(service: ApiService, **body: Any) -> Any:
    return service.http.post("/v1/jobs", json={"corpus_id": service.corpus(), **body})


def test_job_waits_for_its_corpus_with_every_default_filled_in(service: ApiService) -> None:
    answer = submit(service, preset="school", budget={"money_usd": 1.5, "tokens": 1000})

    job = answer.json()
    assert (answer.status_code, job["state"], job["model"], job["offline"]) == (202, "queued", MODEL, False)
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert job["config"]["targets"]["grade_p90"] == 10.0
    assert job["config"]["planning"]["quota_share"] == 0.6
    assert job["spend"]["money_usd"] == {"cap": 1.5, "spent": 0, "reserved": 0}
    assert job["spend"]["tokens"]["cap"] == 1000
    with transaction(service.engine) as session:
        stored = session.execute(text("SELECT cap_micro, price_input, price_output FROM budgets, jobs")).one()
        kinds = session.execute(text("SELECT kind FROM events")).scalars().all()
    assert tuple(stored) == (1_500_000, 1_000_000, 2_000_000)
    assert kinds == ["job.created"]


def test_job_starts_at_once_when_its_corpus_is_ready(service: ApiService) -> None:
    corpus_id = service.corpus()
    with transaction(service.engine) as session:
        make_ready(session, corpus_id, ["Water boils."])

    job = service.http.post("/v1/jobs", json={"corpus_id": corpus_id}).json()

    assert (job["state"], job["progress"]["round"]) == ("running", 0)
    assert job["progress"]["units"] == {"ready": 1}


def test_own_grade_wins_over_the_preset(service: ApiService) -> None:
    job = submit(service, preset="beginner", targets={"grade_p90": 9.5}).json()

    assert job["config"]["targets"]["grade_p90"] == 9.5


def test_equal_submissions_have_one_key_and_others_another(service: ApiService) -> None:
    first, second, third = (submit(service, rng_seed=seed).json()["key"] for seed in (1, 1, 2))

    assert first == second != third


CONFIGS = [
    pytest.param({"max_rounds": 10**9}, "max_rounds", id="rounds"),
    pytest.param({"llm": {"concurrency": -1}}, "llm.concurrency", id="concurrency"),
    pytest.param({"budget": {"money_usd": 1e308}}, "budget.money_usd", id="cap"),
    pytest.param({"colour": 1}, "colour", id="unknown-field"),
    pytest.param({"targets": {"colour": 1}}, "targets.colour", id="unknown-target"),
    pytest.param({"planning": {"colour": 1}}, "planning.colour", id="unknown-plan-field"),
    pytest.param({"gates": {"colour": 1}}, "gates.colour", id="unknown-gate"),
    pytest.param({"llm": {"colour": 1}}, "llm.colour", id="unknown-llm-field"),
    pytest.param({"budget": {"colour": 1}}, "budget.colour", id="unknown-budget"),
    pytest.param({"preset": "toddler"}, "preset", id="unknown-preset"),
    pytest.param({"corpus_id": 2**63}, "corpus_id", id="id-too-big"),
    pytest.param({"priority": 10**6}, "priority", id="priority"),
    pytest.param({"targets": []}, "targets", id="targets-no-object"),
]


@pytest.mark.parametrize(("config", "field"), CONFIGS)
def test_config_out_of_bounds_names_the_field(refusing: ApiService, config: dict[str, Any], field: str) -> None:
    """Case 63."""
    answer = refusing.http.post("/v1/jobs", json={"corpus_id": 1, **config})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert field in [error["field"] for error in answer.json()["errors"]], answer.text


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_number_that_is_none_is_refused(refusing: ApiService, number: str) -> None:
    """Case 63: Python's parser takes NaN silently."""
    body = f'{{"corpus_id": 1, "llm": {{"temperature": {number}}}}}'
    answer = refusing.http.post("/v1/jobs", content=body, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "llm.temperature")


def test_body_that_is_no_json_is_refused(refusing: ApiService) -> None:
    answer = refusing.http.post("/v1/jobs", content=b"{", headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")


IMPOSSIBLE = [
    pytest.param(
        {"targets": {"distinct3_low": 1.5, "distinct3_high": 1.0}}, "impossible_config", "distinct3", id="both"
    ),
    pytest.param(
        {"targets": {"approved_tokens": 100}, "budget": {"tokens": 10}}, "impossible_config", "buy", id="buys"
    ),
    pytest.param({"recipe": "novel"}, "unknown_recipe", "codetextbook", id="recipe"),
    pytest.param(
        {"llm": {"model": "other"}, "budget": {"money_usd": 1}}, "unknown_price", "HORNBOOK_LLM_PRICES", id="price"
    ),
    pytest.param({"llm": {"base_url": "http://127.0.0.1:1/v1"}}, "llm_unreachable", "Start it", id="unreachable"),
    pytest.param(
        {"llm": {"endpoints": [{"name": "x"}]}}, "unknown_endpoint", "ENDPOINTS names none", id="no such name"
    ),
    pytest.param({"llm": {"endpoints": [{"weight": 2}]}}, "impossible_config", "base_url", id="an endpoint nowhere"),
    pytest.param({"llm": {"base_url": "file:///etc/passwd"}}, "bad_llm_endpoint", "http", id="no-http"),
    pytest.param({"benchmarks": [999]}, "unknown_benchmark", "999", id="benchmark"),
]


@pytest.mark.parametrize(("config", "code", "hint"), IMPOSSIBLE)
def test_job_that_cannot_work_says_what_to_do(
    refusing: ApiService, config: dict[str, Any], code: str, hint: str
) -> None:
    answer = submit(refusing, **config)

    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert hint in answer.json()["detail"]
    assert refusing.http.get("/v1/jobs").json()["items"] == []


VECTORS = {
    "no endpoint": ({"model": "m"}, "embeddings_not_configured", "HORNBOOK_EMBEDDING_BASE_URL"),
    "no model": ({"base_url": "http://127.0.0.1:1/v1"}, "impossible_config", "embedding.model"),
    "not there": ({"model": "m", "base_url": "http://127.0.0.1:1/v1"}, "embeddings_unreachable", "embedding.base_url"),
    "no url": ({"model": "m", "base_url": "file:///etc/passwd"}, "bad_llm_endpoint", "http://"),
}


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_that_cannot_be_had_are_refused_with_what_to_do(refusing: ApiService, name: str) -> None:
    wanted, code, hint = VECTORS[name]
    answer = submit(refusing, embedding=wanted)

    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert hint in answer.json()["detail"]


def test_vectors_need_a_price_under_a_money_budget_and_a_key_that_opens(refusing: ApiService, llm_url: str) -> None:
    free = submit(refusing, embedding={"model": "m", "base_url": llm_url}, budget={"money_usd": 1})
    locked = submit(refusing, embedding={"model": "m", "base_url": llm_url.replace("/v1", "/locked/v1")})

    assert (free.status_code, free.json()["code"]) == (422, "unknown_price")
    assert (locked.status_code, locked.json()["code"]) == (422, "embeddings_unauthorized")


def test_a_job_keeps_where_its_vectors_come_from(service: ApiService, llm_url: str) -> None:
    job = service.job(embedding={"model": "m", "base_url": llm_url})

    assert job["config"]["embedding"] == {"model": "m", "base_url": llm_url, "chars": 8000}
    with transaction(service.engine) as session:
        stored = session.execute(text("SELECT embedding_endpoint, embedding_model, embedding_price FROM jobs")).one()
    assert tuple(stored) == (llm_url, "m", 0)


def test_one_of_several_endpoints_that_answers_is_enough(service: ApiService, llm_url: str) -> None:
    away, there = {"base_url": "http://127.0.0.1:1/v1"}, {"base_url": llm_url, "weight": 2}
    job = service.job(llm={"endpoints": [away, there]})
    refused = submit(service, llm={"endpoints": [away, {"base_url": "http://127.0.0.1:2/v1"}]})

    assert [one["base_url"] for one in job["config"]["llm"]["endpoints"]] == [away["base_url"], llm_url]
    assert (refused.status_code, refused.json()["code"]) == (422, "llm_unreachable")


def test_endpoint_that_refuses_the_key_is_told_apart(refusing: ApiService, llm_url: str) -> None:
    answer = submit(refusing, llm={"base_url": llm_url.replace("/v1", "/locked/v1")})

    assert (answer.status_code, answer.json()["code"]) == (422, "llm_unauthorized")


def test_unknown_corpus_is_not_found(refusing: ApiService) -> None:
    answer = refusing.http.post("/v1/jobs", json={"corpus_id": 999})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_corpus_that_failed_or_does_not_fit_is_refused(service: ApiService) -> None:
    corpus_id = service.corpus()
    with transaction(service.engine) as session:
        make_ready(session, corpus_id, ["Water boils."])
    mismatch = service.http.post("/v1/jobs", json={"corpus_id": corpus_id, "recipe": "tinystories"})
    with transaction(service.engine) as session:
        session.execute(text("UPDATE corpora SET state = 'failed', error = '{\"code\": \"bad_zip\"}'"))
    failed = service.http.post("/v1/jobs", json={"corpus_id": corpus_id})

    assert (mismatch.status_code, mismatch.json()["code"]) == (422, "recipe_mismatch")
    assert (failed.status_code, failed.json()["code"]) == (422, "corpus_failed")
    assert "bad_zip" in failed.json()["detail"]


def test_a_word_list_without_what_the_recipe_draws_is_refused_with_what_it_holds(service: ApiService) -> None:
    corpus_id = service.corpus()
    with transaction(service.engine) as session:
        make_ready(session, corpus_id, ["dog", "cat"])
        session.execute(text("UPDATE seeds SET kind = 'words', details = '{\"part\": \"noun\"}'"))
        session.execute(text("UPDATE corpora SET kinds = '{\"words\": 2}'"))

    refused = service.http.post("/v1/jobs", json={"corpus_id": corpus_id, "recipe": "exercises"})

    assert (refused.status_code, refused.json()["code"]) == (422, "nothing_to_draw")
    assert "the part function" in refused.json()["detail"] and "holds 2 nouns" in refused.json()["detail"]
    taken = service.http.post("/v1/jobs", json={"corpus_id": corpus_id, "recipe": "tinystories"})
    assert taken.status_code == 202


def test_corpus_without_a_licence_that_the_job_takes_is_refused_with_what_it_has(service: ApiService) -> None:
    corpus_id = service.corpus()
    with transaction(service.engine) as session:
        make_ready(session, corpus_id, ["Water boils.", "Ice melts."])
        session.execute(text("UPDATE seeds SET licence = NULL WHERE text = 'Ice melts.'"))

    def ask(**licences: object) -> tuple[int, dict[str, Any]]:
        answer = service.http.post("/v1/jobs", json={"corpus_id": corpus_id, "gates": {"licences": licences}})
        return answer.status_code, answer.json()

    status, refused = ask(allow=["MIT"], unknown=False)
    assert (status, refused["code"]) == (422, "no_allowed_licence")
    assert "CC0-1.0 (1)" in refused["detail"] and "no licence (1)" in refused["detail"]
    assert ask(allow=["cc0*"], unknown=False)[0] == 202 and ask(allow=["MIT"])[0] == 202
    assert ask(allow=[], unknown=False)[1]["code"] == "impossible_config"


def test_service_without_an_llm_says_which_setting(database_url: str, tmp_path: Path) -> None:
    with api_service(database_url, tmp_path) as service:
        answer = submit(service)

    assert (answer.status_code, answer.json()["code"]) == (422, "llm_not_configured")
    assert "HORNBOOK_LLM_BASE_URL" in answer.json()["detail"]


def test_production_allows_neither_other_endpoints_nor_the_explainer(
    database_url: str, tmp_path: Path, llm_url: str
) -> None:
    with api_service(
        database_url, tmp_path, environment="production", llm_base_url=llm_url, llm_model="offline-explainer"
    ) as service:
        other = submit(service, llm={"base_url": "http://10.0.0.1/v1", "model": "m"})
        same = submit(service, llm={"base_url": llm_url + "/", "model": "m"})
        offline = submit(service)

    assert (other.status_code, other.json()["code"]) == (422, "llm_endpoint_not_allowed")
    assert same.status_code == 202
    assert (offline.status_code, offline.json()["code"]) == (422, "offline_explainer_refused")


def test_one_key_is_one_job(service: ApiService) -> None:
    corpus_id = service.corpus()
    headers = {"idempotency-key": "order-1"}
    answers = [
        service.http.post("/v1/jobs", json={"corpus_id": corpus_id, "rng_seed": seed}, headers=headers)
        for seed in (1, 1, 2)
    ]

    assert [answer.status_code for answer in answers] == [202, 202, 409]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert answers[1].headers["location"] == answers[0].headers["location"]
    assert len(service.http.get("/v1/jobs").json()["items"]) == 1


def test_refused_request_leaves_its_key_free(service: ApiService) -> None:
    headers = {"idempotency-key": "order-2"}
    refused = service.http.post("/v1/jobs", json={"corpus_id": 999}, headers=headers)
    accepted = service.http.post("/v1/jobs", json={"corpus_id": service.corpus()}, headers=headers)

    assert (refused.status_code, accepted.status_code) == (404, 202)


@pytest.mark.parametrize("key", ["", "x" * 201, "caf\u00e9"])
def test_unusable_key_is_refused(refusing: ApiService, key: str) -> None:
    answer = refusing.http.post(
        "/v1/jobs", json={"corpus_id": refusing.corpus()}, headers={"idempotency-key": key.encode()}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_idempotency_key")


def test_answer_does_not_wait_for_a_broker_that_is_away(service: ApiService) -> None:
    """T8: publishing blocks for seconds, so it has a thread of its own."""
    service.corpus("First, which warms everything up.")
    started = time.monotonic()
    service.corpus("Second.")

    assert time.monotonic() - started < 1.0


@pytest.mark.parametrize("path", ["/v1/jobs/0", "/v1/jobs/x", f"/v1/jobs/{2**64}", "/v1/jobs/1%00"])
def test_id_that_is_none_is_refused(refusing: ApiService, path: str) -> None:
    assert refusing.http.get(path).status_code == 422
