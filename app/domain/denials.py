"""Whether a text denies what another says, word by word around each no.

A no turns a statement round when the word it denies stands in a sentence of the other text that shares enough with
its own, no other no stands near that word there, and no word stands before it that could be a no in disguise: "they
struggle to hold" has one, "most people hold" has none. Reworded predicates stay unseen. For text in lower case.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.domain.stems import TOKEN, stem, stems_in

_AUXILIARY = "do|does|did|is|are|was|were|have|has|had|ca|could|wo|would|should|must|need"
_PLAIN = re.compile(
    r"\b(?:not(?! only| just| everyone| all\b| so much| until| even| many\b| much\b)|never|cannot"
    rf"|(?:{_AUXILIARY})n[^\w\s]t)\b"
)
"""Accuses: what is denied stands after it."""
_ANY = re.compile(
    r"\b(?:not?|never|cannot|nor|none|nobody|nothing|nowhere|without|neither|hardly|barely|scarcely|seldom|rarely|unable"
    r"|rather|instead|far from|little|few|less|free|yet to|absence|too|only|until|except|unless|out|before|last|wrong"
    r"|against|(?:lack|fail|refus|avoid|stop|prevent|reject|ceas|deni|deny|escap|end|depriv|shortage"
    r"|defici|loss|losing|banned|forbid|prohibit)[a-z]*"
    rf"|(?:{_AUXILIARY})n[^\w\s]?t)\b"
)
"""Excuses: a no by whatever name, also where an apostrophe was lost."""
_CLAUSE = re.compile(r"[,;:.!?()—–“”\"]+(?:\s|$)")
_WOULD_HAVE = re.compile(r"\b(?:would|could|might)(?:n[^\w\s]t)?\b(?: [a-z]+){0,2} have\b")
_UNREAL = re.compile(r"\b(?:if|had|without|but for|unless)\b")
"""Both: what would not have been if something had not been, was; such denials deny nothing."""
_NEW_CLAUSE = re.compile(r"[,;:.!?()—–“”\"]| (?:that|which|who|but|and|because|so) ")
LEAST_SHARED = 2
"""Stems that the two sentences have in common."""
ALIGNED = 0.45
"""Share of the denying sentence's stems that the other one has."""
SCOPE = 6
"""Stems after a no that it denies at most."""
SCOPE_KEPT = 0.6
"""Share of them that the other sentence has."""
NEARLY = 0.75
"""Share of what the best sentence has in common that one must have to be looked at as well."""
BACK, AHEAD, AFTER = 4, 40, 24
"""Words before a denied one that could be a no in disguise; characters before it and after it that could hold a no."""


class Denial(NamedTuple):
    """A plain no, and what it is about."""

    scope: tuple[str, ...]
    """Stems after the no in its clause, at most six."""
    stems: frozenset[str]
    """Of the whole sentence."""


def denials_of(lower: str) -> list[Denial]:
    """The plain denials of a sentence that have something to deny."""
    # Looking for letters takes a twentieth of the pattern's time.
    if "not" not in lower and "n't" not in lower and "n’t" not in lower and "never" not in lower:
        return []
    if " have " in lower and _WOULD_HAVE.search(lower) and _UNREAL.search(lower):
        return []
    found = []
    stems: list[str] = []
    for match in _PLAIN.finditer(lower):
        end = _CLAUSE.search(lower, match.end())
        scope = stems_in(lower[match.end() : end.start() if end else len(lower)])[:SCOPE]
        stems = stems or stems_in(lower)
        # "It helps with a but does not help with b" says both.
        if scope and stems.count(scope[0]) == 1:
            found.append(Denial(tuple(scope), frozenset(stems)))
    return found


def said_by(denial: Denial, others: Sequence[str], stems: Callable[[int], frozenset[str]]) -> int | None:
    """The place of the sentence of the other text that says what is denied; None without one, or if one denies it too.

    `stems(place)` gives the stems of a sentence of `others`. Questions say nothing.
    """
    least = max(LEAST_SHARED, ALIGNED * len(denial.stems))
    shared = {
        place: count
        for place, lower in enumerate(others)
        if denial.scope[0] in lower and lower[-1] != "?" and (count := len(denial.stems & stems(place))) >= least
    }
    best = max(shared.values(), default=0)
    said = None
    for place, count in shared.items():
        verdict = count >= NEARLY * best and _says(denial, others[place], stems(place))
        if verdict is None:
            return None
        if verdict and count == best and said is None:
            said = place
    return said


def _says(denial: Denial, lower: str, stems: frozenset[str]) -> bool | None:
    """Whether a sentence plainly says what is denied; None where it denies it itself."""
    plainly = False
    for match in TOKEN.finditer(lower):
        if stem(match[0]) != denial.scope[0]:
            continue
        before = lower[max(0, match.start() - AHEAD) : match.start()]
        after = _NEW_CLAUSE.split(lower[match.end() : match.end() + AFTER], maxsplit=1)[0]
        if _ANY.search(before) or _ANY.search(after):
            return None
        plainly |= denial.stems.issuperset(filter(None, map(stem, TOKEN.findall(before)[-BACK:])))
    return plainly and sum(part in stems for part in denial.scope) >= SCOPE_KEPT * len(denial.scope)
