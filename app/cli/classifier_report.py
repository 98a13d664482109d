"""How good a classifier is, as tables of a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.client_http import Json
from app.dashboard.wording import reviews_sentence

FIGURES = ("spearman", "f1_at_3", "mae")


def show_classifier(say: Console, row: Json) -> None:
    """Where it comes from, its state, its held-out report."""
    used = ", used by new jobs" if row["in_use"] else ""
    named = f"{row['name']} version {row['version']}: {row['state']}{used}"
    say.print(f"[bold]Classifier {row['id']}[/]", Text(named))
    say.print(f"  sha256 {row['sha256'] or '-'}", markup=False)
    say.print(f"  labels from {origin(row)}", markup=False)
    if row["error"]:
        say.print(f"It could not be made: {row['error']['detail']}", style="red", markup=False)
    for record in row["card"].get("training", {}).get("skipped_lines", []):
        say.print(f"  skipped line {record['line']}: {record['code']}", markup=False)
    if row["report"]:
        show_report(say, f"{row['name']} {row['version']}", row["report"], "On documents set aside from its labels")


def origin(row: Json) -> str:
    """Where the labels of a classifier come from. Example: `gold.jsonl` or `phi3:mini on corpus 3`."""
    source = row["source"]
    match source["kind"]:
        case "file":
            return str(source["file"])
        case "llm":
            done, total = row["labels"].get("done", 0), sum(row["labels"].values())
            return f"{source['model']} on corpus {source['corpus_id']} ({done} of {total} labels)"
        case "judge":
            return f"{source['scores']} scores by the judge of {_jobs(source['jobs'])}"
        case "reviews":
            return f"{source['reviews']} reviews of {_jobs(source['jobs'])}"
        case _:
            return "Hornbook itself"


def _jobs(ids: Sequence[int]) -> str:
    return f"job{'' if len(ids) == 1 else 's'} {', '.join(map(str, ids))}"


def show_report(say: Console, name: str, report: Json, title: str) -> None:
    """The figures of both classifiers with their limits, the ceiling, and the confusion."""
    table = Table("documents", "n", "scored by", "Spearman", "F1 at 3", "mean error", title=title, title_justify="left")
    for part, own in report["own"].items():
        for label, figures in ((name, own), ("shipped", report["other"][part])):
            first = figures is own
            table.add_row(part if first else "", str(own["n"]) if first else "", Text(label), *_cells(figures))
        table.add_row("", "", "difference", *_cells(report["difference"][part]), end_section=True)
    if report["ceiling"]:
        ceiling = report["ceiling"]
        table.add_row("labelled twice", str(ceiling["n"]), "the second label", *_cells(ceiling))
    say.print(table)
    say.print(f"In brackets: {report['level']:.0%} bootstrap limits over documents. {report['good']} reach 3.")
    if report.get("other_saw_it"):
        say.print("The shipped classifier was trained on this very file, so its figures are too good.", style="yellow")
    if report.get("reviews"):
        say.print(reviews_sentence(report["reviews"]), style="yellow", markup=False)
    if not report["ceiling"]:
        say.print("No document was labelled twice, so nobody knows the ceiling.", style="dim")
    say.print(_confusion(report["confusion"]))


def _cells(figures: Json) -> list[str]:
    return [f"{figures[name][0]:.2f} \\[{figures[name][1]:.2f}, {figures[name][2]:.2f}]" for name in FIGURES]


def _confusion(counts: Sequence[Sequence[int]]) -> Table:
    table = Table("label \\ score", *map(str, range(6)), title="How many, rounded", title_justify="left")
    for label, row in enumerate(counts):
        table.add_row(str(label), *(str(count) if count else "·" for count in row))
    return table
