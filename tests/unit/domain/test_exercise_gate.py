"""What an exercise is worth: solutions that fail, tests that notice nothing, and what nobody could run."""

import pytest

from app.domain.behaviour import Calls, RealRun
from app.domain.exercise_gate import check_exercise
from app.domain.gate_config import Exercises
from app.domain.reasons import Reason
from tests.unit.domain.exercise_texts import NAME, TEXT, spoilt

BEYOND = spoilt("    count = 0\n", "    import random\n    count = random.randrange(1)\n")
"""The same function in a way that the interpreter does not run."""


def checked(text: str, **asked: object) -> tuple[tuple[Reason, str] | None, dict[str, float]]:
    scores: dict[str, float] = {}
    return check_exercise(text, NAME, Exercises(**asked), scores), scores  # type: ignore[arg-type]


def test_a_good_exercise_passes_with_its_figures() -> None:
    found, scores = checked(TEXT)

    assert found is None
    assert scores == {
        "exercise_tests": 3,
        "exercise_examples": 1,
        "unverified": 0,
        "mutants": 10,
        "mutation_score": 1,
        "exercise_ran": 0,
    }


@pytest.mark.parametrize(
    ("text", "reason", "said"),
    [
        (spoilt("% 2", "% 3"), Reason.failed_tests, "the test `count_even([1, 3]) == 0` fails, for the call gives 1"),
        (spoilt("    2\n", "    3\n"), Reason.failed_tests, "the example `count_even([1, 2, 4])` gives 2, not 3"),
        (spoilt("    2\n", "    2.0\n"), Reason.failed_tests, "the example `count_even([1, 2, 4])` gives 2, not 2.0"),
        (
            spoilt("return count\n", "return count // 0\n"),
            Reason.failed_tests,
            "the test `count_even([]) == 0` raises ZeroDivisionError",
        ),
        (
            spoilt("assert count_even([]) == 0\n", "assert count_even([]) == 0\n" * 60),
            Reason.exercise_format,
            "wants 60 tests and examples at most, has 63",
        ),
        (spoilt("assert count_even([1, 3]) == 0\n", ""), Reason.few_tests, "2 in the second block, wants 3"),
        (
            spoilt("    >>> count_even([1, 2, 4])\n    2\n", ""),
            Reason.few_examples,
            "0 in the docstring (`>>> call` and its value), wants 1",
        ),
    ],
    ids=["fails a test", "fails an example", "other type", "raises", "many", "few tests", "few examples"],
)
def test_what_does_not_hold_is_refused_with_the_evidence(text: str, reason: Reason, said: str) -> None:
    assert checked(text)[0] == (reason, said)


def test_tests_that_wrong_versions_pass_are_refused_with_examples_of_those() -> None:
    weak = spoilt("[2, 0, -4, 5]) == 3", "[1]) == 0").replace("[1, 2, 4])\n    2", "[7])\n    0")
    found, scores = checked(weak, mutation_score=0.8)

    assert found is not None and found[0] is Reason.weak_tests
    assert "of 10 wrong versions of the function, such as " in found[1] and "in line 1" in found[1]
    assert scores["mutation_score"] < 0.8 and checked(weak, mutation_score=0.0)[0] is None


def test_what_the_interpreter_does_not_run_is_unverified_and_passes() -> None:
    found, scores = checked(BEYOND)

    assert found is None and scores["unverified"] == 1
    assert "mutation_score" not in scores


def test_a_solution_that_takes_too_many_steps_may_only_be_slow_and_is_unverified() -> None:
    found, scores = checked(spoilt("    count = 0\n", "    count = 0\n    for _ in range(10**6):\n        count = 0\n"))

    assert found is None and scores["unverified"] == 1


def test_a_check_that_fails_is_a_fault_though_others_could_not_be_run() -> None:
    half = spoilt("assert count_even([]) == 0", "assert count_even([], key=open) == 0").replace("% 2", "% 3")

    found, _ = checked(half)

    assert found is not None and found[0] is Reason.failed_tests


def real(source: str, calls: Calls) -> list[RealRun] | None:
    """What a runner tells of the function above: the outside, by rule, without running anything."""
    if "+= 2" in source:
        return None
    right = "count % 1" not in source and "% 2 == 0" in source and "+= 1" in source
    shown = ["True", "True", str(right), "2" if right else "3"]
    return [RealRun("value", one, "[]") for one in shown[: len(calls)]]


def test_a_runner_runs_what_the_interpreter_cannot() -> None:
    scores: dict[str, float] = {}

    assert check_exercise(BEYOND, NAME, Exercises(mutation_score=0.2), scores, real) is None
    assert scores["exercise_ran"] == 1 and scores["unverified"] == 0 and scores["mutants"] == 10


def test_a_runner_that_fails_leaves_it_unverified() -> None:
    scores: dict[str, float] = {}

    assert check_exercise(BEYOND, NAME, Exercises(), scores, lambda source, calls: None) is None
    assert scores["unverified"] == 1


def test_a_runner_is_not_asked_what_the_interpreter_knows() -> None:
    def never(source: str, calls: Calls) -> list[RealRun] | None:
        raise AssertionError(source)

    assert check_exercise(TEXT, NAME, Exercises(), {}, never) is None


@pytest.mark.parametrize(
    "number", ["1" + " + 1" * 3000, "0x" + "f" * 20000], ids=["a chain too deep to walk", "a number too long to print"]
)
def test_sources_that_parse_and_cannot_be_handled_are_unverified_or_refused(number: str) -> None:
    long = checked(spoilt("    count = 0\n", f"    count = 0 * ({number})\n"))
    test = checked(spoilt("assert count_even([]) == 0", f"assert count_even([]) == 0 * ({number})"))

    for found, scores in (long, test):
        assert found is not None or scores["unverified"] == 1


@pytest.mark.parametrize(
    "text", ["", "```python\n```\n```python\n```", "x\n```python\n" + "(" * 500 + "\n```\n```python\n```", "```" * 5000]
)
def test_odd_answers_are_refused_and_never_crash(text: str) -> None:
    found, _ = checked(text)

    assert found is not None and found[1]
