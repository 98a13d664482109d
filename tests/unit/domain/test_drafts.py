"""What passes make of code: read strictly, held against the seed, and better in what the pass was for."""

import pytest

from app.domain.benchmarks import Item
from app.domain.decontamination import build_index
from app.domain.drafts import code_of, improvable, judge_draft
from app.domain.reasons import Reason
from app.domain.recipes.recipe import Pass

MARK = "0a1b2c3d"
SEED = """def clamp(v, lo, hi):
    if v < lo:
        return lo
    if v > hi:
        return hi
    return v
"""
STYLED = '''def clamp(value: float, low: float, high: float) -> float:
    """Keep a value between two limits."""
    if value < low:
        return low
    if value > high:
        return high
    return value
'''
DEEPER = SEED.replace("        return lo", "        if lo is not None:\n            return lo\n        return lo")
OPEN = """class Shop:
    def total(self, basket):
        return math.floor(sum(basket) * RATE)

def report(shop, basket):
    print(shop.total(basket))
"""
WHOLE = f"import math\n\nRATE = 1.19\n\n\n{OPEN}"


def fenced(text: str) -> str:
    return f"```python\n{text}```"


def reason(stage: Pass, answer: str, seed: str, **more: object) -> Reason | None:
    return judge_draft(stage, answer, seed=seed, version=seed, mark=MARK, **more).reason  # type: ignore[arg-type]  # by name


def test_a_style_draft_that_does_the_same_and_reads_better_is_in_force() -> None:
    draft = judge_draft(Pass.style, fenced(STYLED), seed=SEED, version=SEED, mark=MARK)

    assert (draft.reason, draft.text) == (None, STYLED)
    assert draft.scores["code_interpreted"] == 1 and draft.scores["docstrings"] == 1


def test_a_self_contained_draft_gives_every_name_it_uses() -> None:
    draft = judge_draft(Pass.self_contained, fenced(WHOLE), seed=OPEN, version=OPEN, mark=MARK)

    assert draft.reason is None and draft.scores["unresolved_names"] == 0


STYLE_FAULTS = {
    "prose": ("It clamps a value.", Reason.no_code),
    "two blocks": (fenced(STYLED) + "\n" + fenced(SEED), Reason.no_code),
    "refusal": ("I'm sorry, but I can't help with that.", Reason.refusal),
    "boundary": (f"<<<DOCUMENT {MARK}>>>\n{fenced(STYLED)}", Reason.prompt_echo),
    "cut": (fenced(STYLED[:90] + "("), Reason.unparseable_code),
    "does not compile": (fenced(STYLED + "return 3\n"), Reason.unparseable_code),
    "renamed function": (fenced(STYLED.replace("clamp", "limit")), Reason.lost_functions),
    "one more argument": (fenced(STYLED.replace("(value", "(unit, value")), Reason.changed_code),
    "other behaviour": (fenced(STYLED.replace("value > high", "value >= low")), Reason.changed_code),
    "no better": (fenced(SEED), Reason.no_better_style),
    "worse names": (fenced(STYLED.replace("value", "x").replace(": float", "")), None),
    "deeper": (fenced(DEEPER), Reason.no_better_style),
}


@pytest.mark.parametrize(("answer", "expected"), STYLE_FAULTS.values(), ids=STYLE_FAULTS)
def test_a_style_draft_is_turned_down_for(answer: str, expected: Reason | None) -> None:
    assert reason(Pass.style, answer, SEED) == expected


WHOLE_FAULTS = {
    "a name nobody gives": (WHOLE.replace("RATE = 1.19\n", ""), Reason.unresolved_names),
    "an import that is missing": (WHOLE.replace("import math\n", ""), Reason.unresolved_names),
    "a constant given too late": (
        WHOLE.replace("RATE = 1.19\n", "RATE = BASE\nBASE = 1.19\n"),
        Reason.unresolved_names,
    ),
    "an import of everything": (WHOLE.replace("import math", "import math\nfrom os import *"), Reason.unresolved_names),
    "a foreign import": (f"import numpy\n{WHOLE}", Reason.foreign_imports),
    "an import beside it": (f"from . import shop\n{WHOLE}", Reason.foreign_imports),
    "a method left out": (WHOLE.replace("def total", "def sum_up"), Reason.lost_functions),
    "an operator in code that nobody ran": (WHOLE.replace("* RATE", "+ RATE"), Reason.changed_code),
    "a method taken for another": (WHOLE.replace("math.floor", "math.ceil"), Reason.changed_code),
}


@pytest.mark.parametrize(("text", "expected"), WHOLE_FAULTS.values(), ids=WHOLE_FAULTS)
def test_a_self_contained_draft_is_turned_down_for(text: str, expected: Reason) -> None:
    assert reason(Pass.self_contained, fenced(text), OPEN) == expected


def test_a_constant_of_the_module_keeps_its_value() -> None:
    seed = f"LOW = 3\n\n{SEED}"

    assert reason(Pass.style, fenced(f"LOW = 4\n\n\n{STYLED}"), seed) == Reason.changed_code
    assert reason(Pass.style, fenced(f"LOW = 3\n\n\n{STYLED}"), seed) is None


def test_secrets_and_benchmark_items_turn_any_draft_down() -> None:
    index = build_index([Item("b", "clamp", (STYLED,), (STYLED,))])

    assert reason(Pass.style, fenced(STYLED), SEED, found=1) == Reason.secret
    assert reason(Pass.style, fenced(STYLED), SEED, benchmarks=index) == Reason.contaminated


def test_code_comes_in_one_block_or_alone() -> None:
    assert code_of(f"Here it is:\n\n{fenced(SEED)}\nDone.") == SEED
    assert code_of(SEED) == SEED
    assert code_of("") is None and code_of("```\n```") is None


def test_only_python_that_does_something_can_be_bettered() -> None:
    assert improvable(SEED) and improvable("import os\nprint(os.name)\n")
    assert not improvable('{"a": [1, 2]}') and not improvable("let x = 1;") and not improvable("")
