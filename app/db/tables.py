"""The schema: one class a table, one line a column that its name does not explain.

Unique keys are sha256 digests (32 bytes), never text. Money is integer micro-USD. Every CHECK is the last wall behind a
guard in the code; the score CHECKs also keep NaN out, since NaN is not between anything.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, DOUBLE_PRECISION, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base

TOKENS = Sequence("tokens", metadata=Base.metadata)
"""Fencing tokens: every claim gets a higher one than all before it."""

Json = dict[str, Any]


def _id() -> Mapped[int]:
    return mapped_column(BigInteger, Identity(), primary_key=True)


def _now() -> Mapped[datetime]:
    return mapped_column(TIMESTAMP(timezone=True), server_default=func.now())


def _when() -> Mapped[datetime | None]:
    return mapped_column(TIMESTAMP(timezone=True))


def _to(column: str, *, index: bool = False) -> Any:
    return mapped_column(BigInteger, ForeignKey(column, ondelete="CASCADE"), index=index)


def _json() -> Any:
    return mapped_column(JSONB, server_default=sql("'{}'::jsonb"))


def _count() -> Mapped[int]:
    return mapped_column(BigInteger, server_default=sql("0"))


def _one_of(column: str, *values: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(v) for v in values)})", name=column)


class Corpus(Base):
    """A set of seeds, read once from uploaded files."""

    __tablename__ = "corpora"
    __table_args__ = (
        CheckConstraint("read = stored + duplicates + rejected OR state <> 'ready'", name="counts_add_up"),
        _one_of("state", "ingesting", "ready", "failed"),
    )

    id: Mapped[int] = _id()
    name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="ingesting")
    content_sha256: Mapped[bytes] = mapped_column(BYTEA, unique=True)
    """Over the files' digests and the options: the same upload twice is one corpus."""
    files: Mapped[list[Json]] = mapped_column(JSONB)
    """Display name, storage path, bytes and sha256 of each file, in order."""
    options: Mapped[Json] = _json()
    read: Mapped[int] = _count()
    stored: Mapped[int] = _count()
    duplicates: Mapped[int] = _count()
    rejected: Mapped[int] = _count()
    kinds: Mapped[Json] = _json()
    error: Mapped[Json | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = _now()
    finished_at: Mapped[datetime | None] = _when()


class Reject(Base):
    """A record that did not become a seed, and why."""

    __tablename__ = "rejects"

    id: Mapped[int] = _id()
    corpus_id: Mapped[int] = _to("corpora.id", index=True)
    file: Mapped[str]
    line: Mapped[int] = mapped_column(BigInteger)
    code: Mapped[str]
    excerpt: Mapped[str]


class Seed(Base):
    """An input document; never changed."""

    __tablename__ = "seeds"
    __table_args__ = (
        UniqueConstraint("corpus_id", "sha256"),
        UniqueConstraint("corpus_id", "ordinal"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256_length"),
    )

    id: Mapped[int] = _id()
    corpus_id: Mapped[int] = _to("corpora.id")
    ordinal: Mapped[int] = mapped_column(BigInteger)
    """The record's number in the corpus from 0, duplicates and rejects counted; no worker's speed changes it."""
    sha256: Mapped[bytes] = mapped_column(BYTEA)
    kind: Mapped[str]
    split: Mapped[str]
    external_id: Mapped[str | None]
    licence: Mapped[str | None]
    details: Mapped[Json] = _json()
    """The record's other fields, its file and line."""
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    copies: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    """How often the very same text came."""
    text: Mapped[str]


class Job(Base):
    """A corpus, a recipe and a config, on the way to a stop decision."""

    __tablename__ = "jobs"
    __table_args__ = (
        _one_of("state", "queued", "running", "paused", "done", "failed", "cancelled"),
        CheckConstraint("state NOT IN ('done', 'failed', 'cancelled') OR stop_reason IS NOT NULL", name="stop_reason"),
    )

    id: Mapped[int] = _id()
    corpus_id: Mapped[int] = _to("corpora.id", index=True)
    key: Mapped[bytes] = mapped_column(BYTEA)
    """sha256 of corpus content, config and recipe: two jobs of one key accept the same texts."""
    recipe: Mapped[str]
    config: Mapped[Json] = mapped_column(JSONB)
    config_sha256: Mapped[str]
    classifier_sha256: Mapped[str]
    prompt_sha256: Mapped[str]
    endpoint: Mapped[str]
    model: Mapped[str]
    price_input: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    """Micro-USD for a million prompt tokens, fixed at submission."""
    price_output: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    state: Mapped[str] = mapped_column(server_default="queued")
    stop_reason: Mapped[str | None]
    note: Mapped[str | None]
    """Why it is paused, degraded or failed, in words."""
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    created_at: Mapped[datetime] = _now()
    deadline_at: Mapped[datetime | None] = _when()
    finished_at: Mapped[datetime | None] = _when()


class JobArtifact(Base):
    """What is frozen for a whole job: embedder, clusters, word list, reference samples."""

    __tablename__ = "job_artifacts"

    job_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class JobBudget(Base):
    """Caps and what is used of them; the hot row, so it is locked last and briefly."""

    __tablename__ = "budgets"
    __table_args__ = tuple(
        check
        for what in ("micro", "tokens", "calls")
        for check in (
            CheckConstraint(f"cap_{what} IS NULL OR spent_{what} + reserved_{what} <= cap_{what}", name=f"{what}_cap"),
            CheckConstraint(f"reserved_{what} >= 0 AND spent_{what} >= 0", name=f"{what}_sign"),
        )
    )

    job_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    cap_micro: Mapped[int | None] = mapped_column(BigInteger)
    cap_tokens: Mapped[int | None] = mapped_column(BigInteger)
    cap_calls: Mapped[int | None] = mapped_column(BigInteger)
    reserved_micro: Mapped[int] = _count()
    reserved_tokens: Mapped[int] = _count()
    reserved_calls: Mapped[int] = _count()
    spent_micro: Mapped[int] = _count()
    spent_tokens: Mapped[int] = _count()
    spent_calls: Mapped[int] = _count()
    overdraft_micro: Mapped[int] = _count()
    """What a provider charged beyond its reservation and the cap; the job stops when it is not 0."""
    overdraft_tokens: Mapped[int] = _count()


class Round(Base):
    """One turn of the loop; number 0 is the seeds."""

    __tablename__ = "rounds"
    __table_args__ = (UniqueConstraint("job_id", "number"), _one_of("state", "open", "closing", "settled"))

    id: Mapped[int] = _id()
    job_id: Mapped[int] = _to("jobs.id")
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(server_default="open")
    plan: Mapped[Json] = _json()
    funnel: Mapped[Json] = _json()
    measures: Mapped[Json] = _json()
    decision: Mapped[Json] = _json()
    opened_at: Mapped[datetime] = _now()
    settled_at: Mapped[datetime | None] = _when()


class Unit(Base):
    """One piece of leased work, for the LLM (`rewrite`) or the CPU (all other kinds)."""

    __tablename__ = "units"
    __table_args__ = (
        UniqueConstraint("round_id", "kind", "ordinal"),
        _one_of("kind", "ingest", "fit", "score", "settle", "rewrite", "export"),
        _one_of("state", "ready", "leased", "done", "rejected", "dead", "cancelled"),
        CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name="lease"),
        Index("ix_units_ready", "job_id", "not_before", "id", postgresql_where=sql("state = 'ready'")),
        Index("ix_units_ready_cpu", "id", postgresql_where=sql("state = 'ready' AND kind <> 'rewrite'")),
        Index("ix_units_leased", "lease_until", postgresql_where=sql("state = 'leased'")),
        Index("ix_units_open", "round_id", postgresql_where=sql("state IN ('ready', 'leased')")),
    )

    id: Mapped[int] = _id()
    kind: Mapped[str]
    corpus_id: Mapped[int | None] = _to("corpora.id")
    job_id: Mapped[int | None] = _to("jobs.id")
    round_id: Mapped[int | None] = _to("rounds.id")
    export_id: Mapped[int | None] = _to("exports.id")
    ordinal: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    """Place in the round's plan: the order in which the round settles."""
    seed_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("seeds.id"))
    parent_id: Mapped[int | None] = mapped_column(BigInteger)
    """The earlier generation that a repair starts from."""
    payload: Mapped[Json] = _json()
    """The draw (arm, words, rng seed), the repair's reasons, or a range of seeds."""
    max_tokens: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    reserve_tokens: Mapped[int] = _count()
    """Upper bound of what one call may use; reserved in the claim."""
    state: Mapped[str] = mapped_column(server_default="ready")
    token: Mapped[int | None] = mapped_column(BigInteger)
    lease_until: Mapped[datetime | None] = _when()
    worker: Mapped[str | None]
    not_before: Mapped[datetime] = _now()
    crashes: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    """Workers lost while they held it."""
    tries: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    """Answers received that were no use."""
    provider_failures: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    """429s, 5xx and time-outs: never held against the unit."""
    reason: Mapped[str | None]
    finished_at: Mapped[datetime | None] = _when()


class Reservation(Base):
    """Money and tokens put aside for one claim."""

    __tablename__ = "reservations"
    __table_args__ = (_one_of("state", "open", "settled", "charged", "released"),)

    token: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = _to("units.id", index=True)
    job_id: Mapped[int] = _to("jobs.id")
    micro: Mapped[int] = mapped_column(BigInteger)
    tokens: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(server_default="open")


class LlmCall(Base):
    """One attempt at the endpoint; its raw body is stored before anybody reads it."""

    __tablename__ = "llm_calls"
    __table_args__ = (
        Index("uq_llm_calls_request_key_ok", "request_key", unique=True, postgresql_where=sql("ok")),
        CheckConstraint("latency_s >= 0 AND latency_s < 1e6", name="latency"),
    )

    id: Mapped[int] = _id()
    job_id: Mapped[int] = _to("jobs.id", index=True)
    unit_id: Mapped[int] = _to("units.id", index=True)
    token: Mapped[int] = mapped_column(BigInteger)
    request_key: Mapped[bytes] = mapped_column(BYTEA)
    ok: Mapped[bool]
    code: Mapped[str]
    status: Mapped[int | None]
    model: Mapped[str | None]
    prompt_tokens: Mapped[int] = _count()
    completion_tokens: Mapped[int] = _count()
    micro: Mapped[int] = _count()
    latency_s: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    """zstd of the body."""
    created_at: Mapped[datetime] = _now()


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
    embedding: Mapped[bytes] = mapped_column(LargeBinary)
    """float16, unit length."""
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    """64 MinHash values, uint32."""


class Generation(Base):
    """One candidate text with all it came from; its text never changes."""

    __tablename__ = "generations"
    __table_args__ = (
        UniqueConstraint("unit_id", "sample_ix"),
        UniqueConstraint("job_id", "key"),
        Index("ix_generations_pool", "job_id", "verdict", "id"),
        Index("ix_generations_round", "round_id", "id"),
        _one_of("verdict", "pending", "kept", "reserve", "dropped"),
        CheckConstraint("edu_score BETWEEN 0 AND 5 AND ease BETWEEN 0 AND 100", name="range"),
        CheckConstraint("verdict <> 'dropped' OR reason IS NOT NULL", name="reason"),
    )

    id: Mapped[int] = _id()
    job_id: Mapped[int] = _to("jobs.id")
    round_id: Mapped[int] = _to("rounds.id")
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
    draw: Mapped[Json] = _json()
    params: Mapped[Json] = _json()
    prompt_tokens: Mapped[int] = _count()
    completion_tokens: Mapped[int] = _count()
    micro: Mapped[int] = _count()
    finish_reason: Mapped[str]
    edu_score: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    ease: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    grade: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    list_coverage: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    tokens: Mapped[int] = mapped_column(Integer)
    cluster: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    redundancy: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    scores: Mapped[Json] = _json()
    """Every gate's figures, also where it passed."""
    gate: Mapped[str | None]
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    repairable: Mapped[bool] = mapped_column(server_default=sql("false"))
    verdict: Mapped[str]
    embedding: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = _now()


class Event(Base):
    """Something a watcher of a job wants to hear, in order."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_job", "job_id", "id"),)

    id: Mapped[int] = _id()
    job_id: Mapped[int] = _to("jobs.id")
    kind: Mapped[str]
    data: Mapped[Json] = _json()
    created_at: Mapped[datetime] = _now()


class Export(Base):
    """A set of files made from a pool, with its manifest."""

    __tablename__ = "exports"
    __table_args__ = (
        _one_of("state", "building", "ready", "failed"),
        CheckConstraint("state <> 'ready' OR manifest IS NOT NULL", name="manifest"),
    )

    id: Mapped[int] = _id()
    job_id: Mapped[int] = _to("jobs.id", index=True)
    state: Mapped[str] = mapped_column(server_default="building")
    options: Mapped[Json] = _json()
    manifest: Mapped[Json | None] = mapped_column(JSONB)
    error: Mapped[str | None]
    created_at: Mapped[datetime] = _now()
    finished_at: Mapped[datetime | None] = _when()


class Endpoint(Base):
    """What all workers should know of an LLM endpoint."""

    __tablename__ = "endpoints"

    url: Mapped[str] = mapped_column(primary_key=True)
    not_before: Mapped[datetime | None] = _when()
    """No call before this: the provider asked for a long pause."""


class WorkerBeat(Base):
    """A worker process's sign of life."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(primary_key=True)
    queue: Mapped[str]
    busy: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    seen_at: Mapped[datetime] = _now()
    progress_at: Mapped[datetime] = _now()
    """When it last claimed or finished something, or found nothing to do."""


class ApiKey(Base):
    """A key to the API: an id anyone may see and the sha256 of a secret shown once."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    secret_sha256: Mapped[bytes] = mapped_column(BYTEA)
    created_at: Mapped[datetime] = _now()
    expires_at: Mapped[datetime | None] = _when()
    revoked_at: Mapped[datetime | None] = _when()
    last_used_at: Mapped[datetime | None] = _when()


class IdempotencyKey(Base):
    """A write that was already answered."""

    __tablename__ = "idempotency_keys"

    key: Mapped[str] = mapped_column(primary_key=True)
    request_sha256: Mapped[bytes] = mapped_column(BYTEA)
    status: Mapped[int] = mapped_column(Integer)
    body: Mapped[Json] = mapped_column(JSONB)
    created_at: Mapped[datetime] = _now()
