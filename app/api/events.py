"""/v1/jobs/{id}/events: a job's story as server-sent events, from the rows, so that any replica can go on with it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.api.edge import CurrentEdge, Edge
from app.api.pages import MAX_ID
from app.api.schemas.job_answers import spend_out
from app.api.schemas.progress import progress_out
from app.errors import TransientError
from app.repositories import budgets, events, jobs, progress
from app.repositories.events import EventRow
from app.repositories.jobs import JobRow
from app.services.jobs import ENDED

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

LOOK_S = 1.0
"""Between two looks at the rows."""
QUIET_S = 15.0
"""Silence after which a comment keeps proxies from closing the connection."""
MAX_STREAMS = 200
"""Open streams a process serves; each costs two short queries a second."""
LIMIT = 500
"""Events of one look."""
OVERLAP = 200
"""Ids are given at insert and seen at commit, so an event may appear below one that was sent; so far back is looked."""


class TooManyStreamsError(TransientError):
    """Too many watchers on this process; try again, or ask GET /v1/jobs/{job} now and then."""

    code = "too_many_streams"


@dataclass
class _Watch:
    """One watcher's place in the story."""

    job_id: int
    start: int
    """What it resumed after: nothing up to here is told again."""
    last_id: int
    seen: set[int] = field(default_factory=set)
    progress: str = ""


@dataclass(frozen=True)
class _Look:
    """What one look found."""

    new: list[EventRow]
    ended: bool
    progress: str


class Board:
    """The progress of watched jobs, counted once for all watchers: a round's units may be a million rows."""

    def __init__(self) -> None:
        self.streams: set[int] = set()
        """Watchers of this process."""
        self._told: dict[int, tuple[float, str, str]] = {}

    def progress(self, session: Session, job: JobRow) -> str:
        """The data of a progress event, at most a second old, but never of an earlier state."""
        now = time.monotonic()
        told_at, state, text = self._told.get(job.id, (-LOOK_S, "", ""))
        if state == job.state and now - told_at < LOOK_S:
            return text
        figures = {
            "state": job.state,
            "progress": progress_out(progress.of_jobs(session, [job.id])[job.id]).model_dump(mode="json"),
            "spend": spend_out(budgets.read(session, job.id)).model_dump(mode="json"),
        }
        if len(self._told) >= MAX_STREAMS:
            self._told.clear()
        text = _json(figures)
        self._told[job.id] = (now, job.state, text)
        return text


STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "`id`, `event`, `data` of every stored event; `progress` events in between have no id.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {"description": "The job has ended and everything was told."},
}


@router.get("/{job_id}/events", response_class=StreamingResponse, responses=STREAM, summary="Watch a job")
async def watch_job(
    request: Request,
    edge: CurrentEdge,
    job_id: Annotated[int, Path(ge=1, le=MAX_ID)],
    last_event_id: Annotated[int, Header(ge=0, le=MAX_ID, description="Resume after this event.")] = 0,
    after: Annotated[int, Query(ge=0, le=MAX_ID, description="The same, where headers cannot be set.")] = 0,
) -> Response:
    """Stored events from the beginning or from Last-Event-ID on, then live, until the job has ended."""
    board: Board = request.app.state.board
    start = max(last_event_id, after)
    watch = _Watch(job_id, start, start)
    first = await run_in_threadpool(edge.read, lambda s: _look(s, watch, board))
    if first.ended and not first.new:
        # 204 tells a browser's EventSource not to come back.
        return Response(status_code=204)
    if len(board.streams) >= MAX_STREAMS:
        raise TooManyStreamsError(job=job_id)
    return StreamingResponse(
        _stream(edge, watch, first, board),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


async def _stream(edge: Edge, watch: _Watch, look: _Look, board: Board) -> AsyncIterator[str]:
    me = id(watch)
    board.streams.add(me)
    try:
        yield "retry: 1000\n\n"
        told = time.monotonic()
        while True:
            text = _render(watch, look)
            if not text and time.monotonic() - told > QUIET_S:
                text = ": still here\n\n"
            if text:
                told = time.monotonic()
                yield text
            if look.ended:
                return
            await asyncio.sleep(LOOK_S)
            try:
                look = await run_in_threadpool(edge.read, lambda s: _look(s, watch, board))
            except (DBAPIError, PoolTimeoutError):
                # The database is away; the watcher comes back by itself and resumes.
                return
    finally:
        board.streams.discard(me)


def _look(session: Session, watch: _Watch, board: Board) -> _Look:
    # The state is read before the events: what a job tells while it ends is then never missed.
    job = jobs.get(session, watch.job_id)
    rows = events.after(session, watch.job_id, max(watch.start, watch.last_id - OVERLAP), limit=LIMIT)
    new = [row for row in rows if row.id not in watch.seen]
    return _Look(new, job.state in ENDED and len(rows) < LIMIT, board.progress(session, job))


def _render(watch: _Watch, look: _Look) -> str:
    """The text of a look's news; moves the watch on."""
    parts = []
    for row in look.new:
        data = _json({**row.data, "at": row.created_at.isoformat()})
        parts.append(f"id: {row.id}\nevent: {row.kind}\ndata: {data}\n\n")
        watch.seen.add(row.id)
        watch.last_id = max(watch.last_id, row.id)
    if look.progress != watch.progress:
        watch.progress = look.progress
        # Before the stored events, so that the job's last event stays the last.
        parts.insert(0, f"event: progress\ndata: {look.progress}\n\n")
    watch.seen = {number for number in watch.seen if number > watch.last_id - 2 * OVERLAP}
    return "".join(parts)


def _json(value: object) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))
