"""Names that nothing gives, and imports that are not Python's own."""

import ast

import pytest

from app.domain.code_names import check_compiles, foreign_imports, unresolved_names

SOURCES = {
    "nothing": ("", []),
    "a name": ("print(total)", ["total"]),
    "built-ins and dunders": ("print(len(__name__), __file__)", []),
    "a function's own names": ("def f(a, *, b=1):\n    c = a + b\n    return [c for c in range(c)]", []),
    "a helper that is missing": ("def f(a):\n    return g(a)", ["g"]),
    "a helper that comes later": ("def f(a):\n    return g(a)\n\ndef g(a):\n    return a", []),
    "a call before the helper": ("print(f(1))\ndef f(a):\n    return a", ["f"]),
    "a closure": ("def f(a):\n    def g():\n        return a + late\n    late = 2\n    return g", []),
    "a class and its methods": ("class A:\n    x = 1\n    y = x\n    def m(self):\n        return x", ["x"]),
    "an import": ("import os.path as p\nfrom re import sub\nprint(p, sub)", []),
    "an import of everything": ("from math import *\nprint(pi)", ["*", "pi"]),
    "global": ("def f():\n    global n\n    n = 1\n\ndef g():\n    return n", []),
    "except and with": ("try:\n    pass\nexcept OSError as e:\n    print(e)\nwith open('x') as h:\n    print(h)", []),
    "a decorator": ("@cached\ndef f():\n    pass", ["cached"]),
    "a default": ("def f(a=LIMIT):\n    return a\nLIMIT = 3", ["LIMIT"]),
}


@pytest.mark.parametrize(("source", "expected"), SOURCES.values(), ids=SOURCES)
def test_names_that_nothing_gives(source: str, expected: list[str]) -> None:
    assert unresolved_names(source) == expected


def test_imports_that_are_not_pythons_own_are_named() -> None:
    source = "import os, numpy.linalg\nfrom . import shop\nfrom pandas.io import x\nimport json"

    assert foreign_imports(ast.parse(source)) == [".", "numpy", "pandas"]


def test_what_parses_and_does_not_compile_is_told() -> None:
    check_compiles("def f():\n    return 1")
    with pytest.raises(SyntaxError):
        check_compiles("return 1")
