"""The web process: HTTP API and dashboard, stateless, as many replicas as wanted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import uvicorn
from fastapi import FastAPI

from app.adapters.storage import Storage
from app.api import (
    classifiers,
    corpora,
    documentation,
    estimates,
    events,
    exports,
    generations,
    jobs,
    openapi,
    problems,
    recipes,
    reviews,
    rounds,
    sources,
    system,
)
from app.api.bodies import BodyLimit
from app.api.crashes import Crashes
from app.api.edge import Edge, Hints
from app.api.measuring import Measuring
from app.api.security import Security
from app.dashboard import pages
from app.settings import Settings, get_settings
from app.telemetry import configure_logging

GRACE_S = 5
"""Open event streams are cut so long after a stop was asked for; watchers resume elsewhere."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application for `settings`; those of the environment when none are given."""
    settings = settings or get_settings()
    edge = Edge(settings, Storage(settings.storage_dir), Hints(settings.redis_url))
    app = FastAPI(
        title="Hornbook",
        summary="Seed corpora in, textbook-quality training data out, with full lineage.",
        version=version("hornbook"),
        docs_url=None,
        redoc_url=None,
        responses=problems.RESPONSES,
        lifespan=_lifespan,
    )
    app.state.edge = edge
    app.state.board = events.Board()
    problems.install(app)
    openapi.describe(app)
    asked = (corpora, recipes, estimates, jobs, rounds, sources, events, generations, reviews, exports, classifiers)
    for module in (*asked, system, documentation):
        app.include_router(module.router)
    app.include_router(pages.router)
    # The last one added is the first to see a request.
    app.add_middleware(Crashes)
    app.add_middleware(BodyLimit)
    app.add_middleware(Security, edge=edge)
    app.add_middleware(Measuring)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.edge.hints.close()


def serve(settings: Settings) -> None:
    """Run the web process until it is told to stop."""
    configure_logging(settings.log_level)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


if __name__ == "__main__":
    serve(get_settings())
