"""A lesson as points (a question and its answer), and how each format lays points out.

The writers of code and prose both make points; only here is it decided how a lesson, a dialogue or a list of
questions looks. Nothing here adds a fact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.explainer.voice import Voice


@dataclass(frozen=True)
class Point:
    """One thing to tell."""

    topic: str
    """What it is about: `purpose`, `code`, `inputs`, `steps`, `result`, `example`, ..."""
    ask: str
    """The question it answers; a whole sentence."""
    tell: str
    """The answer: sentences, and perhaps a list or a code block after them."""
    head: str = ""
    """A short heading that names the document's own things."""


_FIRST = {
    "worked example": ("example", "trace"),
    "step-by-step trace": ("trace", "example", "steps"),
    "common mistakes": ("mistakes", "edges"),
    "analogy first": ("analogy",),
    "story": ("scene",),
}
_SPEAKERS = (
    "Ada", "Ben", "Chidi", "Dora", "Elif", "Finn", "Gita", "Hugo", "Ines", "Jonas", "Kemi", "Lena", "Mateo", "Nia",
    "Omar", "Priya", "Quinn", "Rosa", "Sami", "Tara", "Umar", "Vera", "Wen", "Xenia", "Yara", "Zeke",
)  # fmt: skip


def words_in(text: str) -> int:
    """Words by blanks, as the length of a document is counted."""
    return len(text.split())


def arranged(form: str, points: Sequence[Point]) -> list[Point]:
    """The points in the order the format wants them: its own topics first, the rest as they came."""
    first = _FIRST.get(form, ())
    led = [point for topic in first for point in points if point.topic == topic]
    return led + [point for point in points if point.topic not in first]


def fitted(form: str, points: Sequence[Point], most: int, *, needed: Sequence[str]) -> list[Point]:
    """The points that fit in `most` words, in order; those with a needed topic are always kept."""
    asked = form in ("dialogue", "questions and answers")
    # The texts between points (headings, speakers) are counted a little generously.
    sizes = [words_in(point.tell) + 2 + words_in(point.ask if asked else point.head) for point in points]
    room = most - sum(size for size, point in zip(sizes, points, strict=True) if point.topic in needed)
    kept = []
    for size, point in zip(sizes, points, strict=True):
        if point.topic in needed:
            kept.append(point)
        elif size <= room:
            kept.append(point)
            room -= size
    return kept


def laid_out(voice: Voice, form: str, points: Sequence[Point]) -> str:
    """The text of the points in the format."""
    if form == "dialogue":
        return _dialogue(voice, points)
    if form == "questions and answers":
        return _questions(voice, points)
    headed = form != "story" and len(points) > 3 and voice.chance(0.5)
    parts = []
    for at, point in enumerate(points):
        if headed and point.head and at:
            parts.append(f"{'##' if at else '#'} {point.head}\n\n{point.tell}")
        else:
            parts.append(point.tell)
    return "\n\n".join(parts)


def _dialogue(voice: Voice, points: Sequence[Point]) -> str:
    asks, tells = voice.rng.sample(_SPEAKERS, 2)
    bold = "**" if voice.chance(0.5) else ""
    turns = []
    for at, point in enumerate(points):
        if point.topic == "code" and at:
            turns.append(point.tell)
            continue
        turns.append(f"{bold}{asks}:{bold} {point.ask}")
        turns.append(f"{bold}{tells}:{bold} {point.tell}")
    return "\n\n".join(turns)


def _questions(voice: Voice, points: Sequence[Point]) -> str:
    style = voice.pick(("**Q:** |**A:** ", "Q: |A: ", "### |", "**|**", "Question: |Answer: "))
    before, after = style.split("|")
    parts = []
    for at, point in enumerate(points):
        if point.topic == "code" and at:
            parts.append(point.tell)
        elif style == "**|**":
            parts.append(f"**{point.ask}**\n\n{point.tell}")
        else:
            parts.append(f"{before}{point.ask}\n\n{after}{point.tell}")
    return "\n\n".join(parts)
