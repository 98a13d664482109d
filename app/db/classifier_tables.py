"""Educational classifiers of one's own: weights, the labels an LLM gave, evaluations, and which one new jobs use."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Integer, LargeBinary, SmallInteger, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.db.columns import Json, count_column, id_column, json_column, now_column, one_of, to_column, when_column


class Classifier(Base):
    """One version of a classifier; ready weights never change, so that a job can pin them by their sha256."""

    __tablename__ = "classifiers"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        one_of("state", "labelling", "training", "ready", "failed"),
        CheckConstraint("state <> 'ready' OR (weights IS NOT NULL AND sha256 IS NOT NULL)", name="weights"),
    )

    id: Mapped[int] = id_column()
    name: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    """Counts from 1 within a name."""
    state: Mapped[str]
    sha256: Mapped[str | None] = mapped_column(index=True)
    """Of the weights, in hex. Equal data makes equal weights, so two versions may share it."""
    weights: Mapped[bytes | None] = mapped_column(LargeBinary)
    """npz without pickle, as `app.domain.education` reads it."""
    source: Mapped[Json] = json_column()
    """Where its labels come from: an uploaded file, an LLM on a corpus, or the package."""
    card: Mapped[Json] = json_column()
    """The model card."""
    report: Mapped[Json] = json_column()
    """How it does on held-out documents, beside the shipped one."""
    error: Mapped[Json | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = now_column()
    finished_at: Mapped[datetime | None] = when_column()


class ClassifierUse(Base):
    """A choice of the classifier for new jobs; the youngest that was not rolled back holds."""

    __tablename__ = "classifier_uses"

    id: Mapped[int] = id_column()
    classifier_id: Mapped[int] = to_column("classifiers.id")
    used_at: Mapped[datetime] = now_column()
    rolled_back_at: Mapped[datetime | None] = when_column()


class ClassifierLabel(Base):
    """One label that an LLM gives a seed: planned, asked, and paid for once."""

    __tablename__ = "classifier_labels"
    __table_args__ = (
        UniqueConstraint("classifier_id", "seed_id", "repeat"),
        one_of("state", "ready", "asked", "done", "failed"),
        CheckConstraint("score BETWEEN 0 AND 5", name="score"),
        CheckConstraint("state <> 'done' OR score IS NOT NULL", name="done"),
    )

    id: Mapped[int] = id_column()
    classifier_id: Mapped[int] = to_column("classifiers.id")
    seed_id: Mapped[int] = to_column("seeds.id")
    repeat: Mapped[int] = mapped_column(SmallInteger)
    """0: the first label of the seed; 1: the second, which gives the ceiling."""
    state: Mapped[str] = mapped_column(server_default="ready")
    score: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    reason: Mapped[str | None]
    """The labeller's own words, or why there is no label."""
    tries: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    """Answers that were no use."""
    calls: Mapped[int] = count_column()
    tokens: Mapped[int] = count_column()
    micro: Mapped[int] = count_column()
    reserved_tokens: Mapped[int] = count_column()
    """The worst that the call in flight may use; charged when its worker is lost."""
    reserved_micro: Mapped[int] = count_column()
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    """zstd of the last answer's body."""
    labelled_at: Mapped[datetime | None] = when_column()


class ClassifierEvaluation(Base):
    """How a classifier does on a labelled file that came later."""

    __tablename__ = "classifier_evaluations"
    __table_args__ = (one_of("state", "running", "ready", "failed"),)

    id: Mapped[int] = id_column()
    classifier_id: Mapped[int] = to_column("classifiers.id", index=True)
    state: Mapped[str] = mapped_column(server_default="running")
    source: Mapped[Json] = json_column()
    report: Mapped[Json] = json_column()
    error: Mapped[Json | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = now_column()
    finished_at: Mapped[datetime | None] = when_column()
