"""What is done to the database without the API: `hornbook migrate`, and `hornbook keys create` for the first key."""

from typing import Annotated

import typer

from app.cli.terminal import print_json
from app.db import migrate as migrations
from app.db.session import engine_of, transaction
from app.services import api_keys
from app.settings import get_settings

keys = typer.Typer(help="Keys to the API.", no_args_is_help=True)


@keys.callback()
def _keys() -> None:
    """Keys to the API."""


def migrate() -> None:
    """Bring the database at HORNBOOK_DATABASE_URL to the newest schema."""
    migrations.upgrade(get_settings().database_url)
    typer.echo("The database is up to date.")


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is; shown in lists.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a key and print it: the only time anybody sees it. It goes into HORNBOOK_API_KEY of whoever uses it."""
    with transaction(engine_of(get_settings().database_url)) as session:
        key = api_keys.create(session, name)
    if as_json:
        print_json({"name": name, "key": key})
    else:
        typer.echo(key)
