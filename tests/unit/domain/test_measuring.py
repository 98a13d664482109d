"""The vector of measures: what a set may lack, its limits, and what it is beside the seeds' own."""

from dataclasses import replace

import numpy as np
import pytest

from app.domain.measuring import Measured, Member, compare, measure_members, reference_of

WORDS = "river bridge clock garden engine letter island market storm planet stone cloud paper window bread".split()
DIMS = 6


def text_of(place: int) -> str:
    rng = np.random.default_rng(place)
    return " ".join(WORDS[i] for i in rng.integers(0, len(WORDS), 40)) + f" number {place}."


def member(place: int, **over: object) -> Member:
    base = Member(text_of(place), place, place % 3, 60.0 + place, 5.0 + place / 10, 0.9, 42, "prose")
    return replace(base, **over)  # type: ignore[arg-type]


def vectors(count: int) -> np.ndarray:
    rows = np.random.default_rng(5).normal(size=(count, DIMS)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True) if count else rows


def measured(members: list[Member], rows: np.ndarray | None = None) -> Measured:
    return measure_members(members, vectors(len(members)) if rows is None else rows, rng_seed=0)


FEW = [member(place) for place in range(12)]


def test_no_texts_measure_nothing_and_raise_nothing() -> None:
    found = measured([])

    assert (found.values["n"], found.values["tokens"]) == (0.0, 0.0)
    empty = {"vendi2", "cluster_simpson", "ease_mean", "grade_p90", "near_duplicate_rate", "fidelity_recall"}
    assert all(found.values[name] is None for name in empty)
    assert found.limits == {} and found.cross == {}


def test_one_text_has_no_pairs() -> None:
    found = measured([member(0)])

    assert found.values["vendi2"] is None and found.values["cluster_simpson"] is None
    assert found.values["opening_share"] == 1.0 and found.values["near_duplicate_rate"] == 0.0
    assert found.values["ease_mean"] == 60.0


def test_identical_texts_are_one_text_many_times() -> None:
    same = [member(place, text=text_of(0), cluster=0) for place in range(10)]

    found = measured(same, np.repeat(vectors(1), 10, axis=0))

    assert found.values["vendi2"] == pytest.approx(1.0, abs=1e-3)
    assert found.values["cluster_simpson"] == pytest.approx(1.0)
    assert found.values["near_duplicate_rate"] == 0.9
    assert found.values["opening_share"] == 1.0 and found.values["cross_5gram_share"] == 1.0


def test_means_and_percentiles_by_hand() -> None:
    found = measured(
        [
            member(0, ease=50.0, grade=4.0, tokens=10, list_coverage=1.0),
            member(1, ease=70.0, grade=8.0, tokens=30, list_coverage=0.8),
        ]
    ).values

    assert (found["n"], found["tokens"], found["ease_mean"]) == (2.0, 40.0, 60.0)
    assert found["grade_p90"] == pytest.approx(7.6)
    # Of running words: 10 of 40 at 1.0 and 30 of 40 at 0.8.
    assert found["list_coverage"] == pytest.approx(0.85)


def test_code_and_fidelity_are_of_the_texts_that_have_them() -> None:
    coded = member(0, code={"cyclomatic": 4.0, "nesting": 2.0, "function_lines": 10.0}, fidelity=(1.0, 0.5))
    found = measured([coded, member(1), member(2, fidelity=(0.8, 0.9))]).values

    assert (found["cyclomatic_p90"], found["nesting_p90"], found["function_lines_p90"]) == (4.0, 2.0, 10.0)
    assert (found["fidelity_precision"], found["fidelity_recall"]) == (pytest.approx(0.9), pytest.approx(0.7))
    assert measured(FEW).values["cyclomatic_p90"] is None


def test_limits_surround_the_value() -> None:
    found = measured(FEW)

    for name in ("vendi2", "cluster_simpson", "ease_mean"):
        low, high = found.limits[name]
        value = found.values[name]
        assert value is not None and low <= value * 1.1 and high >= value * 0.9 and low < high


def test_the_same_set_measures_the_same_and_order_changes_no_value_of_all_texts() -> None:
    rows = vectors(len(FEW))
    turned = measured(FEW[::-1], rows[::-1]).values

    assert measured(FEW, rows) == measured(FEW, rows)
    for name in ("vendi2", "cluster_simpson", "ease_mean", "grade_p90", "opening_share", "distinct3"):
        assert turned[name] == pytest.approx(measured(FEW, rows).values[name]), name


def test_variants_of_one_seed_do_not_count_as_alike() -> None:
    rows = vectors(len(FEW))
    twice = [*FEW, *FEW]

    found = measured(twice, np.vstack([rows, rows])).values

    assert found["vendi2"] == pytest.approx(measured(FEW, rows).values["vendi2"], rel=0.01)
    # Words that come again in the variants of a seed say nothing of the others.
    assert found["cross_5gram_share"] == measured(FEW, rows).values["cross_5gram_share"]


def test_near_duplicates_are_counted_after_the_first() -> None:
    texts = [text_of(0), text_of(0) + " indeed", text_of(1), text_of(2)]

    found = measured([member(place, text=text) for place, text in enumerate(texts)])

    assert found.values["near_duplicate_rate"] == 0.25


def test_a_set_beside_itself_is_at_one() -> None:
    found = measured(FEW)

    beside = compare(found, reference_of(found), quotas={0: 4, 1: 4, 2: 4}, approved={0: 4, 1: 4, 2: 4}, tokens=504)

    assert beside["distinct3_ratio"] == pytest.approx(1.0)
    assert beside["covered_clusters"] == 1.0
    assert beside["approved_tokens"] == 504.0
    vendi2, low = found.values["vendi2"], found.limits["vendi2"][0]
    assert vendi2 and beside["vendi2_ratio"] == pytest.approx(low / vendi2), "the lower limit counts, not the value"
    assert beside["ease_mean_low"] == found.limits["ease_mean"][0]


@pytest.mark.parametrize(
    ("approved", "quotas", "wanted"),
    [
        ({}, {0: 4, 1: 4}, 0.0),
        ({0: 2}, {0: 4, 1: 4}, 0.5),
        ({0: 1, 1: 2}, {0: 4, 1: 4}, 0.5),
        ({0: 3, 1: 3}, {0: 5, 1: 5}, 1.0),
        ({0: 9}, {}, None),
    ],
    ids=["none", "half of one", "just under half", "half rounded up", "no quotas"],
)
def test_covered_clusters_have_half_their_quota(
    approved: dict[int, int], quotas: dict[int, int], wanted: float | None
) -> None:
    found = measured(FEW)

    assert compare(found, reference_of(found), quotas=quotas, approved=approved, tokens=0)["covered_clusters"] == wanted


def test_an_empty_set_beside_seeds_has_no_ratios() -> None:
    beside = compare(measured([]), reference_of(measured(FEW)), quotas={0: 1}, approved={}, tokens=0)

    assert beside["vendi2_ratio"] is None and beside["cross_5gram_ratio"] is None
    assert beside["cluster_simpson_ratio"] is None and beside["distinct3_ratio"] is None
