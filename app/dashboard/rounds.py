"""A round as people read it: the plan in words, the funnel gate by gate, the checks, the decision."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.dashboard import wording
from app.dashboard.judging import JudgeFigure, judge_figures
from app.dashboard.plans import PartView, plan_parts, plan_words
from app.domain.recipes.recipe import Answer, Recipe
from app.domain.records import Kind
from app.repositories.rounds import RoundRow
from app.services.planning import arm_of

LEFT_OUT = {
    "low_education": "teach too little",
    "near_duplicate": "nearly repeat another seed",
    "contaminated": "hold an item of a benchmark",
    "licence": "came with a licence that the job does not take",
    "secret": "hold a key, a token or a password",
    "personal_data": "hold an e-mail address, a phone number or an IP address",
    "injection": "give orders to a model",
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
    parts: list[PartView]
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
    judge: list[JudgeFigure]

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


def gates_of(recipe: Recipe) -> frozenset[str]:
    """The gates that a recipe's texts meet and that the funnel shows also where nothing fell."""
    from_documents = {"fidelity", "education"} if recipe.kinds != {Kind.words} else set()
    tried = {"exercise"} if recipe.answer is Answer.exercise else set()
    return frozenset({"format", "simplicity"} | from_documents | tried)


def round_view(
    row: RoundRow, units: Mapping[str, int], gates: Collection[str], live_funnel: Mapping[str, Any] | None = None
) -> RoundView:
    """The view of a round; `gates` are shown in any case, `live_funnel` stands in for what is not stored yet."""
    funnel = row.funnel or live_funnel or {}
    figures = row.measures.get("figures", {})
    verdicts = funnel.get("verdicts", {})
    values = row.measures.get("values", {})
    return RoundView(
        row=row,
        units=units,
        plan=plan_words(row.plan),
        parts=plan_parts(row.plan),
        arms=_arms(row.plan),
        stages=_stages(row, funnel, gates),
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
        judge=judge_figures(row.judge),
    )


def _arms(plan: Mapping[str, Any]) -> list[ArmView]:
    named = [(arm_of(name), calls) for name, calls in plan.get("arms", {}).items()]
    return [ArmView(arm.format, arm.audience, arm.constraint, calls) for arm, calls in named]


def _stages(row: RoundRow, funnel: Mapping[str, Any], gates: Collection[str]) -> list[Stage]:
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
        if count or gate in gates:
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
