"""The report of `hornbook measure`: one HTML file with everything inside, plots drawn by plotly.js.

It asks no server for anything, so that it opens offline and years later; 5 MB, nearly all of it plotly.js. Colours
follow the reader's light or dark setting.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import orjson
from markupsafe import Markup

from app.cli.measure_table import CHECKED, EXCESS, NAMES, Side, excess_limits, excess_topic, limits_text, text_of
from app.domain.targets import Check
from app.errors import AppError

TOP_CLUSTERS = 24
"""Bars of the plot of topics."""
MEANINGS = {
    "n": ("Documents", "how many there are"),
    "tokens": ("Words", "in all of them"),
    "vendi2": ("Vendi-2", "as many wholly unlike texts would be as varied"),
    "cluster_simpson": ("Topics", "as many topics of equal size would be as varied (cluster Simpson)"),
    "distinct3": ("Distinct 3-grams", "share of new ones among 30,000 drawn: variety of wording at one size"),
    "cross_5gram_share": ("Shared 5-grams", "share of a text's 5-grams that another of 200 texts holds: stock phrases"),
    "opening_share": ("Commonest opening", "share of texts that begin with the same five words"),
    "near_duplicate_rate": ("Near-duplicates", "share of texts that nearly repeat an earlier one (Jaccard 0.8)"),
    "lzma_ratio": ("LZMA ratio", "raw over compressed bytes of at most 1 MB: repetition over long distances"),
    "ease_mean": ("Ease", "mean, 0 to 100, higher is easier"),
    "grade_p90": ("Grade", "school grade that nine of ten texts stay under"),
    "list_coverage": ("Known words", "share of running words on the common list"),
}
"""Measure: (name, what it says)."""
Chart = dict[str, Any]


class NoPlotlyError(AppError):
    """The report needs plotly, which is not installed: pip install plotly."""

    code = "no_plotly"


def write_report(
    path: Path, ours: Side, base: Side | None, ratios: Mapping[str, float | None], checks: Sequence[Check]
) -> None:
    """Write the report; folders above it are made."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("app.cli"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("measure.html").render(
        ours=ours,
        base=base,
        rows=_rows(ours, base, ratios, checks),
        checks=checks,
        charts=_charts(ours, base),
        # `<` cannot end the script element early in either.
        data=Markup(orjson.dumps(_charts(ours, base)).decode().replace("<", "\\u003c")),
        plotly=Markup(_plotly().replace("</script", "<\\/script")),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def _rows(
    ours: Side, base: Side | None, ratios: Mapping[str, float | None], checks: Sequence[Check]
) -> list[dict[str, object]]:
    rows = [_row(name, ours, base, ratios, checks) for name in NAMES]
    if base is not None:
        excess = {
            "label": "Most overgrown topic",
            "meaning": f"its share of the texts less its share of the other set: {excess_topic(ours, base)}",
            "value": text_of(EXCESS, ratios),
            "limits": excess_limits(ratios),
            "other": "",
            "ratio": "",
            **_target(EXCESS, checks),
        }
        rows.insert(NAMES.index("cluster_simpson") + 1, excess)
    return rows


def _plotly() -> str:
    try:
        return (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        raise NoPlotlyError from None


def _row(
    name: str, ours: Side, base: Side | None, ratios: Mapping[str, float | None], checks: Sequence[Check]
) -> dict[str, object]:
    ratio = ratios.get(f"{name.removesuffix('_share')}_ratio")
    label, meaning = MEANINGS[name]
    return {
        "label": label,
        "meaning": meaning,
        "value": text_of(name, ours.measured.values),
        "limits": limits_text(name, ours),
        "other": text_of(name, base.measured.values) if base else "",
        "ratio": "" if ratio is None else f"{ratio:.3f}",
        **_target(name, checks),
    }


def _target(name: str, checks: Sequence[Check]) -> dict[str, object]:
    held = [check for check in checks if check.name in CHECKED.get(name, ())]
    return {
        "wanted": ", ".join(f"{'≥' if check.direction == '>=' else '≤'} {check.bound:g}" for check in held),
        "holds": all(check.holds for check in held) if held else None,
    }


def _charts(ours: Side, base: Side | None) -> list[Chart]:
    sides = [ours] if base is None else [ours, base]
    charts = [_beside(ours, base)] if base is not None else []
    return [*charts, _topics(sides), _grades(sides), _spectrum(sides), _shared(sides)]


def _beside(ours: Side, base: Side) -> Chart:
    """Every measure with its limits, over the other set's value."""
    points = []
    for name, (low, high) in ours.measured.limits.items():
        value, other = ours.measured.values[name], base.measured.values[name]
        if name in MEANINGS and value is not None and other:
            points.append([MEANINGS[name][0], value / other, low / other, high / other])
    order = [MEANINGS[name][0] for name in NAMES]
    points.sort(key=lambda point: -order.index(str(point[0])))
    labels, middle, low_ends, high_ends = (list(column) for column in zip(*points, strict=True)) if points else [[]] * 4
    return {
        "id": "beside",
        "title": f"Each measure over that of {base.name}",
        "note": "Dots are values, bars 90 % limits; 1 is no difference.",
        "labels": labels,
        "value": middle,
        "low": low_ends,
        "high": high_ends,
    }


def _topics(sides: Sequence[Side]) -> Chart:
    shares = [side.clusters / max(1, side.clusters.sum()) for side in sides]
    order = np.argsort(-shares[-1], kind="stable")[:TOP_CLUSTERS] if len(shares[-1]) else np.zeros(0, int)
    names = sides[0].cluster_names
    return {
        "id": "topics",
        "title": "Topics",
        "note": f"Share of the documents in each cluster; the {len(order)} largest of {len(names)}.",
        # The number keeps apart two clusters that have the same name.
        "labels": [f"{names[place]} ·{place}" if place < len(names) else f"·{place}" for place in order.tolist()],
        "sides": [
            {"name": side.name, "y": np.round(share[order], 5).tolist()}
            for side, share in zip(sides, shares, strict=True)
        ],
    }


def _grades(sides: Sequence[Side]) -> Chart:
    edges = np.arange(1.0, 17.0)
    return {
        "id": "grades",
        "title": "School grades",
        "note": "Share of the documents by the grade that they need.",
        "x": edges[:-1].tolist(),
        "sides": [
            {"name": side.name, "y": (np.histogram(side.grades, edges)[0] / max(1, len(side.grades))).tolist()}
            for side in sides
        ],
    }


def _spectrum(sides: Sequence[Side]) -> Chart:
    """How large a share of all running trigrams occurs so often or more: a flat tail is stock phrases."""
    found = []
    for side in sides:
        kinds, times = np.array(side.measured.spectrum, np.float64).reshape(-1, 2).T
        running = kinds * times
        share = np.cumsum(running[::-1])[::-1] / max(1.0, running.sum())
        some = np.unique(np.geomspace(1, max(1, len(kinds)), 60).astype(int) - 1)
        some = some[some < len(kinds)]
        found.append({"name": side.name, "x": kinds[some].tolist(), "y": np.round(share[some], 6).tolist()})
    return {
        "id": "spectrum",
        "title": "Repeated 3-grams",
        "note": "Share of all running 3-grams that occur so often or more in the set.",
        "sides": found,
    }


def _shared(sides: Sequence[Side]) -> Chart:
    return {
        "id": "shared",
        "title": "Shared 5-grams",
        "note": "Share of a text's 5-grams that another text holds, by how many texts it is among.",
        "sides": [
            {"name": side.name, "x": list(side.measured.cross), "y": list(side.measured.cross.values())}
            for side in sides
        ],
    }
