"""What a text denies, under which conditions it speaks, and what stands beside each name: plain data, made once a seed.

Held beside a rewrite's sentences it tells statements turned round, conditions left out, and names in each other's
place. Knows nothing of facts, gates or what is done about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import msgspec

from app.domain.conditions import SURE, Condition, Limit, conditions_of, is_unlimited, limits_of, lost_from
from app.domain.denials import Denial, denials_of, said_by
from app.domain.exchanges import Company, company, exchanged
from app.domain.stems import stems_in

SHOWN = 120
"""Characters of a sentence that a finding quotes."""


class Points(msgspec.Struct, frozen=True, array_like=True):
    """The points of a text."""

    denials: tuple[Denial, ...] = ()
    conditions: tuple[Condition, ...] = ()
    limits: tuple[Limit, ...] = ()
    company: dict[str, Company] = {}
    """By name."""


@dataclass(frozen=True)
class Missed:
    """Where a rewrite misses its seed's points."""

    turned: list[str]
    """Its sentences that deny what the seed says, or say what it denies."""
    dropped: list[str]
    """Conditions of the seed left out of what they limit."""
    surely: list[str]
    """Those of them that are no mere circumstance, left out of nearly the same statement."""
    unlimited: list[str]
    """Limits left out, as the seed has them."""
    exchanged: list[str]
    """Pairs of names, as words for people."""


def points_of(sentences: Sequence[str], names: Sequence[str]) -> Points:
    """The points of a seed with these sentences and names."""
    lower = [sentence.lower() for sentence in sentences]
    return Points(
        tuple([denial for sentence in lower for denial in denials_of(sentence)]),
        tuple([condition for sentence in lower for condition in conditions_of(sentence)]),
        tuple([limit for sentence in lower for limit in limits_of(sentence)]),
        company(sentences, names) if len(names) > 1 else {},
    )


def missed(
    points: Points, seed: Sequence[str], said: Sequence[str], own: Sequence[int], names: Sequence[str]
) -> Missed:
    """What a rewrite's sentences `said` do to the points of a seed; `own` are the places of those not copied from it.

    `names` are those of the rewrite.
    """
    lower = [sentence.lower() for sentence in said]
    stems = cache(lambda place: frozenset(stems_in(lower[place])))
    turned = _denying([lower[place] for place in own], own, seed)
    for denial in points.denials:
        found = said_by(denial, lower, stems)
        if found is not None and found in own:
            turned.append(found)
    whole = "\n".join(lower) if points.conditions or points.limits else ""
    lost = [(one, lost_from(one, lower, stems, own)) for one in points.conditions if one.text not in whole]
    dropped = [one.text for one, share in lost if share]
    surely = [one.text for one, share in lost if one.strict and share >= SURE]
    unlimited = [one.text for one in points.limits if one.text not in whole and is_unlimited(one, lower, stems, own)]
    pairs = _exchanged(points, seed, [said[place] for place in own], names)
    return Missed([said[place][:SHOWN] for place in turned], dropped, surely, unlimited, pairs)


def _denying(lower: Sequence[str], places: Sequence[int], seed: Sequence[str]) -> list[int]:
    """Places of the sentences that deny what the seed says."""
    denials = [
        (place, denial) for place, sentence in zip(places, lower, strict=True) for denial in denials_of(sentence)
    ]
    if not denials:
        return []
    lower_seed = [sentence.lower() for sentence in seed]
    stems = cache(lambda place: frozenset(stems_in(lower_seed[place])))
    return [place for place, denial in denials if said_by(denial, lower_seed, stems) is not None]


def _exchanged(points: Points, seed: Sequence[str], own: Sequence[str], names: Sequence[str]) -> list[str]:
    text = "\n".join(own)
    of_seed = [name for name in points.company if name in text]
    more = [name for name in names if name not in points.company and name in text]
    if len(of_seed) + len(more) < 2:
        return []
    whole = "\n".join(seed)
    more = [name for name in more if name in whole]
    known = points.company
    if more:
        known = company(seed, of_seed + more)
    found = exchanged(known, company(own, of_seed + more))
    return [f"{first} and {second} in each other's place" for first, second in found]
