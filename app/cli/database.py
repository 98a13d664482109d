"""What is done to the database without the API: `hornbook migrate`, and `hornbook keys create` for the first key."""

from typing import Annotated

import typer

from app.cli.terminal import print_json
from app.db import migrate as migrations
from app.db.session import engine_of, transaction
from app.embedded.home import Home, find_running
from app.embedded.services import ROLE
from app.services import api_keys
from app.settings import Settings, get_settings

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
    with transaction(engine_of(_database_url(get_settings()))) as session:
        key = api_keys.create(session, name)
    if as_json:
        print_json({"name": name, "key": key})
    else:
        typer.echo(key)


def _database_url(settings: Settings) -> str:
    """The configured database, else that of a running `hornbook up`, whose port Postgres wrote down itself."""
    if "database_url" in settings.model_fields_set or find_running(settings.home) is None:
        return settings.database_url
    home = Home(settings.home)
    port = (home.postgres / "postmaster.pid").read_text().splitlines()[3]
    return f"postgresql+psycopg://{ROLE}:{home.passwords().postgres}@127.0.0.1:{port}/{ROLE}"
