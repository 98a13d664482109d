"""Calls by shares: exact, whole, and the same wherever they are counted."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.model_shares import apportion, pick


@pytest.mark.parametrize(
    ("count", "shares", "calls"),
    [
        (10, {"a": 2.0, "b": 1.0}, {"a": 7, "b": 3}),
        (100, {"a": 3.0, "b": 1.0}, {"a": 75, "b": 25}),
        (1, {"a": 1.0, "b": 1.0}, {"a": 1, "b": 0}),
        (0, {"a": 1.0}, {"a": 0}),
    ],
    ids=["remainders", "whole", "ties go to the first", "no calls"],
)
def test_shares_become_calls(count: int, shares: dict[str, float], calls: dict[str, int]) -> None:
    assert apportion(count, shares) == calls


@given(count=st.integers(0, 10_000), weights=st.lists(st.floats(0.01, 100), min_size=1, max_size=6))
def test_calls_add_up_and_are_within_one_of_their_share(count: int, weights: list[float]) -> None:
    shares = {str(place): weight for place, weight in enumerate(weights)}

    calls = apportion(count, shares)

    assert sum(calls.values()) == count
    assert all(abs(calls[n] - count * shares[n] / sum(weights)) < 1 + 1e-6 for n in shares)


def test_places_are_picked_by_share() -> None:
    picked = Counter(pick(place / 1000, {"a": 2.0, "b": 1.0}) for place in range(1000))

    assert picked == {"a": 667, "b": 333} and pick(0.9999999, {"a": 2.0, "b": 1.0}) == "b"
