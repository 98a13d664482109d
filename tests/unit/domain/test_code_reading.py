"""Readability of code from its lines and names: order, bounds, and texts that are hardly code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.code_reading import FEATURES, WEIGHTS, code_grade, code_readability, features

PLAIN = """
# Add up the marks of a class.
def average(marks):
    total = 0
    for mark in marks:
        total += mark
    return total / len(marks)
"""
DENSE = """
def r(a,b,c):
    return {k:[f(x,g(y,h(z,k))) for x in a[k] for y in b.get(k,()) if p(x,y)] for k in (set(a)|set(b)) if q(k)}
"""
JAVA = """
public int sum(int[] values) {
    int total = 0;
    for (int value : values) {
        total += value;
    }
    return total;
}
"""


def test_plain_code_reads_easier_than_dense_code() -> None:
    assert code_readability(PLAIN) > code_readability(DENSE) + 10


def test_code_of_other_languages_is_measured_much_as_python_is() -> None:
    assert code_grade(JAVA) == pytest.approx(code_grade(PLAIN), abs=3)


def test_features_by_hand() -> None:
    found = dict(zip(FEATURES, features("# two\n\nif a:\n    f(bb)\n"), strict=True))

    assert found["line_length"] == pytest.approx((5 + 5 + 9) / 3)
    assert found["indent"] == 4
    assert found["brackets"] == pytest.approx(1 / 3)
    assert found["code_share"] == pytest.approx(2 / 3)
    assert found["full_share"] == pytest.approx(3 / 4)


def test_every_feature_makes_code_harder() -> None:
    assert len(WEIGHTS) == 1 + len(FEATURES)
    assert min(WEIGHTS[1:]) >= 0


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\n\n",
        "x" * 100_000,
        "(" * 100_000,
        "\t" * 100_000,
        "a " * 50_000,
        "\U0001f600" * 1_000,
        "\x00",
        "#" * 50_000,
    ],
    ids=["empty", "blank", "one name", "brackets", "tabs", "names", "emoji", "nul", "comment"],
)
def test_hardly_code_gets_a_grade(source: str) -> None:
    assert 1 <= code_grade(source) <= 16
    assert 0 <= code_readability(source) <= 100


@given(st.text(max_size=300))
def test_any_text_gets_a_grade(source: str) -> None:
    assert 1 <= code_grade(source) <= 16
