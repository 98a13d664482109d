"""Functions without their names: what a copyist may change leaves no trace, what he may not does."""

import pytest

from app.domain.syntax import Shape, shapes_of

CODE = '''def running_total(values, start=0):
    """Sums so far."""
    total = start
    for value in values:
        if value > 7:
            total += abs(value)  # only large ones
    return sorted([total], reverse=True)
'''


def grams(text: str) -> list[bytes]:
    return [shape.grams.tobytes() for shape in shapes_of(text)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(CODE.replace("running_total", "f").replace("value", "x").replace("total", "t"), id="renamed"),
        pytest.param(CODE.replace('    """Sums so far."""\n', ""), id="no docstring"),
        pytest.param(CODE.replace("  # only large ones", "").replace("    ", "\t"), id="no comment, tabs"),
        pytest.param(CODE.replace("values, start=0", "values: list[int], start: int = 0"), id="annotated"),
        pytest.param(CODE.replace("(values, start=0)", "(\n    values,\n    start=0,\n)"), id="head over lines"),
        pytest.param(f"See:\n```python\n{CODE}```\nand go on.", id="fenced"),
        pytest.param("So we write\n" + "".join(f"    {line}\n" for line in CODE.splitlines()), id="indented"),
        pytest.param(f"def broken(:\n    pass\n\n{CODE}\n    and then some words.\n", id="among broken lines"),
        pytest.param(CODE.replace("    for", "# at the margin\n    for"), id="comment at the margin"),
    ],
)
def test_what_a_copyist_may_change_leaves_no_trace(text: str) -> None:
    assert grams(text) == grams(CODE)


@pytest.mark.parametrize(
    ("old", "new"),
    [("7", "8"), ("abs", "round"), (">", "<"), ("reverse", "key"), ("+=", "-="), ("sorted([total]", "sorted((total,)")],
)
def test_what_is_computed_leaves_a_trace(old: str, new: str) -> None:
    assert grams(CODE.replace(old, new)) != grams(CODE)


def test_every_function_has_a_name_and_a_weight() -> None:
    methods = "class A:\n    def get(self):\n        return self.held\n\n    async def b(self): return 1\n"

    found = shapes_of(f"{CODE}\n\n{methods}")

    assert [shape.name for shape in found] == ["running_total", "get", "b"]
    # FunctionDef, arguments, arg, Return, .held, name: six labels, and one mark that weighs three.
    assert found[1].weight == 9


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("def ", id="bare"),
        pytest.param("def f(:\n    pass", id="broken"),
        pytest.param("def f(x):", id="no body"),
        pytest.param("def f():\n    return " + "-" * 6_500 + "4", id="unary bomb"),
        pytest.param("def f():\n    return " + "(" * 100_000, id="brackets"),
        pytest.param("def f():\n    return '\ud800'\n    \x00", id="nul"),
        pytest.param("the def of a word (and more) is def inite", id="prose"),
    ],
)
def test_what_is_no_python_has_no_shape(text: str) -> None:
    assert shapes_of(text) == []


def test_a_long_chain_of_attributes_ends_in_an_answer() -> None:
    assert len(shapes_of("def f(a):\n    return a" + ".b" * 20_000)) <= 1


def test_many_functions_are_cut_off() -> None:
    found = shapes_of("def f(): return 1\n" * 2_000)

    assert len(found) == 500 and all(isinstance(shape, Shape) for shape in found)
