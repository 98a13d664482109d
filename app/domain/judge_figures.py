"""What a round's judge answers come to: agreement, claims, drift on the canaries, bias of order and of style.

Every figure comes with the number of answers it rests on. Knows nothing of storage.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from app.domain.gate_config import Gates
from app.domain.judge_answers import Checked, Support
from app.domain.judge_config import JudgeConfig
from app.domain.judge_prompts import Order, Task
from app.domain.judge_sample import DRESSED, PLAIN, fidelity_distance

Figures = dict[str, object]
DISAGREES_BY = 1.0
"""Points that score and classifier must lie apart, on both sides of the limit, to disagree."""
CHANGED_BY = 1
"""A score that changes by more than this with the order of the prompt was no judgement of the text."""
LEAST_CANARIES = 2
"""Fewer say nothing of drift."""


@dataclass(frozen=True)
class Finding:
    """An answer of the judge that counts."""

    task: Task
    order: Order
    style: str
    generation_id: int | None
    canary: str | None
    score: int | None
    claims: tuple[Checked, ...] = ()


@dataclass(frozen=True)
class Judged:
    """What the gates say of a text that the judge was asked about."""

    edu_score: float
    precision: float | None
    recall: float | None
    passed: bool


def is_score(one: Finding) -> bool:
    """Whether it is the score of a text as it is, and no check of the judge itself."""
    return one.task is Task.score and one.order is Order.rubric_first and one.style == PLAIN


def contradicted(one: Finding) -> bool:
    """Whether the seed says otherwise than some claim, in words that stand in the seed."""
    return any(claim.verdict is Support.contradicted for claim in one.claims)


def disagrees(one: Finding, text: Judged, gates: Gates) -> bool:
    """Whether judge and gates come to opposite ends about a text: worth a person's look.

    >>> one = Finding(Task.score, Order.rubric_first, PLAIN, 1, None, 0)
    >>> disagrees(one, Judged(1.6, 1.0, 1.0, True), Gates(edu_min=1.5))
    True
    """
    if is_score(one) and one.score is not None:
        other_side = (one.score >= gates.edu_min) != (text.edu_score >= gates.edu_min)
        return other_side and abs(one.score - text.edu_score) >= DISAGREES_BY
    return text.passed and contradicted(one)


def drops(one: Finding, text: Judged, config: JudgeConfig, gates: Gates) -> bool:
    """Whether a text that passed goes: the judge shows a contradiction and the fidelity gate was itself unsure."""
    distance = fidelity_distance(text.precision, text.recall, gates)
    unsure = distance is not None and distance <= config.fidelity_band
    return config.drop and text.passed and unsure and contradicted(one)


def figures(
    found: Sequence[Finding],
    texts: Mapping[int, Judged],
    gates: Gates,
    *,
    expected: Mapping[str, float],
    first: Mapping[str, int],
) -> Figures:
    """The figures of a round; `expected` are the canaries' known scores, `first` what their first round gave."""
    scores = {one.generation_id: one.score for one in found if is_score(one) and one.generation_id in texts}
    pairs = [(score, texts[at].edu_score) for at, score in scores.items() if at is not None and score is not None]
    about = [(one.generation_id, one) for one in found if one.generation_id is not None]
    flagged = {at for at, one in about if at in texts and disagrees(one, texts[at], gates)}
    return {
        "scores": len(pairs),
        "agreement": _share([(score >= gates.edu_min) == (edu >= gates.edu_min) for score, edu in pairs]),
        "above_classifier": _mean([score - edu for score, edu in pairs]),
        "disagrees": len(flagged),
        "claims": _claims(found),
        "canaries": _canaries(found, expected, first),
        "order": _again(found, scores, order=Order.text_first, style=PLAIN),
        "style": _again(found, scores, order=Order.rubric_first, style=DRESSED),
    }


def _claims(found: Sequence[Finding]) -> Figures:
    texts = [one for one in found if one.task is Task.verify]
    claims = [claim for one in texts for claim in one.claims]
    said: Figures = {one.value: sum(claim.verdict is one for claim in claims) for one in Support}
    unquoted = sum(not claim.quoted and claim.seed_quote != "" for claim in claims)
    return {"texts": len(texts), "n": len(claims), **said, "quotes_not_in_seed": unquoted}


def _canaries(found: Sequence[Finding], expected: Mapping[str, float], first: Mapping[str, int]) -> Figures:
    now = {one.canary: one.score for one in found if one.canary is not None and one.score is not None}
    apart = [score - expected[name] for name, score in now.items() if name in expected]
    drifted = [score - first[name] for name, score in now.items() if name in first]
    return {
        "n": len(apart),
        "error": _mean(apart),
        "since_first": _mean(drifted),
        "n_since_first": len(drifted),
        "scores": dict(sorted(now.items())),
    }


def _again(found: Sequence[Finding], scores: Mapping[int | None, int | None], *, order: Order, style: str) -> Figures:
    apart = [
        one.score - before
        for one in found
        if one.task is Task.score and one.order is order and one.style == style and one.score is not None
        if (before := scores.get(one.generation_id)) is not None
    ]
    return {
        "n": len(apart),
        "difference": _mean(apart),
        "changed": _share([abs(value) > CHANGED_BY for value in apart]),
    }


def drift_of(found: Figures, config: JudgeConfig) -> float | None:
    """The difference that says the judge has drifted, the larger of both; None while it stays within the limit."""
    part = found["canaries"]
    assert isinstance(part, dict)
    pairs = ((part["error"], part["n"]), (part["since_first"], part["n_since_first"]))
    beyond = [value for value, n in pairs if value is not None and n >= LEAST_CANARIES and abs(value) > config.drift]
    return max(beyond, key=abs) if beyond else None


def _mean(values: Sequence[float]) -> float | None:
    return round(fmean(values), 4) if values else None


def _share(held: Sequence[bool]) -> float | None:
    return round(sum(held) / len(held), 4) if held else None
