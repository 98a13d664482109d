"""The merging sample: whole families of the smallest hashes, whatever the order."""

import numpy as np
import pytest

from app.domain.set_sample import SampledText, SetSample, ranks


def texts(count: int, per_family: int = 1, size: int = 10) -> list[SampledText]:
    families = np.arange(count) // per_family
    rank = ranks(families, 3)
    return [
        SampledText(
            int(rank[i]), i, int(families[i]), True, 0, 0.0, 0.0, 0.0, 1.0, 0, np.ones(1, np.float32),
            np.zeros(0, np.uint64), b"x" * size,
        )
        for i in range(count)
    ]  # fmt: skip


def sampled(parts: list[list[SampledText]], most: int, most_bytes: int = 10**6) -> list[int]:
    sample = SetSample(most, most_bytes)
    for part in parts:
        sample.add(part)
    return [text.id for text in sample.texts()]


@pytest.mark.parametrize("per_family", [1, 3])
def test_sample_is_the_same_in_any_order_and_split(per_family: int) -> None:
    found = texts(600, per_family)
    whole = sampled([found], 100)
    order = np.random.default_rng(0).permutation(600)
    shuffled = [[found[i] for i in part] for part in np.array_split(order, 9)]

    assert sampled(shuffled, 100) == whole
    assert 100 - per_family < len(whole) <= 100
    assert all(len([i for i in whole if i // per_family == f]) == per_family for f in {i // per_family for i in whole})


def test_long_texts_leave_room_for_fewer() -> None:
    assert len(sampled([texts(50, size=100)], 40, most_bytes=1_000)) == 10


def test_the_first_family_stays_however_large() -> None:
    assert len(sampled([texts(30, per_family=30, size=100)], 4, most_bytes=500)) == 30


def test_ranks_depend_on_the_seed_and_are_evenly_spread() -> None:
    one, other = ranks(np.arange(1_000), 0), ranks(np.arange(1_000), 1)

    assert not (one == other).any()
    assert (one < np.uint64(1 << 63)).mean() == pytest.approx(0.5, abs=0.05)
