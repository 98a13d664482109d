"""Arguments for a function, from what its source says of it."""

import ast

import pytest

from app.domain.sample_arguments import MOST, sample_arguments


def samples(source: str) -> list[tuple[object, ...]]:
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    return list(sample_arguments(node))


def test_the_docstrings_own_calls_come_first() -> None:
    found = samples('def f(word, n):\n    """Do.\n\n    >>> len(f("tea", 4)), f("x", 0)\n    """\n')

    assert found[:2] == [("tea", 4), ("x", 0)]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        pytest.param("def f(q: str):\n    return q\n", str, id="annotation"),
        pytest.param("def f(q):\n    return q.upper()\n", str, id="method"),
        pytest.param("def f(word):\n    return word\n", str, id="name"),
        pytest.param("def f(q):\n    return sorted(q)\n", list, id="walked through"),
        pytest.param("def f(q):\n    return range(q)\n", int, id="range"),
    ],
)
def test_samples_are_of_the_kind_that_the_code_needs(source: str, kind: type) -> None:
    assert {type(arguments[0]) for arguments in samples(source)} == {kind}


def test_numbers_that_the_body_compares_with_are_tried_with_their_neighbours() -> None:
    tried = {arguments[0] for arguments in samples("def f(age):\n    return age >= 18\n")}

    assert {17, 18, 19} <= tried


def test_arguments_are_distinct_few_and_the_same_every_time() -> None:
    source = "def f(a, b, c):\n    return a + b + c\n"

    assert samples(source) == samples(source)
    assert len({repr(arguments) for arguments in samples(source)}) == len(samples(source)) <= MOST
    assert samples("def f():\n    return 1\n") == [()]
