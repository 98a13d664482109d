"""Whole jobs in this process, with the workers' own functions and a stub endpoint: every way a loop can end."""

import time
from dataclasses import replace

import pytest
from sqlalchemy import text

from app.db.session import transaction
from app.domain.config import Budget, Llm, Planning
from app.services import jobs as people
from tests.faults.rig import document
from tests.integration.loop_run import Loop
from tests.integration.loop_world import EASY, FAR, OPEN, config_of, row, rows
from tests.stub_llm_answers import Prompt, lesson
from tests.stub_llm_faults import OK, Act, named_acts
from workers import compute

ACTS = {name: replace(act, instant=False) for name, act in named_acts().items()}
DOCUMENTS = [document(place) for place in range(18)]


MANY = Planning(variants_per_seed=9)


def start(loop: Loop, **config: object) -> int:
    return loop.submit(loop.corpus(DOCUMENTS), config_of(**config))


def calls_made(loop: Loop) -> int:
    return len(loop.stub.requests)


def test_targets_that_hold_twice_are_the_success(loop: Loop) -> None:
    job_id = start(loop, targets=EASY)

    job = loop.drive(job_id)

    assert (job["state"], job["stop_reason"]) == ("done", "target_met")
    made = loop.rounds(job_id)
    assert [r["number"] for r in made] == [0, 1, 2] and {r["state"] for r in made} == {"settled"}
    assert "confirm" in made[1]["decision"]["why"] and made[2]["decision"]["stop"] == "target_met"
    kept = row(
        loop.engine, "SELECT count(*) AS n FROM generations WHERE job_id = :job AND verdict = 'kept'", job=job_id
    )
    assert kept["n"] > 0 and made[2]["measures"]["pool"] == kept["n"]
    open_ = rows(loop.engine, "SELECT id FROM units WHERE state IN ('ready', 'leased')")
    assert open_ == [], "a unit never ended"
    pending = rows(loop.engine, "SELECT id FROM generations WHERE verdict = 'pending'")
    assert pending == [], "a text was never judged by the pool"


def test_all_rounds_are_used(loop: Loop) -> None:
    job = loop.drive(start(loop, max_rounds=1))

    assert (job["stop_reason"], job["state"]) == ("budget_exhausted", "done")
    assert "rounds" in job["note"] and "approved_tokens" in job["note"]


LIMITS = {
    "calls": Budget(calls=5),
    "money": Budget(money_usd=0.0012),
    "tokens": Budget(tokens=5_000),
}


@pytest.mark.parametrize("what", LIMITS)
def test_a_budget_ends_the_job_and_is_never_overspent(loop: Loop, what: str) -> None:
    job_id = start(loop, budget=LIMITS[what], targets=replace(EASY, approved_tokens=5_000))

    job = loop.drive(job_id)

    assert (job["state"], job["stop_reason"]) == ("done", "budget_exhausted")
    assert f"budget of {what} (" in job["note"]
    budget = row(loop.engine, "SELECT * FROM budgets WHERE job_id = :job", job=job_id)
    assert (budget["reserved_micro"], budget["reserved_tokens"], budget["reserved_calls"]) == (0, 0, 0)
    assert 0 < budget["spent_calls"] == calls_made(loop) < len(DOCUMENTS)
    assert loop.stub.billed_micro <= budget["spent_micro"] <= (budget["cap_micro"] or 10**9)
    assert budget["spent_tokens"] <= (budget["cap_tokens"] or 10**9)
    # What was bought before the budget ran out is in the pool.
    assert loop.rounds(job_id)[-1]["measures"]["pool"] == budget["spent_calls"]


def test_no_call_begins_past_the_time_and_the_round_still_settles(loop: Loop) -> None:
    began: list[float] = []

    def script(_request: object) -> Act:
        began.append(time.time())
        return OK

    job_id = start(loop, budget=Budget(hours=1), llm=Llm(concurrency=1), targets=replace(EASY, approved_tokens=5_000))
    compute.compute()
    loop.stub.script, loop.stub.options = script, replace(loop.stub.options, latency_s=0.3)
    query = """
        UPDATE jobs SET deadline_at = now() + interval '1.5 s' WHERE id = :job
        RETURNING extract(epoch FROM deadline_at)"""
    with transaction(loop.engine) as session:
        deadline = float(session.execute(text(query), {"job": job_id}).scalar_one())

    loop.drive(job_id, until=lambda: time.time() > deadline)
    loop.sweep()
    job = loop.drive(job_id)

    assert (job["state"], job["stop_reason"]) == ("done", "budget_exhausted")
    assert "budget of time (1 h)" in job["note"]
    assert len(began) < len(DOCUMENTS) and all(at <= deadline for at in began)
    assert loop.rounds(job_id)[-1]["measures"]["pool"] == len(began)


def test_time_that_is_over_before_the_first_call_ends_the_job_with_the_seeds(loop: Loop) -> None:
    job_id = start(loop, budget=Budget(hours=1))
    with transaction(loop.engine) as session:
        session.execute(text("UPDATE jobs SET deadline_at = now() WHERE id = :job"), {"job": job_id})

    job = loop.drive(job_id)

    assert (job["state"], job["stop_reason"]) == ("done", "budget_exhausted")
    assert "budget of time" in job["note"] and calls_made(loop) == 0


def test_time_ends_the_job(loop: Loop) -> None:
    job_id = start(loop, budget=Budget(hours=1))
    loop.drive(job_id, until=lambda: len(loop.rounds(job_id)) > 1)
    with transaction(loop.engine) as session:
        people.change(session, job_id, people.Change(budget={"hours": 1e-9}), operator=loop.operator)

    loop.sweep()
    job = loop.drive(job_id)

    assert (job["state"], job["stop_reason"]) == ("done", "budget_exhausted")
    assert "time" in job["note"] and calls_made(loop) == 0


def test_no_seed_good_enough_is_nothing_to_do(loop: Loop) -> None:
    job_id = start(loop, gates=replace(OPEN, seed_edu_min=5))

    job = loop.drive(job_id)

    assert (job["state"], job["stop_reason"]) == ("done", "nothing_to_do")
    (first,) = loop.rounds(job_id)
    assert first["funnel"] == {"seeds": 18, "taking_part": 0, "left_out": {"low_education": 18}, "redacted": {}}
    assert calls_made(loop) == 0


def test_seeds_used_up_are_nothing_to_do(loop: Loop) -> None:
    job = loop.drive(start(loop, planning=Planning(variants_per_seed=1), max_rounds=9))

    assert (job["state"], job["stop_reason"]) == ("done", "nothing_to_do")
    assert calls_made(loop) == len(DOCUMENTS)


def test_answers_that_are_hardly_ever_accepted_are_a_plateau(loop: Loop) -> None:
    loop.endpoint.says(lambda _: "I'm sorry, but I can't help with that.")

    job_id = start(loop)
    job = loop.drive(job_id)

    assert (job["state"], job["stop_reason"]) == ("done", "plateau")
    assert "0 of 18 answers" in job["note"]
    assert loop.rounds(job_id)[1]["funnel"]["dropped"] == [{"gate": "format", "reason": "refusal", "count": 18}]


def test_a_model_that_never_comes_to_an_end_is_a_plateau(loop: Loop) -> None:
    loop.stub.script = lambda _: ACTS["length"]

    job = loop.drive(start(loop))

    assert (job["state"], job["stop_reason"]) == ("done", "plateau")
    assert "only 0 of 18 answers" in job["note"]


def test_rounds_that_bring_no_progress_are_a_plateau(loop: Loop) -> None:
    # One target that no text of these can move.
    job = loop.drive(
        start(loop, targets=replace(EASY, approved_tokens=0, ease_mean=100.0), max_rounds=9, planning=MANY)
    )

    assert (job["state"], job["stop_reason"]) == ("done", "plateau")
    # Which sign of a plateau comes first depends on how alike the answers are; `test_targets` has each by itself.
    assert "short: ease_mean" in job["note"]


def same_story(prompt: Prompt) -> str:
    """Hardly different whatever was asked."""
    count = prompt.draw % 997
    return (
        f"Every stone in the wall has a number, and this one is {count}. Stones are hard because their grains hold "
        "each other. Water runs over a stone and takes a grain away. After many years the stone is small and round. "
        "That is why the stones of a river are round and the stones of a hill are not. You can find both and compare "
        "them. Put one beside the other and say what you see, and then say why it is so. A round stone came far, and a "
        "sharp stone did not. The river did the work, one grain a day, and nobody saw it happen at any time."
    )


def collapsing(loop: Loop) -> int:
    """A job whose model says the same again and again from round 2 on; driven until it waits for a person."""
    job_id = loop.submit(loop.corpus(DOCUMENTS[:10]), config_of(max_rounds=6, planning=MANY))
    loop.drive(job_id, until=lambda: len(loop.rounds(job_id)) > 2)
    loop.endpoint.says(same_story)
    loop.drive(job_id)
    return job_id


def test_a_collapse_takes_the_round_back_and_waits_for_a_person_who_lets_it_go_on(loop: Loop) -> None:
    job_id = collapsing(loop)

    job = loop.job(job_id)
    assert (job["state"], job["stop_reason"]) == ("paused", "collapse")
    fallen = loop.rounds(job_id)[-1]
    assert fallen["decision"]["stop"] == "collapse" and "fell from" in job["note"]
    left = rows(
        loop.engine,
        "SELECT verdict, count(*) AS n FROM generations WHERE round_id = :round GROUP BY verdict",
        round=fallen["id"],
    )
    assert [found["verdict"] for found in left] == ["dropped"], "a text of the collapsed round is still in the pool"

    loop.endpoint.says(lesson)
    with transaction(loop.engine) as session:
        people.resume(session, job_id)
    job = loop.drive(job_id)

    made = loop.rounds(job_id)
    assert job["state"] == "done" and len(made) > fallen["number"] + 1
    assert made[fallen["number"]]["decision"]["stop"] == "collapse", "history was rewritten"
    back = rows(loop.engine, "SELECT id FROM generations WHERE round_id = :r AND verdict <> 'dropped'", r=fallen["id"])
    assert back == [], "a collapsed text came back"
    after = made[fallen["number"] + 1]
    assert after["funnel"]["verdicts"].get("kept", 0) > 0


def test_a_cancelled_job_asks_nothing_more_and_keeps_what_it_has(loop: Loop) -> None:
    job_id = start(loop)
    loop.drive(job_id, until=lambda: len(loop.rounds(job_id)) > 2)
    before = calls_made(loop)
    with transaction(loop.engine) as session:
        people.cancel(session, job_id)

    for _ in range(2):
        loop.turn(job_id)

    job = loop.job(job_id)
    assert (job["state"], job["stop_reason"]) == ("cancelled", "cancelled")
    assert calls_made(loop) == before == len(DOCUMENTS)
    kept = row(
        loop.engine, "SELECT count(*) AS n FROM generations WHERE job_id = :job AND verdict = 'kept'", job=job_id
    )
    assert kept["n"] > 0
    assert rows(loop.engine, "SELECT id FROM units WHERE state IN ('ready', 'leased')") == []


@pytest.mark.parametrize(
    ("act", "named"), [("401", "unauthorized"), ("quota", "insufficient_quota"), ("404", "model_not_found")]
)
def test_an_endpoint_that_refuses_every_call_pauses_the_job_until_a_person_resumes_it(
    loop: Loop, act: str, named: str
) -> None:
    loop.stub.script = lambda _: ACTS[act]
    loop.stub.options = replace(loop.stub.options, latency_s=0.15)
    job_id = start(loop, targets=EASY, llm=Llm(concurrency=2))

    job = loop.drive(job_id)

    assert (job["state"], job["stop_reason"]) == ("paused", None) and named in job["note"]
    assert calls_made(loop) < len(DOCUMENTS), "it went on calling"
    budget = row(loop.engine, "SELECT * FROM budgets WHERE job_id = :job", job=job_id)
    assert (budget["spent_micro"], budget["reserved_calls"]) == (0, 0)

    loop.stub.script = lambda _: OK
    loop.stub.options = replace(loop.stub.options, latency_s=0.0)
    with transaction(loop.engine) as session:
        people.resume(session, job_id)
        session.connection().exec_driver_sql("UPDATE units SET not_before = now() WHERE state = 'ready'")
    job = loop.drive(job_id)

    assert (job["state"], job["stop_reason"]) == ("done", "target_met")
    assert loop.rounds(job_id)[1]["funnel"]["answers"] == len(DOCUMENTS)


def test_the_pool_grows_from_round_to_round(loop: Loop) -> None:
    job_id = start(loop, targets=FAR, max_rounds=2)

    loop.drive(job_id)

    sizes = [r["measures"]["pool"] for r in loop.rounds(job_id)[1:]]
    assert sizes == sorted(sizes) and sizes[0] > 0


def test_a_model_that_still_repeats_itself_collapses_again(loop: Loop) -> None:
    job_id = collapsing(loop)
    first = loop.rounds(job_id)[-1]
    with transaction(loop.engine) as session:
        people.resume(session, job_id)

    job = loop.drive(job_id)

    # The round before the last is the collapsed one, whose texts left the pool again: it is no measure of this one.
    assert (job["state"], job["stop_reason"]) == ("paused", "collapse")
    assert loop.rounds(job_id)[-1]["number"] == first["number"] + 1
