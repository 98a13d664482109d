"""Rounds in words and figures."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.dashboard import charts, wording
from app.dashboard.rounds import gates_of, round_view
from app.domain.config import Targets
from app.domain.gates import CASCADE, Reason
from app.domain.recipes.codetextbook import CODETEXTBOOK
from app.domain.recipes.exercises import EXERCISES
from app.domain.recipes.recipe import Recipe
from app.domain.recipes.tinystories import TINYSTORIES
from app.domain.records import Verdict
from app.domain.targets import RULES, StopReason
from app.repositories.rounds import RoundRow

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def row(**parts: Any) -> RoundRow:
    empty: dict[str, Any] = {"plan": {}, "funnel": {}, "measures": {}, "decision": {}, "number": 1, "state": "settled"}
    return RoundRow(id=1, job_id=1, opened_at=NOW, settled_at=NOW, **{**empty, **parts})


GATES = gates_of(CODETEXTBOOK)


@pytest.mark.parametrize(
    ("recipe", "shown"),
    [
        pytest.param(
            CODETEXTBOOK, ["Format", "Fidelity to the seed", "Simplicity", "Educational value"], id="documents"
        ),
        pytest.param(EXERCISES, ["Format", "Exercise", "Simplicity"], id="exercises"),
        pytest.param(TINYSTORIES, ["Format", "Simplicity"], id="stories"),
    ],
)
def test_funnel_shows_the_gates_that_texts_of_the_recipe_meet(recipe: Recipe, shown: list[str]) -> None:
    funnel = {"answers": 3, "verdicts": {"kept": 3}}

    view = round_view(row(funnel=funnel, plan={"calls": 3}), {}, gates_of(recipe))

    assert [stage.label for stage in view.stages] == ["Calls", *shown, "Kept"]


def test_funnel_loses_at_each_gate_what_its_reasons_count() -> None:
    funnel = {
        "answers": 10,
        "tokens": 900,
        "verdicts": {"kept": 5, "dropped": 5},
        "dropped": [
            {"gate": "novelty", "reason": "redundant", "count": 1},
            {"gate": "format", "reason": "preamble", "count": 2},
            {"gate": "brand_new", "reason": "odd", "count": 2},
        ],
        "without_text": [{"state": "dead", "reason": None, "count": 3}],
    }
    view = round_view(row(funnel=funnel, plan={"calls": 13}, measures={"figures": {"accepted": 5}}), {}, GATES)

    assert [(stage.label, stage.reached, stage.lost) for stage in view.stages] == [
        ("Calls", 13, 3), ("Format", 10, 2), ("Fidelity to the seed", 8, 0), ("Simplicity", 8, 0),
        ("Educational value", 8, 0), ("Novelty", 8, 1), ("brand new", 7, 2), ("Kept", 5, 0),
    ]  # fmt: skip
    assert view.acceptance == 5 / 13
    assert [(drop.reason, drop.share) for drop in view.drops][-1] == ("dead", 3 / 13)


def test_round_that_has_just_been_opened_has_empty_views() -> None:
    view = round_view(row(state="open", plan={"calls": 3}), {"ready": 3}, GATES, {"answers": 0, "verdicts": {}})

    assert (view.stages, view.drops, view.checks, view.acceptance) == ([], [], [], None)
    assert charts.funnel(view) is None
    assert charts.over_rounds([view], Targets()) == []


def test_measure_that_is_missing_is_a_gap_not_a_zero() -> None:
    views = [
        round_view(row(number=n, measures={"values": values, "pool": 3}), {}, GATES)
        for n, values in ((1, {"grade_p90": 9.0}), (2, {"grade_p90": None}))
    ]
    drawn = {chart["id"]: chart for chart in charts.over_rounds(views, Targets())}

    assert drawn["grade"]["y"] == [9.0, None]
    assert drawn["grade"]["bound"] == 8.0
    assert "vendi2" not in drawn


def test_every_code_has_words() -> None:
    assert [name for name, _, _ in RULES if name not in wording.TARGETS] == []
    assert [stop for stop in StopReason if stop not in wording.STOPS] == []
    assert [gate for gate, _ in CASCADE if gate not in wording.GATES] == []
    assert [reason for reason in Reason if reason not in wording.REASONS] == []
    assert [verdict for verdict in Verdict if verdict not in wording.VERDICTS] == []


def test_figures_are_read_as_people_write_them() -> None:
    shown = [wording.figure(v, f) for v, f in ((0.953, "share"), (1.0, "ratio"), (12345.0, "count"), (7.0, "number"))]

    assert shown == ["95.3%", "1.00×", "12,345", "7"]
    assert wording.figure(None, "share") == "not measurable"
    assert [wording.duration(s) for s in (None, 9.4, 95.0, 7260.0)] == ["unknown", "9 s", "1 min 35 s", "2 h 1 min"]
    assert wording.readable("short: grade_p90, nesting_p90") == "short: Grade (90th percentile), Nesting"


def test_what_was_redacted_is_said_in_words() -> None:
    view = round_view(row(funnel={"answers": 3, "redacted": {"emails": 2, "new_class": 1}}), {}, GATES)

    assert view.redacted == [("e-mail addresses", 2), ("new class", 1)]
    assert round_view(row(), {}, GATES).redacted == []
