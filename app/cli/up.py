"""`hornbook up`: everything on this machine, until Ctrl-C."""

import time
from typing import Annotated

import typer
from rich.markup import escape

from app.cli.exits import Exit, StoppedError
from app.cli.service import OFFLINE_BANNER
from app.cli.terminal import notes, print_json, results
from app.embedded.stack import Embedded, start_embedded
from app.settings import get_settings
from app.telemetry import configure_logging

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Addresses that only this machine reaches; the API asks for keys on any other."""


def up(
    host: Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on, 0 for any [8321].")] = None,
    llm: Annotated[str | None, typer.Option(metavar="URL", help="Any OpenAI-compatible endpoint.")] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="The model to ask there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print where it runs as one JSON line.")] = False,
) -> None:
    """Start everything on this machine: Postgres, Redis, workers, the API and its dashboard. Ctrl-C stops it all.

    Data is kept in HORNBOOK_HOME (./.hornbook); the next start goes on with it, unfinished jobs included.
    """
    settings = get_settings()
    configure_logging("WARNING")
    url, name = llm or settings.llm_base_url, model or settings.llm_model
    if name is not None and url is None:
        raise StoppedError("--model names a model of an endpoint: name that too, with --llm URL.", Exit.usage)
    began = time.monotonic()
    try:
        with notes().status("Starting Postgres, Redis, workers and the API ..."):
            embedded = start_embedded(
                settings.home,
                host=host or settings.host,
                port=settings.port if port is None else port,
                llm_base_url=url,
                llm_model=name,
            )
    except KeyboardInterrupt:
        raise StoppedError("Stopped before it was up.", Exit.environment) from None
    _tell(embedded, time.monotonic() - began, open_to_others=(host or settings.host) not in LOOPBACK, as_json=as_json)
    embedded.wait(on_stop=_tell_stopping)
    notes().print("Stopped.")


def _tell_stopping() -> None:
    notes().print("Stopping. Calls in flight are waited for; Ctrl-C again does not wait.")


def _tell(embedded: Embedded, took: float, *, open_to_others: bool, as_json: bool) -> None:
    """Where it is and how to stop it."""
    if as_json:
        print_json({"url": embedded.url, "offline": embedded.offline, "seconds": round(took, 2)})
        return
    say, at = results(), embedded.url
    say.print(f"[bold green]Hornbook is up[/] at [bold]{at}[/] (after {took:.1f} s).")
    say.print(f"Dashboard {at}/, API description {at}/docs, data in {escape(str(embedded.services.home.root))}")
    if embedded.offline:
        say.print(OFFLINE_BANNER)
    if open_to_others:
        say.print("Requests need a key, for it listens beyond this machine: [bold]hornbook keys create NAME[/]")
    say.print("Press Ctrl-C to stop. Jobs go on at the next start.")
