"""How many calls each of several models gets, and which model a call goes to when nothing was learned.

Shares are weights of any size: 3 and 1 are three calls in four and one.
"""

from collections.abc import Mapping
from math import floor


def apportion(count: int, shares: Mapping[str, float]) -> dict[str, int]:
    """`count` whole calls by shares, the largest remainders rounded up, ties in the order given.

    Example: 10 calls by shares of 2 and 1 are 7 and 3.
    """
    whole = sum(shares.values())
    exact = {name: count * share / whole for name, share in shares.items()}
    found = {name: floor(value) for name, value in exact.items()}
    # Of near-equal remainders the first wins: a sum of floats must not decide.
    left = sorted(exact, key=lambda name: -round(exact[name] - found[name], 9))
    for name in left[: count - sum(found.values())]:
        found[name] += 1
    return found


def pick(place: float, shares: Mapping[str, float]) -> str:
    """The model at `place` in [0, 1) of the shares laid end to end. Example: 0.7 by 2 and 1 is the second."""
    whole, running = sum(shares.values()), 0.0
    for name, share in shares.items():
        running += share / whole
        if place < running:
            return name
    return list(shares)[-1]
