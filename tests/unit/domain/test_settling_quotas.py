"""How many texts a cluster should reach, by table and by property."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.settling import quotas


@pytest.mark.parametrize(
    ("counts", "total", "exponent", "wanted"),
    [
        ({}, 10, 0.6, {}),
        ({3: 7}, 10, 0.6, {3: 10}),
        ({0: 16, 1: 1}, 10, 0.5, {0: 8, 1: 2}),
        ({0: 5, 1: 5}, 10, 0.6, {0: 5, 1: 5}),
        ({0: 100, 1: 1}, 2, 1.0, {0: 2, 1: 1}),
        ({0: 100, 1: 1}, 10, 0.0, {0: 5, 1: 5}),
        ({0: 0, 1: 4}, 4, 0.6, {1: 4}),
    ],
    ids=["none", "one cluster", "docstring", "equal", "floor of one", "exponent 0 is even", "an empty cluster"],
)
def test_quotas(counts: dict[int, int], total: int, exponent: float, wanted: dict[int, int]) -> None:
    assert quotas(counts, total=total, exponent=exponent) == wanted


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.integers(0, 50), st.integers(1, 500), min_size=1), st.integers(0, 2000), st.floats(0, 1))
def test_quotas_reach_the_total_and_grow_with_the_cluster(counts: dict[int, int], total: int, exponent: float) -> None:
    found = quotas(counts, total=total, exponent=exponent)

    assert sum(found.values()) >= total and min(found.values()) >= 1
    by_size = sorted(counts, key=counts.__getitem__)
    assert all(found[a] <= found[b] for a, b in pairwise(by_size))
