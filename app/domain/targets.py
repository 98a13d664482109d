"""Whether a round's measures meet the targets, and whether the loop goes on. Source: `docs/loop.md`, "The target".

Every decision carries the checks it was made from, so that a stop can be read years later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from app.domain.config import Targets

Measures = Mapping[str, float | None]


class StopReason(StrEnum):
    """Why a job ended; only the first is a success."""

    target_met = "target_met"
    """All targets held on the audit split in two rounds running."""
    plateau = "plateau"
    """Rounds no longer bring the set nearer to its targets."""
    budget_exhausted = "budget_exhausted"
    """Rounds, calls, tokens, money or time are used up."""
    collapse = "collapse"
    """Diversity fell sharply in one round, or its answers were suddenly all alike; waits for a person."""
    nothing_to_do = "nothing_to_do"
    """No seed is left that may be rewritten."""
    cancelled = "cancelled"
    """Somebody stopped it."""


@dataclass(frozen=True)
class Check:
    """One target against one measure."""

    name: str
    value: float | None
    """None: not measurable on this set; such a target does not hold."""
    bound: float
    direction: str
    """`>=` or `<=`."""
    holds: bool
    progress: float
    """How near the value is to its bound, in [0, 1]; 1 when it holds."""


@dataclass(frozen=True)
class RoundFigures:
    """What the decision needs of one settled round."""

    checks: tuple[Check, ...]
    calls: int
    accepted: int
    tokens: int
    diversity: dict[str, tuple[float, float]]
    """(value, upper limit) of the measures whose fall is a collapse."""
    passed: int = 0
    """Answers that passed the gates of documents."""
    same: int = 0
    """Those of them that the pool refused as copies, as redundant or for their opening."""


@dataclass(frozen=True)
class Decision:
    """Go on (`stop` is None) or stop, and the sentence that says why."""

    stop: StopReason | None
    why: str


RULES: tuple[tuple[str, str, str], ...] = (
    ("vendi2_ratio", "vendi2_ratio", ">="),
    ("cluster_simpson_ratio", "cluster_simpson_ratio", ">="),
    ("covered_clusters", "covered_clusters", ">="),
    ("distinct3_low", "distinct3_ratio", ">="),
    ("distinct3_high", "distinct3_ratio", "<="),
    ("cross_5gram_ratio", "cross_5gram_ratio", "<="),
    ("opening_share", "opening_share", "<="),
    ("near_duplicate_rate", "near_duplicate_rate", "<="),
    ("ease_mean", "ease_mean_low", ">="),
    ("grade_p90", "grade_p90", "<="),
    ("list_coverage", "list_coverage", ">="),
    ("cyclomatic_p90", "cyclomatic_p90", "<="),
    ("nesting_p90", "nesting_p90", "<="),
    ("function_lines_p90", "function_lines_p90", "<="),
    ("fidelity_precision", "fidelity_precision", ">="),
    ("fidelity_recall", "fidelity_recall", ">="),
    ("source_coverage", "source_coverage", ">="),
    ("approved_tokens", "approved_tokens", ">="),
)
"""Target field, the measure it reads, and the direction in which it holds."""

DIVERSITY_TARGETS = frozenset(
    {
        "vendi2_ratio",
        "cluster_simpson_ratio",
        "distinct3_low",
        "distinct3_high",
        "cross_5gram_ratio",
        "opening_share",
        "near_duplicate_rate",
    }
)
"""What a set is held to beside another."""

CODE_MEASURES = frozenset({"cyclomatic_p90", "nesting_p90", "function_lines_p90"})
"""Hold by default on a set without code."""
HELD_BY_NOTHING = CODE_MEASURES | {"source_coverage"}
"""Hold by default where there is nothing to measure: no code, no long source."""

PLATEAU_PROGRESS = 0.01
"""Less progress than this in two rounds running is a plateau."""
PLATEAU_YIELD = 0.25
"""So is a yield (accepted per 1,000 tokens) under this share of round 1."""
PLATEAU_ACCEPTANCE = 0.10
"""And so is accepting less than this share of the calls."""
COLLAPSE_FALL = 0.05
"""A diversity measure that falls by more than this share in one round."""

REPEATING, LEAST_PASSED = 0.7, 30
"""A round of at least so many good answers repeats itself when more than this share is refused as the same ..."""
REPEATING_RISE = 2.5
"""... and that share is at least so many times that of the round before: topics that run dry do so slowly. In
`benchmarks/steering.py` (30 November 2026) repeating endpoints lie at 0.75 to 0.95 and 2.9 times or more, steady ones
at 0.68 and 1.9 times at most."""


def judge_targets(measures: Measures, targets: Targets) -> tuple[Check, ...]:
    """One check a target that is set, in the order of `RULES`.

    Example: grade_p90 9.0 against a bound of 8.0 does not hold, at progress 8/9.
    """
    checks = []
    for field, measure, direction in RULES:
        bound = getattr(targets, field)
        if bound is None or (field == "approved_tokens" and not bound):
            continue
        value = measures.get(measure)
        if value is None and measure in HELD_BY_NOTHING:
            continue
        checks.append(_check(field, value, float(bound), direction))
    return tuple(checks)


def _check(name: str, value: float | None, bound: float, direction: str) -> Check:
    if value is None:
        return Check(name, None, bound, direction, holds=False, progress=0.0)
    holds = value >= bound if direction == ">=" else value <= bound
    return Check(
        name, value, bound, direction, holds=holds, progress=1.0 if holds else _nearness(value, bound, direction)
    )


def _nearness(value: float, bound: float, direction: str) -> float:
    over, under = (value, bound) if direction == ">=" else (bound, value)
    return max(0.0, min(1.0, over / under)) if under > 0 else 0.0


def measurable(targets: Targets) -> Targets:
    """The targets without those that compare with seeds, for a corpus of words, which has no texts to compare with."""
    return replace(
        targets,
        vendi2_ratio=None,
        cluster_simpson_ratio=None,
        covered_clusters=None,
        distinct3_low=None,
        distinct3_high=None,
        cross_5gram_ratio=None,
        fidelity_precision=None,
        fidelity_recall=None,
    )


def diversity_only(targets: Targets) -> Targets:
    """The targets that any two sets can be compared by: without those of simplicity, code, fidelity and quotas."""
    others = {name: None for name, _, _ in RULES if name not in DIVERSITY_TARGETS and name != "approved_tokens"}
    return replace(targets, **others, approved_tokens=0)


MOST_EXCESS = 0.0025
"""Most lower limit of the share that one cluster has above another set's; jobs are held to quotas instead."""


def judge_beside(measures: Measures) -> tuple[Check, ...]:
    """The checks of a set beside another, from `measuring.compare_sets`."""
    checks = judge_targets(measures, diversity_only(Targets()))
    excess = _check("cluster_excess", measures.get("cluster_excess_low"), MOST_EXCESS, "<=")
    return (*checks[:2], excess, *checks[2:])


def progress(checks: Sequence[Check]) -> float:
    """The mean nearness of all targets, in [0, 1]; 1.0 when there are none."""
    return sum(check.progress for check in checks) / len(checks) if checks else 1.0


def decide(history: Sequence[RoundFigures], *, max_rounds: int, seeds_left: int, exhausted: str | None) -> Decision:
    """Stop or go on after the last round of `history` (rounds 1 to t).

    `seeds_left` counts what the plan could still ask for; `exhausted` names a budget that ran out.
    """
    last = history[-1]
    short = [check.name for check in last.checks if not check.holds]
    if not short and len(history) > 1 and all(check.holds for check in history[-2].checks):
        return Decision(StopReason.target_met, "every target held in two rounds running")
    if exhausted:
        return Decision(StopReason.budget_exhausted, f"the budget of {exhausted} is used up; short: {_named(short)}")
    fallen = _fallen(history) or _repeating(history)
    if fallen:
        return Decision(StopReason.collapse, fallen)
    if seeds_left == 0:
        return Decision(StopReason.nothing_to_do, f"no seed may be rewritten once more; short: {_named(short)}")
    # A set that holds needs one round more to confirm it, however little that round can still bring.
    flat = _plateau(history) if short else None
    if flat:
        return Decision(StopReason.plateau, f"{flat}; short: {_named(short)}")
    if len(history) >= max_rounds:
        return Decision(StopReason.budget_exhausted, f"all {max_rounds} rounds are used; short: {_named(short)}")
    if short:
        return Decision(None, f"short: {_named(short)}")
    return Decision(None, "every target holds; one more round must confirm it")


def _named(short: Sequence[str]) -> str:
    return ", ".join(short) if short else "nothing"


def _fallen(history: Sequence[RoundFigures]) -> str | None:
    if len(history) < 2:
        return None
    before, now = history[-2], history[-1]
    for name, (old, _) in sorted(before.diversity.items()):
        new, high = now.diversity.get(name, (old, old))
        # The upper limit must be below too: a small set's value moves by more than 5 % through chance alone.
        if high < old * (1 - COLLAPSE_FALL):
            return f"{name} fell from {old:.1f} to {new:.1f} (at most {high:.1f}) in one round"
    return None


def _repeating(history: Sequence[RoundFigures]) -> str | None:
    """Why the endpoint seems to repeat itself: its answers are good and most of them are the same, as they were not."""
    if len(history) < 2:
        return None
    before, now = history[-2], history[-1]
    if min(before.passed, now.passed) < LEAST_PASSED or now.same <= REPEATING * now.passed:
        return None
    if now.same / now.passed < REPEATING_RISE * before.same / before.passed:
        return None
    return (
        f"{now.same} of {now.passed} good answers repeat each other or the pool, "
        f"after {before.same} of {before.passed} in the round before"
    )


def _plateau(history: Sequence[RoundFigures]) -> str | None:
    first, last = history[0], history[-1]
    if last.calls and last.accepted < PLATEAU_ACCEPTANCE * last.calls:
        return f"only {last.accepted} of {last.calls} answers were accepted"
    if first.tokens and last.tokens and len(history) > 1:
        start, now = first.accepted / first.tokens, last.accepted / last.tokens
        if now < PLATEAU_YIELD * start:
            return f"accepted per 1,000 tokens fell from {1000 * start:.2f} to {1000 * now:.2f}"
    if len(history) > 2:
        gains = [
            progress(new.checks) - progress(old.checks) for old, new in zip(history[-3:], history[-2:], strict=False)
        ]
        if all(gain < PLATEAU_PROGRESS for gain in gains):
            return f"progress stood at {progress(last.checks):.3f} for two rounds"
    return None
