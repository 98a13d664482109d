"""An estimate plays the plan's own arithmetic through, keeps within caps, and takes measures before guesses."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.config import Budget, Embedding, JobConfig, Llm, Planning
from app.domain.estimate_tokens import LEVELS, Asking, PastCall, Seeds, Size
from app.domain.estimating import Guess, Measured, Model, Question, estimate
from app.domain.pricing import Price
from app.domain.recipes.codetextbook import CODETEXTBOOK
from app.domain.recipes.tinystories import TINYSTORIES

SEEDS = Seeds(100, [Size(100, 600), Size(300, 1_800)])
NO_REPAIRS = Measured(taking_part=1.0, same_corpus=True, repairable=0.0)


MODEL = Model("m", 1.0, Price(1_000_000, 2_000_000))


def question(seeds: Seeds = SEEDS, models: Sequence[Model] = (MODEL,), **config: object) -> Question:
    return Question(
        Asking(seeds, JobConfig(**config), CODETEXTBOOK),  # type: ignore[arg-type]  # tests say what they mean
        models,
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
    found = estimate(question(Seeds(100, [Size(200, 1_200)]), [replace(MODEL, calls=calls)]), NO_REPAIRS)

    assert found.expected.prompt_tokens == pytest.approx(300 * 1_000)
    assert found.expected.completion_tokens == pytest.approx(300 * 200)
    assert found.low.completion_tokens == pytest.approx(200 * 200 * 0.85)
    assert found.expected.micro == 300 * (1_000 + 2 * 200)


def test_time_is_not_known_before_something_was_measured() -> None:
    assert estimate(question(), NO_REPAIRS).expected.seconds is None


def test_time_is_latency_over_the_slots_that_are_kept_busy() -> None:
    measured = replace(NO_REPAIRS, busy=Guess(0.25, 0.5, 1.0), settle_s=1.0)

    found = estimate(question(models=[replace(MODEL, latency_s=2.0)]), measured)

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
    measured = replace(NO_REPAIRS, busy=Guess(1, 1, 1))

    found = estimate(question(models=[replace(MODEL, latency_s=2.0)], budget=budget), measured)

    assert found.stop is not None
    assert (found.stop.budget, found.stop.level) == (name, level)
    for use in (found.low, found.expected, found.high):
        assert use.calls <= (budget.calls or 1e9) * 1.000001
        assert use.tokens <= (budget.tokens or 1e9) * 1.000001
        assert use.micro <= (budget.money_usd or 1e9) * 1_000_001
        assert (use.seconds or 0) <= (budget.hours or 1e9) * 3_600.01


def test_cap_of_money_says_nothing_where_no_price_is_known() -> None:
    unknown = question(models=[MODEL, replace(MODEL, price=None)], budget=Budget(money_usd=0.01))

    assert estimate(unknown, NO_REPAIRS).stop is None


def test_stories_are_drawn_until_the_draws_are_used() -> None:
    config = JobConfig(recipe="tinystories", draws=120, max_rounds=6)
    words = Asking(Seeds(3_000, [Size(1, 5)]), config, TINYSTORIES)
    stories = Question(words, [replace(MODEL, price=None)], slots=8, draws_per_round=50)

    found = estimate(stories, Measured())

    # Repairs come on top of the draws, a fifth of a round of them at most.
    assert (found.low.calls, found.expected.calls, found.high.calls) == (100, 132, 170)
    assert found.taking_part == Guess(3_000, 3_000, 3_000)


def test_vectors_of_an_endpoint_are_counted_too() -> None:
    found = estimate(question(embedding=Embedding(model="e")), NO_REPAIRS)

    assert found.expected.calls == 300 + 2 + 5
    assert found.expected.vector_tokens > 0


DEAR = Model("dear", 0.25, Price(10_000_000, 20_000_000), latency_s=8.0)
CHEAP = Model("cheap", 0.75, Price(1_000_000, 2_000_000), latency_s=2.0)


def test_each_of_several_models_is_priced_by_its_share_of_the_calls() -> None:
    found = estimate(question(models=[DEAR, CHEAP]), NO_REPAIRS).expected
    alone = estimate(question(), NO_REPAIRS).expected

    assert [one.calls for one in found.models] == [75, 225]
    assert found.micro == pytest.approx(0.25 * 10 * alone.micro + 0.75 * alone.micro, rel=1e-4)
    assert [one.micro for one in found.models] == pytest.approx([2.5 * alone.micro, 0.75 * alone.micro], rel=1e-4)


def test_each_of_several_models_is_as_long_and_as_slow_as_it_was_itself() -> None:
    wordy = [PastCall(Size(200, 1_200), 0, prompt_tokens=1_000, completion_tokens=600)]
    terse = [PastCall(Size(200, 1_200), 0, prompt_tokens=1_000, completion_tokens=100)]
    models = [replace(DEAR, calls=wordy), replace(CHEAP, calls=terse)]
    measured = replace(NO_REPAIRS, busy=Guess(1, 1, 1))

    found = estimate(question(Seeds(100, [Size(200, 1_200)]), models), measured).expected

    assert [one.completion_tokens for one in found.models] == pytest.approx([75 * 600, 225 * 100])
    assert found.seconds == pytest.approx((75 * 8 + 225 * 2) / 10)


def test_time_of_several_models_is_not_known_before_each_was_measured() -> None:
    models = [DEAR, replace(CHEAP, latency_s=None)]

    assert estimate(question(models=models), replace(NO_REPAIRS, busy=Guess(1, 1, 1))).expected.seconds is None


def test_shares_that_may_shift_go_to_the_cheapest_or_the_dearest_model_but_for_the_floor() -> None:
    asked = question(models=[DEAR, CHEAP], llm=Llm(adaptive=True, model_floor=0.1))

    found = estimate(asked, NO_REPAIRS)

    assert [one.calls for one in found.low.models] == pytest.approx([20, 180])
    assert [one.calls for one in found.expected.models] == [75, 225]
    assert [one.calls for one in found.high.models] == pytest.approx([270, 30])


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
