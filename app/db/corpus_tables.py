"""What was given: corpora, their rejected records and their seeds."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Text,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.db.columns import Json, count_column, id_column, json_column, now_column, one_of, to_column, when_column


class Corpus(Base):
    """A set of seeds, read once from uploaded files."""

    __tablename__ = "corpora"
    __table_args__ = (
        CheckConstraint("read = stored + duplicates + rejected OR state <> 'ready'", name="counts_add_up"),
        one_of("state", "ingesting", "ready", "failed"),
    )

    id: Mapped[int] = id_column()
    name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="ingesting")
    content_sha256: Mapped[bytes] = mapped_column(BYTEA, unique=True)
    """Over the files' digests and the options: the same upload twice is one corpus."""
    files: Mapped[list[Json]] = mapped_column(JSONB)
    """Display name, storage path, bytes and sha256 of each file, in order."""
    options: Mapped[Json] = json_column()
    read: Mapped[int] = count_column()
    stored: Mapped[int] = count_column()
    duplicates: Mapped[int] = count_column()
    rejected: Mapped[int] = count_column()
    kinds: Mapped[Json] = json_column()
    error: Mapped[Json | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = now_column()
    finished_at: Mapped[datetime | None] = when_column()


class Reject(Base):
    """A record that did not become a seed, and why."""

    __tablename__ = "rejects"

    id: Mapped[int] = id_column()
    corpus_id: Mapped[int] = to_column("corpora.id", index=True)
    file: Mapped[str]
    line: Mapped[int] = mapped_column(BigInteger)
    code: Mapped[str]
    excerpt: Mapped[str]


class Seed(Base):
    """An input document, or a part of a long one; never changed."""

    __tablename__ = "seeds"
    __table_args__ = (
        Index("ix_seeds_sha256", "sha256", "corpus_id", unique=True, postgresql_where=sql("source_id IS NULL")),
        Index("ix_seeds_ordinal", "corpus_id", "ordinal", unique=True, postgresql_where=sql("source_id IS NULL")),
        Index(
            "ix_seeds_part",
            *("source_id", "parts", "part", "part_from", "part_to"),
            unique=True,
            postgresql_where=sql("source_id IS NOT NULL"),
        ),
        CheckConstraint(
            "CASE WHEN source_id IS NULL THEN part IS NULL AND parts IS NULL AND part_to = 0 AND part_from = 0 "
            "ELSE part BETWEEN 1 AND parts AND part_from BETWEEN 0 AND part_to - 1 END",
            name="part",
        ),
        CheckConstraint("octet_length(sha256) = 32", name="sha256_length"),
    )

    id: Mapped[int] = id_column()
    corpus_id: Mapped[int] = to_column("corpora.id")
    ordinal: Mapped[int] = mapped_column(BigInteger)
    """The record's number in the corpus from 0, duplicates and rejects counted; no worker's speed changes it. A part
    has its source's."""
    sha256: Mapped[bytes] = mapped_column(BYTEA)
    kind: Mapped[str]
    split: Mapped[str]
    external_id: Mapped[str | None]
    licence: Mapped[str | None]
    details: Mapped[Json] = json_column()
    """The record's other fields, its file and line."""
    flags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=sql("'{}'"))
    copies: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    """How often the very same text came."""
    text: Mapped[str]
    source_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("seeds.id", ondelete="CASCADE"))
    """The long document that this is a part of; NULL: it is a document itself."""
    part: Mapped[int | None] = mapped_column(Integer)
    """From 1."""
    parts: Mapped[int | None] = mapped_column(Integer)
    """How many its source was split into with it; jobs with another limit split it into others."""
    part_from: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    """The first of its characters in the source's text, from 0; `part_to` is the one after its last."""
    part_to: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    context: Mapped[str | None]
    """What a prompt says of its source and of what came before it."""
