"""What the judge said."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.db.columns import Json, id_column, now_column, one_of, to_column


class Finding(Base):
    """An answer of the judge about a generation or a canary; written once."""

    __tablename__ = "findings"
    __table_args__ = (
        UniqueConstraint("unit_id"),
        Index("ix_findings_job", "job_id", "round_id", "id"),
        one_of("task", "score", "canary", "verify"),
        CheckConstraint("score BETWEEN 0 AND 5", name="score"),
        CheckConstraint("(generation_id IS NULL) = (canary IS NOT NULL)", name="of_what"),
        CheckConstraint("(task = 'verify') = (score IS NULL)", name="answer"),
    )

    id: Mapped[int] = id_column()
    job_id: Mapped[int] = mapped_column(BigInteger)
    round_id: Mapped[int] = mapped_column(BigInteger)
    """Both are the unit's, whose key is checked."""
    unit_id: Mapped[int] = to_column("units.id")
    generation_id: Mapped[int | None] = to_column("generations.id", index=True)
    canary: Mapped[str | None]
    """The name of the canary; NULL: it is about a generation."""
    task: Mapped[str]
    part_order: Mapped[str]
    """Whether the rubric or the text came first in the prompt."""
    style: Mapped[str]
    """Whether the text was shown as it is or dressed up."""
    score: Mapped[int | None] = mapped_column(SmallInteger)
    reason: Mapped[str]
    """The judge's own words for its score."""
    claims: Mapped[list[Json]] = mapped_column(JSONB, server_default=sql("'[]'::jsonb"))
    """Each claim with its quotes and what the seed says of it."""
    model: Mapped[str]
    """As the endpoint named itself."""
    llm_call_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("llm_calls.id", ondelete="SET NULL"))
    disagrees: Mapped[bool] = mapped_column(server_default=sql("false"))
    """Whether the gates came to the opposite; set when the round settles."""
    created_at: Mapped[datetime] = now_column()
