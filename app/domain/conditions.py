"""Conditions and limits of a seed's sentences, and which of them a rewrite leaves out of what they limit.

A condition is lost when the rewrite says what it limits and knows little of it: neither its words in the sentence or
beside it, nor a condition in other words there. A limit (only, at least, usually, nearly) is lost when the word it
stands before comes again in the sentence that restates it, without any limit of its kind. For text in lower case.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.domain.stems import stems_in

_MARKER = r"(?:if|unless|when|whenever|until|once|as long as|provided that|except|only)"
_CONDITION = re.compile(rf"\b{_MARKER}\b")
_STRICT = re.compile(
    r"(?<!as )\b(?:if|unless|only (?:if|when)|as long as|provided that|except|when|whenever)\b(?! not| so)"
)
"""Opens what is seldom a mere circumstance, as a clause with until or once often is."""
_PAST = re.compile(
    r"\b(?:was|were|had|did|took|came|went|began|became|got|made|found|saw|said|fell|heard|told|knew|thought|left|gave|met"
    r"|ran|won|lost|led|wrote|brought|kept|stood|sat|spoke|grew|held|felt|built|bought|sold|sent|spent|paid|rose|broke"
    r"|drove|chose|fought|caught|taught|sought|understood|died|[a-z]+ed)\b"
)
"""What happened once limits nothing: "when oil took its place"."""
_ASKING = re.compile(
    r"\b(?:know[sn]?|knew|knowing|ask(?:s|ed|ing)?|wonder(?:s|ed|ing)?|see|saw|check(?:s|ed|ing)?"
    r"|find out|found out|sure|clear|tell|told|say|decide|doubt(?:s|ed|ful)?|matters?|care|test(?:s|ed|ing)?"
    r"|question|learn|as) \Z"
)
"""Before an if that means whether, or an "as if"."""
_PURPOSE = re.compile(
    r"(?:if|when|whenever) (?:[a-z]+ ){1,3}?"
    r"(?:wants?|wanted|wish(?:es)?|hopes?|intends?|plans?|(?:is|are|am) (?:going )?to)\b"
)
"""Says what for, not whether: "essential if they want to be believed"."""
_CLAUSE = re.compile(r"[,;:.!?()—–“”\"]+(?:\s|$)")
_LIMITS = (
    re.compile(r"\b(?:at least|or more|minimum|(?:no|not) (?:fewer|less) than|over|more than|up|from)\b"),
    re.compile(r"\b(?:at most|or (?:less|fewer)|maximum|(?:no|not) more than|up to|under|within|less than)\b"),
    re.compile(r"\b(?:only|just|merely|solely|alone|no more than|nothing but|sole|except|not)\b"),
    re.compile(
        r"\b(?:usually|normally|often|mostly|most|general(?:ly)?|typical(?:ly)?|tends?|many|main(?:ly)?|sometimes|common(?:ly)?"
        r"|frequent(?:ly)?|as a rule|can|may|likely)\b"
    ),
    re.compile(
        r"\b(?:nearly|almost|about|around|close to|approximately|roughly|practically|virtually|some|over|up to)\b"
    ),
)
_OPENS = re.compile(r"\b(?:(at least)|(at most)|(only)|(usually|normally|often|mostly)|(nearly|almost)) ")
_LIMITING = ("at ", "only", "ally", "ten", "tly", "rly", "most")
SHOWN = 120
RESTATED, LEAST_RESTATED = 0.75, 3
"""Share and number of a sentence's stems that the limited sentence has when the one restates the other."""
SAID, KEPT = 0.6, 0.4
"""Share of the stems a condition limits that a sentence has when it says the same; share of the condition's own that
show that it is kept."""
SURE = 0.8
"""Share of what a strict condition limits that a sentence has when the condition is surely left out."""
LEAST_SAID = 2
"""Stems of what a condition limits that a sentence has at least."""
BESIDE = 1
"""Sentences on either side that may tell the condition."""
_OPENERS = ("if", "unless", "when", "until", "once", "as long as", "provided that", "except", "only")


class Condition(NamedTuple):
    """One condition of a sentence."""

    text: str
    stems: frozenset[str]
    limited: frozenset[str]
    """Stems of the rest of the sentence."""
    strict: bool
    """Opened by if, unless, when or the like, not by until or once."""
    markers: int
    """Conditions in the sentence."""


def conditions_of(lower: str) -> list[Condition]:
    """The conditions of a sentence that have two words of weight or more."""
    # Looking for letters takes a tenth of the pattern's time.
    if not any(opener in lower for opener in _OPENERS):
        return []
    found = []
    matches = list(_CONDITION.finditer(lower))
    for match in matches:
        end = _CLAUSE.search(lower, match.end())
        text = lower[match.start() : end.start() if end else len(lower)]
        stems = frozenset(stems_in(text[len(match[0]) :]))
        limited = frozenset(stems_in(lower[: match.start()] + " " + lower[match.start() + len(text) :]))
        if len(stems) > 1 and len(limited) >= LEAST_SAID:
            strict = _STRICT.match(lower, match.start()) is not None and not (
                _is_circumstance(text) or _ASKING.search(lower[max(0, match.start() - 16) : match.start()])
            )
            found.append(Condition(text[:SHOWN], stems, limited, strict, len(matches)))
    return found


def _is_circumstance(text: str) -> bool:
    """A clause that tells when something was, or what for, and limits nothing."""
    return (text.startswith("when") and _PAST.search(text) is not None) or _PURPOSE.match(text) is not None


def lost_from(
    condition: Condition, said: Sequence[str], stems: Callable[[int], frozenset[str]], own: Sequence[int]
) -> float:
    """How much of what it limits a sentence of a text, one of the places `own`, says without the condition; [0, 1].

    0 where the condition is kept, or where no sentence says enough.
    """
    least = max(LEAST_SAID, SAID * len(condition.limited))
    best, place = 0, -1
    for at in own:
        count = len(condition.limited & stems(at))
        if count > best:
            best, place = count, at
    if best < least or said[place][-1] == "?":
        return 0.0
    around = frozenset().union(*[stems(at) for at in range(max(0, place - BESIDE), min(len(said), place + BESIDE + 1))])
    kept = len(condition.stems & around) > KEPT * len(condition.stems)
    if kept or len(_CONDITION.findall(said[place])) >= condition.markers:
        return 0.0
    return best / len(condition.limited)


class Limit(NamedTuple):
    """One limit of a sentence."""

    text: str
    kind: int
    stem: str
    """Of what it stands before."""
    stems: frozenset[str]
    """Of the whole sentence."""


def limits_of(lower: str) -> list[Limit]:
    """The limits of a sentence that stand before a word of weight."""
    if not any(limit in lower for limit in _LIMITING):
        return []
    found = []
    for match in _OPENS.finditer(lower):
        after = stems_in(lower[match.end() : match.end() + 30])[:1]
        if after:
            text = lower[match.start() : match.end() + 30].strip()
            found.append(Limit(text, int(match.lastindex or 1) - 1, after[0], frozenset(stems_in(lower))))
    return found


def is_unlimited(limit: Limit, said: Sequence[str], stems: Callable[[int], frozenset[str]], own: Sequence[int]) -> bool:
    """Whether a sentence of a text, one of the places `own`, restates the limit's sentence without any of its kind."""
    for place in own:
        if limit.stem in said[place]:
            shared = len(limit.stems & stems(place))
            if shared >= LEAST_RESTATED and shared >= RESTATED * len(stems(place)):
                return limit.stem in stems(place) and _LIMITS[limit.kind].search(said[place]) is None
    return False
