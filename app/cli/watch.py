"""`hornbook watch`: a job from now to its end."""

from typing import Annotated

import typer

from app.cli.exits import CODES, Exit
from app.cli.report import show_job
from app.cli.service import service
from app.cli.terminal import notes, print_json, results
from app.cli.watching import follow


def watch(
    job: Annotated[int, typer.Argument(metavar="JOB", help="Its number.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the job with its rounds as JSON.")] = False,
) -> None:
    """Follow a job until it ends or waits for a person, then show its rounds."""
    with service() as at:
        try:
            row = follow(at.client, job)
        except KeyboardInterrupt:
            notes().print(f"Job {job} goes on{' at the next start' if at.own else ''}.")
            raise typer.Exit(Exit.unfinished) from None
        rounds = at.client.rounds(job)
    if as_json:
        print_json({**row, "rounds": rounds})
    else:
        show_job(results(), row, rounds)
    if row["state"] != "done":
        raise typer.Exit(Exit.unfinished)


watch.__doc__ = f"{watch.__doc__}\n\n{CODES}"
