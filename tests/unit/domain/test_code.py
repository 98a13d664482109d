"""Code measures by worked example, and whatever a parser must survive."""

import time
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.code import CodeMeasures, UnparseableCodeError, code_blocks, measure_code, parse, python_blocks

STRAIGHT = "def double(value):\n    return value * 2\n"
PRIMES = """
def sum_of_primes(limit):
    total = 0
    for number in range(2, limit):
        for divisor in range(2, number):
            if number % divisor == 0:
                break
        else:
            total += number
    return total
"""
CHAIN = """
def grade(mark):
    if mark > 90 and mark <= 100:
        return "a"
    elif mark > 70:
        return "b"
    elif mark > 50:
        return "c"
    else:
        return "d"
"""
TRIED = """
def read(text):
    try:
        return int(text)
    except ValueError:
        if text:
            return 0
        return -1
"""


@pytest.mark.parametrize(
    ("source", "cyclomatic", "cognitive", "nesting", "lines"),
    [
        pytest.param(STRAIGHT, 1, 0, 0, 2, id="straight line"),
        # Two loops and an if; 1 + 2 + 3 by nesting.
        pytest.param(PRIMES, 4, 6, 3, 9, id="nested loops"),
        # Three ifs and one `and`; if 1, elif 1, elif 1, else 1, and 1.
        pytest.param(CHAIN, 5, 5, 1, 9, id="an elif chain is flat"),
        # except 1, if inside it 1 + 1.
        pytest.param(TRIED, 3, 3, 2, 7, id="handlers"),
        pytest.param("x = 1\nif x:\n    x = 2\n", 2, 1, 1, 0, id="module code counts"),
        pytest.param("", 1, 0, 0, 0, id="empty"),
        pytest.param("class A:\n    def f(self):\n        if self:\n            pass\n", 2, 1, 1, 3, id="method"),
        pytest.param("r = [x for x in y if x]\n", 3, 0, 0, 0, id="comprehension"),
        # Blocks nest, but only decisions weigh more by it: if 1.
        pytest.param("with a:\n  try:\n    if a:\n      b()\n  finally:\n    c()\n", 2, 1, 3, 0, id="with"),
        # if 1, the conditional inside it 1 + 1, and one `or`.
        pytest.param("if a:\n    b = 1 if a or c else 2\n", 4, 4, 1, 0, id="conditional expression"),
        # The inner function speaks for itself: 1 + 1 for the loop and 2 for the if.
        pytest.param(
            "def f(a):\n    def g(b):\n        for c in b:\n            if c:\n                d(c)\n    return g\n",
            3,
            3,
            2,
            6,
            id="inner function",
        ),
        pytest.param("f = lambda a: a if a else 0\n", 2, 2, 0, 0, id="lambda"),
        pytest.param("match x:\n    case 1:\n        pass\n    case _:\n        pass\n", 2, 1, 1, 0, id="match"),
    ],
)
def test_measures_follow_the_worked_example(
    source: str, cyclomatic: int, cognitive: int, nesting: int, lines: int
) -> None:
    found = measure_code(source)

    assert (found.cyclomatic, found.cognitive, found.nesting, found.function_lines) == (
        cyclomatic,
        cognitive,
        nesting,
        lines,
    )


def test_naming_is_the_share_of_names_that_may_be_words() -> None:
    assert measure_code("def f(a, total):\n    b = total\n    return count + b\n").naming == pytest.approx(2 / 4)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("x = " + " + ".join(["a"] * 900), id="a sum of many terms"),
        pytest.param("if a:\n  b\n" + "elif a:\n  b\n" * 400, id="many elifs"),
        pytest.param("".join(" " * depth + "if a:\n" for depth in range(90)) + " " * 90 + "b", id="ninety levels"),
    ],
)
def test_long_but_sound_code_is_measured(source: str) -> None:
    assert measure_code(source).cyclomatic >= 1


def test_the_worst_function_speaks_for_a_source() -> None:
    assert measure_code(STRAIGHT + CHAIN).cyclomatic == measure_code(CHAIN).cyclomatic


def test_named_and_flat_code_reads_easier_than_cryptic_nested_code() -> None:
    cryptic = (
        "def f(a, b):\n    for c in a:\n        for d in b:\n            if c and d or a:\n                e = c\n"
    )

    assert measure_code(STRAIGHT).readability > measure_code(cryptic).readability


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def (:", id="syntax"),
        pytest.param("x = 1\0", id="nul"),
        pytest.param("x = '\ud800'", id="surrogate"),
        pytest.param("-" * 6500 + "4", id="minus signs"),
        pytest.param("not " * 6500 + "4", id="nots"),
        pytest.param("(" * 100_000, id="brackets"),
        pytest.param(")" * 500 + "(" * 400, id="closing brackets lend no room"),
        pytest.param("a" + ".b" * 30_000, id="attributes"),
        pytest.param("a" + "**a" * 20_000, id="powers"),
        pytest.param("lambda:" * 9_000 + "1", id="lambdas"),
        pytest.param("x if x else " * 5_000 + "x", id="conditionals"),
        pytest.param("if a:\n  1\n" + "elif a:\n  1\n" * 4_000, id="elif chain"),
        pytest.param("1" * 5_000, id="long integer"),
        pytest.param("x = 1\n" * 20_000, id="over 64 KB"),
    ],
)
def test_what_the_parser_cannot_bear_is_unparseable(source: str) -> None:
    started = time.process_time()

    with pytest.raises(UnparseableCodeError) as raised:
        measure_code(source)

    assert raised.value.code == "unparseable_code"
    assert time.process_time() - started < 1.0


def test_an_import_in_code_is_parsed_and_never_run() -> None:
    assert measure_code("import os\nos.system('false')\nos.abort()\n").cyclomatic == 1


def test_the_parser_does_not_warn_of_odd_escapes() -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        parse('pattern = "\\d"')

    assert not warned


def test_blocks_come_with_language_in_order_and_without_a_lists_indent() -> None:
    text = "a\n```Python\nx = 1\n```\n- b\n\n  ~~~\n  y = 2\n    z\n  ~~~\n```js {1}\nf()\n```\n"

    assert code_blocks(text) == [("python", "x = 1\n"), ("", "y = 2\n  z\n"), ("js", "f()\n")]
    assert python_blocks(text) == ["x = 1\n"]


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("```py\nx", [("py", "x\n")], id="never closed"),
        pytest.param("````\n```\n````", [("", "```\n")], id="longer fence"),
        pytest.param("```x``` is code", [], id="code span"),
        pytest.param("```\n```", [("", "")], id="no lines"),
    ],
)
def test_fences_close_as_markdown_says(text: str, blocks: list[tuple[str, str]]) -> None:
    assert code_blocks(text) == blocks


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("`" * 50_000 + "\n" + "a\n" * 25_000, id="a line of backticks"),
        pytest.param("".join("`" * n + "\n" for n in range(3, 400)), id="fences of every length"),
        pytest.param("~~~\n" * 25_000, id="many fences"),
    ],
)
def test_fence_bait_takes_linear_time(text: str) -> None:
    started = time.process_time()

    code_blocks(text)

    assert time.process_time() - started < 0.1


@given(st.text(max_size=300))
def test_any_text_is_measured_or_refused(source: str) -> None:
    try:
        found = measure_code(source)
    except UnparseableCodeError:
        return
    assert isinstance(found, CodeMeasures)
    assert 0.0 <= found.readability <= 100.0 and found.cyclomatic >= 1 and found.cognitive >= 0
