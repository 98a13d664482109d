"""Which failures are the provider's and which are the unit's: nothing bounces for ever, no outage rejects (A10, D3)."""

import pytest

from app.adapters.llm_outcomes import Failure, FailureCode, failure
from tests.integration.pump.world import World, said
from workers.desk import MAX_PAID_FAILURES, MAX_SERVER_ERRORS


def _failed(code: FailureCode, status: int | None = None) -> Failure:
    return failure(code, detail="stub", latency_s=0.1, status=status)


@pytest.mark.parametrize(
    ("outcome", "before", "answered", "ended"),
    [
        pytest.param(_failed(FailureCode.server_error, 500), MAX_SERVER_ERRORS, True, True, id="a bad prompt"),
        pytest.param(_failed(FailureCode.server_error, 500), MAX_SERVER_ERRORS, False, False, id="an outage of 500s"),
        pytest.param(_failed(FailureCode.server_error, 503), 10_000, True, False, id="an outage of 503s"),
        pytest.param(_failed(FailureCode.rate_limited, 429), 10_000, True, False, id="a storm of 429s"),
        pytest.param(_failed(FailureCode.timeout), MAX_PAID_FAILURES, False, True, id="paid time-outs"),
    ],
)
def test_a_unit_ends_by_its_own_failures_alone(
    world: World, outcome: Failure, before: int, answered: bool, ended: bool
) -> None:
    job = world.job(2)
    world.query("UPDATE units SET provider_failures = :n WHERE kind = 'rewrite'", n=before)
    desk = world.desk(job)
    asks, _, _ = desk.claim(2)
    if answered:
        desk.store([said(asks[1])])
    desk.store([said(asks[0], outcome=outcome)])
    state = world.query("SELECT state FROM units WHERE id = :id", id=asks[0].unit.id)[0].state
    assert state == ("rejected" if ended else "ready")


def test_a_storm_of_429s_leaves_a_unit_its_paid_attempts(world: World) -> None:
    job = world.job(1)
    for _ in range(12):
        desk = world.desk(job)
        asks, _, _ = desk.claim(1)
        desk.store([said(asks[0], outcome=_failed(FailureCode.rate_limited, 429))])
    assert world.query("SELECT provider_failures FROM units WHERE kind = 'rewrite'")[0][0] == 6


def test_a_truncated_answer_is_not_asked_for_again_with_less_room(world: World) -> None:
    job = world.job(1, context_tokens=1500)
    world.query("UPDATE units SET max_tokens = 900, reserve_tokens = reserve_tokens + 900 WHERE kind = 'rewrite'")
    desk = world.desk(job)
    asks, _, _ = desk.claim(1)
    desk.store([said(asks[0], outcome=_failed(FailureCode.truncated, 200))])
    assert world.states(job) == {"truncated": 1}
    assert world.open_reservations(job) == 0
