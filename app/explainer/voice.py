"""Wording: templates with alternatives, filled with the document's own words.

`[a|b]` in a template is a choice (nesting allowed), `$name` a slot. Choices are made before slots are filled, and
filled text is never read again, so code with brackets or dollars in it is safe. Many alternatives around the
document's own names keep openings and five-word runs from repeating across thousands of texts.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\$([a-z_]+)")


class Level(StrEnum):
    """How much a reader can be asked."""

    young = "young"
    """Ten-year-olds and school pupils: short sentences, plain words."""
    novice = "novice"
    """Adults new to the subject."""
    student = "student"
    """First-year students: the usual terms."""


_YOUNG = ("ten-year-old", "child", "school", "pupil", "kid", "year-old", "teen")
_STUDENT = ("student", "undergraduate", "engineer", "developer", "expert")


def level_of(audience: str) -> Level:
    """The level of an audience by its name; unknown ones are novices."""
    if any(word in audience for word in _YOUNG):
        return Level.young
    return Level.student if any(word in audience for word in _STUDENT) else Level.novice


@dataclass(frozen=True)
class Voice:
    """Makes the choices of one text."""

    rng: random.Random
    """Source of every choice."""
    level: Level
    """The reader."""

    def say(self, *templates: str, **slots: object) -> str:
        """One of the templates with its choices made and its slots filled, first letter upper case unless quoted."""
        text = templates[int(self.rng.random() * len(templates))]
        while True:
            made = _CHOICE.sub(self._choose, text)
            if made == text:
                break
            text = made
        text = _SLOT.sub(lambda found: str(slots.get(found[1], found[0])), text)
        at = 1 if text[:1] in "“(" else 0
        return text[:at] + text[at : at + 1].upper() + text[at + 1 :]

    def part(self, *templates: str, **slots: object) -> str:
        """As `say`, for the inside of a sentence: case is left alone."""
        text = self.say(*[" " + template for template in templates], **slots)
        return text[1:]

    def pick(self, options: Sequence[str]) -> str:
        """One of the options."""
        return options[int(self.rng.random() * len(options))]

    def chance(self, share: float) -> bool:
        """True with this probability."""
        return self.rng.random() < share

    def _choose(self, found: re.Match[str]) -> str:
        return self.pick(found[1].split("|"))


def listed(items: Sequence[str], *, word: str = "and") -> str:
    """The items as English lists them. `listed(["a", "b", "c"])` is `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun, small numbers as words. `counted(2, "loop")` is `two loops`."""
    names = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    shown = names[number] if 0 <= number < len(names) else str(number)
    return f"{shown} {noun if number == 1 else plural or noun + 's'}"


def article(noun: str) -> str:
    """`a` or `an` before the noun, by its letters."""
    word = noun.lower().lstrip("`'\"")
    if word.startswith(("uni", "use", "usu", "eu", "one", "once", "ut")):
        return "a"
    return "an" if word[:1] in "aeiou" or word.startswith(("hour", "honest", "heir")) else "a"
