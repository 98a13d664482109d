"""What is done to the database without the API: `hornbook migrate`, and `hornbook keys`, also for the first one."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.cli.terminal import print_json, results
from app.db import migrate as migrations
from app.db.session import engine_of, transaction
from app.embedded.home import Home, find_running
from app.embedded.services import ROLE
from app.services import api_keys
from app.settings import Settings, get_settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
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
    as_json: AsJson = False,
) -> None:
    """Make a key and print it: the only time anybody sees it. It goes into HORNBOOK_API_KEY of whoever uses it."""
    with transaction(engine_of(_database_url(get_settings()))) as session:
        key = api_keys.create(session, name)
    if as_json:
        print_json({"name": name, "key": key})
    else:
        typer.echo(key)


@keys.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """All keys, the oldest first; of their secrets nothing is stored that could be shown."""
    with transaction(engine_of(_database_url(get_settings()))) as session:
        rows = api_keys.everything(session)
    if as_json:
        for row in rows:
            print_json({name: value for name, value in asdict(row).items() if name != "secret_sha256"})
        return
    table = Table("id", "name", "made", "last used", "state", box=None, pad_edge=False)
    for row in rows:
        state = "live" if row.live else ("revoked" if row.revoked_at else "expired")
        table.add_row(row.id, Text(row.name), _day(row.created_at), _day(row.last_used_at), state)
    results().print(table)


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"


@keys.command()
def revoke(key: Annotated[str, typer.Argument(metavar="ID", help="As `hornbook keys list` shows it.")]) -> None:
    """End a key: within half a minute nothing takes it any more."""
    with transaction(engine_of(_database_url(get_settings()))) as session:
        api_keys.revoke(session, key)
    typer.echo(f"Key {key} is revoked.")


def _database_url(settings: Settings) -> str:
    """The configured database, else that of a running `hornbook up`, whose port Postgres wrote down itself."""
    if "database_url" in settings.model_fields_set or find_running(settings.home) is None:
        return settings.database_url
    home = Home(settings.home)
    port = (home.postgres / "postmaster.pid").read_text().splitlines()[3]
    return f"postgresql+psycopg://{ROLE}:{home.passwords().postgres}@127.0.0.1:{port}/{ROLE}"
