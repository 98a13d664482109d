"""Jobs over HTTP once they are there: listed, changed, paused, resumed, cancelled; their progress and rounds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.db.session import transaction
from app.repositories import budgets, holds, rounds
from app.repositories.budgets import Claim
from tests.api_rows import add_calls, add_round, end_job
from tests.api_service import MODEL, PRICES, ApiService, api_service


@pytest.fixture
def service(database_url: str, tmp_path: Path, llm_url: str) -> Iterator[ApiService]:
    with api_service(database_url, tmp_path, llm_base_url=llm_url, llm_model=MODEL, llm_prices=PRICES) as running:
        yield running


def test_change_moves_caps_targets_and_priority(service: ApiService) -> None:
    job = service.job(budget={"calls": 100, "hours": 2})
    answer = service.http.patch(
        f"/v1/jobs/{job['id']}",
        json={"priority": 5, "budget": {"calls": 50, "tokens": 9, "hours": None}, "targets": {"grade_p90": 7}},
    )

    changed = answer.json()
    assert answer.status_code == 200
    assert (changed["priority"], changed["spend"]["calls"]["cap"], changed["spend"]["tokens"]["cap"]) == (5, 50, 9)
    assert (changed["config"]["targets"]["grade_p90"], changed["deadline_at"]) == (7, None)
    assert changed["key"] != job["key"]
    with transaction(service.engine) as session:
        (data,) = session.execute(text("SELECT data FROM events WHERE kind = 'job.changed'")).scalars()
    assert data["what"] == {"budget.calls": 50, "budget.tokens": 9, "budget.hours": None, "targets.grade_p90": 7}


def test_form_on_the_page_sets_all_four_caps_and_an_empty_field_lifts_one(service: ApiService) -> None:
    job = service.job(budget={"calls": 100})
    page, own = f"/jobs/{job['id']}", {"origin": service.url}
    form = {"calls": "", "tokens": "9000", "money_usd": "1.5", "hours": "2"}
    answer = service.http.post(f"{page}/budget", data=form, headers=own)
    bad = service.http.post(f"{page}/budget", data={**form, "tokens": "-1"}, headers=own)
    foreign = service.http.post(f"{page}/budget", data=form)

    changed = service.http.get(f"/v1/jobs/{job['id']}").json()
    assert (answer.status_code, bad.status_code, foreign.status_code) == (303, 422, 403)
    assert changed["config"]["budget"] == {"calls": None, "tokens": 9_000, "money_usd": 1.5, "hours": 2.0}
    shown = service.http.get(page).text
    assert all(words in shown for words in ("of 9,000", "of $1.50", "of 2 h 0 min", "no cap"))


def test_cap_below_what_is_spent_stops_the_asking(service: ApiService) -> None:
    """T27: what is in flight stays reserved, what waits leaves the queue."""
    job_id = service.job(budget={"calls": 100})["id"]
    with transaction(service.engine) as session:
        round_id = add_round(session, job_id)
        add_calls(session, job_id, round_id, 3)
        unit = session.execute(text("SELECT min(id) FROM units WHERE kind = 'rewrite'")).scalar_one()
        session.execute(text("UPDATE units SET state = 'leased', lease_until = now() WHERE id = :id"), {"id": unit})
        budgets.reserve(session, job_id, [Claim(1, unit, 0, 10)], budgets.read(session, job_id, lock=True))
        session.execute(text("UPDATE budgets SET spent_calls = 4"))

    changed = service.http.patch(f"/v1/jobs/{job_id}", json={"budget": {"calls": 2}}).json()

    assert changed["spend"]["calls"] == {"cap": 5, "spent": 4, "reserved": 1}
    assert changed["config"]["budget"]["calls"] == 2
    assert changed["progress"]["units"] == {"leased": 1, "cancelled": 2}


CHANGES = [
    pytest.param({}, "invalid_request", id="nothing"),
    pytest.param({"colour": 1}, "invalid_request", id="unknown-field"),
    pytest.param({"budget": {"calls": -1}}, "invalid_request", id="negative"),
    pytest.param({"budget": {"colour": 1}}, "invalid_request", id="unknown-budget"),
    pytest.param({"targets": {"distinct3_low": 2}}, "impossible_config", id="impossible"),
]


@pytest.mark.parametrize(("change", "code"), CHANGES)
def test_change_out_of_bounds_is_refused(service: ApiService, change: dict[str, Any], code: str) -> None:
    answer = service.http.patch(f"/v1/jobs/{service.job()['id']}", json=change)

    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text


def test_money_cap_needs_a_price_also_later(service: ApiService) -> None:
    job_id = service.job(llm={"model": "other"})["id"]
    answer = service.http.patch(f"/v1/jobs/{job_id}", json={"budget": {"money_usd": 1}})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_price")


def test_job_is_paused_resumed_and_cancelled_in_the_right_states_only(service: ApiService) -> None:
    job_id = service.job()["id"]

    def move(what: str) -> tuple[int, str]:
        answer = service.http.post(f"/v1/jobs/{job_id}/{what}")
        return answer.status_code, answer.json().get("state") or answer.json()["code"]

    assert move("pause") == (409, "wrong_state")
    with transaction(service.engine) as session:
        add_round(session, job_id)
    assert move("resume") == (409, "wrong_state")
    assert move("pause") == (200, "paused")
    assert move("pause") == (409, "wrong_state")
    assert move("resume") == (200, "running")
    assert move("cancel") == (200, "cancelled")
    assert [move(what) for what in ("pause", "resume", "cancel")] == [(409, "wrong_state")] * 3
    assert service.http.patch(f"/v1/jobs/{job_id}", json={"priority": 1}).status_code == 409
    assert service.http.post("/v1/jobs/999/cancel").status_code == 404


def test_cancel_takes_waiting_calls_out_of_the_queue(service: ApiService) -> None:
    job_id = service.job()["id"]
    with transaction(service.engine) as session:
        round_id = add_round(session, job_id)
        add_calls(session, job_id, round_id, 3)

    job = service.http.post(f"/v1/jobs/{job_id}/cancel").json()

    assert (job["state"], job["stop_reason"], job["progress"]["units"]) == ("cancelled", "cancelled", {"cancelled": 3})
    assert job["finished_at"] is not None


def test_eta_comes_from_the_pace_of_the_last_minutes(service: ApiService) -> None:
    job_id = service.job()["id"]
    with transaction(service.engine) as session:
        round_id = add_round(session, job_id)
        session.execute(
            text("""
            INSERT INTO units (kind, job_id, round_id, ordinal, state, finished_at)
            SELECT 'rewrite', :job, :round, n, CASE WHEN n <= 10 THEN 'done' ELSE 'ready' END,
                   CASE WHEN n <= 10 THEN now() - make_interval(secs => 2 * n) END
            FROM generate_series(1, 40) n"""),
            {"job": job_id, "round": round_id},
        )
    progress = service.http.get(f"/v1/jobs/{job_id}").json()["progress"]

    assert progress["units"] == {"done": 10, "ready": 30}
    assert progress["done_share"] == 0.25
    assert 59 <= progress["eta_s"] <= 63


def test_rounds_are_listed_with_plan_and_units(service: ApiService) -> None:
    job_id = service.job()["id"]
    with transaction(service.engine) as session:
        add_round(session, job_id, 0)
        add_round(session, job_id, 1)
    found = service.http.get(f"/v1/jobs/{job_id}/rounds").json()["items"]

    assert [(r["number"], r["state"], r["plan"]) for r in found] == [
        (0, "open", {"calls": 3}),
        (1, "open", {"calls": 3}),
    ]
    assert service.http.get("/v1/jobs/999/rounds").status_code == 404


def test_job_held_by_a_person_does_not_stand_in_the_pumps_way(service: ApiService) -> None:
    """An insert takes a key lock on its job; a full row lock would block it, and deadlock with a cancel."""
    job_id = service.job()["id"]
    with transaction(service.engine) as person:
        holds.hold(person, job_id)
        with transaction(service.engine) as pump:
            pump.execute(text("SET LOCAL lock_timeout = '500ms'"))
            rounds.add(pump, job_id, 1, plan={})


def test_jobs_are_listed_by_state_and_page(service: ApiService) -> None:
    ids = [service.job(rng_seed=seed)["id"] for seed in range(3)]
    with transaction(service.engine) as session:
        end_job(session, ids[0])
    page = service.http.get("/v1/jobs?limit=2").json()
    rest = service.http.get("/v1/jobs", params={"limit": 2, "cursor": page["next_cursor"]}).json()
    done = service.http.get("/v1/jobs?state=done").json()

    assert [job["id"] for job in page["items"] + rest["items"]] == sorted(ids, reverse=True)
    assert [(job["id"], job["stop_reason"]) for job in done["items"]] == [(ids[0], "target_met")]
    assert service.http.get("/v1/jobs?state=asleep").status_code == 422
