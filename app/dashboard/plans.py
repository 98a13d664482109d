"""A round's plan as people read it: why each share of the calls was chosen, in sentences with their figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.dashboard import wording
from app.domain.levers import LEVERS

AGAIN = {
    "repair": "repairs of dropped texts: the model is told what fell short, once each.",
    "refine": "refinements of kept texts that fall short of a target: the model is told in what, and the pool takes a "
    "better text in the place of the earlier one.",
}
"""Calls that show the model an earlier version, and what for."""


@dataclass(frozen=True)
class PartView:
    """A format, audience, constraint or model: its calls in the plan, and what is believed of it."""

    part: str
    name: str
    calls: int
    share: str
    """Of its answers that are expected to be accepted; empty before anything is known."""
    gain: str
    """Accepted for 1,000 tokens, or for a dollar."""


def plan_words(plan: Mapping[str, Any]) -> list[str]:
    """Why each share of a plan was chosen, a sentence each."""
    if "what" in plan:
        return [f"Prepare the seeds: {plan['what']}."]
    calls = plan.get("calls", 0)
    if "draws_left" in plan:
        return _drawn(plan, calls)
    if "quota" not in plan:
        return [f"{calls:,} calls."]
    sentences = [f"{_many(calls, 'call')}; {_many(plan.get('open_seeds', 0), 'seed')} may still be rewritten."]
    return [*sentences, *_shares(plan, calls), *_models(plan, calls), *_levers(plan), *_promises(plan)]


def _drawn(plan: Mapping[str, Any], calls: int) -> list[str]:
    """What a recipe without documents draws, and how evenly."""
    words = " and ".join(f"one of {count:,} {part}s" for part, count in plan.get("words", {}).items())
    again = {why: plan.get(why, 0) for why in AGAIN}
    drawn = _many(calls - sum(again.values()), "call")
    found = [f"{drawn}, each drawn from shuffled lists{f': {words}' if words else ''}."]
    found += [f"{_part(count, calls)} for {AGAIN[why]}" for why, count in again.items() if count]
    sizes = [f"{times:,} with {size}" for size, times in plan.get("features_a_draw", {}).items()]
    if sizes:
        found.append(f"Features: {', '.join(sizes)}; each comes {_span(plan.get('features', {}))} times.")
    if plan.get("openings"):
        found.append(f"Each of {len(plan['openings'])} ways to begin comes {_span(plan['openings'])} times.")
    return [*found, f"{plan['draws_left']:,} draws are left for later rounds."]


def _span(counts: Mapping[str, int]) -> str:
    low, high = min(counts.values(), default=0), max(counts.values(), default=0)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _shares(plan: Mapping[str, Any], calls: int) -> list[str]:
    under, clusters = plan.get("clusters_under_quota", 0), plan.get("clusters", 0)
    found = []
    if plan.get("cover"):
        found.append(
            f"{_part(plan['cover'], calls)} for parts of long sources that have no kept text yet, before all others."
        )
    if plan["quota"]:
        found.append(
            f"{_part(plan['quota'], calls)} for clusters below their quota ({under:,} of {clusters:,} are), the "
            f"emptiest first, so that every topic is taught{_calls_for_one(plan.get('acceptance', 1.0))}."
        )
    elif clusters:
        found.append(f"No call is spent on quotas: {clusters - under:,} of {clusters:,} clusters have theirs.")
    reasons = {
        **AGAIN,
        "grow": "growing the pool: what quotas and repairs left over, in the ways that did best so far.",
        "explore": "exploring: any seed in any style, so that the choice of styles stays open.",
    }
    return found + [f"{_part(plan[why], calls)} for {words}" for why, words in reasons.items() if plan.get(why)]


def _calls_for_one(acceptance: float) -> str:
    return f"; at {100 * acceptance:.0f}% accepted, a missing text takes {1 / acceptance:.1f} calls" * (acceptance < 1)


def _models(plan: Mapping[str, Any], calls: int) -> list[str]:
    models = sorted(plan.get("models", {}).items(), key=lambda item: (-item[1], item[0]))
    return [f"By model: {', '.join(f'{name} {_part(count, calls)}' for name, count in models)}."] if models else []


def _levers(plan: Mapping[str, Any]) -> list[str]:
    """A sentence a target; plans of before 30 November 2026 name targets without figures."""
    if "levers" in plan:
        return [_lever(pull) for pull in plan["levers"]]
    named = [name for name in plan.get("leans_on", ()) if name in LEVERS]
    return [f"{wording.target_words(name).label} fell short, so {LEVERS[name].does}." for name in named]


def _lever(pull: Mapping[str, Any]) -> str:
    words = wording.target_words(pull["target"])
    value, bound = wording.figure(pull["value"], words.form), wording.figure(pull["bound"], words.form)
    side = "at least" if pull["direction"] == ">=" else "at most"
    if pull["value"] is None:
        said = f"{words.label} is not measurable yet"
    elif pull["holds"]:
        said = f"{words.label} only just holds ({value} of {side} {bound})"
    else:
        said = f"{words.label} is {value} and should be {side} {bound}"
    if pull["does"]:
        return f"{said}, so {pull['does']}."
    return f"{said}; every accepted text adds to it." if words.form == "count" else f"{said}; no lever is known for it."


def _promises(plan: Mapping[str, Any]) -> list[str]:
    """The best and the worst of each part, as far as anything is known."""
    found = []
    for part in dict.fromkeys(row["part"] for row in plan.get("parts", ())):
        rows = [row for row in plan["parts"] if row["part"] == part and row["per_1000"] is not None]
        if len(rows) > 1:
            best, worst = (pick(rows, key=lambda row: row["per_1000"]) for pick in (max, min))
            found.append(f"Of {part}s, {_promise(best, plan)} promises most and {_promise(worst, plan)} least.")
    return found


def _promise(row: Mapping[str, Any], plan: Mapping[str, Any]) -> str:
    return f"“{row['name']}” ({100 * row['share']:.0f}% accepted, {_gain(row, plan)})"


def _gain(row: Mapping[str, Any], plan: Mapping[str, Any]) -> str:
    if plan.get("unit") == "usd":
        return f"{1000 * row['per_1000']:,.0f} for a dollar"
    return f"{row['per_1000']:.2f} for 1,000 tokens"


def plan_parts(plan: Mapping[str, Any]) -> list[PartView]:
    """The table behind the sentences: every format, audience, constraint and model."""
    return [
        PartView(
            row["part"],
            row["name"],
            row["calls"],
            "" if row["share"] is None else f"{100 * row['share']:.0f}%",
            "" if row["per_1000"] is None else _gain(row, plan),
        )
        for row in plan.get("parts", ())
    ]


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _part(count: int, calls: int) -> str:
    share = f" ({100 * count / calls:.0f}%)" if calls else ""
    return _many(count, "call") + share
