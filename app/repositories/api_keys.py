"""Rows of API keys; of a secret only its sha256 is stored."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, text
from sqlalchemy.orm import Session

from app.db.tables import ApiKey


@dataclass(frozen=True)
class ApiKeyRow:
    """A key as stored; `live` is False once it is revoked or expired by the database's clock."""

    id: str
    name: str
    secret_sha256: bytes
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    live: bool


LIVE = ApiKey.revoked_at.is_(None) & or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now())
COLUMNS: list[Any] = [
    ApiKey.id,
    ApiKey.name,
    ApiKey.secret_sha256,
    ApiKey.created_at,
    ApiKey.last_used_at,
    ApiKey.expires_at,
    ApiKey.revoked_at,
    LIVE,
]


def add(session: Session, key_id: str, name: str, *, secret_sha256: bytes, expires_at: datetime | None = None) -> None:
    """A new key."""
    session.execute(insert(ApiKey).values(id=key_id, name=name, secret_sha256=secret_sha256, expires_at=expires_at))


def find(session: Session, key_id: str) -> ApiKeyRow | None:
    """The key with this id, dead or alive; None when there is none."""
    row = session.execute(select(*COLUMNS).where(ApiKey.id == key_id)).one_or_none()
    return ApiKeyRow(*row) if row else None


def everything(session: Session) -> list[ApiKeyRow]:
    """All keys, the oldest first."""
    return [ApiKeyRow(*row) for row in session.execute(select(*COLUMNS).order_by(ApiKey.created_at))]


def touch(session: Session, key_id: str) -> None:
    """Note that a key was used, once a minute at most."""
    session.execute(
        text("""
        UPDATE api_keys SET last_used_at = now()
        WHERE id = :id AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')"""),
        {"id": key_id},
    )


def revoke(session: Session, key_id: str) -> bool:
    """End a key; False when there is no living key of this id."""
    row = session.execute(
        text("UPDATE api_keys SET revoked_at = now() WHERE id = :id AND revoked_at IS NULL RETURNING id"),
        {"id": key_id},
    ).one_or_none()
    return row is not None
