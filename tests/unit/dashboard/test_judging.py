"""The judge's figures as people read them."""

from app.dashboard.judging import judge_figures
from app.domain.gate_config import Gates
from app.domain.judge_figures import figures

NOTHING = {"model": "m", "calls": {}, "dropped": 0, **figures([], {}, Gates(), expected={}, first={})}


def test_without_a_judge_there_is_no_table() -> None:
    assert judge_figures({}) == []


def test_figures_without_answers_are_dashes_and_not_zeros() -> None:
    shown = {one.label: one.value for one in judge_figures(NOTHING)}
    assert shown["Canaries, beside their first round"] == shown["Airs"] == shown["Order of the prompt"] == "–"
    assert shown["Texts scored"] == "0"


def test_figures_say_what_they_rest_on() -> None:
    found = NOTHING | {
        "calls": {"answered": 9, "asked_again": 2, "budget:calls": 1},
        "style": {"n": 4, "difference": 1.25, "changed": 0.5},
        "claims": {"texts": 2, "n": 5, "supported": 3, "contradicted": 1, "not_found": 1, "quotes_not_in_seed": 1},
    }
    shown = {one.label: (one.value, one.meaning) for one in judge_figures(found)}
    assert shown["Answers that count"] == ("9", "Besides: asked again 2, budget: calls 1.")
    assert shown["Airs"][0] == "+1.25" and "Of 4" in shown["Airs"][1]
    assert shown["Claims held against the seed"][0] == "5 of 2 texts"
    assert (
        "3 supported, 1 contradicted, 1 not found; 1 quotes stand in no seed"
        in shown["Claims held against the seed"][1]
    )
