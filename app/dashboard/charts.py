"""Figures for plotly.js: what a page draws, as plain values; the drawing is the script's."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.dashboard.rounds import RoundView
from app.domain.config import Targets
from app.domain.pricing import MICRO
from app.services.spending import Spending, per_accepted, tokens_of

Chart = dict[str, Any]


@dataclass(frozen=True)
class _Line:
    """One measure over the rounds."""

    id: str
    title: str
    meaning: str
    form: str
    """How d3 writes a value."""
    y: Sequence[float | None]
    bound: float | None = None
    """The target; a measure that has one is drawn around it, the others from zero."""


def over_rounds(views: Sequence[RoundView], targets: Targets) -> list[Chart]:
    """The charts over the settled rounds from 1 on; none before there is a round."""
    settled = [view for view in views if view.row.number > 0 and view.row.state == "settled"]
    if not settled:
        return []
    numbers = [view.row.number for view in settled]
    lines = (
        _Line("acceptance", "Acceptance", "Calls whose text was kept", ".0%", [v.acceptance for v in settled]),
        _Line(
            "vendi2", "Diversity", "Vendi-2 beside the seeds", ".2f", _of(settled, "vendi2_ratio"), targets.vendi2_ratio
        ),
        _Line("grade", "Grade", "School grade, nine in ten", ".1f", _of(settled, "grade_p90"), targets.grade_p90),
        _Line("pool", "Pool", "Approved texts", ",d", [v.pool for v in settled]),
        _Line("tokens", "Tokens", "Of the answers of a round", ",d", [v.tokens for v in settled]),
    )
    return [
        {"kind": "line", "x": numbers, "zero": line.bound is None, **asdict(line)}
        for line in lines
        if any(value is not None for value in line.y)
    ]


def cost(found: Spending) -> list[Chart]:
    """What 1,000 accepted tokens took, round by round: tokens, and money where it is known and not 0."""
    rows = [row for row in found.rounds if row.kept_tokens]
    if not rows:
        return []
    tokens = [per_accepted(tokens_of(row), row) for row in rows]
    money = [per_accepted(row.micro / MICRO, row) for row in rows]
    meaning = "Spent for 1,000 accepted tokens"
    lines = [_Line("cost-tokens", "Cost in tokens", meaning, ",d", tokens)]
    if found.priced and any(money):
        lines.append(_Line("cost-money", "Cost in USD", meaning, "$.3~f", money))
    numbers = [int(row.name) for row in rows]
    return [{"kind": "line", "x": numbers, "zero": True, **asdict(line)} for line in lines]


def _of(views: Sequence[RoundView], measure: str) -> list[float | None]:
    return [view.raw.get(measure) for view in views]


def funnel(view: RoundView) -> Chart | None:
    """The funnel of a round as bars: what went on, and what was lost at each step; None when nothing came yet."""
    if not view.stages:
        return None
    return {
        "id": f"funnel-{view.row.number}",
        "kind": "funnel",
        "title": "What came how far",
        "labels": [stage.label for stage in view.stages],
        "on": [stage.reached - stage.lost for stage in view.stages],
        "lost": [stage.lost for stage in view.stages],
    }
