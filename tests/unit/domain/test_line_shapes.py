"""What lines look like, on texts small enough to count by hand."""

import numpy as np
import pytest

from app.domain.line_shapes import LINE_SHAPE_NAMES, line_shapes
from app.domain.tokens import tokenise

CODE = '''def double(x):
    """Twice a number.

    >>> double(2)
    """
    return 2 * x
'''


def shapes(text: str) -> dict[str, float]:
    return dict(zip(LINE_SHAPE_NAMES, line_shapes(tokenise([text]))[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("opens_with_def", 1 / 5),
        ("opens_with_return", 1 / 5),
        ("closes_:", 1 / 5),
        ("lines_docstring", 3 / 5),
        ("lines_prompt", 1 / 5),
        ('opens_"', 2 / 5),
        ("lines_long", 0.0),
    ],
)
def test_shares_of_lines_with_ink_stand_as_roots(name: str, share: float) -> None:
    assert shapes(CODE)[name] == pytest.approx(np.sqrt(share))


def test_a_docstring_of_one_document_does_not_reach_the_next() -> None:
    found = line_shapes(tokenise(['"""open\nstill', "plain"]))
    column = LINE_SHAPE_NAMES.index("lines_docstring")
    assert found[:, column].tolist() == [1.0, 0.0]


def test_texts_without_lines_or_words_are_finite() -> None:
    assert np.isfinite(line_shapes(tokenise(["", "\n\n", "###", "x"]))).all()
    assert line_shapes(tokenise([])).shape == (0, len(LINE_SHAPE_NAMES))
