"""Whether a clause says no, counts or limits as the seed's clause does that is the same but for that.

Patterns are for text in lower case: case-blind they take four times as long.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

NEGATION = re.compile(
    r"\b(?:(?<!or )(?<!if )not(?! only| just| everyone| all\b)|no|never|cannot|nor|none|nobody|nothing|without|neither"
    r"|hardly|unable|rather than|instead of"
    r"|far from|lack(?:s|ed|ing)?|fail(?:s|ed|ing)?|refus(?:es?|ed)|reject(?:s|ed)?|overlook(?:s|ed)?|avoid(?:s|ed)?"
    r"|stop(?:s|ped)?"
    r"|(?:do|does|did|is|are|was|were|have|has|had|ca|could|should|would|wo|must|need)n[^\w\s]?t)\b"
)
_LIMITED = re.compile(
    r"\b(?:few|little|less|seldom|rarely|only|except|unless|left out|out of|off|free of|hard|struggl\w+|easing|myth"
    r"|too|but|un[a-z]{4,}|dis[a-z]{4,}|in[a-z]{6,})\b"
)
"""Other ways to say no."""
_CLAUSE = re.compile(r"[,;:.!?()—–“”\"]+(?:\s|$)")
MASKED = re.compile(
    r"\b(?:(cannot|not|never|(?:do|does|did|is|are|was|were|have|has|had|ca|could|wo)n[^\w\s]?t)"
    r"|(\d[\d.,]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty)"
    r"|(at least|at most|only|usually|normally|often|mostly|nearly|almost))\b"
)
"""A no, a count, a limit: what two clauses may differ in and still be the same clause."""
_DIGITS_OF = {
    word: str(n) for n, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)
}
_DIGITS_OF |= {"twenty": "20", "thirty": "30", "forty": "40", "fifty": "50"}
_LEAST_WORDS = 3
"""Words of a clause besides what is masked; fewer are the same by chance."""


@dataclass
class Same:
    """What a sentence changes in clauses it has from the seed."""

    turned: bool = False
    changed: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Masked:
    negations: int
    counts: tuple[str, ...]
    limits: tuple[str, ...]


def compare(lower: str, of_seed: str) -> Same:
    """What a sentence changes in the clauses that it shares with one of the seed's."""
    if MASKED.findall(lower) == MASKED.findall(of_seed):
        return Same()
    known: dict[str, list[_Masked]] = defaultdict(list)
    for key, masked in _clauses(of_seed):
        known[key].append(masked)
    same = Same()
    for key, masked in _clauses(lower):
        others = known.get(key)
        if others and masked not in others:
            _note(same, key, masked, others)
    return same


def _note(same: Same, key: str, masked: _Masked, others: Sequence[_Masked]) -> None:
    same.turned |= all(masked.negations != other.negations for other in others)
    if all(masked.counts != other.counts for other in others):
        values = {count for other in others for count in other.counts}
        same.changed += [count for count in masked.counts if count not in values] or list(masked.counts)
    if not masked.limits and all(other.limits for other in others):
        same.dropped.append(f"{others[0].limits[0]} {key}"[:120])


_NONE = _Masked(0, (), ())


def _clauses(lower: str) -> list[tuple[str, _Masked]]:
    found = []
    for clause in _CLAUSE.split(lower):
        if clause.count(" ") < _LEAST_WORDS - 1:
            continue
        if MASKED.search(clause) is None:
            found.append((clause.strip(), _NONE))
            continue
        masks = MASKED.findall(clause)
        key = " ".join(MASKED.sub(_left, clause).split())
        if key.count(" ") >= _LEAST_WORDS - 1:
            negations, counts, limits = (tuple(filter(None, group)) for group in zip(*masks, strict=True))
            values = tuple(_DIGITS_OF.get(count, count.replace(",", "").rstrip(".")) for count in counts)
            found.append((key, _Masked(len(negations), values, limits)))
    return found


def _left(match: re.Match[str]) -> str:
    return "can" if match.group(1) == "cannot" else "#" if match.group(2) else ""


def negates(lower: str) -> bool:
    """Whether anything is denied."""
    return NEGATION.search(lower) is not None


def denials(lower: str) -> tuple[bool, bool]:
    """Whether anything is denied, and whether so an odd number of times."""
    count = len(NEGATION.findall(lower))
    return count > 0, count % 2 == 1


def is_limited(lower: str) -> bool:
    """Whether anything is denied in words that are no plain no: few, hardly, struggle."""
    return _LIMITED.search(lower) is not None
