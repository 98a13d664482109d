"""n-gram counts: exact while they fit, unbiased beyond, the same in any order and split."""

import numpy as np
import pytest

from app.domain import diversity
from app.domain.gram_sample import GramSample
from app.domain.tokens import mix64


def grams(count: int, kinds: int, seed: int = 0) -> np.ndarray:
    """Draws from a skewed vocabulary, hashed."""
    drawn = (kinds * np.random.default_rng(seed).random(count) ** 1.5).astype(np.uint64)
    return mix64(drawn + np.uint64(1))


def filled(parts: list[np.ndarray], most: int) -> GramSample:
    sample = GramSample(most)
    for part in parts:
        sample.add(part)
    return sample


def test_counts_are_exact_while_they_fit() -> None:
    hashes = grams(5_000, 900)
    found = filled([hashes[:1_000], hashes[1_000:]], most=900)
    counts = np.unique(hashes, return_counts=True)[1]
    kinds, times = np.unique(counts, return_counts=True)

    assert found.exact and found.total == 5_000
    assert found.spectrum() == list(zip(kinds.tolist(), times.tolist(), strict=True))
    commonest = found.commonest()
    assert commonest is not None and commonest[1] == counts.max()


@pytest.mark.parametrize("most", [100, 3_000], ids=["thinned", "whole"])
def test_order_and_split_change_nothing(most: int) -> None:
    hashes = grams(20_000, 2_500)
    one = filled([hashes], most)
    parts = [filled([part], most) for part in np.array_split(hashes[::-1], 7)]
    merged = parts.pop(3)
    for part in parts:
        merged.merge(part)

    assert merged.spectrum() == one.spectrum() and merged.total == one.total == 20_000
    assert one.exact == (most == 3_000)


def test_a_thinned_sample_estimates_what_all_would_give() -> None:
    hashes = grams(400_000, 300_000)
    whole = diversity.rarefied_distinct(np.unique(hashes, return_counts=True)[1], 30_000)
    sample = filled(np.array_split(hashes, 40), most=20_000)
    kinds, times = np.array(sample.spectrum()).T

    assert not sample.exact
    assert diversity.rarefied_spectrum(kinds, times, 30_000) == pytest.approx(whole, rel=0.02)


def test_no_grams_have_no_commonest() -> None:
    assert GramSample().commonest() is None and GramSample().spectrum() == []
