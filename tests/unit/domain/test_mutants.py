"""Wrong versions of functions: which there are, that each differs in one place, and what is left alone."""
# ruff: noqa: E501  # a table reads best on one line

import ast

import pytest

from app.domain.mutants import mutants_of


def changes(body: str, *, most: int = 100) -> list[str]:
    """The mutated bodies of a function with this body, as written."""
    tree = ast.parse(f"def f(a, b):\n    {body}")
    return [ast.unparse(mutant.tree.body[0]).split("\n    ", 1)[1] for mutant in mutants_of(tree, most=most)]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("return a + 1", {"return None", "return a - 1", "return a + 2", "return a + 0"}),
        ("return a // b", {"return None", "return a * b"}),
        ("return a < b", {"return None", "return a <= b", "return a > b"}),
        ("return a == b", {"return None", "return a != b"}),
        ("return a and b", {"return None", "return a or b"}),
        ("return True", {"return None", "return False"}),
        ("return 'x'", {"return None", "return ''"}),
        ("return ''", {"return None", "return 'x'"}),
        ("return 0.5", {"return None", "return 1.5"}),
        ("return max(a, b)", {"return None", "return min(a, b)"}),
        ("return a.lower()", {"return None", "return a.upper()"}),
        ("return list(range(a))", {"return None", "return list(range(a - 1))"}),
        ("return a if b else 3", {"return None", "return a if not b else 3", "return a if b else 4", "return a if b else 2"}),
        ("return [x for x in a if x]", {"return None", "return [x for x in a if not x]"}),
        ("return None", set()),
        ("raise ValueError('no')", set()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_every_small_fault_is_one_mutant(body: str, wrong: set[str]) -> None:
    found = changes(body)

    assert set(found) == wrong and len(found) == len(wrong)


def test_docstrings_annotations_and_the_words_of_errors_stay() -> None:
    source = (
        'K = 3\n\ndef f(a: "int" = 2) -> int:\n    """Says 1."""\n    b: "int" = a\n    assert b, "no"\n    return b\n'
    )
    found = mutants_of(ast.parse(source), most=100)

    assert [mutant.what for mutant in found] == ["`return None`"]


def test_a_mutant_tells_its_line_and_leaves_the_original() -> None:
    tree = ast.parse("def f(a):\n    b = a\n    return b * 2\n")
    before = ast.dump(tree)
    found = mutants_of(tree, most=100)

    assert {mutant.line for mutant in found} == {3} and found[0].what == "`return None`"
    assert ast.dump(tree) == before
    assert len({ast.dump(mutant.tree) for mutant in found} | {before}) == len(found) + 1


def test_few_of_many_mutants_are_spread_over_the_source() -> None:
    tree = ast.parse("def f(a):\n" + "".join(f"    a = a + {n}\n" for n in range(2, 42)) + "    return a\n")
    lines = [mutant.line for mutant in mutants_of(tree, most=10)]

    assert len(lines) == 10 and lines == sorted(lines) and max(lines) - min(lines) > 30


def test_helpers_are_mutated_too_and_modules_without_functions_have_none() -> None:
    helper = "def g(a):\n    return a + 1\n\ndef f(a):\n    return g(a)\n"

    assert {mutant.line for mutant in mutants_of(ast.parse(helper), most=100)} == {2, 5}
    assert mutants_of(ast.parse("X = 1\n"), most=100) == []
