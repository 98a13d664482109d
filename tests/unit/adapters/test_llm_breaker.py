"""The breaker opens, looks and closes; the retry budget rations fruitless repeats alone."""

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
        assert breaker.record(away=place % 5 != 0, probe=False, now=0.0) is None
    assert not breaker.probing


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
