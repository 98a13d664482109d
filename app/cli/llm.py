"""`hornbook llm`: about the endpoints that answer, and what they cost."""

import typer

from app.cli.prices import prices

app = typer.Typer(help="Endpoints and prices.", no_args_is_help=True)


@app.callback()
def _llm() -> None:
    """Endpoints and prices."""


app.command()(prices)
