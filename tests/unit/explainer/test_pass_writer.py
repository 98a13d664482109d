"""The offline explainer's passes and parts: what the syntax tree makes certain, through the product's gates."""

import pytest

from app.domain.drafts import code_of, judge_draft
from app.domain.parts import missing
from app.domain.prompts import Draw, render, render_pass
from app.domain.reasons import Reason
from app.domain.recipes.codetextbook import CODETEXTBOOK
from app.domain.recipes.recipe import Part, Pass
from app.domain.records import Kind
from app.explainer.prompt import parse_prompt
from app.explainer.writer import write

MARK = "0a1b2c3d"
SEED = """class Shop:
    # sells things
    def sell(self, n):
        if n < 0:
            raise ValueError(n)
        self.left = math.floor(n)

def double(x):
    return 2 * x

def one(): return 1
"""
PROSE = "A dam holds back a stream of water. A pond forms behind the dam in spring. The beaver lives in the pond."


def passed(stage: Pass, source: str) -> str:
    return write(parse_prompt(render_pass(CODETEXTBOOK, stage, source, mark=MARK)[1].content), 7)


def test_the_style_pass_adds_what_is_certain_and_its_gate_lets_it_through() -> None:
    answer = passed(Pass.style, SEED)

    draft = judge_draft(Pass.style, answer, seed=SEED, version=SEED, mark=MARK)
    assert draft.reason is None
    assert '"""Sell. Takes n; may raise ValueError."""' in draft.text and "def sell(self, n) -> None:" in draft.text
    assert '"""Double. Takes x and returns a value."""' in draft.text and "def one(): return 1" in draft.text


def test_the_self_contained_pass_imports_what_python_has() -> None:
    draft = judge_draft(Pass.self_contained, passed(Pass.self_contained, SEED), seed=SEED, version=SEED, mark=MARK)

    assert draft.reason is None and draft.text.startswith("import math\n")


def test_what_it_cannot_better_comes_back_as_it_came_and_is_turned_down() -> None:
    source = "def f(x):\n    return missing_helper(x)\n"

    assert code_of(passed(Pass.self_contained, source)) == source
    draft = judge_draft(
        Pass.self_contained, passed(Pass.self_contained, source), seed=source, version=source, mark=MARK
    )
    assert draft.reason is Reason.unresolved_names


@pytest.mark.parametrize(("kind", "document"), [(Kind.code, SEED), (Kind.prose, PROSE)])
def test_all_parts_are_written_when_they_are_asked_for(kind: Kind, document: str) -> None:
    draw = Draw(CODETEXTBOOK.arms[0], kind, 3, parts=tuple(Part))
    plain = Draw(CODETEXTBOOK.arms[0], kind, 3)

    def text_of(asked: Draw) -> str:
        return write(parse_prompt(render(CODETEXTBOOK, asked, document, mark=MARK, length=(80, 300))[1].content), 3)

    assert missing(text_of(draw), tuple(Part)) is None
    assert missing(text_of(plain), (Part.exercise,)) is not None
