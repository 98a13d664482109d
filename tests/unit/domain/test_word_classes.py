"""Word classes by hand."""

import pytest

from app.domain.terms import terms
from app.domain.tokens import tokenise
from app.domain.word_classes import CLASS_NAMES, class_shares, common_shares


def shares(text: str) -> dict[str, float]:
    return dict(zip(CLASS_NAMES, class_shares(terms(tokenise([text])).words)[0].tolist(), strict=True))


def test_shares_are_roots_of_shares_of_words() -> None:
    found = shares("Because gravity pulls, therefore stones fall")
    assert found["explain"] == pytest.approx((2 / 6) ** 0.5)
    assert found["promotion"] == 0


def test_a_word_counts_three_times_at_most() -> None:
    # Every "buy" stands in new company, so that none is left out as repeated.
    often = shares("buy a red one buy b blue two buy c green three buy d black four buy e white five")
    assert often["promotion"] == pytest.approx((3 / 18) ** 0.5, abs=0.02)


def test_common_words_and_a_text_without_words() -> None:
    found = common_shares(terms(tokenise(["the cat and the dog", ""])).words)
    assert found[0].tolist() == [1.0, 1.0]
    assert found[1].tolist() == [0.0, 0.0]
