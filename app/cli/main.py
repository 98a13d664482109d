"""The `hornbook` command: registers the commands, holds no logic."""

from importlib.metadata import version
from typing import Annotated

import typer

from app.cli import classifier, processes, refine, up

app = typer.Typer(
    name="hornbook",
    help="Turns seed corpora into textbook-quality training data, round after round, with full lineage.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(version("hornbook"))
        raise typer.Exit


@app.callback()
def root(
    show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Turns seed corpora into textbook-quality training data, round after round, with full lineage."""


app.command()(up.up)
app.command()(refine.refine)
app.command()(processes.api)
app.command()(processes.worker)
app.command()(processes.reconciler)
app.command()(processes.migrate)
app.add_typer(classifier.app, name="classifier")


def main() -> None:
    """Entry point."""
    app()


if __name__ == "__main__":
    main()
