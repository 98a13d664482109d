"""What differs in code of one shape, and what is only written otherwise."""

import ast

import pytest

from app.domain.code_shape import difference

SEED = "def f(a, b):\n    t = a + b\n    if t == None:\n        return t.lower()\n    return g(t, 37)"
PAIRS = {
    "the same": (SEED, None),
    "names, docstring, hints, None": (
        'def f(x: int, y: int) -> int:\n    """Add."""\n    total = x + y\n    if total is None:\n'
        "        return total.lower()\n    return g(total, 37)",
        None,
    ),
    "an operator": (SEED.replace("a + b", "a - b"), "`a - b` stands for `a + b`"),
    "a number": (SEED.replace("37", "38"), "`38` stands for `37`"),
    "a method": (SEED.replace("lower", "upper"), "`t.upper` stands for `t.lower`"),
    "arguments exchanged": (SEED.replace("def f(a, b)", "def f(b, a)"), "`a` stands for `a`"),
    "another variable": (SEED.replace("g(t, 37)", "g(a, 37)"), "`a` stands for `t`"),
    "another helper": (SEED.replace("g(", "h("), None),
    "another shape": ("def f(a, b):\n    return g(a + b, 37)", None),
}


@pytest.mark.parametrize(("draft", "expected"), PAIRS.values(), ids=PAIRS)
def test_a_difference_is_told_only_in_code_of_one_shape(draft: str, expected: str | None) -> None:
    assert difference(ast.parse(SEED).body, ast.parse(draft).body) == expected
