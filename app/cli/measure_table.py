"""What `hornbook measure` found, as the JSON that scripts rely on and as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.domain.diversity import Ints
from app.domain.family_pairs import cluster_excess
from app.domain.measuring import Measured
from app.domain.targets import Check

NAMES = (
    "n",
    "tokens",
    "vendi2",
    "cluster_simpson",
    "distinct3",
    "cross_5gram_share",
    "opening_share",
    "near_duplicate_rate",
    "lzma_ratio",
    "ease_mean",
    "grade_p90",
    "list_coverage",
)
"""Of the JSON object, in this order; scripts rely on them."""
RATIOS = (
    "vendi2_ratio",
    "cluster_simpson_ratio",
    "cluster_excess",
    "cluster_excess_low",
    "distinct3_ratio",
    "cross_5gram_ratio",
)
EXCESS = "cluster_excess"
"""The measure that only two sets have together."""
COUNTS = frozenset({"n", "tokens"})
CHECKED = {
    "vendi2": ("vendi2_ratio",),
    "cluster_simpson": ("cluster_simpson_ratio",),
    EXCESS: ("cluster_excess",),
    "distinct3": ("distinct3_low", "distinct3_high"),
    "cross_5gram_share": ("cross_5gram_ratio",),
    "opening_share": ("opening_share",),
    "near_duplicate_rate": ("near_duplicate_rate",),
}
"""The targets that a measure is held to."""
Values = Mapping[str, float | None]


@dataclass(frozen=True)
class Side:
    """One of the sets that were measured."""

    name: str
    measured: Measured
    clusters: Ints
    """(k,): documents in each cluster."""
    cluster_names: Sequence[str]
    grades: NDArray[np.float64]
    """(n,): the school grade of each document."""


def as_plain(ours: Side, base: Side | None, ratios: Values, checks: Sequence[Check]) -> dict[str, object]:
    """One object; with another set also ratios, that set's own object and the checks."""
    found = _object(ours)
    if base is None:
        return found
    limits = found.pop("limits")
    held = {
        check.name: {"value": _plain("", check.value), "bound": check.bound, "holds": check.holds} for check in checks
    }
    plain = {name: _plain(name, value) for name, value in ratios.items()}
    return {**found, **plain, "limits": limits, "against": _object(base), "checks": held}


def _object(side: Side) -> dict[str, object]:
    limits = {
        name: [_plain(name, low), _plain(name, high)]
        for name in NAMES
        if name in side.measured.limits
        for low, high in [side.measured.limits[name]]
    }
    return {**{name: _plain(name, side.measured.values[name]) for name in NAMES}, "limits": limits}


def _plain(name: str, value: float | None) -> float | int | None:
    if value is None:
        return None
    return int(value) if name in COUNTS else round(value, 6)


def show(say: Console, ours: Side, base: Side | None, ratios: Values, checks: Sequence[Check]) -> None:
    """A table for a person."""
    table = Table("measure", "value", "90 % limits", box=None, pad_edge=False)
    if base is not None:
        for name in ("other set", "ratio", "target"):
            table.add_column(name)
    for name in NAMES:
        cells = [Text(name), Text(text_of(name, ours.measured.values)), Text(limits_text(name, ours))]
        if base is not None:
            if name == "distinct3":
                excess = Text(text_of(EXCESS, ratios)), Text(excess_limits(ratios))
                table.add_row(Text(EXCESS), *excess, Text(""), Text(""), _held(EXCESS, checks))
            ratio = ratios.get(f"{name.removesuffix('_share')}_ratio")
            cells += [Text(text_of(name, base.measured.values)), Text("" if ratio is None else f"{ratio:.3f}")]
            cells.append(_held(name, checks))
        table.add_row(*cells)
    say.print(table)


def _held(name: str, checks: Sequence[Check]) -> Text:
    mine = [check for check in checks if check.name in CHECKED.get(name, ())]
    if not mine:
        return Text("")
    wanted = ", ".join(f"{'≥' if check.direction == '>=' else '≤'} {check.bound:g}" for check in mine)
    holds = all(check.holds for check in mine)
    return Text(f"{'✓' if holds else '✗'} {wanted}", "green" if holds else "yellow")


def text_of(name: str, values: Values) -> str:
    """A value, short."""
    value = values[name]
    if value is None:
        return "-"
    return f"{int(value):,}" if name in COUNTS else f"{value:.4g}"


def excess_limits(ratios: Values) -> str:
    """The lower limit; 0 or below says that chance explains the excess."""
    low = ratios["cluster_excess_low"]
    return "" if low is None else f"at least {low:.4g}"


def excess_topic(ours: Side, base: Side) -> str:
    """What the cluster is about that takes too much of the set."""
    found = cluster_excess(ours.measured.clusters, base.measured.clusters)
    return ours.cluster_names[found[0]] if found and ours.cluster_names else ""


def limits_text(name: str, side: Side) -> str:
    """Its limits, or nothing."""
    found = side.measured.limits.get(name)
    return "" if found is None else f"{found[0]:.4g} to {found[1]:.4g}"
