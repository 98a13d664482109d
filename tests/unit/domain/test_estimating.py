"""An estimate plays the plan's own arithmetic through, keeps within caps, and takes measures before guesses."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.config import Budget, Embedding, JobConfig, Planning
from app.domain.estimating import LEVELS, Guess, Measured, PastCall, Prices, Question, Seeds, Size, estimate
from app.domain.pricing import Price
from app.domain.recipes.codetextbook import CODETEXTBOOK
from app.domain.recipes.tinystories import TINYSTORIES

SEEDS = Seeds(100, [Size(100, 600), Size(300, 1_800)])
NO_REPAIRS = Measured(taking_part=1.0, same_corpus=True, repairable=0.0)


def question(seeds: Seeds = SEEDS, **config: object) -> Question:
    return Question(
        seeds,
        JobConfig(**config),  # type: ignore[arg-type]  # tests say what they mean
        CODETEXTBOOK,
        Prices(Price(1_000_000, 2_000_000)),
        slots=10,
        draws_per_round=50,
    )


def test_every_variant_is_asked_for_once() -> None:
    found = estimate(question(max_rounds=6), NO_REPAIRS)

    assert (found.low.rounds, found.low.calls) == (2, 200)
    assert (found.expected.rounds, found.expected.calls) == (3, 300)
    assert found.high.calls == 300
    assert found.stop is None


def test_demo_is_foreseen_round_by_round() -> None:
    """What the offline explainer's run over the example corpus made: 123 seeds, 377 calls in four rounds."""
    measured = Measured(taking_part=123 / 148, same_corpus=True, repairable=8 / 369)

    found = estimate(question(Seeds(148, SEEDS.sizes)), measured)

    assert found.expected.rounds == 4
    assert found.expected.calls == pytest.approx(377, abs=3)


def test_repairs_take_no_more_than_their_share() -> None:
    found = estimate(
        question(max_rounds=2, planning=Planning(calls_per_round=100)), replace(NO_REPAIRS, repairable=1.0)
    )

    assert found.expected.calls == 200
    assert found.expected.prompt_tokens > estimate(question(max_rounds=2), NO_REPAIRS).expected.prompt_tokens


def test_rounds_are_those_after_which_earlier_jobs_stopped() -> None:
    found = estimate(question(max_rounds=6), replace(NO_REPAIRS, rounds=Guess(1, 1, 3)))

    assert (found.low.rounds, found.expected.rounds, found.high.rounds) == (1, 1, 3)


def test_measured_answers_count_before_guesses() -> None:
    calls = [PastCall(Size(200, 1_200), 0, prompt_tokens=1_000, completion_tokens=200)] * 3
    found = estimate(question(Seeds(100, [Size(200, 1_200)])), replace(NO_REPAIRS, calls=calls))

    assert found.measured
    assert found.expected.prompt_tokens == pytest.approx(300 * 1_000)
    assert found.expected.completion_tokens == pytest.approx(300 * 200)
    assert found.low.completion_tokens == pytest.approx(200 * 200 * 0.85)
    assert found.expected.micro == 300 * (1_000 + 2 * 200)


def test_time_is_not_known_before_something_was_measured() -> None:
    assert estimate(question(), NO_REPAIRS).expected.seconds is None


def test_time_is_latency_over_the_slots_that_are_kept_busy() -> None:
    measured = replace(NO_REPAIRS, latency_s=2.0, busy=Guess(0.25, 0.5, 1.0), settle_s=1.0)

    found = estimate(question(), measured)

    assert found.expected.seconds == pytest.approx(300 * 2 / (10 * 0.5) + 3)
    assert found.low.seconds == pytest.approx(200 * 2 / 10 + 2)


@pytest.mark.parametrize(
    ("budget", "name", "level"),
    [
        pytest.param(Budget(calls=150), "calls", "low", id="calls-in-any-case"),
        pytest.param(Budget(calls=250), "calls", "expected", id="calls-probably"),
        pytest.param(Budget(tokens=60_000), "tokens", "low", id="tokens"),
        pytest.param(Budget(money_usd=0.05), "money", "low", id="money"),
        pytest.param(Budget(hours=0.005), "time", "low", id="time"),
        pytest.param(Budget(calls=150, tokens=10_000), "tokens", "low", id="the-first-of-two"),
    ],
)
def test_first_cap_in_the_way_is_named_and_cuts_the_estimate(budget: Budget, name: str, level: str) -> None:
    measured = replace(NO_REPAIRS, latency_s=2.0, busy=Guess(1, 1, 1))

    found = estimate(question(budget=budget), measured)

    assert found.stop is not None
    assert (found.stop.budget, found.stop.level) == (name, level)
    for use in (found.low, found.expected, found.high):
        assert use.calls <= (budget.calls or 1e9) * 1.000001
        assert use.tokens <= (budget.tokens or 1e9) * 1.000001
        assert use.micro <= (budget.money_usd or 1e9) * 1_000_001
        assert (use.seconds or 0) <= (budget.hours or 1e9) * 3_600.01


def test_cap_of_money_says_nothing_where_no_price_is_known() -> None:
    unknown = replace(question(budget=Budget(money_usd=0.01)), prices=Prices(None))

    assert estimate(unknown, NO_REPAIRS).stop is None


def test_stories_are_drawn_until_the_draws_are_used() -> None:
    config = JobConfig(recipe="tinystories", draws=120, max_rounds=6)
    stories = Question(Seeds(3_000, [Size(1, 5)]), config, TINYSTORIES, Prices(None), slots=8, draws_per_round=50)

    found = estimate(stories, Measured())

    # Repairs come on top of the draws, a fifth of a round of them at most.
    assert (found.low.calls, found.expected.calls, found.high.calls) == (100, 132, 170)
    assert found.taking_part == Guess(3_000, 3_000, 3_000)


def test_vectors_of_an_endpoint_are_counted_too() -> None:
    found = estimate(question(embedding=Embedding(model="e")), NO_REPAIRS)

    assert found.expected.calls == 300 + 2 + 5
    assert found.expected.vector_tokens > 0


@given(
    st.integers(1, 10**7),
    st.integers(1, 12),
    st.sampled_from([None, 0.0, 0.3, 1.0]),
    st.sampled_from([None, 0.1, 1.0]),
    st.integers(0, 3_000),
)
def test_cases_lie_in_their_order(
    count: int, rounds: int, repairable: float | None, part: float | None, words: int
) -> None:
    measured = Measured(repairable=repairable, taking_part=part)
    found = estimate(question(Seeds(count, [Size(words, 6 * words)]), max_rounds=rounds), measured)

    low, expected, high = (getattr(found, level) for level in LEVELS)
    for name in ("calls", "prompt_tokens", "completion_tokens", "micro"):
        values = [getattr(use, name) for use in (low, expected, high)]
        assert values == sorted(values), name
