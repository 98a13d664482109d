"""The service a command talks to: the one at HORNBOOK_URL, else a running embedded one, else one of its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.cli.exits import Exit, StoppedError
from app.cli.terminal import notes
from app.client import HornbookApiError, HornbookClient
from app.embedded.errors import AlreadyRunningError, PortTakenError
from app.embedded.home import find_running
from app.embedded.stack import Embedded, check_port, start_embedded
from app.settings import Settings, get_settings
from app.telemetry import configure_logging

STARTING_S = 60.0
"""How long another command that is just starting the embedded service is waited for."""
OFFLINE_BANNER = (
    "[yellow]No LLM is configured: the [bold]offline explainer[/] answers. It rewrites by rules, without a model.\n"
    "For texts worth training on name an endpoint: --llm URL --model NAME, or HORNBOOK_LLM_BASE_URL.[/]"
)


@dataclass(frozen=True)
class Service:
    """A service that answers."""

    client: HornbookClient
    own: bool
    """Whether it ends with this command."""


@dataclass(frozen=True)
class Llm:
    """The endpoint that the command line names, if any."""

    url: str | None = None
    model: str | None = None


@contextmanager
def service(llm: Llm = Llm()) -> Iterator[Service]:
    """The service for the length of one command; an own one is stopped in order when it ends, also by Ctrl-C."""
    settings = get_settings()
    configure_logging("WARNING")
    url = settings.url or _running(settings)
    if url is not None:
        with _client(url, settings) as client:
            if not client.ready():
                raise HornbookApiError("service_unreachable", f"No Hornbook is ready at {url}.", 0)
            yield Service(client, own=False)
        return
    try:
        embedded = start(settings, llm)
    except AlreadyRunningError:
        with _client(_wait_running(settings), settings) as client:
            yield Service(client, own=False)
        return
    try:
        with _client(embedded.url, settings) as client:
            yield Service(client, own=True)
    finally:
        with notes().status("Stopping the embedded service ..."):
            embedded.stop()


@contextmanager
def running() -> Iterator[HornbookClient | None]:
    """The service that runs already; None when none does. Starts nothing."""
    settings = get_settings()
    url = settings.url or _running(settings)
    if url is None:
        yield None
        return
    with _client(url, settings) as client:
        yield client


def start(settings: Settings, llm: Llm) -> Embedded:
    """The embedded service, on the configured port when it is free."""
    url, model = llm.url or settings.llm_base_url, llm.model or settings.llm_model
    if url is None and llm.model is not None:
        raise StoppedError("--model names a model of an endpoint: name that too, with --llm URL.", Exit.usage)
    port = settings.port
    try:
        check_port("127.0.0.1", port)
    except PortTakenError:
        port = 0
    with notes().status("Starting Postgres, Redis, workers and the API ..."):
        began = time.monotonic()
        embedded = start_embedded(settings.home, port=port, llm_base_url=url, llm_model=model)
    notes().print(f"Embedded service: {embedded.url} (started in {time.monotonic() - began:.1f} s, stops with this)")
    return embedded


def _client(url: str, settings: Settings) -> HornbookClient:
    return HornbookClient(url, settings.api_key.get_secret_value() if settings.api_key else None)


def _running(settings: Settings) -> str | None:
    info = find_running(settings.home)
    return info.url if info else None


def _wait_running(settings: Settings) -> str:
    deadline = time.monotonic() + STARTING_S
    while time.monotonic() < deadline:
        url = _running(settings)
        if url is not None:
            return url
        time.sleep(0.2)
    raise StoppedError(f"The service on {settings.home} was started elsewhere and is not ready.", Exit.environment)
