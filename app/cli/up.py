"""`hornbook up`: everything on this machine, until Ctrl-C."""

from typing import Annotated

import typer

from app.cli.console import errors_as_messages, say
from app.cli.service import own_service
from app.settings import get_settings

Llm = Annotated[str | None, typer.Option("--llm", help="Base URL of an OpenAI-compatible endpoint.")]
Model = Annotated[str | None, typer.Option("--model", help="The model's name at that endpoint.")]


def up(
    host: Annotated[str | None, typer.Option(help="Address to listen on; beyond loopback a key is required.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    llm: Llm = None,
    model: Model = None,
) -> None:
    """Run Postgres, Redis, workers, API and dashboard here, and the offline explainer when no LLM is named."""
    settings = get_settings()
    if host is not None:
        settings = settings.model_copy(update={"host": host})
    with (
        errors_as_messages(),
        own_service(settings, port=settings.port if port is None else port, llm=llm, model=model) as stack,
    ):
        say.print(f"Hornbook runs at [bold cyan]{stack.url}[/] (data in {settings.home}). Ctrl-C stops it.")
        stack.wait()
