"""What routes stand on: settings, engine, storage; transactions that send their steps once they are committed."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from threading import BoundedSemaphore
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.adapters.storage import Storage
from app.api.operator import operator_of
from app.db.session import engine_of, transaction
from app.dispatch import send
from app.domain.ingest import ReadLimits
from app.domain.steps import Step
from app.services import idempotency
from app.services.idempotency import Answer
from app.services.submission import Operator
from app.settings import Settings

T = TypeVar("T")


MAX_UNSENT = 1_000
"""Hints waiting for the broker; beyond it they are dropped, and the reconciler sends them from the rows."""


class Hints:
    """Sends steps from a thread of its own: publishing to a broker that is away blocks for seconds (measured: 6)."""

    def __init__(self, redis_url: str) -> None:
        self.redis_url = redis_url
        self._slots = BoundedSemaphore(MAX_UNSENT)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hints")

    def send(self, steps: Sequence[Step]) -> None:
        """Soon, if the broker is there."""
        if steps and self._slots.acquire(blocking=False):
            self._thread.submit(self._send, steps)

    def _send(self, steps: Sequence[Step]) -> None:
        try:
            send(self.redis_url, steps)
        finally:
            self._slots.release()

    def close(self) -> None:
        """Drop what is still waiting."""
        self._thread.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True)
class Edge:
    """One web process's connections to the rest."""

    settings: Settings
    storage: Storage
    hints: Hints

    @property
    def engine(self) -> Engine:
        """This process's engine, made on first use and never before a fork."""
        return engine_of(self.settings.database_url, pool_size=self.settings.database_pool_size)

    @property
    def operator(self) -> Operator:
        """What whoever runs the service decided; prices are read anew."""
        return operator_of(self.settings)

    @property
    def read_limits(self) -> ReadLimits:
        """What reading one corpus may cost."""
        s = self.settings
        return ReadLimits(
            max_line_bytes=s.max_line_bytes,
            max_text_chars=s.max_text_chars,
            max_decompressed_bytes=s.max_decompressed_bytes,
            max_ratio=s.max_compression_ratio,
            max_zip_entries=s.max_archive_entries,
        )

    def read(self, work: Callable[[Session], T]) -> T:
        """`work` in a transaction of its own."""
        with transaction(self.engine) as session:
            return work(session)


@dataclass(frozen=True)
class Writer:
    """A write of one request: runs once a key, sends its steps after the commit."""

    edge: Edge
    key: str | None
    owner: str
    name: str
    """Method and path: the same body elsewhere is another request."""

    def answered_before(self) -> bool:
        """Whether this key has its answer already, so that costly checks before the write can be left out."""
        key = self.key
        return key is not None and self.edge.read(lambda s: idempotency.is_answered(s, key, owner=self.owner))

    def write(self, payload: bytes, work: Callable[[Session], Answer]) -> Answer:
        """The answer of `work`, or the stored one of the same Idempotency-Key; `payload` is what must be the same."""
        digest = sha256(self.name.encode() + b"\n" + payload).digest()
        with transaction(self.edge.engine) as session:
            answer = idempotency.once(session, self.key, digest, work, owner=self.owner)
        self.edge.hints.send(answer.steps)
        return answer

    def respond(self, payload: bytes, work: Callable[[Session], Answer]) -> JSONResponse:
        """The same as a response."""
        return response_of(self.write(payload, work))


def response_of(answer: Answer) -> JSONResponse:
    """An answer over HTTP; a repeated one says so."""
    headers = {"Location": answer.location} if answer.location else {}
    if answer.repeated:
        headers["Idempotency-Replayed"] = "true"
    return JSONResponse(answer.body, answer.status, headers)


def body_of(model: BaseModel) -> dict[str, object]:
    """A schema as the JSON that is sent and stored."""
    return dict(model.model_dump(mode="json"))


def get_edge(request: Request) -> Edge:
    """The edge of the app that serves this request."""
    edge = request.app.state.edge
    assert isinstance(edge, Edge)
    return edge


CurrentEdge = Annotated[Edge, Depends(get_edge)]


def get_writer(
    request: Request,
    edge: CurrentEdge,
    idempotency_key: Annotated[
        str | None, Header(description="Send the same key with the same request again: it happens once.")
    ] = None,
) -> Writer:
    """The writer of this request."""
    owner = str(request.scope.get("api_key_id") or "")
    return Writer(edge, idempotency_key, owner, f"{request.method} {request.url.path}")


CurrentWriter = Annotated[Writer, Depends(get_writer)]
