"""What the command line says and how it ends: results on standard output, everything else on standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import orjson
import typer
from rich.console import Console

from app.client import HornbookApiError
from app.errors import AppError

out = Console()
"""Results."""
say = Console(stderr=True)
"""Progress, banners and errors, so that `--json` leaves standard output to the data."""


class Exit(IntEnum):
    """Exit codes that scripts can rely on."""

    ok = 0
    """Done; for a job: it ended by its own decision, whatever the stop reason."""
    usage = 2
    """The command line is wrong."""
    service = 3
    """Something that is needed does not run or does not answer."""
    refused = 4
    """The service refused the request; the message says what to do."""
    unfinished = 5
    """A job that was waited for failed, was cancelled or waits for a person."""


@contextmanager
def errors_as_messages() -> Iterator[None]:
    """Turn the errors we raise on purpose into one line and an exit code; anything else is a bug and shows itself."""
    try:
        yield
    except HornbookApiError as error:
        say.print(f"[bold red]error:[/] {error}", markup=True, highlight=False, soft_wrap=True)
        raise typer.Exit(Exit.service if error.status >= 500 or error.status == 0 else Exit.refused) from None
    except AppError as error:
        say.print("[bold red]error:[/] ", end="")
        say.print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(Exit.service if error.status >= 500 else Exit.refused) from None


def print_json(value: object) -> None:
    """One JSON document on a line of its own."""
    sys.stdout.write(orjson.dumps(value, default=str).decode() + "\n")


def fail(message: str, code: Exit) -> typer.Exit:
    """Say what is wrong; raise the result."""
    say.print("[bold red]error:[/] ", end="")
    say.print(message, markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(code)
