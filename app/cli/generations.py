"""`hornbook jobs generations` and `lineage`: the texts of a job, and what each came from."""

from itertools import islice
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.cli.phrases import excerpt
from app.cli.report import show_lineage
from app.cli.service import service
from app.cli.terminal import print_json, results
from app.dashboard.wording import plain
from app.domain.records import Verdict

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def generations(
    job: Annotated[int, typer.Argument(metavar="JOB", help="Its number.")],
    number: Annotated[int | None, typer.Option("--round", help="Only of this round.")] = None,
    verdict: Annotated[Verdict | None, typer.Option(help="Only with this verdict.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only dropped for this, e.g. too_hard.")] = None,
    flagged: Annotated[bool, typer.Option("--flagged", help="Only those on which judge and gates disagree.")] = False,
    contains: Annotated[str | None, typer.Option(help="Only with this in the text.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Texts with their verdicts; with --json a line a text, everything in it."""
    filters = {"round": number, "verdict": verdict, "reason": reason, "contains": contains, "flagged": flagged or None}
    with service() as at:
        rows = list(islice(at.client.generations(job, **filters), limit))
    if as_json:
        for row in rows:
            print_json(row)
        return
    table = Table("id", "round", "verdict", "edu", "grade", box=None, pad_edge=False)
    table.add_column("text", no_wrap=True)
    for row in rows:
        said = row["verdict"] if row["reason"] is None else f"{row['verdict']}: {plain(row['reason'])}"
        figures = ["-" if row["seed_id"] is None else f"{row['edu_score']:.1f}", f"{row['grade']:.1f}"]
        table.add_row(str(row["id"]), str(row["round"]), said, *figures, Text(excerpt(row["text"], 70)))
    results().print(table)


def lineage(
    generation: Annotated[int, typer.Argument(help="The number of a text.")],
    as_json: AsJson = False,
) -> None:
    """Everything one text came from, down to the seed's file and line."""
    with service() as at:
        row = at.client.lineage(generation)
    if as_json:
        print_json(row)
    else:
        show_lineage(results(), row)
