"""Title, prerequisites, exercise and solution of a text: how they are asked for, and found again in what came.

Headings are found outside of code blocks, in the forms that models write them: Markdown's `#`, a bold line, or a word
with a colon. Knows nothing of recipes or of whether the parts are any good.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.domain.reasons import Reason
from app.domain.recipes.recipe import Part

ASKED = {
    Part.heading: "Begin with a title of your own, one line `# ...`.",
    Part.prerequisites: (
        "Then a heading `## What you should know before`, and below it a list of one to five short lines `- ...`."
    ),
    Part.exercise: (
        "End with a heading `## Exercise`, one exercise that the text is enough for, a heading `## Solution`, and its "
        "solution."
    ),
}
"""What a prompt says of each part, in the order of a text."""

MOST_TITLE_WORDS = 20
MOST_ITEMS = 8
_MOST_HEADING = 100
_Name = Literal["title", "prerequisites", "exercise", "solution", "other"]
_HEADING = re.compile(r"[ \t]{0,3}(?:(#{1,6})[ \t]+(.{1,100}?)[ \t#]*|(?:\*\*|__)(.{1,100}?)(?:\*\*|__)[ \t]*:?[ \t]*)")
_LABEL = re.compile(r"[ \t]{0,3}(?:\*\*|__)?([A-Za-z][A-Za-z' ]{2,40}?)(?:\*\*|__)?:(?:\*\*|__)?(?:[ \t]+(.*))?")
_ITEM = re.compile(r"[ \t]{0,6}(?:[-*+•]|\d{1,2}[.)])[ \t]+(.{1,400})")
_NAMES: dict[_Name, re.Pattern[str]] = {
    "prerequisites": re.compile(
        r"(?:what (?:you|the reader|to) (?:should |need to |must )?(?:already )?know\b.*|prerequisites?|before you "
        r"(?:start|begin|read)|you should (?:already )?know\b.*|needed before)",
        re.IGNORECASE,
    ),
    "exercise": re.compile(
        r"(?:an? |your )?(?:exercise|try it(?: yourself)?|your turn|practice|task)s?\b.*", re.IGNORECASE
    ),
    "solution": re.compile(r"(?:the |a |one |its )?(?:solution|answer|worked solution)s?\b.*", re.IGNORECASE),
}
_FENCE = re.compile(r"[ \t]{0,12}(`{3,}|~{3,})")


@dataclass(frozen=True)
class Parts:
    """The parts of a text; what was not found is empty."""

    title: str = ""
    prerequisites: tuple[str, ...] = ()
    """Without their bullets."""
    exercise: str = ""
    solution: str = ""


@dataclass
class _Section:
    name: _Name
    lines: list[str]


def read_parts(text: str) -> Parts:
    """The parts found in a text, each the first of its kind; a solution counts only behind an exercise.

    Example: "# Loops\\n\\n## What you should know before\\n- Lists\\n\\nA loop ...\\n\\n## Exercise\\nWrite one.\\n\\n"
    "## Solution\\nLike this." has the title "Loops", ("Lists",), "Write one." and "Like this.".
    """
    title, sections = _sections(text)
    found: dict[str, str] = {}
    items: tuple[str, ...] = ()
    for section in sections:
        body = "\n".join(section.lines).strip()
        if section.name == "prerequisites" and not items:
            items = _items(section.lines)
        elif body and (section.name == "exercise" or (section.name == "solution" and "exercise" in found)):
            found.setdefault(section.name, body)
    return Parts(title, items, found.get("exercise", ""), found.get("solution", ""))


def missing(text: str, wanted: Sequence[Part]) -> tuple[Reason, str] | None:
    """The first part that a text was asked for and lacks; None when it has them all, or none was asked for."""
    if not wanted:
        return None
    found = read_parts(text)
    if Part.heading in wanted and not found.title:
        return Reason.missing_title, "its first line is no heading"
    if Part.prerequisites in wanted and not found.prerequisites:
        return Reason.missing_prerequisites, "no list under a heading such as What you should know before"
    if Part.exercise not in wanted:
        return None
    if not found.exercise:
        return Reason.missing_exercise, "nothing under a heading Exercise"
    return None if found.solution else (Reason.missing_solution, "nothing under a heading Solution behind the exercise")


def _sections(text: str) -> tuple[str, list[_Section]]:
    """The title, and the text cut at its headings."""
    title, sections, fence, begun = "", [_Section("other", [])], "", False
    for line in text.split("\n"):
        marks = _FENCE.match(line)
        if fence or marks:
            sections[-1].lines.append(line)
            closes = marks is not None and line.strip().startswith(fence) and not line.strip().strip(fence[:1])
            fence = "" if fence and closes else (fence or (marks.group(1) if marks else ""))
            begun = True
            continue
        heading = _heading(line)
        if heading is not None and not begun and heading[0] == "other":
            title = _plain(heading[1])
            begun = True
            continue
        begun = begun or bool(line.strip())
        if heading is None or (heading[0] == "other" and not line.lstrip().startswith("#")):
            sections[-1].lines.append(line)
            continue
        sections.append(_Section(heading[0], [heading[2]] if heading[2] else []))
    return title if len(title.split()) <= MOST_TITLE_WORDS else "", sections


def _heading(line: str) -> tuple[_Name, str, str] | None:
    """(which part, the heading, what stands behind it in its line); None for a line that is no heading."""
    if not line.strip():
        return None
    found = _HEADING.fullmatch(line) if len(line) <= _MOST_HEADING + 20 else None
    if found:
        words = (found.group(2) or found.group(3)).strip().strip("*_").rstrip(":").strip()
        named, colon, rest = words.partition(":")
        if colon and named.strip().lower() == "title":
            return "other", rest.strip(), ""
        return _named(words), words, ""
    label = _LABEL.fullmatch(line)
    if label is None:
        return None
    name, rest = _named(label.group(1)), (label.group(2) or "").strip()
    if label.group(1).strip().lower() == "title" and rest:
        return "other", rest, ""
    return (name, label.group(1), rest) if name != "other" else None


def _named(words: str) -> _Name:
    return next((name for name, form in _NAMES.items() if form.fullmatch(words)), "other")


def _plain(title: str) -> str:
    return title.strip().strip('*_`“”"').strip()


def _items(lines: Sequence[str]) -> tuple[str, ...]:
    """The entries of the list that stands first; no list: none."""
    found: list[str] = []
    for line in lines:
        item = _ITEM.fullmatch(line)
        if item:
            found.append(item.group(1).strip())
        elif found and line.strip():
            break
    return tuple(found[:MOST_ITEMS])
