"""Sums over stretches, against sums of slices."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.prefix_sums import stretch_counts, stretch_sums


@given(st.lists(st.integers(0, 3), max_size=70), st.lists(st.integers(0, 70), min_size=1, max_size=9))
def test_stretches_add_up_as_slices_do(values: list[int], bounds: list[int]) -> None:
    numbers = np.array(values, dtype=np.uint8)
    edges = np.sort(np.minimum(np.array(bounds, dtype=np.int64), len(values)))
    stretches = [numbers[low:high] for low, high in pairwise(edges)]
    assert stretch_sums(numbers, edges).tolist() == [int(part.sum()) for part in stretches]
    assert stretch_counts(numbers, edges).tolist() == [int((part > 0).sum()) for part in stretches]


@pytest.mark.parametrize("sums", [stretch_sums, stretch_counts])
def test_no_elements_have_no_sums(sums: object) -> None:
    assert callable(sums)
    assert sums(np.zeros(0, dtype=np.uint8), np.zeros(3, dtype=np.int64)).tolist() == [0, 0]
