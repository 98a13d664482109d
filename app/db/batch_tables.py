"""Batches: calls of a job that are at the provider as one file."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.db.columns import count_column, id_column, now_column, one_of, to_column, when_column


class Batch(Base):
    """Some calls of a round, all for one model. Its units are leased to it without an end."""

    __tablename__ = "batches"
    __table_args__ = (
        one_of("state", "new", "sent", "ended"),
        Index("ix_batches_open", "job_id", postgresql_where=sql("state <> 'ended'")),
        Index("ix_batches_round", "round_id", "id"),
    )

    id: Mapped[int] = id_column()
    job_id: Mapped[int] = to_column("jobs.id")
    round_id: Mapped[int] = to_column("rounds.id")
    model: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    """Our own token, which the provider keeps with the batch: by it a batch is found whose answer was lost."""
    state: Mapped[str] = mapped_column(server_default="new")
    """`new`: nobody knows whether the provider has it; `sent`: it has; `ended`: all of its units went on."""
    input_file_id: Mapped[str | None]
    provider_id: Mapped[str | None]
    status: Mapped[str | None]
    """The provider's word for how far it is."""
    requests: Mapped[int] = count_column()
    answered: Mapped[int] = count_column()
    """As the provider counts."""
    failed: Mapped[int] = count_column()
    attempts: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    """How often somebody took it up while it was new."""
    misses: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    """Times in a row that the provider did not know it."""
    error: Mapped[str | None]
    refusal: Mapped[str | None]
    """A body in which the provider refused a field of a request; later batches go without that field."""
    worker: Mapped[str | None]
    token: Mapped[int | None] = mapped_column(BigInteger)
    """Of whoever works on it now; each gets a higher one than all before."""
    lease_until: Mapped[datetime | None] = when_column()
    next_at: Mapped[datetime] = now_column()
    """When somebody should look at it again."""
    created_at: Mapped[datetime] = now_column()
    sent_at: Mapped[datetime | None] = when_column()
    cancel_at: Mapped[datetime | None] = when_column()
    """When the provider was asked to end it early."""
    ended_at: Mapped[datetime | None] = when_column()
