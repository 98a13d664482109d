"""Title, prerequisites, exercise and solution: found in the forms that models write, and missed with a reason."""

import pytest

from app.domain.parts import ASKED, Parts, missing, read_parts
from app.domain.reasons import Reason
from app.domain.recipes.recipe import Part

WHOLE = """# How a loop ends

## What you should know before

- Lists
- Names

A loop runs once for each entry of a list.

```python
# Exercise
for entry in [1, 2]:
    print(entry)
```

## Exercise

Print each number twice.

## Solution

```python
for entry in [1, 2]:
    print(entry, entry)
```
"""
SOLUTION = "```python\nfor entry in [1, 2]:\n    print(entry, entry)\n```"

FORMS = {
    "as asked": (WHOLE, Parts("How a loop ends", ("Lists", "Names"), "Print each number twice.", SOLUTION)),
    "bold lines": (
        "**Title: Loops**\n\n**Prerequisites**\n* Lists\n\nText.\n\n**Exercise:** Do it.\n\n**Solution:** Done.",
        Parts("Loops", ("Lists",), "Do it.", "Done."),
    ),
    "labels": (
        "Title: Loops\n\nBefore you start:\n1. Lists\n2. Names\n\nText.\n\nYour turn: Do it.\nAnswer: Done.",
        Parts("Loops", ("Lists", "Names"), "Do it.", "Done."),
    ),
    "a title below the text is none": ("Text first.\n\n# Loops\n", Parts()),
    "a heading of the text between": (
        "# Loops\n\n## Prerequisites\n\n- Lists\n\n## How they run\n\nText.\n\n## Exercise\n\nDo it.\n\n"
        "### Solution\n\nDone.",
        Parts("Loops", ("Lists",), "Do it.", "Done."),
    ),
    "a solution without its exercise": ("# Loops\n\n## Solution\n\nDone.", Parts("Loops")),
    "an empty text": ("", Parts()),
}


@pytest.mark.parametrize(("text", "expected"), FORMS.values(), ids=FORMS)
def test_parts_are_found_in(text: str, expected: Parts) -> None:
    assert read_parts(text) == expected


LACKS = {
    "title": (WHOLE.removeprefix("# How a loop ends\n"), Reason.missing_title),
    "prerequisites": (WHOLE.replace("- Lists\n- Names\n", ""), Reason.missing_prerequisites),
    "exercise": (WHOLE.partition("## Exercise")[0], Reason.missing_exercise),
    "an exercise that is empty": (WHOLE.replace("Print each number twice.", ""), Reason.missing_exercise),
    "solution": (WHOLE.partition("## Solution")[0], Reason.missing_solution),
}


@pytest.mark.parametrize(("text", "reason"), LACKS.values(), ids=LACKS)
def test_a_text_is_dropped_that_lacks_its(text: str, reason: Reason) -> None:
    found = missing(text, tuple(Part))

    assert found is not None and found[0] == reason


def test_only_what_was_asked_for_is_missed() -> None:
    assert missing(WHOLE, tuple(Part)) is None
    assert missing("Bare text.", ()) is None
    assert missing("# Loops\n\nText.", (Part.heading,)) is None


def test_each_part_has_its_wording() -> None:
    assert set(ASKED) == set(Part)
