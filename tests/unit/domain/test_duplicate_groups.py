"""Groups as people read them, joined groups, and pairs by cosine."""

import numpy as np
import pytest

from app.domain.duplicate_groups import BLOCK, Group, groups_of, join, least_similarity, similar_pairs


def near(a: int, b: int) -> float:
    return 1.0 - 0.001 * abs(a - b)


def test_groups_of_two_or_more_come_in_order_with_their_least_similarity() -> None:
    first = np.array([3, 1, 2, 3, 2, 3], dtype=np.int32)

    assert list(groups_of(first, near)) == [Group((0, 3, 5), near(0, 5)), Group((2, 4), near(2, 4))]


def test_no_documents_have_no_groups() -> None:
    assert list(groups_of(np.zeros(0, np.int32), near)) == []


@pytest.mark.parametrize("size", [2, 150, 900])
def test_least_similarity_is_that_of_the_least_alike(size: int) -> None:
    assert least_similarity(range(size), near) == pytest.approx(near(0, size - 1), abs=0.006)


def test_joining_makes_one_group_of_chains() -> None:
    joined = join(np.array([0, 0, 2, 3, 4], dtype=np.int32), iter([(2, 3), (3, 1)]))

    assert joined.tolist() == [0, 0, 0, 0, 4]


def test_pairs_are_those_above_the_cosine_across_blocks() -> None:
    vectors = np.eye(BLOCK + 8, dtype=np.float16)
    vectors[BLOCK + 3] = vectors[5]
    vectors[7] = 0

    assert list(similar_pairs(vectors, 0.9)) == [(5, BLOCK + 3)]
