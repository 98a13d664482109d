"""Sums of a set by part: merged shards are one process, and the streamed set is the set in memory."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from app.domain import dedup, measuring
from app.domain.diversity_sums import DiversitySums, Documents
from app.domain.measuring import Measured, Member
from app.domain.tokens import tokenise

WORDS = "river bridge clock garden engine letter island market storm planet stone cloud paper window bread".split()
DIMS, CLUSTERS, COUNT = 12, 5, 240


def text_of(place: int) -> str:
    # One in twenty repeats an earlier one but for a word.
    rng = np.random.default_rng(place - 1 if place % 20 == 19 else place)
    return " ".join(WORDS[i] for i in rng.integers(0, len(WORDS), 30)) + (" indeed" if place % 20 == 19 else "")


TEXTS = [text_of(place) for place in range(COUNT)]
_ROWS = np.random.default_rng(1).normal(size=(COUNT, DIMS)).astype(np.float32)
VECTORS: NDArray[np.float32] = _ROWS / np.linalg.norm(_ROWS, axis=1, keepdims=True)
LABELS = np.random.default_rng(2).integers(-1, CLUSTERS, COUNT)
EASE = np.random.default_rng(3).uniform(0, 100, COUNT)


def documents(ids: Sequence[int], families: NDArray[np.int64]) -> Documents:
    rows = np.array(ids, dtype=np.int64)
    batch = tokenise([TEXTS[i] for i in ids])
    return Documents(
        ids=rows,
        families=families[rows],
        texts=[TEXTS[i] for i in ids],
        batch=batch,
        signatures=dedup.signatures(batch),
        vectors=VECTORS[rows].reshape(-1, DIMS),
        clusters=LABELS[rows],
        ease=EASE[rows],
        grade=EASE[rows] / 10,
        list_coverage=EASE[rows] / 100,
        tokens=batch.counts().astype(np.float64),
    )


def sums_of(parts: Sequence[Sequence[int]], families: NDArray[np.int64]) -> DiversitySums:
    sums = DiversitySums(dims=DIMS, clusters=CLUSTERS, rng_seed=7)
    for part in parts:
        sums.add(documents(part, families))
    return sums


def jaccard(a: int, b: int) -> float:
    return dedup.exact_jaccard(TEXTS[a], TEXTS[b])


def assert_same(one: Measured, other: Measured) -> None:
    assert one.values == pytest.approx(other.values)
    assert set(one.limits) == set(other.limits)
    for name in one.limits:
        assert one.limits[name] == pytest.approx(other.limits[name]), name
    assert one.spectrum == other.spectrum and one.cross == pytest.approx(other.cross)


SINGLE = np.arange(COUNT)
TRIPLES = np.arange(COUNT) // 3


@pytest.mark.parametrize("families", [SINGLE, TRIPLES], ids=["a family each", "three a family"])
@pytest.mark.parametrize("cuts", [(60, 180), (3, 6), (237, 237)], ids=["thirds", "crumbs", "an empty part"])
def test_merged_shards_measure_what_one_process_measures(families: NDArray[np.int64], cuts: tuple[int, int]) -> None:
    whole = measuring.measured(sums_of([range(COUNT)], families), jaccard)
    shards = [sums_of([part], families) for part in (range(cuts[0]), range(cuts[0], cuts[1]), range(cuts[1], COUNT))]
    merged = shards[2]
    merged.merge(shards[0])
    merged.merge(shards[1])

    assert_same(measuring.measured(merged, jaccard), whole)


def test_a_stream_of_chunks_measures_what_a_set_in_memory_measures() -> None:
    members = [
        Member(text, i, int(LABELS[i]), EASE[i], EASE[i] / 10, EASE[i] / 100, len(text.split()), "prose")
        for i, text in enumerate(TEXTS)
    ]
    stream = sums_of([range(low, low + 40) for low in range(0, COUNT, 40)], SINGLE)

    memory = measuring.measure_members(members, VECTORS, rng_seed=7, wording_limits=True)
    found = measuring.measured(stream, jaccard)

    assert_same(found, replace(memory, values={name: memory.values[name] for name in found.values}))


def test_every_measure_but_counts_has_limits_around_it() -> None:
    found = measuring.measured(sums_of([range(COUNT)], SINGLE), jaccard)

    assert set(found.limits) == set(found.values) - {"n", "tokens"}
    for name, (low, high) in found.limits.items():
        value = found.values[name]
        assert value is not None and low <= value * 1.05 and high >= value * 0.95, name


def test_one_of_each_pair_repeats_the_other_whatever_the_order() -> None:
    forwards, backwards = sums_of([range(COUNT)], SINGLE), sums_of([range(COUNT - 1, -1, -1)], SINGLE)

    repeated = forwards.repeats(jaccard).tolist()

    assert [place // 20 for place in repeated] == list(range(COUNT // 20))
    assert all(place % 20 in (18, 19) for place in repeated)
    assert backwards.repeats(jaccard).tolist() == repeated


def test_sums_of_nothing_measure_nothing() -> None:
    found = measuring.measured(sums_of([], SINGLE), jaccard)

    assert all(value in (None, 0.0) for value in found.values.values())
    assert found.limits == {} and found.spectrum == [] and found.cross == {}
