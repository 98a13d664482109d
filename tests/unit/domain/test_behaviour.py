"""Code of a lesson against its seed's, by worked example."""

import pytest

from app.domain.behaviour import MOST_RUNS, Behaviour, Calls, RealRun, compare_code

SEED = '''RATES = {"a": 2, "b": 5}


def total(values, start=0):
    """Add up the values.

    >>> total([1, 2, 3])
    6
    """
    result = start
    for value in values:
        result += value
    return result


def price(letter, count):
    """
    >>> price("a", 3), price("b", 1)
    """
    return RATES[letter] * count


def countdown(n):
    while n > 0:
        n -= 1
    return n
'''


def lesson(code: str) -> Behaviour:
    return compare_code(SEED, [code])


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("def total(values, start=0):\n    return start + sum(values)\n", id="another way"),
        pytest.param("def total(v, start=0):\n    for x in v:\n        start += x\n    return start\n", id="names"),
        pytest.param("def price(letter, count):\n    return count * RATES[letter]\n", id="a constant of the seed"),
        pytest.param("def countdown(n: int):\n    # on\n    while n > 0:\n        n -= 1\n    return n\n", id="notes"),
    ],
)  # fmt: skip
def test_code_that_does_the_same_is_the_same(code: str) -> None:
    found = lesson(code)

    assert (found.changed, found.untold) == ([], [])
    assert len(found.same) == 1


@pytest.mark.parametrize(
    ("code", "evidence"),
    [
        pytest.param(
            "def total(values, start=0):\n    return start - sum(values)\n",
            "`total([1, 2, 3])` gives -6, but gives 6 in the seed",
            id="result",
        ),
        pytest.param("def price(letter, count):\n    return letter * count\n", "gives 'aaa', but", id="type"),
        pytest.param(
            "def countdown(n):\n    while n > 0:\n        n += 1\n    return n\n", "does not end within", id="no end"
        ),
    ],
)
def test_code_that_does_something_else_is_named_with_evidence(code: str, evidence: str) -> None:
    found = lesson(code)

    assert len(found.changed) == 1
    assert evidence in found.changed[0]


def test_what_cannot_be_run_is_compared_by_its_lines() -> None:
    seed = "class Box:\n    def fits(self, size):\n        return size <= self.room\n"

    assert compare_code(seed, [seed.replace("<=", "<")]).changed == [
        "the line `return size < self.room` is `return size <= self.room` in the seed"
    ]


def test_a_mistake_shown_beside_the_right_code_changes_nothing() -> None:
    wrong = "def total(values, start=0):\n    return start - sum(values)\n"
    right = "def total(values, start=0):\n    return start + sum(values)\n"

    assert compare_code(SEED, [wrong, right]).changed == []


def test_code_that_cannot_be_run_is_untold() -> None:
    found = lesson("def total(values, start=0):\n    yield from values\n")

    assert (found.same, found.changed, found.untold) == ([], [], ["total"])


def test_changes_that_a_function_makes_to_its_arguments_count() -> None:
    seed = "def trim(items):\n    items.sort()\n    return len(items)\n"

    assert compare_code(seed, ["def trim(items):\n    return len(items)\n"]).changed


def test_a_constant_result_alone_does_not_show_that_code_is_the_same() -> None:
    seed = "def check(order, stock):\n    if order == 'x':\n        return 'bad'\n    return None\n"

    assert compare_code(seed, ["def check(order, stock):\n    return None\n"]).same == []


@pytest.mark.parametrize("seed", ["", "def broken(:", "let x = 1;", "x = 1\n"])
@pytest.mark.parametrize("block", ["", "def broken(:", "def f(a):\n    return a\n", "x == 1 and\n"])
def test_odd_code_is_never_an_exception(seed: str, block: str) -> None:
    assert compare_code(seed, [block]).changed == []


UNKNOWN = "import re\n\n\ndef squash(text):\n    return re.sub('a', 'b', text)\n"
REWRITTEN = "import re\n\n\ndef squash(text):\n    return re.sub('a', 'b', text[:])\n"


def answers(seeds: str, again: str, mine: str) -> "Runs":
    return Runs([seeds, again, mine])


class Runs:
    """A runner that answers every call of a source with one result; `#` in it stands for the call's place."""

    def __init__(self, shown: list[str]) -> None:
        self.shown, self.sources = shown, list[str]()

    def __call__(self, source: str, calls: Calls) -> list[RealRun] | None:
        shown = self.shown[len(self.sources) % len(self.shown)]
        self.sources.append(source)
        if not shown:
            return None
        return [RealRun("value", shown.replace("#", str(place)), "[]") for place, _ in enumerate(calls)]


@pytest.mark.parametrize(
    ("runs", "same", "changed", "ran"),
    [
        pytest.param(answers("#", "#", "#"), 1, 0, True, id="alike"),
        pytest.param(answers("#", "#", "#0"), 0, 1, True, id="another result"),
        pytest.param(answers("#.0", "#.0", "#.0000000000001"), 1, 0, True, id="a fraction"),
        pytest.param(answers("<#>", "<#>", "<#>"), 1, 0, True, id="no plain data"),
        pytest.param(answers("#", "#1", "#"), 0, 0, False, id="by chance"),
        pytest.param(answers("7", "7", "7"), 0, 0, False, id="always the same"),
        pytest.param(answers("#", "#", ""), 0, 0, False, id="no end"),
    ],
)
def test_a_runner_decides_what_the_interpreter_cannot(runs: Runs, same: int, changed: int, ran: bool) -> None:
    found = compare_code(UNKNOWN, [REWRITTEN], runs)

    assert (len(found.same), len(found.changed), bool(found.ran)) == (same, changed, ran)
    assert found.interpreted == set()
    assert "text[:]" in runs.sources[2] and "text[:]" not in runs.sources[0]


def test_a_runner_is_not_asked_what_the_interpreter_knows() -> None:
    runs = answers("#", "#", "#0")

    found = compare_code(SEED, ["def total(values, start=0):\n    return start + sum(values)\n"], runs)

    assert (found.same, found.interpreted, runs.sources) == (["total"], {"total"}, [])


def test_a_lesson_costs_few_runs() -> None:
    many = range(3 * MOST_RUNS)
    seed = "import re\n" + "".join(f"def f{n}(text):\n    return re.sub('a', 'b', text)\n" for n in many)
    blocks = [f"import re\ndef f{n}(text):\n    return re.sub('a', 'b', text[:])\n" for n in many]
    runs = answers("#", "#", "#")

    assert len(compare_code(seed, blocks, runs).ran) == MOST_RUNS
    assert len(runs.sources) == 3 * MOST_RUNS
