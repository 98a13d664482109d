"""The table of levers, when one is pulled, when it is let go, and which texts help."""

from dataclasses import fields

import pytest

from app.domain.config import Targets
from app.domain.levers import LEVERS, helps, pulled, wanted
from app.domain.targets import Check


def grade(value: float | None) -> Check:
    return Check("grade_p90", value, 8.0, "<=", holds=value is not None and value <= 8.0, progress=1.0)


def test_every_lever_is_of_a_target_and_all_but_two_targets_have_one() -> None:
    names = {field.name for field in fields(Targets)}

    assert names - set(LEVERS) == {"distinct3_high", "approved_tokens"} and set(LEVERS) <= names


@pytest.mark.parametrize(
    ("value", "leaned", "pulls"),
    [(9.0, [], True), (None, [], True), (7.8, [], False), (7.8, ["grade_p90"], True), (7.5, ["grade_p90"], False)],
    ids=["short", "not measurable", "holds", "just holds and was leaned on", "holds by a margin"],
)
def test_a_lever_stays_pulled_until_its_target_holds_by_a_margin(
    value: float | None, leaned: list[str], pulls: bool
) -> None:
    assert ("grade_p90" in pulled(wanted([grade(value)], leaned))) is pulls


@pytest.mark.parametrize(
    ("figures", "help_"),
    [({"grade": 7.0}, True), ({"grade": 9.0}, False), ({}, True)],
    ids=["easy", "hard", "without a grade"],
)
def test_a_text_helps_when_it_keeps_the_bound(figures: dict[str, float], help_: bool) -> None:
    assert helps(figures, [grade(9.0)]) is help_
    assert helps(figures, [])
