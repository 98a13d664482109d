"""Held-out reports: the split, the figures with limits, the paired comparison, the ceiling, the confusion."""

import numpy as np
import pytest

from app.domain.education import evaluate
from app.domain.held_out import Judged, TooFewDocumentsError, _figures, confusion, held_out, judge

RNG = np.random.default_rng(5)
LABELS = RNG.uniform(0, 5, 200)
GOOD = np.clip(LABELS + RNG.normal(0, 0.3, 200), 0, 5)
POOR = np.clip(LABELS + RNG.normal(0, 2.0, 200), 0, 5)
KINDS = ["code" if place % 4 else "prose" for place in range(200)]


def test_about_a_fifth_is_held_out_and_the_seed_decides_which() -> None:
    mask = held_out(200, None, rng_seed=0)
    assert mask.sum() == 40
    assert (mask == held_out(200, None, rng_seed=0)).all()
    assert (mask != held_out(200, None, rng_seed=1)).any()


def test_groups_stay_whole() -> None:
    groups = [f"g{place // 10}" for place in range(200)]
    mask = held_out(200, groups, rng_seed=0)
    assert mask.sum() == 40
    assert {mask[start : start + 10].sum() for start in range(0, 200, 10)} == {0, 10}


def test_one_group_that_is_nearly_all_stays_in_training() -> None:
    groups = ["big"] * 190 + [f"g{place}" for place in range(10)]
    mask = held_out(200, groups, rng_seed=0)
    assert 0 < mask.sum() <= 10
    assert not mask[:190].any()


def test_too_few_documents_are_refused_with_both_numbers() -> None:
    with pytest.raises(TooFewDocumentsError, match="64 usable labelled documents; at least 65"):
        held_out(64, None, rng_seed=0)


def test_report_says_value_with_limits_around_it_by_kind() -> None:
    report = judge(Judged(LABELS, KINDS, GOOD, POOR), [], rng_seed=0)
    assert (report["n"], report["own"]["code"]["n"], report["own"]["prose"]["n"]) == (200, 150, 50)
    for part in ("all", "code", "prose"):
        for name in ("spearman", "f1_at_3", "mae"):
            value, low, high = report["own"][part][name]
            assert low <= value <= high
    assert report["ceiling"] is None
    # More documents, narrower limits.
    width = {part: np.ptp(report["other"][part]["mae"]) for part in ("all", "prose")}
    assert width["all"] < width["prose"]


def test_difference_is_paired() -> None:
    report = judge(Judged(LABELS, KINDS, GOOD, GOOD), [], rng_seed=0)
    assert report["difference"]["all"]["mae"] == [0, 0, 0]
    better = judge(Judged(LABELS, KINDS, GOOD, POOR), [], rng_seed=0)["difference"]["all"]
    assert better["spearman"][1] > 0
    assert better["mae"][2] < 0


def test_limits_cover_the_truth_as_often_as_they_say() -> None:
    # Mean absolute error of |N(0, 0.5)| is 0.5 sqrt(2 / pi); 95 % limits from 100 documents should cover it.
    rng, truth, hits = np.random.default_rng(9), 0.5 * np.sqrt(2 / np.pi), 0
    for draw in range(60):
        labels = rng.uniform(1.5, 3.5, 100)
        scores = labels + rng.normal(0, 0.5, 100)
        report = judge(Judged(labels, ["prose"] * 100, scores, scores), [], rng_seed=draw)
        _, low, high = report["own"]["all"]["mae"]
        hits += low <= truth <= high
    assert 50 <= hits <= 60


def test_samples_have_the_figures_that_evaluate_gives() -> None:
    rows = RNG.integers(200, size=(5, 200))
    labels = np.floor(LABELS)  # Ties count.
    for found, row in zip(_figures(POOR[rows], labels[rows]), rows, strict=True):
        one = evaluate(POOR[row], labels[row])
        assert found.tolist() == pytest.approx([one.spearman, one.f1_at_3, one.mae])


def test_ceiling_is_what_two_labels_say_of_each_other() -> None:
    pairs = [(float(n % 6), float(n % 6)) for n in range(30)]
    report = judge(Judged(LABELS, KINDS, GOOD, POOR), pairs, rng_seed=0)
    assert report["ceiling"] == {"n": 30, "spearman": [1, 1, 1], "f1_at_3": [1, 1, 1], "mae": [0, 0, 0]}


def test_confusion_counts_rounded_labels_in_rows() -> None:
    counts = confusion(np.array([2.5, 2.4, 5.0]), np.array([1.2, 1.2, 4.6]))
    assert counts[3][1] == counts[2][1] == counts[5][5] == 1
    assert sum(map(sum, counts)) == 3


def test_constant_labels_and_one_kind_are_no_trouble() -> None:
    report = judge(Judged(np.full(70, 2.0), ["prose"] * 70, np.full(70, 2.0), np.zeros(70)), [], rng_seed=0)
    assert report["own"] == {"all": {"n": 70, "spearman": [0, 0, 0], "f1_at_3": [0, 0, 0], "mae": [0, 0, 0]}}
