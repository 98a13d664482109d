"""What the judge found of a round, as people read it: each figure with the number of answers behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.dashboard import wording


@dataclass(frozen=True)
class JudgeFigure:
    """One line of the judge's table."""

    label: str
    value: str
    meaning: str


def judge_figures(found: Mapping[str, Any]) -> list[JudgeFigure]:
    """The figures of a settled round; empty where nobody judged."""
    if not found:
        return []
    claims, canaries, calls = found["claims"], found["canaries"], found["calls"]
    order, style = found["order"], found["style"]
    lines = [
        ("Answers that count", f"{calls.get('answered', 0):,}", _trouble(calls)),
        ("Texts scored", f"{found['scores']:,}", ""),
        ("On the classifier's side of the limit", _share(found["agreement"]), "Of the texts scored."),
        ("Above the classifier", _points(found["above_classifier"]), "Mean difference of both scores."),
        ("Texts to look at", f"{found['disagrees']:,}", "Judge and gates come to the opposite."),
        ("Claims held against the seed", f"{claims['n']:,} of {claims['texts']:,} texts", _claims(claims)),
        ("Texts dropped", f"{found['dropped']:,}", "Contradicted, and fidelity itself was near its limit."),
        ("Canaries, beside what is known", _points(canaries["error"]), f"{canaries['n']} scored again."),
        (
            "Canaries, beside their first round",
            _points(canaries["since_first"]),
            f"{canaries['n_since_first']} were scored before: this is drift.",
        ),
        ("Order of the prompt", _share(order["changed"]), f"Of {order['n']}, changed by more than a point."),
        ("Airs", _points(style["difference"]), f"Of {style['n']}, the same text in the voice of an expert."),
    ]
    return [JudgeFigure(*line) for line in lines]


def _trouble(calls: Mapping[str, int]) -> str:
    others = [f"{wording.plain(how)} {n:,}" for how, n in calls.items() if how != "answered"]
    return f"Besides: {', '.join(others)}." if others else ""


def _claims(claims: Mapping[str, int]) -> str:
    said = (
        f"{claims['supported']:,} supported, {claims['contradicted']:,} contradicted, {claims['not_found']:,} not found"
    )
    missing = claims["quotes_not_in_seed"]
    return f"{said}; {missing:,} quotes stand in no seed and count for nothing." if missing else f"{said}."


def _points(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def _share(value: float | None) -> str:
    return "–" if value is None else wording.figure(value, "share")
