"""Refined texts at the end of a round: who takes whose place, and who stays."""

from dataclasses import replace

import numpy as np
import pytest

from app.domain.config import JobConfig
from app.domain.targets import Check
from app.repositories.generations import Candidate
from app.services import replacing
from app.services.admitting import Row, admit
from app.services.steering import sameness
from tests.unit.services.test_admitting import story

EARLIER = replace(story(1, "The fox runs."), verdict="kept", grade=9.0, seed_id=1)
OTHER = replace(story(2, "A hen sits."), verdict="kept", seed_id=2)
REFINED = replace(
    story(3, "The fox ran on."), round_id=2, grade=7.0, seed_id=1, parent_id=1, refines={"by": ["grade"], "asked": 0}
)


def verdicts(
    *made: Candidate, near: dict[int, set[int]] | None = None, quota: int = 100
) -> dict[int, tuple[str, str | None]]:
    rows = admit(list(made), near or {}, JobConfig(recipe="rephrase"), {0: quota}, redundancy_cap=1.0)
    return {number: (verdict, reason) for number, verdict, _, reason, _ in rows}


def test_a_better_text_takes_the_place_of_the_one_it_refines_however_alike_they_are() -> None:
    assert verdicts(EARLIER, OTHER, REFINED, near={0: {2}, 2: {0}}) == {3: ("kept", None), 1: ("dropped", "replaced")}


@pytest.mark.parametrize("grade", [9.0, 12.0], ids=["alike", "worse"])
def test_a_text_that_is_no_better_is_dropped_and_the_earlier_one_stays(grade: float) -> None:
    assert verdicts(EARLIER, OTHER, replace(REFINED, grade=grade)) == {3: ("dropped", "not_better")}


def test_a_better_text_that_the_pool_refuses_leaves_the_earlier_one_where_it_was() -> None:
    assert verdicts(EARLIER, OTHER, REFINED, near={1: {2}, 2: {1}}) == {3: ("dropped", "near_duplicate")}
    assert verdicts(EARLIER, OTHER, replace(REFINED, sha256=OTHER.sha256)) == {3: ("dropped", "exact_duplicate")}


def test_a_full_cluster_has_room_for_the_better_text_because_the_earlier_one_leaves() -> None:
    full = [replace(story(10 + n, f"Text {n} here."), verdict="kept") for n in range(2)]

    assert verdicts(EARLIER, *full, REFINED, quota=1)[3] == ("kept", None)


def test_the_rest_of_the_round_is_judged_beside_the_better_text() -> None:
    late = replace(story(4, "The fox ran off."), round_id=2, seed_id=3)

    found = verdicts(EARLIER, OTHER, REFINED, late, near={2: {3}, 3: {2}})

    assert found[3] == ("kept", None) and found[4] == ("dropped", "near_duplicate")


def test_a_refined_text_whose_earlier_version_left_the_pool_competes_like_any_other() -> None:
    assert verdicts(OTHER, replace(REFINED, grade=12.0)) == {3: ("kept", None)}


def test_refinements_that_are_no_better_are_no_sign_of_an_endpoint_that_repeats_itself() -> None:
    rows: list[Row] = [(3, "dropped", replacing.GATE, "not_better", 0.0), (4, "dropped", "novelty", "redundant", 0.9)]

    assert sameness(2, [REFINED, replace(story(4, "x"), round_id=2)], rows) == (1, 1)


def test_refinements_asked_for_are_counted_over_the_earlier_versions() -> None:
    grade = Check("grade_p90", 9.0, 6.0, "<=", holds=False, progress=0.7)

    kept = replacing.pool_to_refine([EARLIER, OTHER, replace(REFINED, verdict="kept")], {1: 2}, [grade], edu_under=None)

    assert [(text.generation_id, text.asked) for text in kept] == [(1, 2), (3, 1)]
    assert kept[0].figures["grade"] == 9.0 and np.isclose(kept[0].figures["edu_score"], EARLIER.edu_score)
