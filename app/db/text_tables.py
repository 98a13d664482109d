"""What came of it: scores of seeds, generations, exports, and the story of a job."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import BYTEA, DOUBLE_PRECISION, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.db.columns import Json, count_column, id_column, json_column, now_column, one_of, to_column, when_column


class SeedScore(Base):
    """What a job knows of a seed; written once, in round 0."""

    __tablename__ = "seed_scores"
    __table_args__ = (CheckConstraint("edu_score BETWEEN 0 AND 5 AND ease BETWEEN 0 AND 100", name="range"),)

    job_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    seed_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("seeds.id", ondelete="CASCADE"), primary_key=True)
    edu_score: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    ease: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    grade: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    list_coverage: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    tokens: Mapped[int] = mapped_column(Integer)
    cluster: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str | None]
    """Why it takes no part: near_duplicate, contaminated, low_education; NULL: it does."""
    detail: Mapped[str | None]
    """What the reason rests on: the benchmark's item and the evidence."""
    embedding: Mapped[bytes] = mapped_column(LargeBinary)
    """float16, unit length."""
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    """64 MinHash values, uint32."""
    facts: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What the seed states, for holding candidates against it; NULL when prompts do not show it as it is."""
    improvable: Mapped[bool] = mapped_column(server_default=sql("false"))
    """Whether passes can better its code; looked at only where the job has passes."""
    vector_key: Mapped[bytes | None] = mapped_column(BYTEA)
    """The endpoint's vector that `embedding` is made of; NULL: Hornbook's own, or none."""


class Generation(Base):
    """One candidate text with all it came from; its text never changes."""

    __tablename__ = "generations"
    __table_args__ = (
        UniqueConstraint("unit_id", "sample_ix"),
        UniqueConstraint("job_id", "key"),
        Index("ix_generations_pool", "job_id", "verdict", "id"),
        Index("ix_generations_round", "round_id", "id"),
        one_of("verdict", "pending", "kept", "reserve", "dropped", "draft"),
        CheckConstraint("edu_score BETWEEN 0 AND 5 AND ease BETWEEN 0 AND 100", name="range"),
        CheckConstraint("verdict <> 'dropped' OR reason IS NOT NULL", name="reason"),
    )

    id: Mapped[int] = id_column()
    job_id: Mapped[int] = mapped_column(BigInteger)
    round_id: Mapped[int] = mapped_column(BigInteger)
    """Both are the unit's, whose key is checked; theirs would be checked for every text once more."""
    unit_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("units.id", ondelete="CASCADE"))
    sample_ix: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    key: Mapped[bytes] = mapped_column(BYTEA)
    """Digest of job key, round and ordinal: the public id in exports, the same in every repetition."""
    seed_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("seeds.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("generations.id"))
    llm_call_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("llm_calls.id"))
    text: Mapped[str]
    sha256: Mapped[bytes] = mapped_column(BYTEA)
    model: Mapped[str]
    arm: Mapped[str]
    draw: Mapped[Json] = json_column()
    params: Mapped[Json] = json_column()
    prompt_tokens: Mapped[int] = count_column()
    completion_tokens: Mapped[int] = count_column()
    micro: Mapped[int] = count_column()
    finish_reason: Mapped[str]
    edu_score: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    ease: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    grade: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    list_coverage: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    tokens: Mapped[int] = mapped_column(Integer)
    cluster: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    redundancy: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    scores: Mapped[Json] = json_column()
    """Every gate's figures, also where it passed."""
    gate: Mapped[str | None]
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    repairable: Mapped[bool] = mapped_column(server_default=sql("false"))
    verdict: Mapped[str]
    embedding: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    vector_key: Mapped[bytes | None] = mapped_column(BYTEA)
    """As in SeedScore."""
    created_at: Mapped[datetime] = now_column()


class TextVector(Base):
    """What an embeddings endpoint gave for a text, paid for once whatever job asks for it again."""

    __tablename__ = "text_vectors"

    key: Mapped[bytes] = mapped_column(BYTEA, primary_key=True)
    """sha256 of endpoint, model and the text as it was sent."""
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    """float32, little-endian, as it came: neither centred nor of unit length."""


class Review(Base):
    """A person's verdict on a generation. Rows are only added: of a generation the newest counts."""

    __tablename__ = "reviews"
    __table_args__ = (
        Index("ix_reviews_job", "job_id", "id"),
        Index("ix_reviews_generation", "generation_id", "id"),
        one_of("decision", "approve", "reject"),
        CheckConstraint("score BETWEEN 0 AND 5", name="score"),
        CheckConstraint("length(note) <= 2000", name="note"),
    )

    id: Mapped[int] = id_column()
    job_id: Mapped[int] = to_column("jobs.id")
    """The generation's."""
    generation_id: Mapped[int] = to_column("generations.id")
    decision: Mapped[str]
    score: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    """Educational value as the reader sees it, 0 to 5; NULL: the reader gave none."""
    note: Mapped[str] = mapped_column(server_default="")
    reviewer: Mapped[str | None] = mapped_column(ForeignKey("api_keys.id"))
    """The API key it came with; NULL where no key is asked for."""
    created_at: Mapped[datetime] = now_column()


class Event(Base):
    """Something a watcher of a job wants to hear, in order."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_job", "job_id", "id"),)

    id: Mapped[int] = id_column()
    job_id: Mapped[int] = to_column("jobs.id")
    kind: Mapped[str]
    data: Mapped[Json] = json_column()
    created_at: Mapped[datetime] = now_column()


class Export(Base):
    """A set of files made from a pool, with its manifest."""

    __tablename__ = "exports"
    __table_args__ = (
        one_of("state", "building", "ready", "failed"),
        CheckConstraint("state <> 'ready' OR manifest IS NOT NULL", name="manifest"),
    )

    id: Mapped[int] = id_column()
    job_id: Mapped[int] = to_column("jobs.id", index=True)
    state: Mapped[str] = mapped_column(server_default="building")
    options: Mapped[Json] = json_column()
    manifest: Mapped[Json | None] = mapped_column(JSONB)
    error: Mapped[str | None]
    created_at: Mapped[datetime] = now_column()
    finished_at: Mapped[datetime | None] = when_column()
