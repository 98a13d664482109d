"""Sentences of a rewrite held beside the seed's: turned round, with a fact exchanged, short of a condition, or made up.

Two views. A clause that stands in the seed but for its negations and counts must have the seed's. A sentence that
shares most of its content words with one of the seed's restates it: what it puts in another's place is exchanged. What
was said anew in other words stays unseen, so every rule asks for more than one sign. Knows nothing of code or gates.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from posixpath import commonprefix
from typing import NamedTuple

from app.domain import clauses, points
from app.domain.accents import unaccented, with_ascii
from app.domain.fact_forms import said_otherwise, stands
from app.domain.facts import NUMBER_WORDS, Facts, Known, Quantity
from app.domain.name_forms import acronyms, akin

CONTENT = re.compile(r"([a-zß-ÿ]{4,6})[a-zß-ÿ]*")
"""The first six letters of words of four or more: enough to know a word whatever its ending."""
_SWAPPED = frozenset(word[:6] for word in (*NUMBER_WORDS, "cannot", "never", "none", "without", "neither", "unable"))

TWIN = 0.9
"""Content words two sentences must share, of all they have, to count as the same statement."""
ALIGNED = 0.5
"""Share of a sentence's content words that one of the seed's must have to be what it restates."""
RESTATED = 0.6
"""Content words besides names two sentences must share, of all they have, for one's facts to be the other's."""
LEAST_SHARED = 3
"""Content words that an aligned sentence shares at least."""
LEAST_SPELLED = 5
"""Letters of a name that one letter does not make another name."""
FEW = 60
"""Sentences of a seed that need no index."""
MOST_PLACES = 50
"""Sentences that a content word leads to."""
INVENTED = 0.75
"""Share of a sentence's content words that the seed has nowhere, from which on it counts as made up."""


class Statement(NamedTuple):
    """One sentence."""

    text: str
    lower: str
    content: frozenset[str]
    """Stems of its content words; what may be swapped, counts and negations, is none."""


@dataclass(frozen=True)
class Findings:
    """What a rewrite's sentences do to the seed's."""

    turned: list[str] = field(default_factory=list)
    """Sentences that say the opposite."""
    changed: list[str] = field(default_factory=list)
    """Small counts in place of one of the seed's."""
    exchanged: list[str] = field(default_factory=list)
    """Facts that stand where the seed has another one."""
    dropped: list[str] = field(default_factory=list)
    """Conditions of the seed left out of a statement that it limits."""
    unconditional: list[str] = field(default_factory=list)
    """Those of them left out of what is otherwise the same, or nearly the same, and no mere circumstance."""
    invented: list[str] = field(default_factory=list)
    """Sentences about nothing that the seed speaks of."""


def statement_of(sentence: str) -> Statement:
    """The sentence with its content words."""
    lower = sentence.lower()
    return Statement(sentence, lower, frozenset(CONTENT.findall(lower)) - _SWAPPED)


def stems_of(said: Sequence[Statement]) -> Counter[str]:
    """In how many of the sentences each stem stands."""
    return Counter([stem for statement in said for stem in statement.content])


class SeedSentences:
    """A seed's sentences, found by their content words and clauses."""

    def __init__(self, said: Sequence[Statement], facts: Facts) -> None:
        self.all = said
        self.facts = facts
        self.known = frozenset().union(*[statement.content for statement in said])
        self.named = frozenset(CONTENT.findall(" ".join(facts.names).lower()))
        self._places: dict[str, list[int]] = defaultdict(list)
        if len(said) > FEW:
            for place, statement in enumerate(said):
                for stem in statement.content:
                    self._places[stem].append(place)

    def beside(self, content: frozenset[str]) -> list[Statement]:
        """The sentences that share most with a sentence of this content, best first; none without enough in one."""
        shared = self._shared(content)
        best = max(shared.values(), default=0)
        if best < max(LEAST_SHARED, ALIGNED * len(content)):
            return []
        return [self.all[place] for _, place in sorted([(-n, p) for p, n in shared.items() if n >= 0.75 * best])]

    def _shared(self, content: frozenset[str]) -> dict[int, int]:
        """Shared content words by sentence. Looking at all of them costs less than an index while they are few."""
        if not self._places:
            return {place: len(content & other.content) for place, other in enumerate(self.all)}
        places = self._places
        # What every sentence has tells none from another, and would make a long text's cost its square.
        return Counter([place for stem in content if stem in places for place in places[stem][:MOST_PLACES]])


def compare(seed: Sequence[Statement], said: Sequence[str], facts: tuple[Facts, Facts]) -> Findings:
    """What the candidate's own sentences do to the seed's; `facts` are the seed's and the candidate's.

    Sentences that stand in the seed as they are, and questions, do nothing to it.
    """
    found = Findings()
    of_points = facts[0].points or points.points_of([statement.text for statement in seed], facts[0].names)
    whole = " ".join([statement.text for statement in seed])
    # What begins with a capital begins a sentence there as well: no "Never" is cut off before it.
    own = [
        place
        for place, sentence in enumerate(said)
        if sentence[-1] != "?" and not (sentence in whole and sentence[0].isupper())
    ]
    if not own:
        return found
    of_seed = SeedSentences(seed, facts[0])
    for place in own:
        _compare_one(found, of_seed, said, place, facts[1])
    missed = points.missed(of_points, [statement.text for statement in seed], said, own, facts[1].names)
    found.turned.extend(missed.turned)
    found.unconditional.extend(missed.surely)
    # The same limit may be missed in both views.
    found.dropped.extend(missed.dropped if found.dropped else missed.dropped + missed.unlimited)
    found.exchanged.extend(missed.exchanged)
    _changed_counts(found, facts)
    for listed in (found.turned, found.changed, found.dropped):
        listed[:] = dict.fromkeys(listed)
    return found


def _compare_one(found: Findings, of_seed: SeedSentences, said: Sequence[str], place: int, facts: Facts) -> None:
    statement = statement_of(said[place])
    size = len(statement.content)
    if size >= 4 and len(statement.content & of_seed.known) <= (1 - INVENTED) * size:
        found.invented.append(statement.text[:120])
        return
    names = [name for name in facts.names if name in statement.text]
    stems = statement.content
    if names:
        stems -= frozenset(CONTENT.findall(" ".join(names).lower()))
    near = of_seed.beside(stems)
    if not near:
        return
    restated = len(stems & near[0].content) >= RESTATED * len(stems | (near[0].content - of_seed.named))
    found.exchanged.extend(_exchanged(statement, names, facts, near[0], of_seed, anywhere=not restated))
    # A sentence made of the seed's clauses has most of its words in the one beside it.
    copied = len(stems & near[0].content) >= 0.75 * len(stems)
    same = clauses.compare(statement.lower, near[0].lower) if copied else None
    if same:
        found.changed.extend(same.changed)
        found.dropped.extend(same.dropped)
        found.unconditional.extend(same.dropped)
        found.exchanged.extend([f"{value} in “{statement.text[:100]}”" for value in same.changed])
    if (same and same.turned) or _is_turned(statement, near):
        found.turned.append(statement.text[:120])


def _exchanged(
    said: Statement, names: Sequence[str], facts: Facts, beside: Statement, of_seed: SeedSentences, *, anywhere: bool
) -> list[str]:
    """Names and numbers of a sentence where the seed's sentence has others that this one is without: one for one.

    With `anywhere` the sentences have less in common: numbers alone, and only such as the other text has nowhere.
    """
    strange = [] if anywhere else [name for name in names if not _any_part(name, beside.text)]
    gone = (
        [name for name in of_seed.facts.names if name in beside.text and not _any_part(name, said.text)]
        if strange
        else []
    )
    ours = _stated(said, facts)
    theirs = _stated(beside, of_seed.facts) if ours else []
    new = [quantity for quantity in _without(ours, theirs) if not said_otherwise(quantity, beside.lower)]
    lost = [quantity for quantity in _without(theirs, ours) if not said_otherwise(quantity, said.lower)] if new else []
    if anywhere and lost:
        new, lost = _without(new, of_seed.facts.quantities), _without(lost, facts.quantities)
    found = []
    if strange and len(strange) == len(gone) <= 2 and not all(map(_spelled_alike, strange, gone)):
        found.append(f"{' and '.join(strange)} for {' and '.join(gone)}")
    if len(new) == len(lost) == 1 and (new[0].unit, new[0].is_year) == (lost[0].unit, lost[0].is_year):
        found.append(f"{new[0]} for {lost[0]}")
    return found


def _without(some: Sequence[Quantity], others: Sequence[Quantity]) -> list[Quantity]:
    if not some:
        return []
    known = Known(others)
    return [quantity for quantity in some if not known.supports(quantity)]


def _stated(statement: Statement, facts: Facts) -> list[Quantity]:
    """The facts' quantities that the sentence states, small counts aside."""
    return [q for q in facts.large if q.shown.lower() in statement.lower and _holds(statement.lower, q.shown.lower())]


def _any_part(name: str, text: str) -> bool:
    if not text.isascii():
        text = with_ascii(text)
    if any(part.rstrip("s") in text for part in re.split(r"[ -]", name)):
        return True
    others = [other for part in re.split(r"[ -]", name.lower()) for other in akin(part)]
    lower = text.lower() if others else ""
    return any(stands(other, lower) for other in others) or any(stands(short, text) for short in acronyms(name))


def _spelled_alike(one: str, other: str) -> bool:
    """A name of five letters or more with one letter more, less or other: Kasmir is Kashmir, mended."""
    one, other = unaccented(one.lower()), unaccented(other.lower())
    same = len(commonprefix((one, other)))
    same += len(commonprefix((one[same:][::-1], other[same:][::-1])))
    return min(len(one), len(other)) >= LEAST_SPELLED and max(len(one), len(other)) - same <= 1


def _holds(lower: str, shown: str) -> bool:
    at = lower.find(shown)
    return at >= 0 and not (lower[at - 1 : at].isdigit() or lower[at + len(shown) : at + len(shown) + 1].isdigit())


def _is_turned(statement: Statement, near: Sequence[Statement]) -> bool:
    said_no, beside_no = clauses.negates(statement.lower), clauses.negates(near[0].lower)
    if not said_no and not beside_no:
        return False
    if said_no != beside_no and clauses.is_limited((near[0] if said_no else statement).lower):
        return False
    twins = [other for other in near if _is_twin(statement.content, other.content)]
    if twins and len(statement.content) > LEAST_SHARED:
        # Said twice, no is yes: their number must agree with one twin's.
        return clauses.denials(statement.lower) not in {clauses.denials(twin.lower) for twin in twins}
    return False


def _is_twin(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= TWIN * len(one | other)


def _changed_counts(found: Findings, facts: tuple[Facts, Facts]) -> None:
    """Small counts of a thing that the seed counts otherwise: seven countries where it has ten."""
    known: dict[str, set[str]] = defaultdict(set)
    for quantity in facts[0].quantities:
        if quantity.counted:
            known[quantity.counted].add(quantity.value)
    values = {quantity.value for quantity in facts[0].quantities}
    found.changed.extend(
        str(quantity)
        for quantity in facts[1].quantities
        if _is_count(quantity) and quantity.counted in known and quantity.value not in values
    )


def _is_count(quantity: Quantity) -> bool:
    # "One" is as often a pronoun as a count.
    return quantity.small and quantity.value != "1"
