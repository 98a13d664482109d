"""The web process of a test: the real app on a real socket over real Postgres, and an LLM that is merely there."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psycopg
import uvicorn
from fastapi import FastAPI
from psycopg import sql
from sqlalchemy import Engine

from app.db.session import engine_of
from app.embedded.services import EmbeddedServices
from app.main import create_app
from app.settings import Settings

NO_BROKER = "redis://127.0.0.1:1/0"
"""Nothing listens there: the API must not care."""
MODEL = "test-model"
PRICES = {MODEL: {"input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0}}
_NUMBERS = itertools.count(1)


@dataclass
class ApiService:
    """A running web process."""

    url: str
    http: httpx.Client
    settings: Settings
    engine: Engine

    def corpus(self, text: str = "Water boils at 100 degrees.") -> int:
        """A corpus of one record; its id."""
        answer = self.http.post("/v1/corpora", json={"name": "one", "records": [{"text": text}]})
        assert answer.status_code in (200, 202), answer.text
        return int(answer.json()["id"])

    def job(self, **config: Any) -> dict[str, Any]:
        """A job on a corpus of one record, as answered."""
        answer = self.http.post("/v1/jobs", json={"corpus_id": self.corpus(), **config})
        assert answer.status_code == 202, answer.text
        job: dict[str, Any] = answer.json()
        return job


class _Llm(BaseHTTPRequestHandler):
    """Answers the probe: 401 under /locked, an empty list of models elsewhere."""

    def do_GET(self) -> None:
        self.send_response(401 if self.path.startswith("/locked") else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def llm_endpoint() -> Iterator[str]:
    """The base URL of an endpoint that is reachable."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Llm)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def database_for_many(services: EmbeddedServices, template: str) -> Iterator[str]:
    """A migrated database for many tests that change nothing in it."""
    name = f"hornbook_many_{next(_NUMBERS)}"
    with psycopg.connect(services.database_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        yield f"{services.database_url.rpartition('/')[0]}/{name}"
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def api_service(
    database_url: str,
    home: Path,
    *,
    redis_url: str = NO_BROKER,
    prepare: Callable[[FastAPI], None] = lambda _: None,
    **settings: Any,
) -> Iterator[ApiService]:
    """The app under uvicorn in a thread, after `prepare` had it."""
    chosen = Settings(_env_file=None, database_url=database_url, redis_url=redis_url, home=home, **settings)  # type: ignore[call-arg]  # pydantic-settings' own
    app = create_app(chosen)
    prepare(app)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=1, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    engine = engine_of(database_url, pool_size=chosen.database_pool_size)
    try:
        with httpx.Client(base_url=url, trust_env=False, timeout=20) as http:
            yield ApiService(url, http, chosen, engine)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        engine.dispose()
