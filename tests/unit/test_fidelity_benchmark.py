"""What the fidelity benchmark measures on: enough pairs, and faults that are what they are called."""

import random

import pytest

from benchmarks.fidelity_faults import CODE, PROSE, operator
from benchmarks.fidelity_pairs import pairs

TEXT = (
    "The Danube is 2,850 km long. If the winter is hard, it freezes near Vienna. Ships can go up to Ulm. "
    "It was deep there in 1900.\n```python\ndef f(a):\n    return a + 1 if a > 3 else 0\n```\n"
)


def test_there_are_at_least_200_pairs_of_each_origin_together() -> None:
    found = pairs()

    assert len(found) >= 200
    assert {pair.source for pair in found} == {"fresh", "fresh2", "hand", "explainer", "mechanical"}
    assert 0.3 < sum(pair.held for pair in found) / len(found) < 0.7


@pytest.mark.parametrize("name", PROSE)
def test_a_fault_in_prose_leaves_code_alone_and_is_the_same_every_time(name: str) -> None:
    spoilt = PROSE[name](TEXT, random.Random(1))

    assert spoilt is not None and spoilt != TEXT
    assert spoilt.partition("```")[2] == TEXT.partition("```")[2]
    assert spoilt == PROSE[name](TEXT, random.Random(1))


def test_a_changed_operator_leaves_prose_alone() -> None:
    spoilt = operator(TEXT, random.Random(1))

    assert spoilt is not None and spoilt != TEXT
    assert spoilt.partition("```")[0] == TEXT.partition("```")[0]


@pytest.mark.parametrize("name", [*PROSE, *CODE])
def test_where_there_is_nothing_to_spoil_there_is_no_fault(name: str) -> None:
    assert {**PROSE, **CODE}[name]("Hello there", random.Random(1)) is None
