"""Whether a rewrite says what its seed says: quantities, names, negations, conditions, identifiers, what code does.

Precision is the share of the candidate's facts that its seed supports, recall the share of the seed's key facts that
the candidate keeps. Deterministic and cheap; it sees swapped facts, not swapped meanings. What stands in a fact's place
is `contradicted` and refused by itself. Conditions left out and sentences about something else are told as scores:
faithful lessons have both (`benchmarks/fidelity.py` measures all of it).
Worked examples are a lesson's own: numbers inside code and calls are not compared, identifiers there are.
"""

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from app.domain.accents import composed
from app.domain.behaviour import Behaviour, Runner, compare_code
from app.domain.code import python_blocks
from app.domain.fact_forms import IDENTIFIER, identifiers, said_otherwise, stands, unknown
from app.domain.facts import Facts, Known, Quantity, facts_of, quantities
from app.domain.fences import split_fences
from app.domain.points import points_of
from app.domain.records import Kind
from app.domain.statements import compare, statement_of, stems_of
from app.domain.text import sentences
from app.domain.units import dimension

_INLINE = re.compile(r"`([^`\n]{1,200})`")
_DEFINED = re.compile(r"\b(?:def|class|function|fn|func|interface|struct)\s{1,20}([A-Za-z_]\w{0,60})")
MANY_NEW = 200
MOST_LOOKED_AT = 1_000_000
"""Characters of a seed, times the pieces of code to be found in it, beyond which nobody looks for them."""
_SPACED = bytes(code if chr(code).isalnum() and code < 128 else 32 for code in range(256))
_NOT_NAMES = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|#[^\n]*|//[^\n]*")

LANGUAGE_WORDS = (
    frozenset(word.lower() for word in (*keyword.kwlist, *dir(builtins)))
    | frozenset("self cls args kwargs match case var let const function return null undefined python example".split())
    | frozenset(name for kind in (str, list, dict, set, tuple, int, float, bytes) for name in dir(kind))
    | frozenset("result output input value argument arguments parameter step steps error type name index".split())
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
    contradicted: list[str] = field(default_factory=list)
    """Facts that stand where the seed has another one."""
    dropped: list[str] = field(default_factory=list)
    """Conditions of the seed left out of a statement that it limits."""
    unconditional: list[str] = field(default_factory=list)
    """Those of them left out of nearly the same statement."""
    invented: list[str] = field(default_factory=list)
    """Sentences about nothing that the seed speaks of."""
    changed_code: list[str] = field(default_factory=list)
    """Functions or lines of code that no longer do what the seed's do, with the evidence."""
    scores: dict[str, float] = field(default_factory=dict)


def seed_facts(seed: str, kind: Kind) -> Facts:
    """What a seed states: the part of a check that all its candidates share."""
    if kind is Kind.code:
        return Facts(quantities(seed), ())
    plain = _prose(composed(seed))
    facts = facts_of(plain)
    return msgspec.structs.replace(facts, points=points_of(sentences(plain), facts.names))


def check_fidelity(
    seed: str,
    candidate: str,
    kind: Kind,
    of_seed: Facts | None = None,
    *,
    version: str | None = None,
    run: Runner | None = None,
) -> FidelityReport:
    """The report on one candidate; `of_seed` are the seed's facts where they are known. Empty texts are faithful.

    `version` is the seed's code as passes bettered it, where the candidate was made from that: its names are known too,
    and code shown must do what it does. `run` as in `behaviour.compare_code`.
    """
    seed, candidate = composed(seed), composed(candidate)
    facts = of_seed or seed_facts(seed, kind)
    if kind is Kind.code:
        return _check_code(seed, candidate, facts, run, composed(version) if version else seed)
    return _check_prose(seed, candidate, facts, run)


def _check_prose(seed: str, candidate: str, of_seed: Facts, run: Runner | None) -> FidelityReport:
    plain = _prose(candidate)
    said = facts_of(plain)
    seeds = [statement_of(sentence) for sentence in sentences(_prose(seed))]
    findings = compare(seeds, sentences(plain), (of_seed, said))
    counted = list({(q.value, q.unit, q.hedged): q for q in said.large}.values())
    new_numbers = list(dict.fromkeys(findings.changed + _new_numbers(counted, of_seed, seed)))
    new_names = unknown(said.names, seed)
    total = len(counted) + len(findings.changed) + len(said.names)
    lost, keys = _lost(of_seed, said, candidate)
    behaviour = _shown_code(seed, candidate, run)
    contradicted = list(dict.fromkeys(findings.exchanged + _other_units(new_numbers, counted, of_seed)))
    return FidelityReport(
        precision=1.0 - len(new_numbers + new_names) / total if total else 1.0,
        recall=min(1.0 - len(lost) / keys if keys else 1.0, _topic_recall(stems_of(seeds), candidate.lower())),
        unsupported=new_numbers + new_names,
        lost=lost,
        negations=findings.turned,
        contradicted=contradicted,
        dropped=findings.dropped,
        unconditional=findings.unconditional,
        invented=findings.invented,
        changed_code=behaviour.changed if behaviour else [],
        scores=_told(behaviour)
        | {
            "new_numbers": float(len(new_numbers)),
            "new_names": float(len(new_names)),
            "contradicted": float(len(contradicted)),
            "turned": float(len(findings.turned)),
            "dropped_conditions": float(len(findings.dropped)),
            "unconditional": float(len(findings.unconditional)),
            "invented_sentences": float(len(findings.invented)),
        },
    )


def _shown_code(seed: str, candidate: str, run: Runner | None) -> Behaviour | None:
    """What becomes of the code that prose shows; None where one of the two shows none."""
    if "```" not in seed or "```" not in candidate:
        return None
    return compare_code("\n\n".join(python_blocks(seed)), python_blocks(candidate), run)


def _told(behaviour: Behaviour | None) -> dict[str, float]:
    if behaviour is None:
        return {}
    return {
        "code_same": float(len(behaviour.same)),
        "code_changed": float(len(behaviour.changed)),
        "code_untold": float(len(behaviour.untold)),
        "code_interpreted": float(len(behaviour.interpreted)),
        "code_ran": float(len(behaviour.ran)),
    }


def _other_units(new: Sequence[str], counted: Sequence[Quantity], of_seed: Facts) -> list[str]:
    """Numbers of the seed with another unit of the same dimension: 6 miles for 6 km. Six years are no six euros."""
    if not new:
        return []
    kept = {(quantity.value, quantity.unit) for quantity in counted}
    units = {
        (q.value, dimension(q.unit)): str(q) for q in of_seed.quantities if q.unit and (q.value, q.unit) not in kept
    }
    found = [(q, units.get((q.value, dimension(q.unit)))) for q in counted if q.unit and str(q) in new]
    return [f"{q} for {other}" for q, other in found if other]


def _prose(text: str) -> str:
    return _INLINE.sub(" ", split_fences(text).prose)


def _new_numbers(counted: Sequence[Quantity], of_seed: Facts, seed: str) -> list[str]:
    """Those the seed does not state; its headings and code, looked at only when needed, state things as well."""
    known = Known(of_seed.quantities)
    new = [quantity for quantity in counted if not known.supports(quantity)]
    if new:
        known = Known(quantities(seed))
    new = [quantity for quantity in new if not known.supports(quantity)]
    lower = seed.lower() if new else ""
    # Looking for hundreds of numbers one by one would make a long text's cost its square.
    return [str(quantity) for quantity in new if len(new) > MANY_NEW or not said_otherwise(quantity, lower)]


def _lost(of_seed: Facts, said: Facts, candidate: str) -> tuple[list[str], int]:
    """Key facts left out, and how many there were. Small counts are no key facts."""
    kept = {quantity.value for quantity in said.quantities}
    numbers = {quantity.value: str(quantity) for quantity in of_seed.quantities if not quantity.small}
    if not kept.issuperset(numbers):
        kept |= {quantity.value for quantity in quantities(candidate)}
    lost = [shown for value, shown in numbers.items() if value not in kept]
    lost += unknown(of_seed.names, candidate)
    return lost, len(numbers) + len(of_seed.names)


def _check_code(seed: str, candidate: str, of_seed: Facts, run: Runner | None, version: str) -> FidelityReport:
    """For code, facts are identifiers: those a lesson names in code must be the seed's, and some must be named."""
    parted = split_fences(candidate)
    parts = list(dict.fromkeys([source for _, source in parted.blocks] + _INLINE.findall(parted.prose)))
    # Most code that a lesson shows is the seed's, letter for letter, and brings nothing new.
    looked = len(parts) * len(seed) <= MOST_LOOKED_AT
    own = [part for part in parts if not (looked and stands(part.strip(), seed))]
    shown = [source for _, source in parted.blocks if version is seed or source.strip() not in seed]
    behaviour = compare_code(version, shown, run)
    new = sorted(_named(own) - _known_names(seed, version) - behaviour.local_names) if own else []
    keys = {name.lower() for name in _DEFINED.findall(seed) if len(name) > 1 and not name.startswith("_")}
    lost = sorted(keys - identifiers(candidate)) if keys else []
    stated = [q for q in facts_of(_INLINE.sub(" ", parted.prose)).quantities if not q.small]
    known = Known(of_seed.quantities + quantities(" ".join(own))) if stated else Known(())
    return FidelityReport(
        precision=1.0 - len(new) / len(_named(parts)) if new else 1.0,
        recall=1.0 - len(lost) / len(keys) if keys else 1.0,
        unsupported=new,
        lost=lost,
        changed_code=behaviour.changed,
        scores=_told(behaviour)
        | {
            "new_identifiers": float(len(new)),
            # Told, not judged: a worked example has results that stand nowhere in the seed.
            "new_numbers": float(sum(not known.supports(q) for q in stated)),
        },
    )


def _named(parts: Sequence[str]) -> set[str]:
    """The identifiers of code, in lower case, but for words of the language."""
    return {name.lower() for part in parts for name in IDENTIFIER.findall(_NOT_NAMES.sub(" ", part))} - LANGUAGE_WORDS


def _known_names(seed: str, version: str) -> frozenset[str]:
    return identifiers(seed) if version is seed else identifiers(seed) | identifiers(version)


def _topic_recall(of_seed: Counter[str], lower: str) -> float:
    """Share of the seed's frequent content words that come again, doubled: half of them is a whole rewrite."""
    frequent = [word for word, count in of_seed.items() if count > 1] or list(of_seed)
    if not frequent:
        return 1.0
    starts = b" " + lower.encode("utf-8", "replace").translate(_SPACED)
    kept = sum([(b" " + word.encode() in starts) if word.isascii() else (word in lower) for word in frequent])
    return min(1.0, 2.0 * kept / len(frequent))
