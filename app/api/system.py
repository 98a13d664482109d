"""Health, readiness and figures of the service."""

from functools import lru_cache
from typing import Literal

import redis
from alembic.script import ScriptDirectory
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Gauge, generate_latest
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.api.edge import CurrentEdge, Edge, body_of
from app.db.migrate import alembic_config
from app.repositories import figures

router = APIRouter(tags=["system"])

REDIS_S = 0.5
"""The broker is only a hurry-up, so nobody waits for it."""


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether requests can be served."""

    ready: bool
    database: bool
    schema_current: bool
    """Whether the database has the schema of this version; if not, run `hornbook migrate`."""
    broker: bool
    """Without it everything still works, a few seconds later."""
    instance: str | None
    """The start of embedded mode that this process belongs to; null elsewhere."""


@router.get("/healthz", summary="Alive?")
def healthz() -> Health:
    """Answers as long as the process does; looks at nothing else."""
    return Health()


@router.get("/readyz", response_model=Readiness, summary="Ready?")
def readyz(edge: CurrentEdge) -> JSONResponse:
    """200 when the database is there with the right schema, else 503. The broker does not count."""
    try:
        revision = edge.read(figures.schema_revision)
        database = True
    except (DBAPIError, PoolTimeoutError):
        revision, database = None, False
    current = database and revision == _newest_revision(edge.settings.database_url)
    state = Readiness(
        ready=current,
        database=database,
        schema_current=current,
        broker=_broker_answers(edge),
        instance=edge.settings.instance,
    )
    return JSONResponse(body_of(state), 200 if current else 503)


@lru_cache(maxsize=1)
def _newest_revision(database_url: str) -> str | None:
    """The revision this version brings; its files do not change while the process runs."""
    return ScriptDirectory.from_config(alembic_config(database_url)).get_current_head()


def _broker_answers(edge: Edge) -> bool:
    client = redis.Redis.from_url(
        edge.settings.redis_url, socket_timeout=REDIS_S, socket_connect_timeout=REDIS_S, retry=None
    )
    with client:
        try:
            return bool(client.ping())
        except (redis.RedisError, OSError):
            return False


@router.get("/metrics", response_class=Response, summary="Prometheus figures")
def metrics(edge: CurrentEdge) -> Response:
    """This process's counters, and the state of all work as the database has it."""
    registry = CollectorRegistry()
    jobs = Gauge("hornbook_jobs", "Jobs by state", ("state",), registry=registry)
    units = Gauge("hornbook_units", "Open units by kind and state", ("kind", "state"), registry=registry)
    spent = Gauge("hornbook_spent_usd", "Money spent by all jobs", registry=registry)
    silent = Gauge(
        "hornbook_worker_silent_seconds",
        "Since a worker last worked or had no work",
        ("queue",),
        registry=registry,
    )
    now = edge.read(figures.read)
    for state, count in now.jobs.items():
        jobs.labels(state).set(count)
    for (kind, state), count in now.units.items():
        units.labels(kind, state).set(count)
    for queue, seconds in now.silent_s.items():
        silent.labels(queue).set(seconds)
    spent.set(now.spent_micro / 1_000_000)
    return Response(generate_latest(REGISTRY) + generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
