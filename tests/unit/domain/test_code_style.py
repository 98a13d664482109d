"""Style part by part, and which of two versions is better."""

import ast

from app.domain.code_style import better, style_of

BARE = "def f(x, y):\n    if x:\n        if y:\n            return 1\n    return 2\n"
GOOD = 'def f(first: int, second: int) -> int:\n    """Tell."""\n    return 1 if first and second else 2\n'


def test_a_version_with_docstring_hints_names_and_less_nesting_is_better() -> None:
    before, after = style_of(BARE, ast.parse(BARE)), style_of(GOOD, ast.parse(GOOD))

    assert (before.docstrings, before.hints, after.docstrings, after.hints) == (0, 0, 1, 1)
    assert better(before, after) == (["docstrings", "hints", "naming", "nesting", "cognitive", "statements"], [])
    assert better(after, before)[1] == ["docstrings", "hints", "naming", "nesting", "cognitive"]
    assert better(before, before) == ([], [])


def test_self_needs_no_hint_and_code_without_functions_lacks_none() -> None:
    method = "class A:\n    def m(self) -> int:\n        return 1\n"

    assert style_of(method, ast.parse(method)).hints == 1
    assert style_of("x = 1\n", ast.parse("x = 1\n")).docstrings == 1
