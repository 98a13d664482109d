"""What steering brings, on made-up endpoints whose quality and diversity by arm are known (`steering_world.py`).

Tokens until every target held in two rounds running, steered and with all arms alike (the baseline), on the same 20
worlds: once with targets of diversity and size, once with a school grade too; and of two models, one of them weak, with
shares that shift beside equal shares. Then endpoints that begin to repeat
themselves in round 4: whether the round is found out and taken back, and what a steady endpoint is accused of.
Limits are 90 % bootstrap limits over worlds. A job that reaches nothing counts with all it spent, which flatters it.
"""

import multiprocessing
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from app.domain.config import JobConfig, Llm, ModelShare, Planning, Targets
from app.domain.targets import StopReason
from benchmarks.stage import Load, options_of, show
from benchmarks.steering_world import WORDS, Run, World

WORLDS, CALLS = 20, 120
MOST_ROUNDS = {False: 25, True: 14}
"""Without and with a grade, which all arms alike never reach: more would cost minutes and say no more."""
REPEATS_FROM = 4
SIZE = Targets(
    distinct3_low=None,
    distinct3_high=None,
    grade_p90=None,
    cyclomatic_p90=None,
    nesting_p90=None,
    function_lines_p90=None,
    fidelity_precision=None,
    fidelity_recall=None,
    opening_share=0.05,
    approved_tokens=250 * WORDS,
)
GRADE = 8.3
MOST_RATIO = 0.75
"""Steering must reach the targets for at most so much of the tokens that all arms alike take, upper limit included."""
LEAST_FOUND = 0.9
"""Share of collapses that must be found in the round they begin."""


@dataclass(frozen=True)
class Case:
    """One job to run."""

    world: int
    steered: bool
    graded: bool
    repeats: bool = False
    models: bool = False
    """Two models, the second of which passes the gates a third as often; `steered` says whether shares may shift."""


@dataclass(frozen=True)
class Came:
    """What a job came to."""

    case: Case
    met: bool
    tokens: int
    rounds: int
    collapsed_in: int | None
    pools: tuple[int, ...]
    """Texts in the pool after each round, what was taken back left out."""


def run(case: Case) -> Came:
    """One job to its end, or to its collapse; the processes are the parallelism, so products take one thread."""
    with threadpool_limits(limits=1):
        return _run(case)


def _run(case: Case) -> Came:
    world = World(case.world, models={"strong": 0.0, "weak": -1.5} if case.models else None)
    if case.repeats:
        world.repeats_from = REPEATS_FROM
    planning = Planning(
        calls_per_round=CALLS, variants_per_seed=10, arm_floor=0.1 if case.steered or case.models else 1.0
    )
    llm = Llm(models=tuple(map(ModelShare, world.models)), adaptive=case.models and case.steered)
    targets = Targets(**{**SIZE.__dict__, "grade_p90": GRADE if case.graded else None})
    job = Run(
        world,
        JobConfig(
            rng_seed=case.world, max_rounds=MOST_ROUNDS[case.graded], targets=targets, planning=planning, llm=llm
        ),
    )
    last, number, pools = job.start(), 0, []
    while last.plan is not None and last.plan.calls:
        number += 1
        last = job.ask(last, number)
        pools.append(sum(one.verdict == "kept" for one in job.made))
    stop = last.decision.stop
    collapsed = number if stop is StopReason.collapse else None
    return Came(case, stop is StopReason.target_met, job.tokens, number, collapsed, tuple(pools))


def _ratio(found: Sequence[Came], kind: tuple[bool, bool]) -> dict[str, float]:
    """Tokens steered over tokens of the baseline: geometric mean and limits, and how many reached the targets."""
    chosen = [came for came in found if (came.case.graded, came.case.models) == kind and not came.case.repeats]
    by = {(came.case.world, came.case.steered): came for came in chosen}
    # A job that a false alarm ended early says nothing of tokens; they are counted on their own.
    fair = [world for world in range(WORLDS) if not by[world, True].collapsed_in and not by[world, False].collapsed_in]
    logs = np.log([by[world, True].tokens / by[world, False].tokens for world in fair])
    rng = np.random.default_rng(0)
    means = [float(np.exp(rng.choice(logs, len(fair)).mean())) for _ in range(2000)]
    low, high = np.percentile(means, [5, 95])
    return {
        "ratio": round(float(np.exp(logs.mean())), 3),
        "worlds": len(fair),
        "low": round(float(low), 3),
        "high": round(float(high), 3),
        "met_steered": sum(by[world, True].met for world in range(WORLDS)),
        "met_uniform": sum(by[world, False].met for world in range(WORLDS)),
        "tokens_steered": float(np.median([by[world, True].tokens for world in range(WORLDS)])),
        "tokens_uniform": float(np.median([by[world, False].tokens for world in range(WORLDS)])),
    }


def _collapses(found: Sequence[Came]) -> dict[str, float]:
    repeating = [came for came in found if came.case.repeats]
    steady = [came for came in found if not came.case.repeats]
    at_once = [came for came in repeating if came.collapsed_in == REPEATS_FROM]
    return {
        "jobs": len(repeating),
        "found_at_once": len(at_once),
        "reverted": sum(came.pools[-1] == came.pools[-2] for came in at_once),
        "rounds_of_steady_jobs": sum(came.rounds for came in steady),
        "steady_jobs": len(steady),
        "false_alarms": sum(came.collapsed_in is not None for came in steady),
    }


def main() -> int:
    """Run all, print, and say by the exit status whether the bounds hold."""
    options = options_of(__doc__).parse_args()
    load = Load()
    cases = [Case(w, steered, graded) for graded in (False, True) for w in range(WORLDS) for steered in (False, True)]
    cases += [Case(world, steered, False, models=True) for world in range(WORLDS) for steered in (False, True)]
    cases += [Case(world, True, False, repeats=True) for world in range(WORLDS)]
    with multiprocessing.get_context("fork").Pool(int(load.figures()["cores"])) as pool:
        found = pool.map(run, cases, chunksize=1)
    size, grade, models = (_ratio(found, kind) for kind in ((False, False), (True, False), (False, True)))
    collapse = _collapses(found)
    figures: dict[str, object] = {"size": size, "grade": grade, "models": models, "collapse": collapse}
    figures |= {"load": load.figures()}
    lines = [
        f"{name}: {one['ratio']:.2f} of the tokens ({one['low']:.2f} to {one['high']:.2f}, {one['worlds']} worlds); "
        f"targets met {one['met_steered']:.0f} and {one['met_uniform']:.0f} of {WORLDS}, "
        f"median tokens {one['tokens_steered']:,.0f} and {one['tokens_uniform']:,.0f}"
        for name, one in (
            ("steered beside all arms alike, diversity and size", size),
            (f"and nine in ten under grade {GRADE}", grade),
            ("two models, shares that shift beside equal ones", models),
        )
    ]
    lines.append(
        f"repeating endpoint: {collapse['found_at_once']} of {collapse['jobs']} found in the round it began, "
        f"{collapse['reverted']} of them taken back; {collapse['false_alarms']} false alarms in "
        f"{collapse['steady_jobs']} jobs of {collapse['rounds_of_steady_jobs']} rounds on steady endpoints"
    )
    show(figures, lines, as_json=options.json)
    good = size["high"] <= MOST_RATIO and collapse["found_at_once"] >= LEAST_FOUND * WORLDS
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
