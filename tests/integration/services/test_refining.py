"""The pump's transactions over rows: what a claim may take, when it waits, when it stops, and what late writes do."""

import pytest
from sqlalchemy import Engine, text

from app.db.session import transaction
from app.domain.lanes import Lane
from app.domain.records import JobId
from app.repositories import budgets, endpoint_health, jobs, units
from app.repositories.budgets import Spend
from app.repositories.units import ClaimedRewrite, GiveBack
from app.services import refining, rounds
from app.services.refining import BUDGET_WAIT_S, Claimed, Ended
from tests.integration.loop_world import (
    ENDPOINT,
    MOST,
    PRICE,
    RESERVE,
    WORST_MICRO,
    add_job,
    call,
    generation,
    job_with_calls,
    make_late,
    row,
    rows,
    unit_row,
)

LANE = Lane("stub", ENDPOINT)


def claim(engine: Engine, job_id: int, *, limit: int = 32) -> Claimed:
    with transaction(engine) as session:
        return refining.claim(session, JobId(job_id), limit=limit, worker="w", lease_s=600, price=PRICE)


def states(engine: Engine, job_id: int) -> list[str]:
    query = "SELECT state FROM units WHERE job_id = :job AND kind = 'rewrite' ORDER BY id"
    return [found["state"] for found in rows(engine, query, job=job_id)]


def test_a_claim_takes_calls_with_their_worst_case_reserved(engine: Engine) -> None:
    job_id, planned = job_with_calls(engine, 3, micro=10 * WORST_MICRO)

    claimed = claim(engine, job_id, limit=2)

    assert [unit.id for unit in claimed.units] == planned[:2]
    assert (claimed.wait_s, claimed.exhausted, claimed.stopped) == (0.0, None, False)
    found = row(engine, "SELECT * FROM budgets WHERE job_id = :job", job=job_id)
    assert (found["reserved_micro"], found["reserved_tokens"], found["reserved_calls"]) == (
        2 * WORST_MICRO,
        2 * RESERVE,
        2,
    )


def test_what_the_budget_does_not_cover_goes_back_at_once(engine: Engine) -> None:
    job_id, planned = job_with_calls(engine, 5, micro=3 * WORST_MICRO + 1)

    claimed = claim(engine, job_id)

    assert [unit.id for unit in claimed.units] == planned[:3]
    assert states(engine, job_id) == ["leased"] * 3 + ["ready"] * 2
    assert unit_row(engine, planned[3])["reason"] == "waiting_for_budget"


def test_a_refusal_while_calls_are_in_flight_is_a_wait(engine: Engine) -> None:
    job_id, _ = job_with_calls(engine, 3, calls=1)
    claim(engine, job_id)

    claimed = claim(engine, job_id)

    assert claimed == Claimed([], BUDGET_WAIT_S)
    assert states(engine, job_id) == ["leased", "ready", "ready"]


def test_the_wait_ends_when_a_call_costs_less_than_feared(engine: Engine) -> None:
    job_id, planned = job_with_calls(engine, 2, micro=WORST_MICRO + WORST_MICRO // 2)
    first = claim(engine, job_id).units[0]
    assert claim(engine, job_id).wait_s == BUDGET_WAIT_S

    with transaction(engine) as session:
        spend = Spend(first.token, micro=100, tokens=100)
        refining.store_calls(session, JobId(job_id), [call(job_id, first.id, first.token)], [spend])

    assert [unit.id for unit in claim(engine, job_id).units] == planned[1:]


SCARCE = {
    "money": {"micro": WORST_MICRO - 1},
    "tokens": {"tokens": RESERVE - 1},
    "calls": {"calls": 1},
}


@pytest.mark.parametrize("what", SCARCE)
def test_a_refusal_while_nothing_is_in_flight_is_the_end(engine: Engine, what: str) -> None:
    job_id, _ = job_with_calls(engine, 3, **SCARCE[what])
    if what == "calls":
        first = claim(engine, job_id).units[0]
        with transaction(engine) as session:
            budgets.settle(session, job_id, [Spend(first.token, micro=1, tokens=1)])
            units.finish(session, first.id, first.token)

    assert claim(engine, job_id) == Claimed([], None, exhausted=what)

    # Units were given back, not lost: taking them out of the queue is the next transaction's.
    assert set(states(engine, job_id)) <= {"done", "ready"}


def test_nothing_ready_is_nothing_to_wait_for(engine: Engine) -> None:
    with transaction(engine) as session:
        job_id = add_job(session)

    assert claim(engine, job_id) == Claimed([], None)


def test_calls_for_later_are_waited_for(engine: Engine) -> None:
    job_id, _ = job_with_calls(engine, 1)
    held = claim(engine, job_id).units[0]
    with transaction(engine) as session:
        units.give_back(session, [GiveBack(held.id, held.token, 20.0, "rate_limited")])

    wait = claim(engine, job_id).wait_s

    assert wait is not None and 15 < wait <= 20


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_a_job_that_stopped_gives_nothing_and_nothing_to_wait_for(engine: Engine, state: str) -> None:
    job_id, _ = job_with_calls(engine, 2)
    with transaction(engine) as session:
        jobs.change(session, job_id, only_in=("running",), state=state, stop_reason=state)

    assert claim(engine, job_id) == Claimed([], None, stopped=True)
    assert row(engine, "SELECT reserved_calls AS n FROM budgets WHERE job_id = :job", job=job_id)["n"] == 0


def test_no_call_starts_before_the_endpoint_allows_it(engine: Engine) -> None:
    job_id, _ = job_with_calls(engine, 1)
    with transaction(engine) as session:
        jobs.change(session, job_id, only_in=("running",), lanes=[LANE.stored])
        endpoint_health.pause(session, LANE.id, seconds=300)
        endpoint_health.pause(session, LANE.id, seconds=10)

    claimed = claim(engine, job_id)

    assert claimed == Claimed([], None), "a worker would sleep through the endpoint's pause"
    left = row(engine, "SELECT extract(epoch FROM not_before - now()) AS s FROM endpoints")
    assert 290 < left["s"] <= 300, "the longer pause counts"
    with transaction(engine) as session:
        session.execute(text("UPDATE endpoints SET not_before = now() - interval '1 second'"))
    assert len(claim(engine, job_id).units) == 1


def test_an_overdraft_stops_the_asking(engine: Engine) -> None:
    job_id, _ = job_with_calls(engine, 3, micro=2 * WORST_MICRO)
    first = claim(engine, job_id, limit=1).units[0]

    with transaction(engine) as session:
        spend = Spend(first.token, micro=5 * WORST_MICRO, tokens=1)
        refining.store_calls(session, JobId(job_id), [call(job_id, first.id, first.token)], [spend])

    assert claim(engine, job_id) == Claimed([], None, exhausted=rounds.OVERDRAWN)
    found = row(engine, "SELECT spent_micro, overdraft_micro FROM budgets WHERE job_id = :job", job=job_id)
    assert found == {"spent_micro": 2 * WORST_MICRO, "overdraft_micro": 3 * WORST_MICRO}


def test_a_second_bill_beyond_the_worst_case_is_reserved_for_beforehand(engine: Engine) -> None:
    job_id, _ = job_with_calls(engine, 5, micro=100 * WORST_MICRO)
    first, second = claim(engine, job_id, limit=2).units
    prompt, completion = RESERVE - MOST - 500, MOST + 7_000
    used, cost = prompt + completion, PRICE.cost(prompt, completion)

    def bill(unit: ClaimedRewrite) -> None:
        with transaction(engine) as session:
            came = call(job_id, unit.id, unit.token, prompt_tokens=prompt, completion_tokens=completion)
            refining.store_calls(session, JobId(job_id), [came], [Spend(unit.token, micro=cost, tokens=used)])

    bill(first)
    (third,) = claim(engine, job_id, limit=1).units

    held = row(engine, "SELECT micro, tokens FROM reservations WHERE token = :t", t=third.token)
    assert held["micro"] >= cost and held["tokens"] == RESERVE + 7_000
    bill(second)  # in flight since before the first bill: it teaches nothing new
    bill(third)
    told = rows(engine, "SELECT data FROM events WHERE job_id = :j AND kind = 'budget.overbilled'", j=job_id)
    assert [found["data"] for found in told] == [{"calls": 1, "prompt_tokens": 0, "completion_tokens": 7_000}]
    found = row(engine, "SELECT * FROM budgets WHERE job_id = :j", j=job_id)
    assert (found["spent_micro"], found["spent_tokens"]) == (3 * cost, 3 * used), "charged as billed"
    assert (found["overbilled_prompt_tokens"], found["overbilled_completion_tokens"]) == (0, 7_000)


def test_a_call_that_a_raised_estimate_has_no_budget_for_is_not_made(engine: Engine) -> None:
    job_id, _ = job_with_calls(engine, 3, tokens=3 * RESERVE)
    (first,) = claim(engine, job_id, limit=1).units
    with transaction(engine) as session:
        came = call(job_id, first.id, first.token, prompt_tokens=RESERVE, completion_tokens=MOST)
        refining.store_calls(session, JobId(job_id), [came], [Spend(first.token, micro=1, tokens=RESERVE + MOST)])

    # 2,000 tokens more than a call's worst case were billed, so 5,000 are wanted for the next, not 3,000.
    assert len(claim(engine, job_id).units) == 1
    assert row(engine, "SELECT reserved_tokens AS n FROM budgets WHERE job_id = :j", j=job_id)["n"] == RESERVE + MOST


def test_an_answer_is_kept_and_paid_before_its_unit_ends(engine: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1)
    held = claim(engine, job_id).units[0]

    with transaction(engine) as session:
        spend = Spend(held.token, micro=30, tokens=30)
        ids = refining.store_calls(session, JobId(job_id), [call(job_id, unit_id, held.token)], [spend])
    assert unit_row(engine, unit_id)["state"] == "leased"
    text_of = generation(job_id, held.round_id, unit_id, held.seed_id, llm_call_id=ids[held.token])
    with transaction(engine) as session:
        fenced = refining.store_outcomes(session, [Ended(unit_id, held.token, text_of)], [], job_id=JobId(job_id))

    assert fenced == 0 and unit_row(engine, unit_id)["state"] == "done"
    found = row(engine, "SELECT g.text, c.ok FROM generations g JOIN llm_calls c ON c.id = g.llm_call_id")
    assert found == {"text": text_of.text, "ok": True}


def test_late_outcomes_are_refused_and_counted(engine: Engine) -> None:
    job_id, (unit_id, other) = job_with_calls(engine, 2)
    lost, fine = claim(engine, job_id).units
    with transaction(engine) as session:
        make_late(session, unit_id)
        units.expire(session, max_crashes=3, max_rewrite_crashes=3)
    ended = [
        Ended(unit_id, lost.token, generation(job_id, lost.round_id, unit_id, lost.seed_id)),
        Ended(other, fine.token, generation(job_id, fine.round_id, other, fine.seed_id)),
    ]

    with transaction(engine) as session:
        assert refining.store_outcomes(session, ended, [], job_id=JobId(job_id)) == 1

    written = rows(engine, "SELECT unit_id FROM generations WHERE job_id = :job", job=job_id)
    assert [found["unit_id"] for found in written] == [other]
    assert unit_row(engine, unit_id)["state"] == "ready"


def test_an_answer_without_a_text_ends_its_unit_with_the_reason(engine: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1)
    held = claim(engine, job_id).units[0]

    with transaction(engine) as session:
        refining.store_outcomes(session, [Ended(unit_id, held.token, None, "refusal")], [], job_id=JobId(job_id))

    after = unit_row(engine, unit_id)
    assert (after["state"], after["reason"]) == ("rejected", "refusal")


def test_units_whose_call_was_never_made_get_their_money_back(engine: Engine) -> None:
    job_id, (unit_id,) = job_with_calls(engine, 1, micro=WORST_MICRO)
    held = claim(engine, job_id).units[0]

    with transaction(engine) as session:
        back = [GiveBack(unit_id, held.token, 0.0, "slice_over")]
        refining.store_outcomes(session, [], back, unsent=[held.token], job_id=JobId(job_id))

    assert len(claim(engine, job_id).units) == 1
    assert row(engine, "SELECT spent_calls AS n FROM budgets WHERE job_id = :job", job=job_id)["n"] == 0
