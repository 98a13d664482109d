"""What is being done: jobs, rounds, units, money and calls."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, DOUBLE_PRECISION, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.db.columns import Json, count_column, id_column, json_column, now_column, one_of, to_column, when_column

KINDS = ("ingest", "fit", "score", "settle", "rewrite", "export", "label", "train", "evaluate", "embed", "judge")
"""Of units."""
TOKENS = Sequence("tokens", metadata=Base.metadata)
"""Fencing tokens: every claim gets a higher one than all before it."""


class Job(Base):
    """A corpus, a recipe and a config, on the way to a stop decision."""

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("state", "queued", "running", "paused", "done", "failed", "cancelled"),
        CheckConstraint("state NOT IN ('done', 'failed', 'cancelled') OR stop_reason IS NOT NULL", name="stop_reason"),
    )

    id: Mapped[int] = id_column()
    corpus_id: Mapped[int] = to_column("corpora.id", index=True)
    key: Mapped[bytes] = mapped_column(BYTEA)
    """sha256 of corpus content, config and recipe: two jobs of one key accept the same texts."""
    recipe: Mapped[str]
    config: Mapped[Json] = mapped_column(JSONB)
    config_sha256: Mapped[str]
    classifier_sha256: Mapped[str]
    prompt_sha256: Mapped[str]
    endpoint: Mapped[str]
    model: Mapped[str]
    models: Mapped[list[Json]] = mapped_column(JSONB, server_default=sql("'[]'::jsonb"))
    """Of a job with several: each model's name, endpoint and price, the first as in the columns around."""
    lanes: Mapped[list[Json]] = mapped_column(JSONB, server_default=sql("'[]'::jsonb"))
    """Who answers its calls: `app.domain.lanes.Lane` of each endpoint and model, with its id."""
    price_input: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    """Micro-USD for a million prompt tokens, fixed at submission."""
    price_output: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    price_source: Mapped[str | None]
    """Where that price can be looked up; NULL: nobody knew one, and 0 is no price."""
    price_as_of: Mapped[date | None] = mapped_column(Date)
    """When somebody last looked it up."""
    embedding_endpoint: Mapped[str | None]
    embedding_model: Mapped[str | None]
    """NULL: texts get Hornbook's own vectors."""
    embedding_price: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    """Micro-USD for a million tokens of text, fixed at submission."""
    judge_endpoint: Mapped[str | None]
    judge_model: Mapped[str | None]
    """NULL: nobody judges."""
    judge_price_input: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    """As the model's."""
    judge_price_output: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    state: Mapped[str] = mapped_column(server_default="queued")
    stop_reason: Mapped[str | None]
    note: Mapped[str | None]
    """Why it is paused, degraded or failed, in words."""
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=sql("0"))
    created_at: Mapped[datetime] = now_column()
    deadline_at: Mapped[datetime | None] = when_column()
    finished_at: Mapped[datetime | None] = when_column()


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
    reserved_micro: Mapped[int] = count_column()
    reserved_tokens: Mapped[int] = count_column()
    reserved_calls: Mapped[int] = count_column()
    spent_micro: Mapped[int] = count_column()
    spent_tokens: Mapped[int] = count_column()
    spent_calls: Mapped[int] = count_column()
    overdraft_micro: Mapped[int] = count_column()
    """What a provider charged beyond its reservation and the cap; the job is paused while it is not 0."""
    overdraft_tokens: Mapped[int] = count_column()
    overbilled_prompt_tokens: Mapped[int] = count_column()
    """The most that a call was billed beyond its worst case; every later reservation is larger by that (D16)."""
    overbilled_completion_tokens: Mapped[int] = count_column()


class Round(Base):
    """One turn of the loop; number 0 is the seeds."""

    __tablename__ = "rounds"
    __table_args__ = (
        UniqueConstraint("job_id", "number"),
        Index("ix_rounds_not_summed_up", "job_id", postgresql_where=sql("open_claims IS NULL")),
        one_of("state", "open", "embedding", "judging", "closing", "settled"),
    )

    id: Mapped[int] = id_column()
    job_id: Mapped[int] = to_column("jobs.id")
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(server_default="open")
    plan: Mapped[Json] = json_column()
    funnel: Mapped[Json] = json_column()
    measures: Mapped[Json] = json_column()
    decision: Mapped[Json] = json_column()
    judge: Mapped[Json] = json_column()
    """What the judge's answers come to; empty: there is no judge, or the round has not settled."""
    opened_at: Mapped[datetime] = now_column()
    settled_at: Mapped[datetime | None] = when_column()
    open_claims: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    """Tokens whose reservation was open still when `RoundSpend` was written; NULL: it is not yet."""


class RoundSpend(Base):
    """What the calls of one arm and model used in a round, summed up once it was over."""

    __tablename__ = "round_spend"

    round_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True)
    arm: Mapped[str] = mapped_column(primary_key=True)
    """`vectors`: calls for them."""
    model: Mapped[str] = mapped_column(primary_key=True)
    calls: Mapped[int] = count_column()
    prompt_tokens: Mapped[int] = count_column()
    completion_tokens: Mapped[int] = count_column()
    charged_tokens: Mapped[int] = count_column()
    micro: Mapped[int] = count_column()


class Unit(Base):
    """One piece of leased work, for the LLM (`rewrite`, `judge`) or the CPU (all other kinds)."""

    __tablename__ = "units"
    __table_args__ = (
        UniqueConstraint("round_id", "kind", "ordinal"),
        one_of("kind", *KINDS),
        one_of("state", "ready", "leased", "done", "rejected", "dead", "cancelled"),
        CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name="lease"),
        Index("ix_units_ready", "job_id", "not_before", "id", postgresql_where=sql("state = 'ready'")),
        Index("ix_units_ready_cpu", "id", postgresql_where=sql("state = 'ready' AND kind <> 'rewrite'")),
        Index("ix_units_leased", "lease_until", postgresql_where=sql("state = 'leased'")),
        Index("ix_units_open", "round_id", postgresql_where=sql("state IN ('ready', 'leased')")),
    )

    id: Mapped[int] = id_column()
    kind: Mapped[str]
    corpus_id: Mapped[int | None] = to_column("corpora.id")
    job_id: Mapped[int | None] = to_column("jobs.id")
    round_id: Mapped[int | None] = to_column("rounds.id")
    export_id: Mapped[int | None] = to_column("exports.id")
    classifier_id: Mapped[int | None] = to_column("classifiers.id")
    ordinal: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    """Place in the round's plan: the order in which the round settles."""
    seed_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("seeds.id"))
    parent_id: Mapped[int | None] = mapped_column(BigInteger)
    """The earlier generation that a repair starts from; the one that a judge call is about."""
    payload: Mapped[Json] = json_column()
    """The draw (arm, words, rng seed), the repair's reasons, or a range of seeds."""
    max_tokens: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    reserve_tokens: Mapped[int] = count_column()
    """Upper bound of what one call may use; reserved in the claim."""
    state: Mapped[str] = mapped_column(server_default="ready")
    token: Mapped[int | None] = mapped_column(BigInteger)
    lease_until: Mapped[datetime | None] = when_column()
    worker: Mapped[str | None]
    not_before: Mapped[datetime] = now_column()
    crashes: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    """Workers lost while they held it."""
    stopping: Mapped[bool] = mapped_column(server_default=sql("false"))
    """Its worker was told to stop: should it be cut short now, that is no crash."""
    tries: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    """Answers received that were no use."""
    provider_failures: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    """429s, 5xx and time-outs: never held against the unit."""
    reason: Mapped[str | None]
    finished_at: Mapped[datetime | None] = when_column()


class Reservation(Base):
    """Money and tokens put aside for one claim."""

    __tablename__ = "reservations"
    __table_args__ = (one_of("state", "open", "settled", "charged", "released"),)

    token: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = to_column("units.id", index=True)
    job_id: Mapped[int] = mapped_column(BigInteger)
    """The unit's, whose key is checked."""
    micro: Mapped[int] = mapped_column(BigInteger)
    tokens: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(server_default="open")


class LlmCall(Base):
    """One attempt at the endpoint; its raw body is stored before anybody reads it."""

    __tablename__ = "llm_calls"
    __table_args__ = (
        Index("uq_llm_calls_request_key_ok", "request_key", unique=True, postgresql_where=sql("ok")),
        Index("uq_llm_calls_token_failed", "token", unique=True, postgresql_where=sql("NOT ok")),
        CheckConstraint("latency_s >= 0 AND latency_s < 1e6", name="latency"),
    )

    id: Mapped[int] = id_column()
    job_id: Mapped[int] = mapped_column(BigInteger)
    """The unit's, whose key is checked."""
    unit_id: Mapped[int] = to_column("units.id", index=True)
    token: Mapped[int] = mapped_column(BigInteger)
    request_key: Mapped[bytes] = mapped_column(BYTEA)
    ok: Mapped[bool]
    code: Mapped[str]
    status: Mapped[int | None]
    model: Mapped[str | None]
    lane: Mapped[str | None]
    """Which endpoint, and which of its keys by name, was asked."""
    prompt_tokens: Mapped[int] = count_column()
    completion_tokens: Mapped[int] = count_column()
    micro: Mapped[int] = count_column()
    latency_s: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    """zstd of the body."""
    created_at: Mapped[datetime] = now_column()
