"""Whether a rewrite says what its seed says: quantities, names, identifiers, negations and new entities.

Precision is the share of the candidate's facts that its seed supports, recall the share of the seed's key facts that
the candidate keeps. Deterministic and cheap; it sees swapped facts, not swapped meanings (`docs/loop.md`, "Fidelity").
Worked examples are a lesson's own: numbers inside code and calls are not compared, identifiers there are.
"""

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from app.domain.facts import NUMBER_WORDS, Facts, Quantity, by_value, facts_of, quantities, supported
from app.domain.fences import split_fences
from app.domain.records import Kind
from app.domain.text import sentences

_INLINE = re.compile(r"`([^`\n]{1,200})`")
_IDENTIFIER = re.compile(r"[^\W\d]\w{1,60}")
_DEFINED = re.compile(r"\b(?:def|class|function|fn|func|interface|struct)\s{1,20}([A-Za-z_]\w{0,60})")
_CONTENT = re.compile(r"([a-zß-ÿ]{4,6})[a-zß-ÿ]*")
"""The first six letters of words of four or more: enough to know a word whatever its ending."""
_NEGATION = re.compile(
    r"\b(?:not|no|never|cannot|nor|none|nobody|nothing|without|neither|hardly|unable|rather than|instead of"
    r"|far from|lack(?:s|ed|ing)?|fail(?:s|ed|ing)?|refus(?:es?|ed)|reject(?:s|ed)?|overlook(?:s|ed)?|avoid(?:s|ed)?"
    r"|stop(?:s|ped)?"
    r"|(?:do|does|did|is|are|was|were|have|has|had|can|could|should|would|wo|must|need)n['’]?t)\b"
)
"""For text in lower case: case-blind it takes four times as long."""
_NOT_NAMES = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|#[^\n]*|//[^\n]*")

LANGUAGE_WORDS = (
    frozenset(word.lower() for word in (*keyword.kwlist, *dir(builtins)))
    | frozenset("self cls args kwargs match case var let const function return null undefined python example".split())
    | frozenset("result output input value argument arguments parameter step steps error type name index".split())
)
"""Words of the language and of talking about it: no facts of any seed."""

_SWAPPED = frozenset(word[:6] for word in (*NUMBER_WORDS, "cannot", "never", "none", "without", "neither", "unable"))

TWIN = 0.9
"""Content words two sentences must share, of all they have, to count as the same statement."""


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
    return _check_code(seed, candidate) if kind is Kind.code else _check_prose(seed, candidate)


def _check_prose(seed: str, candidate: str) -> FidelityReport:
    seed_plain, plain = _prose(seed), _prose(candidate)
    of_seed, said = facts_of(seed_plain), facts_of(plain)
    stems, kept = _stems(seed_plain), _stems(candidate)
    changed, turned = _compare_sentences(seed_plain, plain, frozenset(stems))
    counted = [quantity for quantity in said.quantities if not quantity.small]
    new_numbers = _new_numbers(counted, of_seed, seed) + changed
    new_names = _unknown(said.names, seed)
    total = len(counted) + len(changed) + len(said.names)
    lost, keys = _lost(of_seed, said, candidate)
    return FidelityReport(
        precision=1.0 - len(new_numbers + new_names) / total if total else 1.0,
        recall=min(1.0 - len(lost) / keys if keys else 1.0, _topic_recall(stems, kept)),
        unsupported=new_numbers + new_names,
        lost=lost,
        negations=turned,
        scores={"new_numbers": float(len(new_numbers)), "new_names": float(len(new_names))},
    )


def _prose(text: str) -> str:
    return _INLINE.sub(" ", split_fences(text).prose)


def _new_numbers(counted: Sequence[Quantity], of_seed: Facts, seed: str) -> list[str]:
    """Those the seed does not state; its headings and code, looked at only when needed, state things as well."""
    known = by_value(of_seed.quantities)
    new = [quantity for quantity in counted if not supported(quantity, known)]
    if new:
        known = by_value(quantities(seed))
    return [str(quantity) for quantity in new if not supported(quantity, known)]


def _lost(of_seed: Facts, said: Facts, candidate: str) -> tuple[list[str], int]:
    """Key facts left out, and how many there were. Small counts are no key facts."""
    kept = {quantity.value for quantity in said.quantities}
    numbers = {quantity.value: str(quantity) for quantity in of_seed.quantities if not quantity.small}
    if not kept.issuperset(numbers):
        kept |= {quantity.value for quantity in quantities(candidate)}
    lost = [shown for value, shown in numbers.items() if value not in kept]
    lost += _unknown(of_seed.names, candidate)
    return lost, len(numbers) + len(of_seed.names)


def _identifiers(text: str) -> frozenset[str]:
    """Words and names in lower case."""
    if text.isascii():
        return frozenset(_IDENTIFIER.findall(text.lower()))
    return frozenset(word.lower() for word in _IDENTIFIER.findall(text))


def _unknown(names: Sequence[str], text: str) -> list[str]:
    """The names with a part that is no word of the text, neither as it stands nor with an s more or less."""
    lower = text.lower()
    return [
        name
        for name in names
        if not all(
            any(_stands(form, lower) for form in (part, part.rstrip("s"), part + "s"))
            for part in re.split(r"[ -]", name.lower())
        )
    ]


def _stands(word: str, lower: str) -> bool:
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


def _check_code(seed: str, candidate: str) -> FidelityReport:
    """For code, facts are identifiers: those a lesson names in code must be the seed's, and some must be named."""
    known = _identifiers(seed)
    parted = split_fences(candidate)
    parts = [source for _, source in parted.blocks] + _INLINE.findall(parted.prose)
    said = {name.lower() for part in parts for name in _IDENTIFIER.findall(_NOT_NAMES.sub(" ", part))} - LANGUAGE_WORDS
    new = sorted(said - known)
    keys = {name.lower() for name in _DEFINED.findall(seed) if not name.startswith("_")}
    lost = sorted(keys - _identifiers(candidate))
    own = by_value(quantities(seed) + quantities(" ".join(parts)))
    stated = [q for q in facts_of(_INLINE.sub(" ", parted.prose)).quantities if not q.small]
    return FidelityReport(
        precision=1.0 - len(new) / len(said) if said else 1.0,
        recall=1.0 - len(lost) / len(keys) if keys else 1.0,
        unsupported=new,
        lost=lost,
        # Told, not judged: a worked example has results that stand nowhere in the seed.
        scores={"new_identifiers": float(len(new)), "new_numbers": float(sum(not supported(q, own) for q in stated))},
    )


def _negated(sentence: str) -> bool:
    return bool(_NEGATION.search(sentence.lower()))


def _content(text: str) -> frozenset[str]:
    return frozenset(_CONTENT.findall(text.lower()))


def _stems(text: str) -> Counter[str]:
    return Counter(_CONTENT.findall(text.lower()))


def _topic_recall(of_seed: Counter[str], kept: Container[str]) -> float:
    """Share of the seed's frequent content words that come again, doubled: half of them is a whole rewrite."""
    frequent = [word for word, count in of_seed.items() if count > 1] or list(of_seed)
    return min(1.0, 2.0 * sum(word in kept for word in frequent) / len(frequent)) if frequent else 1.0


@dataclass(frozen=True, slots=True)
class _Said:
    text: str
    content: frozenset[str]


def _statement(sentence: str) -> _Said | None:
    """A sentence of four content words or more that does not ask; None for others.

    What may be swapped, counts and negations, is no content: twins are alike in everything else.
    """
    content = _content(sentence) - _SWAPPED
    return _Said(sentence, content) if len(content) >= 4 and not sentence.endswith("?") else None


def _compare_sentences(seed: str, candidate: str, known: frozenset[str]) -> tuple[list[str], list[str]]:
    """Small counts that replace one of the seed's, and statements turned round: both by sentences that are twins.

    `known` are the seed's content words: a sentence with many others has no twin.
    """
    said = [statement for sentence in _own_sentences(seed, candidate) if (statement := _statement(sentence))]
    said = [statement for statement in said if len(statement.content & known) >= TWIN * len(statement.content)]
    of_seed = [statement for sentence in sentences(seed) if (statement := _statement(sentence))] if said else []
    changed: list[str] = []
    turned: list[str] = []
    for statement in said:
        twins = _twins(statement, of_seed)
        if not twins:
            continue
        if _negated(statement.text) not in {_negated(twin.text) for twin in twins}:
            turned.append(statement.text[:120])
        stated = {quantity.value for twin in twins for quantity in quantities(twin.text)}
        # A twin that states no number is no ground to call a count wrong.
        if stated:
            small = [quantity for quantity in quantities(statement.text) if quantity.small]
            # "One" is as often a pronoun as a count.
            changed += [str(quantity) for quantity in small if quantity.value not in stated | {"1"}]
    return changed, turned


def _own_sentences(seed: str, candidate: str) -> list[str]:
    """The candidate's sentences that do not stand in the seed: in those nothing is changed or turned round."""
    whole = " ".join(line.strip() for line in seed.split("\n"))
    # What begins with a capital begins a sentence there as well: no "Never" is cut off before it.
    return [sentence for sentence in sentences(candidate) if not (sentence[0].isupper() and sentence in whole)]


def _twins(said: _Said, others: Sequence[_Said]) -> list[_Said]:
    size = len(said.content)
    return [
        other
        for other in others
        # Sizes alone rule out most pairs, for a tenth of the cost.
        if TWIN * max(size, len(other.content)) <= min(size, len(other.content))
        and len(said.content & other.content) >= TWIN * len(said.content | other.content)
    ]
