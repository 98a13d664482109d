"""Whether a rewrite says what its seed says: numbers, names and identifiers as sets, negations, new entities.

Precision is the share of the candidate's facts that its seed supports, recall the share of the seed's key facts that
the candidate keeps. Deterministic and cheap; it sees swapped facts, not swapped meanings (`docs/loop.md`, "Fidelity").
Worked examples are a lesson's own: figures inside code and in calls are compared as identifiers only.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.domain.code import code_blocks
from app.domain.records import Kind
from app.domain.text import sentences

_INLINE = re.compile(r"`([^`\n]{1,200})`")
_FENCED = re.compile(r"^(`{3,}|~{3,}).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(
    r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:\s?(?:%|°[CF]?|(?:km|cm|mm|kg|mg|ml|Hz|kHz|MHz|GHz|kB|MB|GB|m|g|l|s)\b))?"
)
_LIST_MARK = re.compile(
    r"^\s*(?:\d{1,2}[.):]|[-*+#>]+|(?:step|question|exercise|part|q|a)\s*\d{1,2}\b[.:)]?)", re.IGNORECASE | re.MULTILINE
)
_NAME = re.compile(r"(?<=[a-z0-9,;)'’\"] )(?:[A-Z][a-zà-ÿ]{2,})(?:[ -][A-Z][a-zà-ÿ]{2,}){0,3}")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{1,60}")
_CONTENT = re.compile(r"[a-zà-ÿ]{4,}")
_NEGATION = re.compile(r"\b(?:not|no|never|cannot|nor|none|without)\b|n['’]t\b", re.IGNORECASE)

_COUNTING = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
_WORDS_AS_NUMBERS = {word: str(value) for value, word in enumerate(_COUNTING.split())}
_WORDS_AS_NUMBERS |= {"hundred": "100", "thousand": "1000", "million": "1000000", "dozen": "12", "half": "0.5"}

SMALL = frozenset(str(n) for n in range(11))
"""Counting to ten is how anybody structures a lesson, so these never count as new facts."""

LANGUAGE_WORDS = frozenset(
    "and as assert async await break class continue def del elif else except false finally for from global if import "
    "in is lambda none nonlocal not or pass raise return true try while with yield int str float bool list dict set "
    "tuple len range print sum min max abs sorted self cls object type value error python example result input output "
    "function argument arguments parameter step steps".split()
)
"""Words of the language and of talking about it: no facts of any seed."""


@dataclass(frozen=True)
class FidelityReport:
    """How faithful a candidate is, and where it is not."""

    precision: float
    """[0, 1]; 1 when the candidate states no facts."""
    recall: float
    """[0, 1]; 1 when the seed has no key facts."""
    unsupported: list[str] = field(default_factory=list)
    """Facts of the candidate that the seed does not hold."""
    lost: list[str] = field(default_factory=list)
    """Key facts of the seed that the candidate leaves out."""
    negations: list[str] = field(default_factory=list)
    """Sentences that say the opposite of one of the seed's."""
    scores: dict[str, float] = field(default_factory=dict)


def check_fidelity(seed: str, candidate: str, kind: Kind) -> FidelityReport:
    """The report on one candidate. Empty texts are wholly faithful."""
    if kind is Kind.code:
        return _check_code(seed, candidate)
    numbers, names = _facts(seed)
    said_numbers, said_names = _facts(candidate)
    known = {word.lower() for word in _IDENTIFIER.findall(seed)}
    new_numbers = sorted(said_numbers - numbers - SMALL - _numbers_in_words(seed))
    new_names = sorted(name for name in said_names if not _known(name, known))
    said = len(said_numbers - SMALL) + len(said_names)
    keys = {n for n in numbers - SMALL} | names
    kept_numbers = said_numbers | _numbers_in_words(candidate) | set(_NUMBER.findall(candidate))
    words = {word.lower() for word in _IDENTIFIER.findall(candidate)}
    lost = sorted(key for key in keys if key not in kept_numbers and not _known(key, words))
    turned = _turned(seed, candidate)
    unsupported = new_numbers + new_names
    return FidelityReport(
        precision=1.0 - len(unsupported) / said if said else 1.0,
        recall=min(1.0 - len(lost) / len(keys) if keys else 1.0, _topic_recall(seed, candidate)),
        unsupported=unsupported,
        lost=lost,
        negations=turned,
        scores={"new_numbers": float(len(new_numbers)), "new_names": float(len(new_names))},
    )


def _check_code(seed: str, candidate: str) -> FidelityReport:
    """For code, facts are identifiers: those a lesson names in code must be the seed's, and some must be named."""
    known = {name.lower() for name in _IDENTIFIER.findall(seed)}
    blocks = [source for _, source in code_blocks(candidate)]
    inline = _INLINE.findall(_FENCED.sub(" ", candidate))
    said = {name.lower() for part in (*blocks, *inline) for name in _IDENTIFIER.findall(_without_strings(part))}
    said -= LANGUAGE_WORDS
    new = sorted(name for name in said if name not in known)
    keys = _defined(seed)
    mentioned = {name.lower() for name in _IDENTIFIER.findall(candidate)}
    lost = sorted(keys - mentioned)
    return FidelityReport(
        precision=1.0 - len(new) / len(said) if said else 1.0,
        recall=1.0 - len(lost) / len(keys) if keys else 1.0,
        unsupported=new,
        lost=lost,
        scores={"new_identifiers": float(len(new))},
    )


def _without_strings(part: str) -> str:
    return re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "''", part)


def _defined(source: str) -> set[str]:
    """Public names that a source defines, in any language that says def, class, function, fn or func."""
    found = re.findall(r"\b(?:def|class|function|fn|func|interface|struct)\s+([A-Za-z_]\w*)", source)
    return {name.lower() for name in found if not name.startswith("_")}


def _facts(text: str) -> tuple[set[str], set[str]]:
    prose = _LIST_MARK.sub(" ", _INLINE.sub(" ", _FENCED.sub(" ", text)))
    numbers = {_plain(match) for match in _NUMBER.findall(prose)}
    return numbers, set(_NAME.findall(prose))


def _plain(number: str) -> str:
    """1,000 and 1000.0 are 1000; units stay, written together.

    Example: `1,500 km` is `1500km`.
    """
    plain = number.replace(",", "").replace(" ", "").lstrip("+")
    return re.sub(r"(\.\d*?)0+(?=\D|$)", r"\1", plain).replace(".%", "%").rstrip(".")


def _numbers_in_words(text: str) -> set[str]:
    return {_WORDS_AS_NUMBERS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _WORDS_AS_NUMBERS}


def _known(name: str, words: Iterable[str]) -> bool:
    parts = [part.lower() for part in re.split(r"[ -]", name)]
    return all(part in words or part.rstrip("s") in words for part in parts)


def _content(text: str) -> set[str]:
    return {word[:6] for word in _CONTENT.findall(text.lower())}


def _topic_recall(seed: str, candidate: str) -> float:
    """Share of the seed's frequent content words that come again, doubled: half of them is a whole rewrite."""
    counts: dict[str, int] = {}
    for word in _CONTENT.findall(seed.lower()):
        counts[word[:6]] = counts.get(word[:6], 0) + 1
    frequent = {word for word, count in counts.items() if count > 1} or set(counts)
    return min(1.0, 2.0 * len(frequent & _content(candidate)) / len(frequent)) if frequent else 1.0


def _turned(seed: str, candidate: str) -> list[str]:
    """Sentences that share almost all content words with one of the seed's and differ in negation."""
    of_seed = [(_content(s), bool(_NEGATION.search(s))) for s in sentences(seed)]
    turned = []
    for sentence in sentences(candidate):
        if sentence.rstrip().endswith("?"):
            continue
        words, negated = _content(sentence), bool(_NEGATION.search(sentence))
        if len(words) < 4:
            continue
        twins = [other for other, _ in of_seed if len(words & other) >= 0.8 * len(words | other)]
        signs = {sign for other, sign in of_seed if other in twins}
        if signs and negated not in signs:
            turned.append(sentence[:120])
    return turned
