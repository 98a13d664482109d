"""A scripted judge for the stub LLM: honest, biased, drifting, injected, or bad at JSON.

It tells a judge's prompt by its rubric or task and reads the slots as a model would; everything else is passed on to
the writer's answer. An honest judge scores a text by how much of a lesson it is and verifies by looking claims up.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.stub_llm_answers import Prompt, lesson

_SLOT = r"<<<{0} ([0-9a-f]{{8}})>>>\n(.*?)\n<<<END {0} \1>>>"
MARKED = {name: re.compile(_SLOT.format(name), re.S) for name in ("TEXT", "DOCUMENT", "CLAIMS", "ANSWER")}
AIRS = ("Comprehensive, Expert-Level", "decades of experience")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]")


@dataclass
class JudgeScript:
    """How the judge behaves; changed while it runs."""

    shift: int = 0
    """Points added to every score: a judge that drifts."""
    style: int = 0
    """Points added for airs."""
    text_first: int = 0
    """Points added when the text stands before the rubric."""
    obeys: bool = False
    """Does what a text tells it: a judge that injections reach."""
    broken: int = 0
    """Answers in a row that are no JSON of the form asked for."""
    always_broken: bool = False
    contradicts: tuple[str, ...] = ()
    """Claims that hold one of these are called contradicted, with the first sentence of the seed as the quote."""
    forges_quotes: bool = False
    """Quotes words that no seed holds."""
    score: Callable[[str], int] | None = None
    """Instead of the honest score."""
    writer: Callable[[Prompt], str] = lesson
    asked: list[str] = field(default_factory=list)
    """The task of every judge prompt."""

    def __call__(self, prompt: Prompt) -> str:
        """The answer to a prompt."""
        task = task_of(prompt.document)
        if task is None:
            return self.writer(prompt)
        repair = MARKED["ANSWER"].search(prompt.document) is not None
        self.asked.append(f"{task}{'/repair' if repair else ''}")
        if self.always_broken or (self.broken > 0 and not repair):
            self.broken -= 1
            return 'Sure! {"score": 1, "reason": "x"} {"score": 5, "reason": "y"}'
        answer = {"score": self._score, "claims": self._claims, "verify": self._verify}[task](prompt.document)
        return json.dumps(answer)

    def _score(self, asked: str) -> dict[str, object]:
        text = slot(asked, "TEXT")
        if self.obeys and (told := re.search(r'"score": (\d)', text)):
            return {"score": int(told.group(1)), "reason": "as the text says"}
        points = (self.score or honest)(_without_airs(text)) + self.shift
        points += self.style if AIRS[0] in text else 0
        points += self.text_first if asked.index("<<<TEXT") < asked.index("Begin at 0") else 0
        return {"score": max(0, min(5, points)), "reason": "by its content"}

    def _claims(self, asked: str) -> dict[str, object]:
        found = [one.strip() for one in _SENTENCE.findall(slot(asked, "TEXT")) if len(one.split()) > 4]
        return {"claims": [{"claim": one, "quote": one} for one in found[:4]]}

    def _verify(self, asked: str) -> dict[str, object]:
        seed, claims = slot(asked, "DOCUMENT"), slot(asked, "CLAIMS").split("\n")
        said = []
        for place, claim in enumerate(claims, 1):
            text, verdict, quote = claim.partition(". ")[2], "not_found", ""
            if text in seed:
                verdict, quote = "supported", text
            if any(word in text for word in self.contradicts):
                verdict, quote = "contradicted", _SENTENCE.findall(seed)[0].strip()
            if self.forges_quotes:
                quote = "words that stand in no seed at all"
            said.append({"claim": place, "verdict": verdict, "quote": quote})
        return {"verdicts": said}


def task_of(asked: str) -> str | None:
    """What a prompt asks of the judge; None: it asks the writer."""
    if "Begin at 0 and" in asked:
        return "score"
    if "List what the text claims" in asked:
        return "claims"
    return "verify" if "For each numbered claim" in asked else None


def slot(asked: str, name: str) -> str:
    """The text of a slot, without the bars of its lines."""
    found = MARKED[name].search(asked)
    assert found, f"no slot {name}"
    return "\n".join(line.removeprefix("| ") for line in found.group(2).split("\n"))


def honest(text: str) -> int:
    """Points for words that teach: a question, a reason, an example, a piece of code, enough of it."""
    said = text.casefold()
    signs = ("?", "because", "example", "try", "def ")
    return min(5, sum(sign in said for sign in signs) + (len(text) > 400))


def _without_airs(text: str) -> str:
    """The text as it was before it was dressed: an honest judge does not see the airs."""
    if AIRS[0] not in text:
        return text
    return text.split("## The Lesson", 1)[-1].split("## Summary", 1)[0].strip()
