"""Writes that were answered before, by the key their sender gave them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from app.db.tables import IdempotencyKey


@dataclass(frozen=True)
class Answered:
    """A stored answer."""

    request_sha256: bytes
    status: int
    body: dict[str, Any]


def lock(session: Session, key: str) -> None:
    """Make other writes of this key wait until the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def find(session: Session, key: str) -> Answered | None:
    """What was answered to this key; None when it is new."""
    query = select(IdempotencyKey.request_sha256, IdempotencyKey.status, IdempotencyKey.body)
    row = session.execute(query.where(IdempotencyKey.key == key)).one_or_none()
    return Answered(bytes(row.request_sha256), row.status, row.body) if row else None


def remember(session: Session, key: str, *, request_sha256: bytes, status: int, body: dict[str, Any]) -> None:
    """Store an answer in the transaction of its write."""
    session.execute(insert(IdempotencyKey).values(key=key, request_sha256=request_sha256, status=status, body=body))


def forget(session: Session, *, older_than_s: float, limit: int = 10_000) -> int:
    """Delete answers that nobody will ask for again, some at a time; returns how many."""
    result = session.execute(
        text("""
        DELETE FROM idempotency_keys WHERE key IN (
            SELECT key FROM idempotency_keys WHERE created_at < now() - make_interval(secs => :age)
            ORDER BY created_at LIMIT :limit FOR UPDATE SKIP LOCKED)"""),
        {"age": older_than_s, "limit": limit},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # SQLAlchemy types Result without rowcount
