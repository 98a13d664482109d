"""Targets by their directions, and every stop by a table of histories."""

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.config import Targets
from app.domain.targets import (
    HELD_BY_NOTHING,
    RULES,
    Check,
    RoundFigures,
    StopReason,
    decide,
    judge_targets,
    measurable,
    progress,
)

NONE = Targets(**{field.name: None for field in fields(Targets) if field.name != "approved_tokens"})
HELD = Check("grade_p90", 7.0, 8.0, "<=", holds=True, progress=1.0)


def short(nearness: float) -> Check:
    return Check("vendi2_ratio", 0.9 * nearness, 0.9, ">=", holds=False, progress=nearness)


def figures(
    *checks: Check, calls: int = 100, accepted: int = 50, tokens: int = 10_000, **diversity: tuple[float, float]
) -> RoundFigures:
    return RoundFigures(checks or (HELD,), calls, accepted, tokens, diversity)


def stop_of(history: list[RoundFigures], **given_: object) -> StopReason | None:
    values = {"max_rounds": 9, "seeds_left": 5, "exhausted": None, **given_}
    return decide(history, **values).stop  # type: ignore[arg-type]


GOOD, POOR = figures(), figures(short(0.5))
RISING = [figures(short(0.5)), figures(short(0.6)), figures(short(0.7))]

STOPS: dict[str, tuple[list[RoundFigures], dict[str, object], StopReason | None]] = {
    "held twice": ([GOOD, GOOD], {}, StopReason.target_met),
    "held twice beats every other reason": (
        [figures(vendi2=(9.0, 9.0)), figures(accepted=1, vendi2=(1.0, 1.0))],
        {"max_rounds": 2, "seeds_left": 0, "exhausted": "money"},
        StopReason.target_met,
    ),
    "held once": ([GOOD], {}, None),
    "held, then short": ([GOOD, POOR], {}, None),
    "short, then held": ([POOR, GOOD], {}, None),
    "held, then short again": ([POOR, GOOD, POOR], {}, None),
    "budget gone": ([POOR], {"exhausted": "calls"}, StopReason.budget_exhausted),
    "budget gone before a collapse": (
        [figures(short(0.5), vendi2=(9.0, 9.0)), figures(short(0.5), vendi2=(1.0, 1.0))],
        {"exhausted": "money"},
        StopReason.budget_exhausted,
    ),
    "diversity fell": (
        [figures(short(0.9), vendi2=(100.0, 104.0)), figures(short(0.9), vendi2=(90.0, 94.9))],
        {},
        StopReason.collapse,
    ),
    "clusters fell": (
        [figures(short(0.9), cluster_simpson=(50.0, 52.0)), figures(short(0.9), cluster_simpson=(10.0, 12.0))],
        {},
        StopReason.collapse,
    ),
    "diversity fell, by chance perhaps": (
        [figures(short(0.8), vendi2=(100.0, 104.0)), figures(short(0.9), vendi2=(80.0, 95.0))],
        {},
        None,
    ),
    "diversity fell two rounds ago": (
        [
            figures(short(0.1), vendi2=(100.0, 100.0)),
            figures(short(0.2), vendi2=(50.0, 50.0)),
            figures(short(0.3), vendi2=(50.0, 50.0)),
        ],
        {},
        None,
    ),
    "diversity is no longer measurable": ([figures(short(0.8), vendi2=(9.0, 9.0)), figures(short(0.9))], {}, None),
    "collapse before nothing to do": (
        [figures(short(0.9), vendi2=(100.0, 100.0)), figures(short(0.9), vendi2=(50.0, 50.0))],
        {"seeds_left": 0},
        StopReason.collapse,
    ),
    "no seed left": ([POOR], {"seeds_left": 0}, StopReason.nothing_to_do),
    "no seed left though all holds": ([GOOD], {"seeds_left": 0}, StopReason.nothing_to_do),
    "nine of a hundred accepted": ([figures(short(0.5), accepted=9)], {}, StopReason.plateau),
    "ten of a hundred accepted": ([figures(short(0.5), accepted=10)], {}, None),
    "no answer at all": ([figures(short(0.5), calls=0, accepted=0, tokens=0)], {}, None),
    "yield under a quarter of round 1": (
        [figures(short(0.5), accepted=80), figures(short(0.6), accepted=19)],
        {},
        StopReason.plateau,
    ),
    "yield a quarter of round 1": ([figures(short(0.5), accepted=80), figures(short(0.6), accepted=20)], {}, None),
    "no progress for two rounds": ([POOR, POOR, POOR], {}, StopReason.plateau),
    "no progress for one round": ([POOR, POOR], {}, None),
    "progress of one in two rounds": ([figures(short(0.5)), figures(short(0.52)), figures(short(0.52))], {}, None),
    "going back": ([figures(short(0.6)), figures(short(0.5)), figures(short(0.4))], {}, StopReason.plateau),
    "held at last by a small step": ([figures(short(0.992)), figures(short(0.996)), GOOD], {}, None),
    "held with hardly an answer accepted": ([figures(short(0.9)), figures(accepted=5)], {}, None),
    "rounds used up": (RISING, {"max_rounds": 3}, StopReason.budget_exhausted),
    "rounds left": (RISING, {"max_rounds": 4}, None),
}


@pytest.mark.parametrize(("history", "given_", "wanted"), STOPS.values(), ids=STOPS.keys())
def test_a_history_stops_or_goes_on(
    history: list[RoundFigures], given_: dict[str, object], wanted: StopReason | None
) -> None:
    assert stop_of(history, **given_) == wanted


def test_every_reason_but_cancelled_is_decided_here() -> None:
    assert {wanted for _, _, wanted in STOPS.values()} == {*StopReason, None} - {StopReason.cancelled}


def test_a_decision_names_what_is_short_and_which_budget() -> None:
    decision = decide([POOR], max_rounds=9, seeds_left=5, exhausted="tokens")

    assert "tokens" in decision.why and "vendi2_ratio" in decision.why


@pytest.mark.parametrize("field", [field for field, _, _ in RULES])
def test_a_target_holds_on_its_bound_and_not_beyond(field: str) -> None:
    measure, direction = next((m, d) for f, m, d in RULES if f == field)
    targets = replace(NONE, **{field: 4})
    beyond = -0.001 if direction == ">=" else 0.001

    (on,), (off,) = judge_targets({measure: 4.0}, targets), judge_targets({measure: 4.0 + beyond}, targets)

    assert on.holds and on.progress == 1.0
    assert not off.holds and 0.99 < off.progress < 1.0
    assert (on.name, on.direction) == (field, direction)


@pytest.mark.parametrize("field", [field for field, _, _ in RULES])
def test_a_measure_that_is_missing_does_not_hold_except_where_there_is_nothing_to_measure(field: str) -> None:
    measure = next(m for f, m, _ in RULES if f == field)

    checks = judge_targets({measure: None}, replace(NONE, **{field: 4}))

    if measure in HELD_BY_NOTHING:
        assert checks == ()
    else:
        assert [(c.holds, c.progress, c.value) for c in checks] == [(False, 0.0, None)]


def test_every_target_has_one_rule_and_unset_ones_are_not_asked() -> None:
    assert sorted(field for field, _, _ in RULES) == sorted(field.name for field in fields(Targets))
    assert judge_targets({}, NONE) == ()
    assert judge_targets({"approved_tokens": 0.0}, Targets(approved_tokens=0)) == judge_targets({}, Targets())


def test_the_docstring_example_of_grade() -> None:
    (check,) = judge_targets({"grade_p90": 9.0}, replace(NONE, grade_p90=8.0))

    assert not check.holds and check.progress == pytest.approx(8 / 9)


def test_distinct3_has_a_low_and_a_high_side() -> None:
    wanted = replace(NONE, distinct3_low=0.9, distinct3_high=1.05)

    held = {value: [c.holds for c in judge_targets({"distinct3_ratio": value}, wanted)] for value in (0.8, 1.0, 1.2)}

    assert held == {0.8: [False, True], 1.0: [True, True], 1.2: [True, False]}


def test_words_are_judged_by_nothing_that_needs_seeds() -> None:
    left = {c.name for c in judge_targets({}, measurable(Targets(ease_mean=60, list_coverage=0.9, approved_tokens=9)))}

    assert left == {
        "opening_share",
        "near_duplicate_rate",
        "ease_mean",
        "grade_p90",
        "list_coverage",
        "approved_tokens",
    }


def test_no_targets_are_no_distance() -> None:
    assert progress(()) == 1.0
    assert progress((HELD, short(0.5))) == 0.75


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e9, 1e9), st.floats(0, 1e9), st.sampled_from([field for field, _, _ in RULES]))
def test_progress_is_a_share_and_full_exactly_when_the_target_holds(value: float, bound: float, field: str) -> None:
    measure = next(m for f, m, _ in RULES if f == field)

    for check in judge_targets({measure: value}, replace(NONE, **{field: bound})):
        assert 0.0 <= check.progress <= 1.0
        assert (check.progress == 1.0) >= check.holds


def repeating(passed: int, same: int) -> RoundFigures:
    return replace(figures(short(0.5)), passed=passed, same=same)


@pytest.mark.parametrize(
    ("before", "now", "stop"),
    [
        ((80, 10), (80, 70), StopReason.collapse),
        ((80, 10), (80, 40), None),
        ((80, 50), (80, 70), None),
        ((80, 10), (15, 15), None),
        ((0, 0), (80, 70), None),
    ],
    ids=["suddenly alike", "not most", "it came slowly", "too few", "a round before that says nothing"],
)
def test_a_round_whose_good_answers_are_suddenly_the_same_is_a_collapse(
    before: tuple[int, int], now: tuple[int, int], stop: StopReason | None
) -> None:
    assert stop_of([repeating(*before), repeating(*now)]) is stop
