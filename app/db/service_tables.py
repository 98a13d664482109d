"""What the processes themselves need: endpoints, workers, keys."""

from datetime import datetime

from sqlalchemy import Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import BYTEA, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.db.columns import Json, id_column, json_column, now_column, when_column


class Endpoint(Base):
    """What all workers should know of an LLM endpoint with one key, asked for one model."""

    __tablename__ = "endpoints"

    url: Mapped[str] = mapped_column(primary_key=True)
    """Its lane: `app.domain.lanes.Lane.id`."""
    not_before: Mapped[datetime | None] = when_column()
    """No call before this: the provider asked for a long pause, or it is down."""
    down_since: Mapped[datetime | None] = when_column()
    """NULL: nobody found it down."""
    reason: Mapped[str | None]
    """Why it is down, in words."""


class Recipe(Base):
    """One version of a recipe of one's own; its content never changes, so that its hash names it."""

    __tablename__ = "recipes"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[int] = id_column()
    name: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    """Counts from 1 within a name."""
    sha256: Mapped[str] = mapped_column(unique=True)
    """Of the canonical content, in hex."""
    body: Mapped[Json] = json_column()
    """The content: `app.domain.recipes.recipe.Recipe` as JSON."""
    created_at: Mapped[datetime] = now_column()


class WorkerBeat(Base):
    """A worker process's sign of life."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(primary_key=True)
    node: Mapped[str] = mapped_column(server_default="")
    """The worker it belongs to, by its parent process, which has a row of its own: what a watchdog can restart."""
    queue: Mapped[str]
    busy: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    seen_at: Mapped[datetime] = now_column()
    progress_at: Mapped[datetime] = now_column()
    """When it last claimed or finished something, or found nothing to do."""


class ApiKey(Base):
    """A key to the API: an id anyone may see and the sha256 of a secret shown once."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    secret_sha256: Mapped[bytes] = mapped_column(BYTEA)
    created_at: Mapped[datetime] = now_column()
    expires_at: Mapped[datetime | None] = when_column()
    revoked_at: Mapped[datetime | None] = when_column()
    last_used_at: Mapped[datetime | None] = when_column()


class IdempotencyKey(Base):
    """A write that was already answered; forgotten after `Settings.idempotency_hours`."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    request_sha256: Mapped[bytes] = mapped_column(BYTEA)
    status: Mapped[int] = mapped_column(Integer)
    body: Mapped[Json] = mapped_column(JSONB)
    created_at: Mapped[datetime] = now_column()
