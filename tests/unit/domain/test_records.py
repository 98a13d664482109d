"""A seed's side: the same for ever, near its shares, and no matter of what is asked."""

from collections import Counter
from hashlib import sha256

import pytest

from app.domain.records import AUDIT_SHARE, EVAL_SHARE, Split, split_of


def digest(place: int) -> bytes:
    return sha256(str(place).encode()).digest()


@pytest.mark.parametrize(
    ("content", "side"),
    [("a seed", Split.work), ("seed 4", Split.audit), ("seed 25", Split.eval), ("", Split.audit)],
)
def test_a_side_never_changes_between_versions(content: str, side: Split) -> None:
    assert split_of(sha256(content.encode()).digest()) is side


def test_sides_come_near_their_shares() -> None:
    n = 20_000
    sides = Counter(split_of(digest(place)) for place in range(n))

    assert abs(sides[Split.eval] / n - EVAL_SHARE) < 0.01
    assert abs(sides[Split.audit] / n - AUDIT_SHARE) < 0.01


def test_any_bytes_have_a_side() -> None:
    assert {split_of(value) for value in (b"", b"\x00", b"\xff" * 1000)} <= set(Split)
