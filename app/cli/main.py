"""The `hornbook` command: which commands there are and where they live.

A command's module is loaded when its command is called: a worker that starts must not wait for the classifier's
libraries. Knows nothing of what commands do.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from app.cli.exits import Exit, report
from app.errors import AppError

RUN, USE, TOOLS, OPERATE = "Start", "Corpora, jobs, exports", "Without a service", "Operate"
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("up:up", RUN),
    "refine": ("refine:refine", RUN),
    "watch": ("watch:watch", USE),
    "corpora": ("corpora:app", USE),
    "jobs": ("jobs:app", USE),
    "export": ("exports:export", USE),
    "recipes": ("recipes:app", USE),
    "score": ("score:score", TOOLS),
    "measure": ("measure:measure", TOOLS),
    "duplicates": ("duplicates:duplicates", TOOLS),
    "contamination": ("contamination:contamination", TOOLS),
    "classifier": ("classifier:app", USE),
    "llm": ("llm:app", OPERATE),
    "doctor": ("doctor:doctor", OPERATE),
    "api": ("processes:api", OPERATE),
    "worker": ("processes:worker", OPERATE),
    "reconciler": ("processes:reconciler", OPERATE),
    "migrate": ("database:migrate", OPERATE),
    "keys": ("database:keys", OPERATE),
}
"""Name: (module below `app.cli` and what in it, panel of the help)."""


def build(names: Sequence[str]) -> typer.Typer:
    """The command with these subcommands."""
    root = typer.Typer(name="hornbook", no_args_is_help=True, add_completion=False, rich_markup_mode="rich")
    root.callback()(_root)
    for name in names:
        place, panel = COMMANDS[name]
        module, _, attribute = place.partition(":")
        found = getattr(import_module(f"app.cli.{module}"), attribute)
        if isinstance(found, typer.Typer):
            root.add_typer(found, name=name, rich_help_panel=panel)
        else:
            root.command(name, rich_help_panel=panel)(found)
    return root


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hornbook {version('hornbook')}")
        raise typer.Exit


def _root(
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and end.")
    ] = False,
) -> None:
    """Seed corpora in, textbook-quality training data out, with full lineage.

    `hornbook refine FILE --out DIR` does the whole story; `hornbook up` keeps the service and its dashboard running.
    """


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code; an error is one line, never a traceback.

    When whoever reads the output leaves (`| head`), it ends without a word, once what it started is stopped.
    """
    named = argv[0] if argv else ""
    names = [named] if named in COMMANDS else ([] if named == "--version" else list(COMMANDS))
    try:
        build(names)(args=list(argv), prog_name="hornbook", standalone_mode=True)
    except SystemExit as ended:
        # Click and Rich both turn a broken pipe into exit code 1, which would read as a failure of ours.
        if isinstance(ended.__context__, BrokenPipeError):
            return Exit.reader_gone
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except (AppError, ValidationError, DBAPIError, OSError) as error:
        return report(error)
    return 0


def main() -> None:
    """The console script."""
    code = run(sys.argv[1:])
    if code == Exit.reader_gone:
        # Python flushes at its end and would complain about what could not be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


if __name__ == "__main__":
    main()
