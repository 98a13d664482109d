"""What enters a round: which seeds, which repairs, and how each is asked for. Source: `docs/loop.md`, "Plan".

Sixty per cent of the calls go to clusters under their quota, twenty to repairs, the rest explores; arms are drawn by
Thompson sampling with a floor, so that the choice cannot collapse onto one style. Where a measure falls short, the
plan leans on it. Deterministic given its arguments: one generator, seeded by the job's rng seed and the round.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.domain.arms import Arm as Arm
from app.domain.config import Planning

YOUNG = ("a ten-year-old", "a school pupil")
"""Audiences a plan leans to when the text is too hard."""
SHORT = "short sentences"
"""The constraint that goes with them."""
HARD_TARGETS = frozenset({"grade_p90", "ease_mean", "list_coverage"})
DIVERSE_TARGETS = frozenset({"vendi2_ratio", "cluster_simpson_ratio", "covered_clusters", "cross_5gram_ratio"})
LEAN = 0.7
"""Share of draws that follow a lever once its measure is short."""
SPOKEN = ("noun", "verb", "adjective")
"""Parts of speech in the order of a story's prompt."""
LEAST_CALLS = 50
"""A round asks for at least this many, if there are seeds for it."""


@dataclass(frozen=True)
class SeedState:
    """A seed that may be rewritten, and what was tried with it so far."""

    id: int
    cluster: int
    used: frozenset[tuple[str, str]]
    """The (audience, format) pairs it was asked with."""


@dataclass(frozen=True)
class Repairable:
    """A dropped generation worth one more try."""

    generation_id: int
    seed_id: int
    arm: Arm
    edu_score: float
    fell_short: tuple[str, ...]


@dataclass(frozen=True)
class ArmRecord:
    """How an arm did so far."""

    accepted: int
    asked: int
    tokens: int


@dataclass(frozen=True)
class Planned:
    """One call to make."""

    seed_id: int | None
    arm: Arm
    why: str
    """`quota`, `repair` or `explore`."""
    rng_seed: int
    parent_id: int | None = None
    fell_short: tuple[str, ...] = ()
    words: Mapping[str, int] = field(default_factory=dict)
    """For stories: the place in the list of each part of speech's word."""
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class Situation:
    """All a plan is made from."""

    seeds: Sequence[SeedState]
    """Seeds that take part, in corpus order, also those already used up."""
    approved: Mapping[int, int]
    """Approved texts a cluster."""
    quotas: Mapping[int, int]
    repairable: Sequence[Repairable]
    records: Mapping[str, ArmRecord]
    short: frozenset[str]
    """Names of the targets that did not hold last round."""


@dataclass(frozen=True)
class Plan:
    """The calls of a round, and the figures that say why."""

    calls: tuple[Planned, ...]
    summary: dict[str, object]


def open_seeds(seeds: Sequence[SeedState], *, variants: int) -> list[SeedState]:
    """The seeds that have a variant left."""
    return [seed for seed in seeds if len(seed.used) < variants]


def most_variants(arms: Sequence[Arm], planning: Planning) -> int:
    """How often a seed may be asked: no more than there are pairs of audience and format, for none comes twice."""
    return min(planning.variants_per_seed, len({(arm.audience, arm.format) for arm in arms}))


def plan_round(situation: Situation, arms: Sequence[Arm], *, planning: Planning, rng_seed: int, number: int) -> Plan:
    """The calls of round `number`; empty when no seed is open and nothing is repairable."""
    rng = np.random.default_rng([rng_seed, number])
    seeds = open_seeds(situation.seeds, variants=most_variants(arms, planning))
    size = planning.calls_per_round or max(LEAST_CALLS, len(seeds))
    repairs = list(situation.repairable)[: int(size * planning.repair_share)]
    order = _by_deficit(situation, seeds, most=int(size * planning.quota_share), rng=rng)
    chosen = set(order)
    rest = [place for place in rng.permutation(len(seeds)).tolist() if place not in chosen]
    explored = rest[: max(0, size - len(order) - len(repairs))]
    chooser = _ArmChooser(arms, situation, planning.arm_floor, rng)
    # All at once: a draw alone takes as long as thirty of them.
    drawn = iter(rng.integers(0, 2**31 - 1, len(order) + len(repairs) + len(explored)).tolist())
    calls = [Planned(seeds[i].id, chooser.draw(seeds[i]), "quota", next(drawn)) for i in order]
    calls += [
        Planned(r.seed_id, r.arm, "repair", next(drawn), parent_id=r.generation_id, fell_short=r.fell_short)
        for r in repairs
    ]
    calls += [Planned(seeds[i].id, chooser.explore(seeds[i]), "explore", next(drawn)) for i in explored]
    return Plan(tuple(calls), _summary(situation, calls, seeds))


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(0, 2**31 - 1))


def _by_deficit(situation: Situation, seeds: Sequence[SeedState], *, most: int, rng: np.random.Generator) -> list[int]:
    """Places in `seeds` for clusters under quota, the emptiest first, the least used seeds of each first."""
    lack = {c: quota - situation.approved.get(c, 0) for c, quota in situation.quotas.items()}
    queues: dict[int, list[int]] = defaultdict(list)
    for place in rng.permutation(len(seeds)).tolist():
        queues[seeds[place].cluster].append(place)
    for queue in queues.values():
        queue.sort(key=lambda place: len(seeds[place].used), reverse=True)
    chosen: list[int] = []
    while len(chosen) < most:
        ready = [cluster for cluster in sorted(queues) if queues[cluster] and lack.get(cluster, 0) > 0]
        if not ready:
            break
        for cluster in sorted(ready, key=lambda c: (-lack[c] / max(1, situation.quotas[c]), c)):
            if len(chosen) < most:
                chosen.append(queues[cluster].pop())
                lack[cluster] -= 1
    return chosen


class _ArmChooser:
    """Thompson sampling on accepted per 1,000 tokens, with a floor and the levers of the short measures."""

    def __init__(self, arms: Sequence[Arm], situation: Situation, floor: float, rng: np.random.Generator) -> None:
        self.arms, self.records, self.floor, self.rng = list(arms), situation.records, floor, rng
        self._untried: dict[frozenset[tuple[str, str]], tuple[list[int], list[int]]] = {}
        self.lean_young = bool(situation.short & HARD_TARGETS)
        self.lean_even = bool(situation.short & DIVERSE_TARGETS)
        records = [self.records.get(arm.name, ArmRecord(0, 0, 0)) for arm in self.arms]
        asked = sum(record.asked for record in records)
        mean = sum(record.tokens for record in records) / asked if asked else 1000.0
        self.accepted = np.array([1.0 + record.accepted for record in records])
        self.refused = np.array([1.0 + max(0, record.asked - record.accepted) for record in records])
        self.tokens = np.array([max(1.0, r.tokens / r.asked) if r.asked else mean for r in records])

    def draw(self, seed: SeedState) -> Arm:
        """An arm for `seed` whose (audience, format) it has not had."""
        free = self._free(seed)
        if self.rng.random() < (0.5 if self.lean_even else self.floor):
            return self.arms[free[int(self.rng.integers(len(free)))]]
        shares = self.rng.beta(self.accepted[free], self.refused[free])
        return self.arms[free[int(np.argmax(shares / self.tokens[free]))]]

    def explore(self, seed: SeedState) -> Arm:
        """Any arm the seed has not had, all alike; younger ones when the text is too hard."""
        free = self._free(seed)
        return self.arms[free[int(self.rng.random() * len(free))]]

    def _free(self, seed: SeedState) -> list[int]:
        # Few sets of tried pairs come up, however many seeds have them.
        if seed.used not in self._untried:
            self._untried[seed.used] = self._lists(seed.used)
        places, young = self._untried[seed.used]
        return young if self.lean_young and self.rng.random() < LEAN else places

    def _lists(self, used: frozenset[tuple[str, str]]) -> tuple[list[int], list[int]]:
        """Places of the arms that are left, and of those among them that suit a text that is too hard."""
        places = [i for i, arm in enumerate(self.arms) if (arm.audience, arm.format) not in used]
        places = places or list(range(len(self.arms)))
        young = [i for i in places if self.arms[i].audience in YOUNG]
        return places, [i for i in young if self.arms[i].constraint == SHORT] or young or places


def _summary(situation: Situation, calls: Sequence[Planned], seeds: Sequence[SeedState]) -> dict[str, object]:
    shares = Counter(call.why for call in calls)
    under = [c for c, quota in situation.quotas.items() if situation.approved.get(c, 0) < quota]
    return {
        "calls": len(calls),
        "open_seeds": len(seeds),
        "quota": shares["quota"],
        "repair": shares["repair"],
        "explore": shares["explore"],
        "clusters_under_quota": len(under),
        "clusters": len(situation.quotas),
        "arms": dict(Counter(call.arm.name for call in calls).most_common(10)),
        "leans_on": sorted(situation.short & (HARD_TARGETS | DIVERSE_TARGETS)),
    }


def _spoken(part: str) -> tuple[int, str]:
    """The order in which a prompt names parts of speech."""
    return (SPOKEN.index(part) if part in SPOKEN else len(SPOKEN), part)


def plan_draws(
    parts: Mapping[str, Sequence[int]],
    arms: Sequence[Arm],
    features: Sequence[str],
    *,
    count: int,
    rng_seed: int,
    first: int,
) -> Iterator[Planned]:
    """`count` draws of one word a part of speech (as places in `parts`) and up to two features, from draw `first` on.

    Draw k depends on k alone, so that a million of them need no rows and none comes twice.
    """
    for place in range(first, first + count):
        rng = np.random.default_rng([rng_seed, 1_000_003, place])
        words = {part: int(rng.integers(len(parts[part]))) for part in sorted(parts, key=_spoken) if parts[part]}
        chosen = tuple(features[i] for i in sorted(rng.permutation(len(features))[: int(rng.integers(0, 3))].tolist()))
        arm = arms[int(rng.integers(len(arms)))]
        yield Planned(None, arm, "draw", _seed(rng), words=words, features=chosen)
