"""Rewrites that keep every line of a text, and what is taken off for them."""

import numpy as np
import pytest

from app.domain.education_style import DEFAULT_SHIFT, LARGEST_SHIFT, restyled, restyled_copies, shift_of

TEXT = "Water boils at 100 degrees.\nIt does not boil at 90.\n\n    x = 3\n\nThe end."


def test_every_line_stays_and_only_short_forms_change() -> None:
    for seed in range(20):
        told = restyled(TEXT, np.random.default_rng(seed))
        kept = [line.replace("does not", "doesn't") for line in TEXT.split("\n") if line]
        assert [line for line in told.split("\n") if line in kept] == kept
        assert len(told) > len(TEXT)


def test_the_same_seed_gives_the_same_rewrites() -> None:
    assert restyled_copies([TEXT] * 5, rng_seed=3) == restyled_copies([TEXT] * 5, rng_seed=3)
    assert len(set(restyled_copies([TEXT] * 5, rng_seed=3))) > 1


def test_only_the_first_paragraphs_get_a_word_of_their_own() -> None:
    long = restyled("\n\n".join(f"Paragraph {n}." for n in range(40)), np.random.default_rng(0))
    assert len(long.split("\n\n")) == 40 + 7 + 2


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([1.0, 2.0, 0.2], [1.3, 2.1, 2.0], 0.2),
        ([2.0], [1.0], 0.0),
        ([1.0], [4.0], LARGEST_SHIFT),
        ([0.5], [1.0], DEFAULT_SHIFT),
        ([], [], DEFAULT_SHIFT),
    ],
    ids=["gain", "loss", "beyond mending", "nothing worth rewriting", "no texts"],
)
def test_the_shift_is_the_mean_gain_within_bounds(before: list[float], after: list[float], expected: float) -> None:
    assert shift_of(np.array(before), np.array(after)) == pytest.approx(expected)
