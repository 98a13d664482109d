"""`hornbook review`: what people say of a job's texts."""

from itertools import islice
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.cli.exits import Exit, StoppedError
from app.cli.phrases import excerpt
from app.cli.service import service
from app.cli.terminal import print_json, results
from app.client_http import Json
from app.domain.reviews import Decision

app = typer.Typer(help="Approve or reject texts, and find the one to look at next.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Job = Annotated[int, typer.Argument(metavar="JOB", help="Its number.")]
Generation = Annotated[int, typer.Argument(metavar="GENERATION", help="The number of a text.")]
Score = Annotated[float | None, typer.Option(min=0, max=5, help="Its educational value as you see it, 0 to 5.")]
Note = Annotated[str, typer.Option(help="Why.")]


@app.callback()
def _reviews() -> None:
    """Approve or reject texts, and find the one to look at next."""


@app.command("next")
def next_text(job: Job, as_json: AsJson = False) -> None:
    """The text whose review says most: where judge and gates disagree, then near the least educational score."""
    with service() as at:
        found = at.client.next_review(job)
    if as_json:
        print_json(found)
    elif found["generation"] is None:
        typer.echo(f"Every text of job {job} that is worth it has been reviewed.")
    else:
        _show(found)


def _show(found: Json) -> None:
    row, say = found["generation"], results()
    said = "" if row["reason"] is None else f": {row['reason']}"
    audit = row["scores"].get("edu_audit")
    second = "" if audit is None else f", by the audit model {audit:.2f}"
    say.print(f"[bold]Text {row['id']}[/]", Text(f"round {row['round']}, {row['verdict']}{said}"))
    least = f"the job asks for {found['edu_min']:.2f}"
    say.print(f"  educational score {row['edu_score']:.2f}{second}; {least}", markup=False)
    if found["flagged"]:
        say.print("  the judge and the gates disagree about it", style="yellow")
    # A model wrote it: what would steer the terminal is shown as a mark.
    text = "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in row["text"])
    say.print(Text(f"\n{text}\n"))
    say.print(f"hornbook review approve|reject {row['id']} [--score 0..5] [--note WHY]", markup=False, style="dim")


@app.command()
def approve(generation: Generation, score: Score = None, note: Note = "", as_json: AsJson = False) -> None:
    """Say that a text is good. The newest review of a text counts."""
    _review(generation, Decision.approve, score, note, as_json=as_json)


@app.command()
def reject(generation: Generation, score: Score = None, note: Note = "", as_json: AsJson = False) -> None:
    """Say that a text is no good: exports made from now on leave it out. The newest review of a text counts."""
    _review(generation, Decision.reject, score, note, as_json=as_json)


def _review(generation: int, decision: Decision, score: float | None, note: str, *, as_json: bool) -> None:
    if score is not None and not 0 <= score <= 5:
        # Not a number passes the option's own bounds.
        raise StoppedError("--score is a number from 0 to 5.", Exit.usage)
    with service() as at:
        row = at.client.review(generation, decision, score=score, note=note)
    if as_json:
        print_json(row)
    else:
        said = "approved" if decision is Decision.approve else "rejected"
        typer.echo(f"Text {generation} of job {row['job_id']} is {said}.")


@app.command("list")
def list_reviews(
    job: Job,
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """The youngest first; of a text the newest counts."""
    with service() as at:
        rows = list(islice(at.client.reviews(job), limit))
    if as_json:
        for row in rows:
            print_json(row)
        return
    table = Table("text", "decision", "score", "by", "at", box=None, pad_edge=False)
    table.add_column("note", no_wrap=True)
    for row in rows:
        score = "" if row["score"] is None else f"{row['score']:g}"
        said = [str(row["generation_id"]), row["decision"], score, row["reviewer"] or "", row["created_at"][:16]]
        table.add_row(*said, Text(excerpt(row["note"], 60)))
    results().print(table)
