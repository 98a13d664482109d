"""The breaker opens, looks and closes; the retry budget rations fruitless repeats alone."""

import pytest

from app.adapters.llm_breaker import Breaker, Change, RetryBudget


def opened(now: float = 100.0) -> Breaker:
    """A breaker that has just opened."""
    breaker = Breaker()
    changes = [breaker.record(away=True, probe=False, now=now) for _ in range(Breaker.OPENS_AFTER)]
    assert changes == [None] * (Breaker.OPENS_AFTER - 1) + [Change.down]
    return breaker


def test_an_answer_between_failures_keeps_it_closed() -> None:
    breaker = Breaker()
    for place in range(100):
        # Seven in a row, and then enough answers that less than half of the window is lost.
        assert breaker.record(away=place % 16 > 8, probe=False, now=0.0) is None
    assert not breaker.probing


@pytest.mark.parametrize(
    ("share", "calls", "apart_s", "opens"),
    [
        pytest.param(2, 20, 1.0, True, id="half of twenty in 20 s"),
        pytest.param(2, 19, 1.0, False, id="half of nineteen"),
        pytest.param(3, 400, 0.05, False, id="a third of many"),
        pytest.param(2, 100, 2.0, False, id="half, but fifteen in 30 s"),
    ],
)
def test_half_of_twenty_calls_in_thirty_seconds_open_it(share: int, calls: int, apart_s: float, opens: bool) -> None:
    breaker = Breaker()
    changes = [breaker.record(away=n % share == share - 1, probe=False, now=n * apart_s) for n in range(calls)]
    assert (Change.down in changes) == breaker.probing == opens


def test_a_past_outage_does_not_count_once_it_is_over() -> None:
    breaker = opened()
    assert breaker.record(away=False, probe=True, now=103.0) is Change.up
    changes = [breaker.record(away=n == 0, probe=False, now=103.0) for n in range(30)]
    assert set(changes) == {None}


def test_a_call_that_was_in_flight_when_it_went_down_does_not_close_it() -> None:
    breaker = opened()
    assert breaker.record(away=False, probe=False, now=100.1) is None
    assert breaker.probing


def test_an_endpoint_that_refuses_everybody_is_looked_at_seldom() -> None:
    breaker = Breaker()
    assert breaker.open(5.0, least_s=20.0) is Change.down
    assert breaker.pause_s(5.0) == 20.0 and breaker.open(6.0, least_s=20.0) is Change.still_down


def test_the_pause_grows_with_the_outage_up_to_twenty_seconds() -> None:
    breaker = opened()
    assert [breaker.pause_s(100.0 + away) for away in (0, 3, 500)] == [1.0, 3.0, 20.0]


def test_only_a_look_says_that_it_is_still_down() -> None:
    breaker = opened()
    assert breaker.record(away=True, probe=False, now=100.1) is None
    assert breaker.record(away=True, probe=True, now=101.0) is Change.still_down
    assert breaker.record(away=False, probe=True, now=103.0) is Change.up
    assert not breaker.probing and breaker.record(away=False, probe=False, now=103.0) is None


def test_t18_fruitless_repeats_stay_under_a_fifth_and_a_few_a_second() -> None:
    budget, repeats = RetryBudget(), 0
    for tick in range(3000):
        budget.first()
        repeats += sum(budget.take(tick / 100) for _ in range(4))
    assert repeats <= 0.2 * 3000 + 30 * RetryBudget.PER_SECOND + RetryBudget.START


def test_repeats_that_are_answered_are_not_rationed() -> None:
    budget = RetryBudget()
    for _ in range(500):
        assert budget.take(0.0)
        budget.answered()
