"""What a person reads at the end: the corpus, the rounds, the decision, one lineage."""

from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from app.cli.console import say

Json = dict[str, Any]
ENDINGS = {
    "target_met": ("green", "every target held in two rounds running"),
    "plateau": ("yellow", "more rounds would not bring the set nearer to its targets"),
    "budget_exhausted": ("yellow", "a budget is used up"),
    "nothing_to_do": ("yellow", "no seed is left to ask about"),
    "collapse": ("red", "diversity fell sharply: the round was taken back and waits for you"),
    "cancelled": ("red", "it was cancelled"),
    "error": ("red", "it could not go on"),
}


def say_corpus(corpus: Json) -> None:
    """The counts of a corpus, and where to see what was rejected."""
    counts = f"{corpus['read']:,} read = {corpus['stored']:,} seeds + {corpus['duplicates']:,} duplicates"
    say.print(f"Corpus {corpus['id']}: {counts} + {corpus['rejected']:,} rejected", highlight=False)
    if corpus["rejected"]:
        say.print(f"  hornbook corpora rejects {corpus['id']} lists the rejected records.", highlight=False)


def say_rounds(rounds: list[Json]) -> None:
    """The table of rounds."""
    table = Table(title="Rounds", title_justify="left")
    for name in ("round", "calls", "kept", "accepted", "Vendi-2", "grade p90", "ease", "targets"):
        table.add_column(name, justify="right")
    for row in rounds:
        table.add_row(*(_seeds_row(row) if row["number"] == 0 else _round_row(row)))
    say.print(table)
    for row in rounds:
        why = row["decision"].get("why", row["state"])
        say.print(f"  round {row['number']}: {why}", markup=False, highlight=False)


def _seeds_row(row: Json) -> list[str]:
    values, funnel = row["measures"].get("values", {}), row["funnel"]
    grade, ease = _number(values.get("grade_p90")), _number(values.get("ease_mean"))
    return ["seeds", "", str(funnel.get("taking_part", 0)), "", "1.00", grade, ease, ""]


def _round_row(row: Json) -> list[str]:
    values = row["measures"].get("values", {})
    figures = row["measures"].get("figures", {})
    calls, kept = figures.get("calls", 0), figures.get("accepted", 0)
    checks = row["decision"].get("checks", [])
    return [
        str(row["number"]),
        str(calls),
        str(kept),
        f"{kept / calls:.0%}" if calls else "",
        _number(values.get("vendi2_ratio"), 2),
        _number(values.get("grade_p90")),
        _number(values.get("ease_mean")),
        f"{sum(check['holds'] for check in checks)}/{len(checks)}",
    ]


def _number(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def say_stop(job: Json, rounds: list[Json]) -> None:
    """The stop reason, and every target with its figure."""
    colour, meaning = ENDINGS.get(job["stop_reason"] or "", ("yellow", job["state"]))
    say.print(f"Stopped: [bold {colour}]{job['stop_reason'] or job['state']}[/]: {meaning}.", highlight=False)
    if job["note"]:
        say.print(f"  {job['note']}", markup=False, highlight=False)
    checks = rounds[-1]["decision"].get("checks", []) if rounds else []
    for check in checks:
        mark = "[green]✓[/]" if check["holds"] else "[red]✗[/]"
        value = "cannot be measured here" if check["value"] is None else f"{check['value']:.3g}"
        say.print(f"  {mark} {check['name']}: {value} ({check['direction']} {check['bound']:g})", highlight=False)


def say_lineage(lineage: Json) -> None:
    """One text and all it came from, as a tree."""
    text = lineage["generation"]
    root = Tree(Text(f"One of the texts: {_first(text['text'])}", style="bold"))
    root.add(Text(f"asked as {text['arm']} of {lineage['prompt']['model']}, round {text['round']}"))
    root.add(Text(str(text["why"])))
    for parent in lineage["parents"]:
        root.add(Text(f"after round {parent['round']}: {parent['why']}"))
    for seed in lineage["seeds"]:
        where = f"{seed['file']}, line {seed['line']}" if seed.get("line") else seed["file"]
        licence = f", {seed['licence']}" if seed.get("licence") else ""
        root.add(Text(f"from seed {seed.get('external_id') or seed['id']} ({where}{licence}): {_first(seed['text'])}"))
    say.print(root)


def _first(text: str, width: int = 90) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[:width]}…"
