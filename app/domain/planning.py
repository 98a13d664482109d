"""What enters a round: which seeds, which repairs, and how each is asked for. Source: `docs/loop.md`, "Plan".

Sixty per cent of the calls go to clusters under their quota, twenty to repairs, twenty explore; what one of them cannot
use grows the pool in the ways that do best. Arms are drawn by Thompson sampling with a floor, so that the choice cannot
collapse onto one style. Where a measure falls short, the plan pulls the lever of `app/domain/levers.py`. Deterministic
given its arguments: one generator, seeded by the job's rng seed and the round.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

import numpy as np

from app.domain import arm_beliefs, levers, plan_account
from app.domain.arm_beliefs import Trial
from app.domain.arm_choice import Chooser
from app.domain.arms import Arm as Arm
from app.domain.config import Planning
from app.domain.levers import SHIFT, Lever
from app.domain.model_shares import apportion
from app.domain.refinements import Refinable
from app.domain.targets import Check

LEAST_CALLS = 50
"""A round asks for at least this many, if there are seeds for it."""


@dataclass(frozen=True)
class SeedState:
    """A seed that may be rewritten, and what was tried with it so far."""

    id: int
    cluster: int
    used: frozenset[tuple[str, str]]
    """The (audience, format) pairs it was asked with."""
    uncovered: bool = False
    """Whether it is a part of a long source without a kept text, to be asked for before all others."""


@dataclass(frozen=True)
class Repairable:
    """A dropped generation worth one more try."""

    generation_id: int
    seed_id: int | None
    """None of a text that was drawn."""
    arm: Arm
    edu_score: float
    fell_short: tuple[str, ...]


@dataclass(frozen=True)
class Planned:
    """One call to make."""

    seed_id: int | None
    arm: Arm
    why: str
    """`cover`, `quota`, `repair`, `refine`, `grow`, `explore` or `draw`."""
    rng_seed: int
    parent_id: int | None = None
    fell_short: tuple[str, ...] = ()
    better_by: tuple[str, ...] = ()
    """Of a refinement: the figures that must become better."""
    asked_before: int = 0
    """Of a refinement: how many its text had."""
    words: Mapping[str, int] = field(default_factory=dict)
    """For stories: the place in the list of each part of speech's word."""
    features: tuple[str, ...] = ()
    opening: str = ""
    """For stories: how to begin; empty: as the model likes."""
    model: str | None = None
    """Of a job with several models."""


@dataclass(frozen=True)
class Situation:
    """All a plan is made from."""

    seeds: Sequence[SeedState]
    """Seeds that take part, in corpus order, also those already used up."""
    approved: Mapping[int, int]
    """Approved texts a cluster."""
    quotas: Mapping[int, int]
    repairable: Sequence[Repairable]
    refinable: Sequence[Refinable] = ()
    """Kept texts worth a better version, the first to be asked for first."""
    trials: Sequence[Trial] = ()
    """What came of the arms so far."""
    short: Sequence[Check] = ()
    """The targets that did not hold last round."""
    models: Mapping[str, float] = field(default_factory=dict)
    """{model: its share of the calls}; empty: the job has one."""
    model_floor: float | None = None
    """The share of calls that each model gets at least, the best the rest; None: the shares are kept."""
    cost_unit: str = "tokens"
    """Of the trials' costs: `tokens`, or `usd` for micro-USD."""


@dataclass(frozen=True)
class Plan:
    """The calls of a round, and the figures that say why."""

    calls: Sequence[Planned]
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
    options = [(a.format, a.audience, a.constraint, model) for a in arms for model in situation.models or ("",)]
    beliefs = arm_beliefs.learn(options, situation.trials, memory=planning.arm_memory)
    pulls = levers.pulled(situation.short)
    size = planning.calls_per_round or max(LEAST_CALLS, len(seeds))
    shares = _shares(size, planning, pulls, refinable=len(situation.refinable))
    chosen = _choose(situation, seeds, shares, size=size, rng=rng)
    total = sum(map(len, chosen.values()))
    count = total - len(chosen["repair"]) - len(chosen["refine"])
    chooser = Chooser(options, beliefs, floor=planning.arm_floor, levers=pulls, calls=count, rng=rng)
    models = iter(_models(situation, total, rng))
    # All at once: a draw alone takes as long as thirty of them.
    drawn = iter(rng.integers(0, 2**31 - 1, total).tolist())
    calls: list[Planned] = []
    for why in ("cover", "quota", "repair", "refine", "grow", "explore"):
        for place in chosen[why]:
            model = next(models)
            if why in ("repair", "refine"):
                of = situation.repairable[place] if why == "repair" else situation.refinable[place]
                calls.append(once_more(of, next(drawn), model or _first(situation.models)))
                continue
            find = chooser.explore if why == "explore" else chooser.draw
            style, audience, constraint, asked = options[find(seeds[place].used, model)]
            calls.append(
                Planned(seeds[place].id, Arm(style, audience, constraint), why, next(drawn), model=asked or None)
            )
    account = plan_account.account(
        options, beliefs, [(c.arm.format, c.arm.audience, c.arm.constraint, c.model or "") for c in calls]
    )
    return Plan(tuple(calls), _summary(situation, calls, seeds) | account)


def _shares(size: int, planning: Planning, pulls: Mapping[str, Lever], *, refinable: int) -> dict[str, int]:
    """The most calls of each kind; levers and refinements take some from exploring, never all of it."""
    quota, repair = planning.quota_share, planning.repair_share
    free = max(0.0, 1.0 - quota - repair)
    wanting = [any(lever.clusters for lever in pulls.values()), any(lever.repairs for lever in pulls.values())]
    moved = min(SHIFT, free / 2) / max(1, sum(wanting))
    quota, repair = quota + moved * wanting[0], repair + moved * wanting[1]
    explore = max(0.0, 1 - quota - repair)
    refine = min(refinable, int(size * min(planning.refine_share, explore / 2) + 1e-9))
    return {
        "quota": int(size * quota + 1e-9),
        "repair": int(size * repair + 1e-9),
        "refine": refine,
        "explore": int(size * explore + 1e-9) - refine,
    }


def _choose(
    situation: Situation, seeds: Sequence[SeedState], shares: Mapping[str, int], *, size: int, rng: np.random.Generator
) -> dict[str, list[int]]:
    """{why: places}, of repairs and refinements in theirs, of all others in `seeds`, none twice."""
    cover = sorted((place for place, seed in enumerate(seeds) if seed.uncovered), key=lambda at: len(seeds[at].used))
    cover = cover[:size]
    room = size - len(cover)
    repairs = list(range(min(len(situation.repairable), shares["repair"], room)))
    refined = list(range(min(shares["refine"], room - len(repairs))))
    most = min(shares["quota"], room - len(repairs) - len(refined))
    quota = _by_deficit(situation, seeds, most=most, rng=rng, but=frozenset(cover))
    taken = {*cover, *quota}
    rest = [place for place in rng.permutation(len(seeds)).tolist() if place not in taken]
    rest = rest[: max(0, room - len(quota) - len(repairs) - len(refined))]
    # What quotas and repairs leave over is not for exploring: it goes to what is known to do well.
    explored = min(len(rest), shares["explore"])
    again = {"repair": repairs, "refine": refined}
    return {"cover": cover, "quota": quota, **again, "explore": rest[:explored], "grow": rest[explored:]}


def once_more(of: Repairable | Refinable, rng_seed: int, model: str | None) -> Planned:
    """The call that repairs a dropped text or refines a kept one."""
    call = Planned(of.seed_id, of.arm, "repair", rng_seed, of.generation_id, of.fell_short, model=model)
    if isinstance(of, Refinable):
        return replace(call, why="refine", better_by=of.by, asked_before=of.asked)
    return call


def _models(situation: Situation, count: int, rng: np.random.Generator) -> list[str | None]:
    """The model of each call in a random order, None where the chooser decides."""
    shares, floor = situation.models, situation.model_floor
    if not shares:
        return [None] * count
    if floor is None or not situation.trials:
        parts: dict[str | None, int] = dict(apportion(count, shares).items())
    else:
        parts = dict.fromkeys(shares, ceil(count * floor - 1e-9))
        parts[None] = max(0, count - sum(parts.values()))
    named = [model for model, calls in parts.items() for _ in range(calls)][:count]
    return [named[place] for place in rng.permutation(len(named)).tolist()]


def _first(models: Mapping[str, float]) -> str | None:
    """The model with the largest share."""
    return max(models, key=lambda name: models[name]) if models else None


def _by_deficit(
    situation: Situation, seeds: Sequence[SeedState], *, most: int, rng: np.random.Generator, but: frozenset[int]
) -> list[int]:
    """Places in `seeds` for clusters under quota, the emptiest first, the least used seeds of each first.

    A cluster gets as many calls as bring what it lacks at the share of calls that was accepted so far.
    """
    rate = _acceptance(situation)
    lack = {c: ceil((quota - situation.approved.get(c, 0)) / rate) for c, quota in situation.quotas.items()}
    queues: dict[int, list[int]] = defaultdict(list)
    for place in rng.permutation(len(seeds)).tolist():
        if place not in but:
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


LEAST_ACCEPTANCE = 0.2
"""No more than five calls are made for one text that a cluster lacks."""


def _acceptance(situation: Situation) -> float:
    """The share of calls that were accepted so far, in [LEAST_ACCEPTANCE, 1]; 1.0 before there were any."""
    asked, accepted = (sum(t.asked for t in situation.trials), sum(t.accepted for t in situation.trials))
    return min(1.0, max(LEAST_ACCEPTANCE, accepted / asked)) if asked else 1.0


def _summary(situation: Situation, calls: Sequence[Planned], seeds: Sequence[SeedState]) -> dict[str, object]:
    shares = Counter(call.why for call in calls)
    under = [c for c, quota in situation.quotas.items() if situation.approved.get(c, 0) < quota]
    return {
        "calls": len(calls),
        "open_seeds": len(seeds),
        **({"cover": shares["cover"]} if shares["cover"] else {}),
        "quota": shares["quota"],
        "repair": shares["repair"],
        "refine": shares["refine"],
        "grow": shares["grow"],
        "explore": shares["explore"],
        "clusters_under_quota": len(under),
        "clusters": len(situation.quotas),
        "acceptance": round(_acceptance(situation), 4),
        "arms": dict(Counter(call.arm.name for call in calls).most_common(10)),
        "unit": situation.cost_unit,
        "leans_on": sorted(levers.pulled(situation.short)),
        "levers": plan_account.levers_account(situation.short),
    }
