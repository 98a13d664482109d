"""The checkable facts of a text: quantities with their units, and proper names. Rules and word lists, no model.

Quantities are compared by value (1,000 = one thousand = 1000.0) and unit (kilometres = km); numbers that only order a
lesson (list marks, "Step 2") are not facts. Knows nothing of what the facts are compared with.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache

import msgspec

from app.domain.common_words import COMMON_WORDS
from app.domain.points import Points
from app.domain.units import UNIT_AFTER, UNIT_STARTS, canonical, in_base

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SHORT = {"bn": 10**9, "tn": 10**12}
_VALUES = {word: n for n, word in enumerate(_ONES)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_WORD_NUMBER = "|".join((*_TENS, *reversed(_ONES), *_SCALES))
# Every pattern starts with what is rare in prose, a digit or a capital, and looks back in Python: five times as fast.
_WORD_AFTER = re.compile(r"[\s-]?(?:([A-Za-z]+)|[%°]|[^\x00-\x7f])")
_DIGITS = re.compile(
    r"\d(?:\d{0,2}(?:,\d{3})+(?![\d,])|\d{0,39})(?:\.\d{1,40})?(?:(?:st|nd|rd|th|s)\b)?(?:[\s-](hundred|thousand|million|billion|trillion)\b|\s?(bn|tn)\b)?"
)
_AFTER_SCALE = "|".join(f"(?<={scale} )" for scale in _SCALES)
# "Nine and twelve" are two numbers, "a hundred and twelve" is one.
_WORDED = re.compile(rf"\b(?:{_WORD_NUMBER})(?:[ -](?:(?:{_AFTER_SCALE})and )?(?:{_WORD_NUMBER}))*\b")
"""For text in lower case, and only from where a number word stands: searching with it takes ten times as long."""
NUMBER_WORDS = frozenset((*_VALUES, *_SCALES))
_NUMBER_WORDS = frozenset(word.encode() for word in NUMBER_WORDS)
_SPACED = bytes(code if chr(code).isalnum() and code < 128 else 32 for code in range(256))
"""Parts words where number words may end; as bytes, five times as fast as text."""
_MONEY = ("$", "€", "£")
_AND_A_HALF = " and a half"
_NO_THINGS = frozenset("times from with that than have were will when then more most less hand and into each".split())
"""Words after a number that are not what it counts."""
_HEDGES = tuple("about around nearly almost roughly over under than some approximately".split())
_HEDGE = re.compile(rf"\b(?:{'|'.join(_HEDGES)})\s*\Z")
_ORDERERS = tuple("step question exercise part example lesson figure chapter q a".split())
_ORDERING = re.compile(rf"\b(?:{'|'.join(_ORDERERS)})\s?\Z", re.IGNORECASE)
_MARKS = frozenset(".):")
"""After the number of a list's item."""
FEWEST_DIGITS = 2
"""Digits of its own that a number has when it counts as rounded though nothing says so."""
PRECISION = 28
"""Digits that Decimal keeps; longer numbers are rounded."""
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s[^\n]*$", re.MULTILINE)
_SPEAKER = re.compile(r"^[\s*_>-]{0,6}([A-Z][\w.]{0,20}(?: [A-Z]\w{1,20})?)[*_]{0,3}:", re.MULTILINE)
_GOES_ON = frozenset(",;)'’\"0123456789")
"""Before a blank, besides small letters: a sentence goes on."""
_CAPITAL = r"[A-ZÀ-Þ][a-zß-ÿ]{2,}(?!\w)"
_NAME = re.compile(rf"{_CAPITAL}(?:[ -]{_CAPITAL}){{0,3}}")


class Quantity(msgspec.Struct, frozen=True, array_like=True):
    """A number as the text means it."""

    value: str
    """Decimal digits, normalised: 1,000.50 is `1000.5`."""
    unit: str | None
    """Canonical symbol; None for a bare number."""
    hedged: bool = False
    """The text says about, nearly, over or the like."""
    counted: str = ""
    """The first six letters of the word after a bare whole number: `countr` in "ten countries"."""
    shown: str = ""
    """The number as written."""

    @property
    def small(self) -> bool:
        """A bare count up to ten: how anybody structures a lesson."""
        return self.unit is None and ((len(self.value) == 1 and self.value.isdigit()) or self.value == "10")

    @property
    def is_year(self) -> bool:
        """Four bare digits from 1000 to 2100."""
        return self.unit is None and len(self.value) == 4 and self.value.isdigit() and int(self.value) <= 2100

    def __str__(self) -> str:
        return f"{self.value} {self.unit}" if self.unit else self.value


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """Quantities and names of a text, without doubles, in reading order."""

    quantities: tuple[Quantity, ...]
    names: tuple[str, ...]
    large: tuple[Quantity, ...] = ()
    """The quantities without small counts."""
    points: Points | None = None
    """Of a seed: what its sentences deny, limit and name."""


def facts_of(prose: str) -> Facts:
    """The facts of prose that holds no code. Headings, list marks and the speakers of a dialogue state none."""
    plain = _HEADING.sub("", prose) if "#" in prose else prose
    speakers = {name.lower() for name in _SPEAKER.findall(plain)} if ":" in plain else set()
    plain = _SPEAKER.sub("", plain) if speakers else plain
    found = quantities(plain)
    return Facts(found, _names(plain, speakers), tuple([quantity for quantity in found if not quantity.small]))


def quantities(text: str) -> tuple[Quantity, ...]:
    """The quantities of a text, each once as it is first written; digits first, then numbers in words.

    Example: `1,500 km in twenty-five minutes` has 1500 km and 25 minute.
    """
    found: dict[object, Quantity] = {}
    for said in (*_in_digits(text), *_in_words(text.lower())):
        found.setdefault((said.value, said.unit, said.hedged, said.counted), said)
    return tuple(found.values())


def _in_digits(text: str) -> list[Quantity]:
    found: list[Quantity] = []
    for match in _DIGITS.finditer(text):
        start, end = match.span()
        before, after = text[start - 16 if start > 16 else 0 : start], text[end : end + 1]
        if not _is_part(before, after) and not _orders(before, after):
            found.append(_quantity(_digits(match, before), match, before.lower()))
    return found


def _in_words(lower: str) -> list[Quantity]:
    found: list[Quantity] = []
    for match in _worded(lower):
        start, shown = match.start(), match.group()
        before = lower[start - 16 if start > 16 else 0 : start]
        # "2.5 million" was counted by its digits.
        if shown in _SCALES and before.rstrip(" \t\n-")[-1:].isdigit():
            continue
        found.append(_quantity(_worded_value(shown), match, before))
    return found


def _worded(lower: str) -> Iterator[re.Match[str]]:
    """What `_WORDED.finditer` finds."""
    starts = []
    for found in _NUMBER_WORDS.intersection(lower.encode("utf-8", "replace").translate(_SPACED).split()):
        word = found.decode()
        at = lower.find(word)
        while at >= 0:
            starts.append(at)
            at = lower.find(word, at + 1)
    end = 0
    for start in sorted(starts):
        match = _WORDED.match(lower, start) if start >= end else None
        if match:
            end = match.end()
            yield match


def _is_part(before: str, after: str) -> bool:
    """The digits belong to a word, a version or a reference: `v2`, `1.2.3`, `x86_64`, `#2210`."""
    return (before[-1:].isalnum() or before[-1:] in ("_", ".", "#")) if before else after == "_"


def _orders(before: str, after: str) -> bool:
    """The number counts list items or steps: `2. Mix`, `Step 3`."""
    if after in _MARKS and not before.rpartition("\n")[2].strip() and ("\n" in before or len(before) < 16):
        return True
    last = before[:-1] if before[-1:].isspace() else before
    return last.lower().endswith(_ORDERERS) and bool(_ORDERING.search(before))


def _digits(match: re.Match[str], before: str) -> str:
    """Decimal digits, normalised."""
    shown = match.group(0)
    negative = before[-1:] in ("-", "−") and (len(before) < 2 or before[-2] in " (\n\t")
    if shown.isascii() and shown.isdigit() and shown[0] != "0" and len(shown) < PRECISION and not negative:
        return shown
    digits = re.match(r"[\d,.]*\d", shown)
    value = Decimal(digits.group(0).replace(",", "")) if digits else Decimal(0)
    value *= _SCALES.get((match.group(1) or "").lower(), 1) * _SHORT.get(match.group(2) or "", 1)
    return _plain(-value if negative else value)


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"


def _quantity(value: str, match: re.Match[str], before: str) -> Quantity:
    text, end = match.string, match.end()
    if text.startswith(_AND_A_HALF, end):
        value, end = _plain(Decimal(value) + Decimal("0.5")), end + len(_AND_A_HALF)
    word = _WORD_AFTER.match(text, end)
    following = (word[1] or "").lower() if word else ""
    unit = UNIT_AFTER.match(text, end) if word and (not following or following in UNIT_STARTS) else None
    hedged = before.rstrip().endswith(_HEDGES) and bool(_HEDGE.search(before))
    last = before[-1:]
    if last in _MONEY and unit and unit[1] == "m":
        return Quantity(_plain(Decimal(value) * 10**6), canonical(last), hedged, "", match[0])
    if unit or last in _MONEY:
        return Quantity(value, canonical(unit[1] if unit else last), hedged, "", match[0])
    thing = following[:6] if len(following) > 3 and following not in _NO_THINGS and value.isdigit() else ""
    return Quantity(value, None, hedged, thing, match[0])


@lru_cache(maxsize=4_096)
def _worded_value(words: str) -> str:
    """`two thousand and forty-five` is 2045; few come up, over and over."""
    total = current = 0
    for word in re.split(r"[ -]", words):
        if word in _VALUES:
            current += _VALUES[word]
        elif word == "hundred":
            current = max(1, current) * 100
        elif word in _SCALES:
            total, current = total + max(1, current) * _SCALES[word], 0
    return _plain(Decimal(total + current))


def _names(text: str, speakers: set[str]) -> tuple[str, ...]:
    """Capitalised words inside sentences, and two or more at a sentence's start, unless all are common words."""
    found: dict[str, None] = {}
    for match in _NAME.finditer(text):
        name, start = match[0], match.start()
        before = text[start - 2 : start] if start > 1 else text[:start]
        # Most capitals only begin a sentence.
        if before[1:] != " " or not (before[0].islower() or before[0] in _GOES_ON):
            starts = not before or before[-1] == "\n" or before in (". ", "! ", "? ")
            if not starts or (" " not in name and "-" not in name):
                continue
        parts = name.lower().replace("-", " ").split()
        if not speakers.issuperset(parts) and not COMMON_WORDS.issuperset(parts):
            found[name] = None
    return tuple(found)


class Known:
    """The quantities a text states, for looking others up in."""

    def __init__(self, found: Iterable[Quantity]) -> None:
        self._units: dict[str, set[str | None]] = defaultdict(set)
        self._in_base: set[tuple[Decimal, str] | None] | None = None
        for quantity in found:
            self._units[quantity.value].add(quantity.unit)
        self._sorted: dict[str | None, list[tuple[float, int]]] = {}

    def supports(self, said: Quantity) -> bool:
        """Whether value and unit agree with one of them, or the quantity is one of them rounded to within a tenth.

        A rounded number says about, nearly or the like, and has no more digits of its own than the exact one; without
        such a word it must be what the exact one rounds to, with two digits or more.
        """
        units = self._units.get(said.value)
        if units is not None and (said.unit is None or None in units or any(_fits(said.unit, unit) for unit in units)):
            return True
        if self._converts(said):
            return True
        return (said.hedged or (not said.is_year and _digits_of(said.value) >= FEWEST_DIGITS)) and self._rounds(said)

    def _converts(self, said: Quantity) -> bool:
        """Whether it is one of them in another unit, exactly: 30 years where the seed has three decades."""
        base = in_base(said.value, said.unit)
        if base is None:
            return False
        if self._in_base is None:
            self._in_base = {in_base(value, unit) for value, units in self._units.items() for unit in units}
        return base in self._in_base

    def _rounds(self, said: Quantity) -> bool:
        if said.unit not in self._sorted:
            values = [value for value, units in self._units.items() if said.unit in units]
            self._sorted[said.unit] = sorted((float(value), _digits_of(value)) for value in values)
        exact, value, own = self._sorted[said.unit], float(said.value), _digits_of(said.value)
        low, high = sorted((value / 1.1, value / 0.9))
        if not said.hedged:
            half = abs(value) / 10 ** (own - 1) / 2
            low, high = max(low, value - half), min(high, value + half)
        begin, end = bisect_left(exact, (low, 0)), bisect_right(exact, (high, PRECISION))
        if said.hedged:
            return any(digits >= own for _, digits in exact[begin:end])
        return any(digits > own and _rounded(number, own) == value for number, digits in exact[begin:end])


def _rounded(value: float, digits: int) -> float:
    """To so many significant digits."""
    return float(f"{value:.{digits - 1}e}")


def _fits(unit: str, known: str | None) -> bool:
    """Equal units, or metres where the seed has metres per second."""
    return known is not None and (unit == known or unit.startswith(f"{known}/") or known.startswith(f"{unit}/"))


def _digits_of(value: str) -> int:
    return len(value.strip("-0").replace(".", "").strip("0"))
