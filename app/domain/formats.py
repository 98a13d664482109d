"""Whether an answer is a text at all: no preamble, refusal or echo, one writing, no loops. All linear in its length."""

import re
from functools import lru_cache
from typing import NamedTuple

MAX_ECHO = 0.10
"""Share of the instructions' 6-word runs that may stand in an answer."""
MAX_REPEATED = 0.35
"""Share of an answer's lines and 6-word runs that may be repeats."""

_OPENINGS = re.compile(
    r"(?i)\A\W{0,5}((?:sure|certainly|of course|absolutely|great question|okay|ok)\b[^.\n]{0,80}[!,.:]"
    r"|here(?:'s| is| are) (?:a|an|the|my|your|some|one)\b[^.\n]{0,80}:"
    r"|as an ai\b|i(?:'d| would) be (?:happy|glad)\b|(?:lesson|rewritten (?:text|passage)|answer|output):)"
)
_CLOSINGS = re.compile(
    r"(?i)(let me know if[^\n]{0,120}|i hope this helps[^\n]{0,80}|feel free to ask[^\n]{0,80}"
    r"|would you like me to[^\n]{0,120})\W{0,5}\Z"
)
_CLOSING_WORDS = ("let me know if", "i hope this helps", "feel free to ask", "would you like me to")
"""What `_CLOSINGS` begin with: looked for first, a fifteenth of the pattern's time."""
_REFUSALS = re.compile(
    r"(?i)\A\W{0,5}(?:i(?:'m| am) (?:sorry|unable|afraid)|i can(?:'t|not)\b|i won't|sorry, (?:but )?i"
    r"|unfortunately, i can)"
)
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_MARKERS = ("<<<DOCUMENT", "<<<EARLIER", "<<<END", "stand between the marker lines", "stands between the marker lines")
"""What only a prompt says; a model that says it has copied its instructions."""
RUN = 6
"""Words in a run compared for echo and repetition."""


def preamble(text: str) -> str | None:
    """The phrase with which a text addresses whoever asked for it, at its start or end; None when it does not."""
    found = _OPENINGS.search(text[:200])
    if not found:
        end = text[-200:].lower()
        found = _CLOSINGS.search(text[-200:]) if any(words in end for words in _CLOSING_WORDS) else None
    return found.group(1)[:60] if found else None


def holds_marker(text: str) -> bool:
    """Whether a text says what only a prompt says."""
    return any(marker in text for marker in _MARKERS)


def is_refusal(text: str) -> bool:
    """Whether a short answer declines."""
    return len(text) < 600 and bool(_REFUSALS.search(text))


class Runs(NamedTuple):
    """The runs of six words of a text, in lower case."""

    total: int
    different: frozenset[tuple[str, ...]]


def runs(text: str) -> Runs:
    """All runs of a text."""
    words = text.lower().split()
    said = list(zip(*[words[i:] for i in range(RUN)], strict=False))
    return Runs(len(said), frozenset(said))


@lru_cache(maxsize=16)
def _instructed(instructions: str) -> frozenset[tuple[str, ...]]:
    return runs(instructions).different


def echo_share(said: Runs, instructions: str) -> float:
    """Share of the instructions' runs that are among those `said`, [0, 1]."""
    asked = _instructed(instructions)
    return len(asked & said.different) / len(asked) if asked else 0.0


def repeated_share(text: str, said: Runs) -> float:
    """How much of a text repeats itself: the larger of repeated lines and repeated runs (`said`), [0, 1].

    Short lines (braces, list marks) do not count.
    """
    lines = [line for line in map(str.strip, text.splitlines()) if len(line) > 20]
    return max(_repeats(len(lines), len(set(lines))), _repeats(said.total, len(said.different)))


def _repeats(total: int, different: int) -> float:
    return 1.0 - different / total if total >= 4 else 0.0


def other_writing(text: str, seed: str) -> bool:
    """Whether the answer is mostly not in Latin letters though the seed is."""
    return _latin_share(seed) > 0.7 and _latin_share(text) < 0.5


def _latin_share(text: str) -> float:
    head = text[:5000]
    if head.isascii():
        return 1.0
    letters = sum(map(len, _LETTERS.findall(head)))
    return sum(map(len, _LATIN.findall(head))) / letters if letters else 1.0
