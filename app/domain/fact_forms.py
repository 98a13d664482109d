"""Whether a text has a fact in another form: a quantity in words or letters, a name's ending, people or initials.

For text in lower case, unless it says otherwise. Knows nothing of where the facts come from.
"""

import re
from collections.abc import Sequence

from app.domain.accents import with_ascii
from app.domain.facts import Quantity
from app.domain.name_forms import acronyms, akin
from app.domain.units import unit_names

MANY_NAMES = 60
"""From here on knowing all words of a text costs less than looking for each name in it."""
IDENTIFIER = re.compile(r"[^\W\d]\w{1,60}")
_SHORT = {"m": 10**6, "bn": 10**9}
"""Letters right after a number; an m may be metres too, so only a number of a million or more is looked up so."""
_WORDED: dict[tuple[str, str | None], tuple[str, ...]] = {
    ("10", "year"): ("a decade", "last decade", "past decade", "decade ago"),
    ("100", "year"): ("a century", "last century", "past century", "century ago"),
    ("50", "year"): ("half a century", "half-century"),
    ("25", "year"): ("quarter of a century", "quarter-century"),
    ("2", "week"): ("fortnight",),
    ("14", "day"): ("fortnight",),
    ("12", None): ("dozen",),
}
"""Quantities that have a word of their own."""


def said_otherwise(quantity: Quantity, lower: str) -> bool:
    """One hour where the seed has an hour; a number that is part of another, as in a version; 14 million for 14m."""
    if _in_short(quantity.value, lower):
        return True
    if any(stands(words, lower) for words in _WORDED.get((quantity.value, quantity.unit), ())):
        return True
    if quantity.unit is None:
        return stands(quantity.value, lower) or ("." in quantity.value and quantity.value in lower)
    return quantity.value == "1" and any(stands(name.lower(), lower) for name in unit_names(quantity.unit))


def _in_short(value: str, lower: str) -> bool:
    """A million or more written with a letter: 20000000 where the seed has 20m."""
    number = float(value)
    return number >= min(_SHORT.values()) and any(
        stands(f"{number / scale:.10g}{letters}", lower) for letters, scale in _SHORT.items()
    )


def identifiers(text: str) -> frozenset[str]:
    """Words and names in lower case."""
    if text.isascii():
        return frozenset(IDENTIFIER.findall(text.lower()))
    return frozenset(word.lower() for word in IDENTIFIER.findall(text))


def unknown(names: Sequence[str], text: str) -> list[str]:
    """The names with a part that is no word of the text, neither as it stands nor with an s more or less."""
    lower = with_ascii(text.lower())
    if len(names) > MANY_NAMES:
        words = identifiers(lower)
        return [name for name in names if not all(_plural_in(part, words) for part in re.split(r"[ -]", name.lower()))]
    return [
        name
        for name in names
        # Most names stand there as they are.
        if not stands(name.lower(), lower)
        and not all(_is_known(part, lower) for part in re.split(r"[ -]", name.lower()))
        and not any(stands(short, text) for short in acronyms(name))
    ]


def _is_known(part: str, lower: str) -> bool:
    """Part of a name: as it stands, with an s more or less, with another ending, or as of a country and its people."""
    return (
        any(stands(form, lower) for form in (part, part.rstrip("s"), part + "s"))
        or _begins(part, lower)
        or any(stands(other, lower) for other in akin(part))
    )


def _plural_in(part: str, words: frozenset[str]) -> bool:
    return bool(words.intersection((part, part.rstrip("s"), part + "s")))


def _begins(part: str, lower: str) -> bool:
    """Germany for German: a name of six letters or more, save for its ending."""
    start = part[: max(5, len(part) - 3)]
    at = lower.find(start) if len(part) > 5 else -1
    return at >= 0 and not _joins(lower[at - 1 : at])


def stands(word: str, lower: str) -> bool:
    """Whether a word stands in a text by itself; a few look-ups cost less than knowing all words of the text."""
    at = lower.find(word)
    while at >= 0:
        end = at + len(word)
        if not (_joins(lower[at - 1 : at]) or _joins(lower[end : end + 1])):
            return True
        at = lower.find(word, at + 1)
    return False


def _joins(char: str) -> bool:
    return char.isalnum() or char == "_"
