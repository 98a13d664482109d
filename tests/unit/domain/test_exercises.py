"""How an exercise is read: its parts, its examples and tests, and in which words everything else is refused."""
# ruff: noqa: E501  # a table reads best on one line

import pytest

from app.domain.exercises import UnreadableExerciseError, checks_of, read_exercise
from app.domain.reasons import Reason
from tests.unit.domain.exercise_texts import NAME, TEXT, spoilt

FORMAT = Reason.exercise_format


def test_an_exercise_has_its_function_examples_and_tests() -> None:
    found = read_exercise(TEXT, NAME)

    assert [(check.shown, check.wanted) for check in found.examples] == [("count_even([1, 2, 4])", 2)]
    assert found.tests[0].shown == "count_even([]) == 0" and len(found.tests) == 3
    assert [check.is_test for check in checks_of(found)] == [True, True, True, False]


@pytest.mark.parametrize(
    ("text", "reason", "said"),
    [
        ("Just words.", FORMAT, "two blocks fenced with ```python, the function and then its tests; found none"),
        (spoilt("Tests:\n\n```python", "```text"), FORMAT, "found ```python, ```text"),
        (TEXT + "\n```python\nx = 1\n```\n", FORMAT, "found ```python, ```python, ```python"),
        (TEXT[TEXT.index("```") :], FORMAT, "does not say before the code"),
        (spoilt("Tests:", "Now see how it is tested:"), FORMAT, "nothing after the function but its tests: Now see"),
        (TEXT + "\nHope this helps!\n", FORMAT, "Hope this helps!"),
        (spoilt("count = 0\n", "count = = 0\n"), Reason.unparseable_code, "the first block: "),
        (spoilt("assert count_even([]) ==", "assert count_even([] =="), Reason.unparseable_code, "the second block: "),
        (spoilt("def count_even(", "def count_odd("), Reason.wrong_function, "`count_even` in the first block; has count_odd"),
        (spoilt("    return count\n", "    return count\n\nprint(1)\n"), FORMAT, "only functions and constants in the first block: `print(1)`"),
        (spoilt("assert count_even([]) == 0", "print(count_even([]))"), FORMAT, "only `assert` in the second block"),
        (spoilt("assert count_even([]) == 0", "assert 1 == 1"), FORMAT, "a test that does not call `count_even`: `assert 1 == 1`"),
        (spoilt(">>> count_even([1, 2, 4])", ">>> x = count_even([1])"), FORMAT, "one call an example: `x = count_even([1])`"),
        (spoilt("    2\n", "    two of them\n"), FORMAT, "the example `count_even([1, 2, 4])` shows no plain value: two of them"),
    ],
    ids=lambda value: value if isinstance(value, Reason) else "",
)  # fmt: skip
def test_what_is_no_exercise_is_refused_in_words_that_say_what_to_mend(text: str, reason: Reason, said: str) -> None:
    with pytest.raises(UnreadableExerciseError) as refused:
        read_exercise(text, NAME)

    assert refused.value.reason is reason and said in refused.value.detail


def test_an_example_may_raise_take_several_lines_or_show_nothing() -> None:
    shown = """>>> count_even(None)
    Traceback (most recent call last):
    TypeError: no list
    >>> count_even(
    ... [])
    0
    >>> count_even([3])
"""
    found = read_exercise(spoilt(">>> count_even([1, 2, 4])\n    2\n", shown), NAME)

    assert [(check.error, check.wanted) for check in found.examples] == [("TypeError", None), ("", 0), ("", None)]


@pytest.mark.parametrize("between", ["", "**Tests:**", "### Tests"])
def test_tests_may_be_announced_in_a_word(between: str) -> None:
    assert len(read_exercise(spoilt("Tests:", between), NAME).tests) == 3


def test_constants_imports_and_helpers_may_stand_beside_the_function() -> None:
    beside = "import math\n\nTWO = 2\n\n\ndef helper(a):\n    return a\n\n\ndef count_even("

    assert len(read_exercise(spoilt("def count_even(", beside), NAME).tree.body) == 4
