"""The diversity measures by worked example, by brute force, and by what must not move them."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.domain import diversity
from app.domain.diversity import family_pairs, gram_sums, poisson_draws
from app.domain.diversity_sums import merge_all, sums_of
from app.domain.tokens import tokenise

WORDS = (
    "red green blue round square tall small old new warm cold soft hard quick slow bright dark loud calm wide".split()
)


def units(n: int, d: int = 16, seed: int = 0) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(n, d))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def sentences(n: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, size=12)) for _ in range(n)]


def test_vendi_is_one_for_copies_and_all_pairs_for_unlike_texts() -> None:
    copies = np.tile(units(1), (5, 1))

    assert diversity.vendi2(gram_sums(copies)) == pytest.approx(1.0, abs=1e-5)
    assert diversity.vendi2(gram_sums(np.eye(4, dtype=np.float32))) == 12.0


def test_vendi_is_the_inverse_mean_squared_cosine_of_pairs() -> None:
    rows = units(30)
    pairs = [float(rows[i] @ rows[j]) ** 2 for i, j in combinations(range(30), 2)]

    assert diversity.vendi2(gram_sums(rows)) == pytest.approx(1 / np.mean(pairs), rel=1e-4)


def test_vendi_does_not_drift_with_the_size_of_the_set() -> None:
    topics = units(20, d=64, seed=3)
    rng = np.random.default_rng(1)

    def score(n: int) -> float:
        rows = topics[rng.integers(0, 20, n)] + 0.05 * rng.normal(size=(n, 64)).astype(np.float32)
        found = diversity.vendi2(gram_sums(rows / np.linalg.norm(rows, axis=1, keepdims=True)))
        assert found is not None
        return found

    assert score(250) == pytest.approx(score(4_000), rel=0.1)


@pytest.mark.parametrize("n", [0, 1])
def test_measures_of_pairs_are_none_without_a_pair(n: int) -> None:
    assert diversity.vendi2(gram_sums(units(n))) is None
    assert diversity.cluster_simpson(np.array([n])) is None


@pytest.mark.parametrize(
    ("counts", "score"),
    [([2, 2], 3.0), ([4, 0], 1.0), ([1, 1, 1], 6.0), ([0, 0, 5], 1.0)],
    ids=["even", "one cluster", "all apart", "empty clusters"],
)
def test_simpson_follows_the_worked_example(counts: list[int], score: float) -> None:
    assert diversity.cluster_simpson(np.array(counts)) == score


def test_rarefied_distinct_is_the_expectation_over_all_draws() -> None:
    frequencies, tokens = [3, 2, 1], 3
    total = sum(frequencies)
    expected = sum(1 - comb(total - f, tokens) / comb(total, tokens) for f in frequencies) / tokens

    assert diversity.rarefied_distinct(np.array(frequencies), tokens) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("frequencies", "tokens", "score"),
    [([1, 1], 2, 1.0), ([2], 2, 0.5), ([2], 3, None), ([], 1, None), ([5], 0, None)],
    ids=["distinct", "copies", "too few", "empty", "none asked"],
)
def test_rarefied_distinct_at_its_ends(frequencies: list[int], tokens: int, score: float | None) -> None:
    assert diversity.rarefied_distinct(np.array(frequencies, dtype=np.int64), tokens) == score


def test_rarefied_distinct_does_not_drift_with_size() -> None:
    def at(n: int) -> float:
        grams = np.random.default_rng(n).integers(0, 5_000, n).astype(np.uint64)
        found = diversity.rarefied_distinct(diversity.count_of_counts(grams), 2_000)
        assert found is not None
        return found

    assert at(4_000) == pytest.approx(at(60_000), rel=0.03)


def test_ngrams_stay_inside_documents() -> None:
    hashes, docs = diversity.ngrams(tokenise(["a b c d", "c d", "", "a b c"]), 3)

    assert docs.tolist() == [0, 0, 3]
    assert hashes[0] == hashes[2] and hashes[0] != hashes[1]


def test_cross_share_is_the_mean_share_of_five_grams_held_elsewhere() -> None:
    # The first two share one of their two 5-grams each; the third shares none; the fourth has no 5-gram.
    texts = ["a b c d e f", "a b c d e g", "h i j k l", "a b"]
    hashes, docs = diversity.ngrams(tokenise(texts), 5)

    assert diversity.cross_share(hashes, docs, 4, 200, np.random.default_rng(0)) == pytest.approx(1.0 / 4)


def test_cross_share_counts_no_repeat_inside_a_document() -> None:
    hashes, docs = diversity.ngrams(tokenise(["a b c d e a b c d e", "f g h i j"]), 5)

    assert diversity.cross_share(hashes, docs, 2, 200, np.random.default_rng(0)) == 0.0


def test_opening_share_counts_the_commonest_first_five_words() -> None:
    openings = diversity.opening_hashes(tokenise(["Once upon a time there was", "once upon a time, there", "Hi", ""]))

    assert diversity.opening_share(openings) == 0.5
    assert diversity.opening_share(openings[:0]) is None


def test_lzma_sees_a_corpus_that_repeats_itself() -> None:
    texts = sentences(400)
    once = diversity.lzma_ratio(texts, np.random.default_rng(0))
    four = diversity.lzma_ratio(texts * 4, np.random.default_rng(0))

    assert once is not None and four is not None and four > 2 * once
    assert diversity.lzma_ratio([], np.random.default_rng(0)) is None


def test_family_pairs_with_one_text_a_family_are_the_plain_measures() -> None:
    rows, clusters = units(40), np.random.default_rng(2).integers(0, 5, 40)
    pairs = family_pairs(rows, clusters, np.arange(40))
    once = np.ones((1, 40))

    assert pairs.vendi2(once)[0] == pytest.approx(diversity.vendi2(gram_sums(rows)), rel=1e-5)
    assert pairs.simpson(once)[0] == pytest.approx(diversity.cluster_simpson(np.bincount(clusters)))


@given(st.integers(2, 30), st.integers(1, 30), st.integers(0, 9))
def test_exact_values_are_those_of_all_pairs(n: int, families: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, clusters, family = units(n, seed=seed), rng.integers(0, 4, n), rng.integers(0, families, n)
    pairs = family_pairs(rows, clusters, family)
    once = np.ones((1, len(pairs.sizes)))

    found = diversity.exact_vendi2(rows, family), diversity.exact_simpson(clusters, family)
    expected = pairs.vendi2(once)[0], pairs.simpson(once)[0]
    if expected[0] is None:
        assert found == (None, None)
    else:
        assert found == pytest.approx(expected, rel=1e-6)


def test_pairs_inside_a_family_do_not_count() -> None:
    rows = np.repeat(units(10), 3, axis=0)
    clusters = np.repeat(np.arange(10), 3)
    pairs = family_pairs(rows, clusters, np.repeat(np.arange(10), 3))
    alone = family_pairs(rows[::3], clusters[::3], np.arange(10))

    assert pairs.vendi2(np.ones((1, 10)))[0] == pytest.approx(alone.vendi2(np.ones((1, 10)))[0], rel=1e-5)


def test_family_pairs_do_not_depend_on_the_order_of_texts() -> None:
    rows, clusters, families = units(30), np.arange(30) % 4, np.arange(30) % 9
    order = np.random.default_rng(0).permutation(30)
    draws = poisson_draws(9, 3, np.random.default_rng(1))

    forward = family_pairs(rows, clusters, families)
    shuffled = family_pairs(rows[order], clusters[order], families[order])

    assert forward.vendi2(draws) == pytest.approx(shuffled.vendi2(draws))
    assert forward.simpson(draws) == pytest.approx(shuffled.simpson(draws))


def test_a_draw_weighs_families_as_if_they_were_there_so_often() -> None:
    rows, clusters = units(6), np.array([0, 0, 1, 1, 2, 2])
    drawn = family_pairs(rows, clusters, np.arange(6)).vendi2(np.array([[1.0, 0, 1, 0, 1, 1]]))
    kept = family_pairs(rows[[0, 2, 4, 5]], clusters[[0, 2, 4, 5]], np.arange(4)).vendi2(np.ones((1, 4)))

    assert drawn == pytest.approx(kept)


def test_a_single_family_has_no_pairs() -> None:
    pairs = family_pairs(units(3), np.zeros(3, np.int64), np.zeros(3, np.int64))

    assert pairs.vendi2(np.ones((2, 1))) == [None, None]
    assert pairs.simpson(np.zeros((1, 1))) == [None]


@given(st.integers(2, 40), st.integers(1, 6), st.integers(0, 5))
def test_bootstrap_values_stay_in_bounds(n: int, families: int, seed: int) -> None:
    rows, family = units(n, seed=seed), np.arange(n) % families
    pairs = family_pairs(rows, np.arange(n) % 3, family)
    draws = poisson_draws(len(set(family.tolist())), 5, np.random.default_rng(seed))

    most = (draws @ pairs.sizes) ** 2
    for values in (pairs.vendi2(draws), pairs.simpson(draws)):
        assert all(value is None or 1.0 - 1e-6 <= value <= high for value, high in zip(values, most, strict=True))


def test_merged_sums_measure_what_the_whole_set_measures() -> None:
    texts, rows = sentences(60), units(60)
    clusters = np.random.default_rng(4).integers(-1, 6, 60).astype(np.int32)
    whole = sums_of(tokenise(texts), rows, clusters, k=6)
    cuts = [(0, 7), (7, 40), (40, 60)]
    parts = [sums_of(tokenise(texts[a:b]), rows[a:b], clusters[a:b], k=6) for a, b in cuts]

    for merged in (merge_all(parts), merge_all(parts[::-1])):
        assert merged.vendi2() == pytest.approx(whole.vendi2())
        assert merged.cluster_simpson() == whole.cluster_simpson()
        assert merged.distinct3() == whole.distinct3()
        assert merged.opening_share() == whole.opening_share()


def test_sums_of_nothing_measure_nothing() -> None:
    empty = sums_of(tokenise([]), units(0), np.zeros(0, np.int32), k=2)

    assert (empty.vendi2(), empty.cluster_simpson(), empty.distinct3(), empty.opening_share()) == (None,) * 4
    assert empty.merge(empty).vendi2() is None


def test_identical_texts_collapse_every_measure() -> None:
    texts = ["the same few words come again and again here"] * 20
    found = sums_of(tokenise(texts), np.tile(units(1), (20, 1)), np.zeros(20, np.int32), k=4)

    assert found.vendi2() == pytest.approx(1.0, abs=1e-5)
    assert found.cluster_simpson() == 1.0
    assert found.opening_share() == 1.0
    distinct = found.distinct3()
    assert distinct is not None and distinct == pytest.approx(1 / 20)
