"""Answers judged in the limited child with a runner: it decides what the interpreter cannot, and the scores say so."""

from collections.abc import Iterator

import msgspec
import pytest

from app.adapters.code_runner import probe
from app.adapters.sandbox import Sandbox
from app.domain.examining import Answered, Examined
from app.settings import Wall
from tests.unit.domain.test_examining import context

SEED = """import re


def squash(text):
    return re.sub(r"\\s+", " ", text).strip()
"""
SAME = """import re


def squash(text):
    return " ".join(part for part in re.split(r"\\s+", text) if part)
"""
OTHER = """import re


def squash(text):
    return re.sub(r"\\s+", "_", text).strip()
"""
WORDS = "It takes a text and puts one space in the place of every run of spaces, tabs and line ends in it. "


@pytest.fixture(params=[Wall.user, Wall.bubblewrap])
def child(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    wall: Wall = request.param
    if why := probe(wall):
        pytest.skip(f"{wall.value}: {why}")
    with Sandbox(3_000, 60.0) as box:
        for name, blob in context().items():
            box.set_context(name, blob)
        box.set_context("code_runner", wall.encode())
        yield box


def judged(child: Sandbox, code: str, function: str) -> Examined:
    text = f"The function `squash` tidies a text. {WORDS}\n\n```python\n{code}```\n\n{WORDS}\n"
    asked = Answered(text, SEED, "code", "0a1b2c3d", (20, 100), (), None)
    (found,) = child.call_each(function, [msgspec.msgpack.encode(asked)])
    assert isinstance(found, bytes), found
    return msgspec.msgpack.decode(found, type=Examined)


def test_what_the_interpreter_cannot_run_is_run(child: Sandbox) -> None:
    same = judged(child, SAME, "app.adapters.real_runs:examine_answers")
    other = judged(child, OTHER, "app.adapters.real_runs:examine_answers")

    assert (same.scores["code_same"], same.scores["code_ran"], same.scores["code_interpreted"]) == (1, 1, 0)
    assert same.reason != "changed_code"
    assert (other.gate, other.reason, other.scores["code_ran"]) == ("fidelity", "changed_code", 1)
    assert "in the seed" in other.detail


def test_without_the_setting_nothing_is_run(child: Sandbox) -> None:
    found = judged(child, OTHER, "app.domain.examining:examine_answers")

    assert (found.scores["code_untold"], found.scores["code_ran"]) == (1, 0)
    assert found.reason != "changed_code"
