"""A round as people read it: the plan in words, the funnel gate by gate, the checks, the decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.dashboard import wording
from app.domain.planning import DIVERSE_TARGETS, HARD_TARGETS
from app.repositories.rounds import RoundRow
from app.services.planning import arm_of

LEFT_OUT = {
    "low_education": "teach too little",
    "near_duplicate": "nearly repeat another seed",
    "contaminated": "hold an item of a benchmark",
    "licence": "came with a licence that the job does not take",
    "secret": "hold a key, a token or a password",
    "personal_data": "hold an e-mail address, a phone number or an IP address",
    "unsafe_words": "are words that are not for children",
    "other_kind": "are of a kind that the recipe does not work on",
    "unbearable": "broke the process that reads them",
    "unsound_scores": "have no sound scores",
}


@dataclass(frozen=True)
class Stage:
    """A step of the funnel: what reached it and what it took out."""

    label: str
    reached: int
    lost: int


@dataclass(frozen=True)
class Drop:
    """Texts that one gate dropped for one reason."""

    gate: str
    reason: str
    meaning: str
    count: int
    share: float
    """Of all answers."""
    has_text: bool
    """Whether there are texts to look at."""


@dataclass(frozen=True)
class CheckView:
    """One target against its measure."""

    label: str
    meaning: str
    value: str
    bound: str
    holds: bool
    progress: float


@dataclass(frozen=True)
class ArmView:
    """A prompt arm and how often the plan drew it."""

    format: str
    audience: str
    constraint: str
    calls: int


@dataclass(frozen=True)
class RoundView:
    """Everything a page says of a round."""

    row: RoundRow
    units: Mapping[str, int]
    plan: list[str]
    arms: list[ArmView]
    stages: list[Stage]
    drops: list[Drop]
    redacted: list[tuple[str, int]]
    """(what was replaced by a placeholder, in how many texts)."""
    checks: list[CheckView]
    measured_on: str | None
    values: list[tuple[str, str, str]]
    """(measure, value, limits), for all that was measured."""
    raw: Mapping[str, float | None]
    calls: int | None
    answers: int
    accepted: int
    pool: int | None
    tokens: int
    decision: str | None
    stop: str | None

    @property
    def acceptance(self) -> float | None:
        """Share of the calls whose text entered the pool when the round settled; None before."""
        if self.row.state != "settled" or not self.calls:
            return None
        return self.accepted / self.calls

    @property
    def holding(self) -> int:
        """Targets that hold."""
        return sum(check.holds for check in self.checks)


def round_view(row: RoundRow, units: Mapping[str, int], live_funnel: Mapping[str, Any] | None = None) -> RoundView:
    """The view of a round; `live_funnel` stands in for the stored one until it has settled."""
    funnel = row.funnel or live_funnel or {}
    figures = row.measures.get("figures", {})
    verdicts = funnel.get("verdicts", {})
    values = row.measures.get("values", {})
    return RoundView(
        row=row,
        units=units,
        plan=plan_words(row.plan),
        arms=_arms(row.plan),
        stages=_stages(row, funnel),
        drops=_drops(funnel),
        redacted=[(wording.REDACTED.get(k, wording.plain(k)), n) for k, n in funnel.get("redacted", {}).items()],
        checks=[_check(check) for check in row.decision.get("checks", ())],
        measured_on=row.measures.get("measured_on"),
        values=_values(values, row.measures.get("limits", {})),
        raw=values,
        calls=row.plan.get("calls"),
        answers=funnel.get("answers", 0),
        accepted=figures.get("accepted", verdicts.get("kept", 0)),
        pool=row.measures.get("pool"),
        tokens=funnel.get("tokens", 0),
        decision=row.decision.get("why"),
        stop=row.decision.get("stop"),
    )


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
    under, clusters = plan.get("clusters_under_quota", 0), plan.get("clusters", 0)
    if plan["quota"]:
        sentences.append(
            f"{_part(plan['quota'], calls)} for clusters below their quota ({under:,} of {clusters:,} are), the "
            "emptiest first, so that every topic is taught."
        )
    elif clusters:
        sentences.append(f"No call is spent on quotas: {clusters - under:,} of {clusters:,} clusters have theirs.")
    if plan.get("repair"):
        sentences.append(
            f"{_part(plan['repair'], calls)} for repairs of dropped texts: the model is told what fell short, "
            "once each."
        )
    if plan.get("explore"):
        sentences.append(
            f"{_part(plan['explore'], calls)} for exploring: any seed in any style, so that the choice of styles "
            "stays open."
        )
    return sentences + _leanings(plan.get("leans_on", ()))


def _drawn(plan: Mapping[str, Any], calls: int) -> list[str]:
    """What a recipe without documents draws, and how evenly."""
    words = " and ".join(f"one of {count:,} {part}s" for part, count in plan.get("words", {}).items())
    found = [f"{_many(calls, 'call')}, each drawn from shuffled lists{f': {words}' if words else ''}."]
    sizes = [f"{times:,} with {size}" for size, times in plan.get("features_a_draw", {}).items()]
    if sizes:
        found.append(f"Features: {', '.join(sizes)}; each comes {_span(plan.get('features', {}))} times.")
    if plan.get("openings"):
        found.append(f"Each of {len(plan['openings'])} ways to begin comes {_span(plan['openings'])} times.")
    return [*found, f"{plan['draws_left']:,} draws are left for later rounds."]


def _span(counts: Mapping[str, int]) -> str:
    low, high = min(counts.values(), default=0), max(counts.values(), default=0)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _leanings(short: Sequence[str]) -> list[str]:
    hard = [wording.target_words(name).label for name in short if name in HARD_TARGETS]
    same = [wording.target_words(name).label for name in short if name in DIVERSE_TARGETS]
    found = []
    if hard:
        found.append(f"{_listed(hard)} fell short, so younger audiences and short sentences were preferred.")
    if same:
        found.append(f"{_listed(same)} fell short, so styles were drawn more evenly.")
    return found


def _listed(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _part(count: int, calls: int) -> str:
    share = f" ({100 * count / calls:.0f}%)" if calls else ""
    return _many(count, "call") + share


def _arms(plan: Mapping[str, Any]) -> list[ArmView]:
    named = [(arm_of(name), calls) for name, calls in plan.get("arms", {}).items()]
    return [ArmView(arm.format, arm.audience, arm.constraint, calls) for arm, calls in named]


def _stages(row: RoundRow, funnel: Mapping[str, Any]) -> list[Stage]:
    if "taking_part" in funnel:
        return _seed_stages(funnel)
    if not funnel.get("answers") and not funnel.get("without_text"):
        return []
    lost = {gate: 0 for gate in wording.GATES}
    for drop in funnel.get("dropped", ()):
        lost[drop["gate"] or "other"] = lost.get(drop["gate"] or "other", 0) + drop["count"]
    silent = sum(fail["count"] for fail in funnel.get("without_text", ()))
    left = funnel.get("answers", 0)
    stages = [Stage("Calls" if row.state == "settled" else "Calls so far", left + silent, silent)]
    for gate, count in lost.items():
        if count or gate in ("format", "fidelity", "simplicity", "education"):
            stages.append(Stage(wording.GATES.get(gate, wording.plain(gate)), left, count))
        left -= count
    verdicts = funnel.get("verdicts", {})
    for verdict, label in (("pending", "Passed so far"), ("reserve", "Reserve"), ("kept", "Kept")):
        if verdict == "kept" or verdicts.get(verdict):
            stages.append(Stage(label, verdicts.get(verdict, 0), 0))
    return stages


def _seed_stages(funnel: Mapping[str, Any]) -> list[Stage]:
    left = funnel.get("seeds", 0)
    stages = []
    for reason, count in funnel.get("left_out", {}).items():
        stages.append(Stage(wording.plain(reason).capitalize(), left, count))
        left -= count
    return [*stages, Stage("Take part", funnel["taking_part"], 0)]


def _drops(funnel: Mapping[str, Any]) -> list[Drop]:
    whole = funnel.get("answers", 0)
    if "taking_part" in funnel:
        seeds = funnel.get("seeds", 0)
        return [
            Drop("Seeds", reason, LEFT_OUT.get(reason, ""), count, count / seeds if seeds else 0.0, has_text=False)
            for reason, count in funnel.get("left_out", {}).items()
        ]
    found = [
        _drop(d["gate"] or "other", d["reason"], d["count"], whole, has_text=True) for d in funnel.get("dropped", ())
    ]
    silent = sum(fail["count"] for fail in funnel.get("without_text", ()))
    found += [
        _drop("no text", fail["reason"] or fail["state"], fail["count"], whole + silent, has_text=False)
        for fail in funnel.get("without_text", ())
    ]
    return found


def _drop(gate: str, reason: str, count: int, whole: int, *, has_text: bool) -> Drop:
    label = wording.GATES.get(gate, wording.plain(gate).capitalize())
    return Drop(label, reason, wording.REASONS.get(reason, ""), count, count / whole if whole else 0.0, has_text)


def _check(check: Mapping[str, Any]) -> CheckView:
    words = wording.target_words(check["name"])
    sign = "≥" if check["direction"] == ">=" else "≤"
    return CheckView(
        label=words.label,
        meaning=words.meaning,
        value=wording.figure(check["value"], words.form),
        bound=f"{sign} {wording.figure(check['bound'], words.form)}",
        holds=check["holds"],
        progress=check["progress"],
    )


def _values(values: Mapping[str, float | None], limits: Mapping[str, Sequence[float]]) -> list[tuple[str, str, str]]:
    rows = []
    for name, value in values.items():
        low_high = limits.get(name)
        shown = "–" if value is None else f"{value:,.4g}"
        rows.append((wording.plain(name), shown, f"{low_high[0]:,.4g} to {low_high[1]:,.4g}" if low_high else ""))
    return rows
