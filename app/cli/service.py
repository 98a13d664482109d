"""Finds the service a command talks to: the one named, the embedded one that runs, or an embedded one of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.cli.console import say
from app.client import HornbookClient
from app.embedded.home import find_running
from app.embedded.stack import Embedded, start_embedded
from app.settings import Settings, get_settings


@contextmanager
def connected(*, llm: str | None = None, model: str | None = None) -> Iterator[HornbookClient]:
    """A client of HORNBOOK_URL, else of a running `hornbook up`, else of one that lives as long as the block."""
    settings = get_settings()
    key = settings.api_key.get_secret_value() if settings.api_key else None
    url = settings.url or _running(settings)
    if url:
        with HornbookClient(url, key) as client:
            yield client
        return
    with own_service(settings, port=0, llm=llm, model=model) as stack, HornbookClient(stack.url, key) as client:
        yield client


def _running(settings: Settings) -> str | None:
    info = find_running(settings.home)
    return info.url if info and info.ready else None


@contextmanager
def own_service(settings: Settings, *, port: int, llm: str | None, model: str | None) -> Iterator[Embedded]:
    """An embedded service for the block."""
    with say.status("Starting Postgres, Redis, workers and API ..."):
        stack = start_embedded(
            settings.home,
            host=settings.host,
            port=port,
            llm_base_url=llm or settings.llm_base_url,
            llm_model=model or settings.llm_model,
        )
    if stack.offline:
        say.print(
            "[yellow]No LLM is configured: the built-in offline explainer answers. It is no model; use --llm URL "
            "--model NAME for a real one.[/]",
            highlight=False,
        )
    try:
        yield stack
    finally:
        with say.status("Stopping ..."):
            stack.stop()
