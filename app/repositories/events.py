"""The story of a job, in order, for those who watch it."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.db.tables import Event


class EventRow(NamedTuple):
    """One event; `id` is what a watcher resumes from."""

    id: int
    kind: str
    data: dict[str, Any]
    created_at: datetime


def add(session: Session, job_id: int, kind: str, **data: Any) -> None:
    """Tell the watchers of a job, when the transaction commits."""
    session.execute(insert(Event).values(job_id=job_id, kind=kind, data=data))


def after(session: Session, job_id: int, last_id: int, *, limit: int = 500) -> list[EventRow]:
    """Events younger than `last_id`, oldest first."""
    query = select(Event.id, Event.kind, Event.data, Event.created_at)
    rows = session.execute(query.where(Event.job_id == job_id, Event.id > last_id).order_by(Event.id).limit(limit))
    return [EventRow(*row) for row in rows]
