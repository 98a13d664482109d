"""The diversity measures by worked example, by brute force, and by what must not move them."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from numpy.typing import NDArray

from app.domain import diversity
from app.domain.diversity import gram_sums
from app.domain.tokens import tokenise

WORDS = (
    "red green blue round square tall small old new warm cold soft hard quick slow bright dark loud calm wide".split()
)


def units(n: int, d: int = 16, seed: int = 0) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(n, d))
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


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

    assert diversity.grouped_grams(*diversity.once_each(hashes, docs), 4, 200).share() == pytest.approx(1.0 / 4)


def test_cross_share_counts_no_repeat_inside_a_document() -> None:
    hashes, docs = diversity.ngrams(tokenise(["a b c d e a b c d e", "f g h i j"]), 5)

    assert diversity.grouped_grams(*diversity.once_each(hashes, docs), 2, 200).share() == 0.0


def test_opening_share_counts_the_commonest_first_five_words() -> None:
    openings = diversity.opening_hashes(tokenise(["Once upon a time there was", "once upon a time, there", "Hi", ""]))

    assert diversity.opening_share(openings) == 0.5
    assert diversity.opening_share(openings[:0]) is None


def test_lzma_sees_a_corpus_that_repeats_itself() -> None:
    texts = [text.encode() for text in sentences(400)]
    once = diversity.lzma_ratio(texts)
    four = diversity.lzma_ratio(texts * 4)

    assert once is not None and four is not None and four > 2 * once
    assert diversity.lzma_ratio([]) is None


@pytest.mark.parametrize(("at", "size"), [(0, 0), (3, 3), (4, 3), (5, 5), (99, 9)])
def test_lzma_sample_has_the_bytes_asked_for(at: int, size: int) -> None:
    assert len(b"\n".join(diversity.lzma_sample([b"abc", b"de", b"fg"], at))) == size


def test_spectrum_gives_what_its_frequencies_give() -> None:
    frequencies = np.array([5, 1, 1, 2, 2, 1])
    found = diversity.rarefied_spectrum(np.array([1, 2, 5]), np.array([3, 2, 1]), 6)

    assert found == diversity.rarefied_distinct(frequencies, 6)


def test_five_grams_are_compared_inside_groups_only() -> None:
    # Documents 0 and 2 are the same; at two documents they are in different groups.
    hashes, docs = diversity.ngrams(tokenise(["a b c d e", "f g h i j", "a b c d e", "k l m n o"]), 5)

    assert diversity.grouped_grams(*diversity.once_each(hashes, docs), 4, 2).share() == 0.0
    assert diversity.grouped_grams(*diversity.once_each(hashes, docs), 4, 4).share() == 0.5


def test_a_text_drawn_twice_is_no_other_text() -> None:
    hashes, docs = diversity.ngrams(tokenise(["a b c d e", "f g h i j", "a b c d e"]), 5)
    grouped = diversity.grouped_grams(*diversity.once_each(hashes, docs), 3, 3)

    assert grouped.share(np.array([2.0, 1.0, 0.0])) == 0.0
    assert grouped.share(np.array([2.0, 1.0, 1.0])) == 0.75
    assert grouped.share(np.zeros(3)) is None
