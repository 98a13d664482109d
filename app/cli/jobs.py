"""`hornbook jobs`: look at jobs and steer them."""

from collections.abc import Callable
from itertools import islice
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.cli.exits import Exit, StoppedError
from app.cli.generations import generations, lineage
from app.cli.phrases import spent
from app.cli.report import show_job, show_plan, show_rounds
from app.cli.service import service
from app.cli.spend import spend
from app.cli.terminal import print_json, results
from app.client import HornbookClient
from app.client_http import Json
from app.dashboard.wording import plain

app = typer.Typer(help="List, look into and steer jobs.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Id = Annotated[int, typer.Argument(metavar="JOB", help="Its number.")]
Most = Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")]


@app.callback()
def _jobs() -> None:
    """List, look into and steer jobs."""


@app.command("list")
def list_jobs(
    state: Annotated[str | None, typer.Option(help="queued, running, paused, done, failed or cancelled.")] = None,
    limit: Most = 50,
    as_json: AsJson = False,
) -> None:
    """The youngest first."""
    with service() as at:
        rows = list(islice(at.client.jobs(state=state), limit))
    if as_json:
        for row in rows:
            print_json(row)
        return
    table = Table(
        "id", "recipe", "model", "corpus", "state", "stop reason", "round", "pool", "spent", box=None, pad_edge=False
    )
    for row in rows:
        progress, reason = row["progress"], plain(row["stop_reason"] or "")
        figures = ["" if progress["round"] is None else str(progress["round"]), str(progress["kept"]), spent(row)]
        named = Text(row["recipe"]), Text(row["model"])
        table.add_row(str(row["id"]), *named, str(row["corpus_id"]), row["state"], reason, *figures)
    results().print(table)


@app.command()
def show(job: Id, as_json: AsJson = False) -> None:
    """One job: state, rounds, targets, stop reason."""
    with service() as at:
        row, rounds = at.client.job(job), at.client.rounds(job)
    if as_json:
        print_json({**row, "rounds": rounds})
    else:
        show_job(results(), row, rounds)


def _steered(job_id: int, move: Callable[[HornbookClient], Json], as_json: bool) -> None:
    with service() as at:
        row = move(at.client)
    if as_json:
        print_json(row)
    else:
        typer.echo(f"Job {job_id} is {row['state']}.")


@app.command()
def pause(job: Id, as_json: AsJson = False) -> None:
    """Ask nothing more until it is resumed; calls in flight end by themselves."""
    _steered(job, lambda client: client.pause(job), as_json)


@app.command()
def resume(job: Id, as_json: AsJson = False) -> None:
    """Let a paused job go on."""
    _steered(job, lambda client: client.resume(job), as_json)


@app.command()
def cancel(job: Id, as_json: AsJson = False) -> None:
    """Stop it for good; what it has kept can still be exported."""
    _steered(job, lambda client: client.cancel(job), as_json)


@app.command()
def budget(
    job: Id,
    calls: Annotated[int | None, typer.Option(help="Calls it may make in all.")] = None,
    tokens: Annotated[int | None, typer.Option(help="Tokens it may use in all.")] = None,
    money: Annotated[float | None, typer.Option(metavar="USD", help="What it may cost in all.")] = None,
    hours: Annotated[float | None, typer.Option(help="Hours from its submission.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change its caps; those left out stay. One that is paused as overdrawn goes on if they cover the bill."""
    given = {"calls": calls, "tokens": tokens, "money_usd": money, "hours": hours}
    caps = {name: value for name, value in given.items() if value is not None}
    if not caps:
        raise StoppedError("Name at least one of --calls, --tokens, --money, --hours.", Exit.usage)
    _steered(job, lambda client: client.change_job(job, budget=caps), as_json)


@app.command()
def rounds(job: Id, as_json: AsJson = False) -> None:
    """The table of rounds; with --json a line a round with plan, funnel, measures and decision."""
    with service() as at:
        rows = at.client.rounds(job)
    if as_json:
        for row in rows:
            print_json(row)
    else:
        show_rounds(results(), rows)


@app.command()
def plan(
    job: Id,
    number: Annotated[int | None, typer.Option("--round", min=0, help="Of this round; else of the latest.")] = None,
    as_json: AsJson = False,
) -> None:
    """Why a round asks what it asks: each share of its calls in words, and what each way to ask promises."""
    with service() as at:
        rows = [row for row in at.client.rounds(job) if number in (None, row["number"])]
    if not rows:
        raise StoppedError(f"Job {job} has no round{'' if number is None else f' {number}'} yet.", Exit.usage)
    if as_json:
        print_json(rows[-1]["plan"])
    else:
        show_plan(results(), rows[-1])


app.command()(generations)
app.command()(lineage)
app.command()(spend)
