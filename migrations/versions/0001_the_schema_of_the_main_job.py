"""The schema of the main job"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("tokens")))
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret_sha256", postgresql.BYTEA(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_table(
        "corpora",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="ingesting", nullable=False),
        sa.Column("content_sha256", postgresql.BYTEA(), nullable=False),
        sa.Column("files", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "options", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("read", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("stored", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("rejected", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "kinds", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "read = stored + duplicates + rejected OR state <> 'ready'", name=op.f("ck_corpora_counts_add_up")
        ),
        sa.CheckConstraint("state IN ('ingesting', 'ready', 'failed')", name=op.f("ck_corpora_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corpora")),
        sa.UniqueConstraint("content_sha256", name=op.f("uq_corpora_content_sha256")),
    )
    op.create_table(
        "endpoints",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_endpoints")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_sha256", postgresql.BYTEA(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "workers",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("busy", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("progress_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("corpus_id", sa.BigInteger(), nullable=False),
        sa.Column("key", postgresql.BYTEA(), nullable=False),
        sa.Column("recipe", sa.String(), nullable=False),
        sa.Column("config", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("config_sha256", sa.String(), nullable=False),
        sa.Column("classifier_sha256", sa.String(), nullable=False),
        sa.Column("prompt_sha256", sa.String(), nullable=False),
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("price_input", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("price_output", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.String(), server_default="queued", nullable=False),
        sa.Column("stop_reason", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("deadline_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')", name=op.f("ck_jobs_state")
        ),
        sa.CheckConstraint(
            "state NOT IN ('done', 'failed', 'cancelled') OR stop_reason IS NOT NULL", name=op.f("ck_jobs_stop_reason")
        ),
        sa.ForeignKeyConstraint(["corpus_id"], ["corpora.id"], name=op.f("fk_jobs_corpus_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_corpus_id"), "jobs", ["corpus_id"], unique=False)
    op.create_table(
        "rejects",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("corpus_id", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("excerpt", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["corpus_id"], ["corpora.id"], name=op.f("fk_rejects_corpus_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejects")),
    )
    op.create_index(op.f("ix_rejects_corpus_id"), "rejects", ["corpus_id"], unique=False)
    op.create_table(
        "seeds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("corpus_id", sa.BigInteger(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("sha256", postgresql.BYTEA(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("licence", sa.String(), nullable=True),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("flags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("copies", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_seeds_sha256_length")),
        sa.ForeignKeyConstraint(["corpus_id"], ["corpora.id"], name=op.f("fk_seeds_corpus_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seeds")),
        sa.UniqueConstraint("corpus_id", "ordinal", name=op.f("uq_seeds_corpus_id_ordinal")),
        sa.UniqueConstraint("corpus_id", "sha256", name=op.f("uq_seeds_corpus_id_sha256")),
    )
    op.create_table(
        "budgets",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("cap_micro", sa.BigInteger(), nullable=True),
        sa.Column("cap_tokens", sa.BigInteger(), nullable=True),
        sa.Column("cap_calls", sa.BigInteger(), nullable=True),
        sa.Column("reserved_micro", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reserved_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reserved_calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("spent_micro", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("spent_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("spent_calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("overdraft_micro", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("overdraft_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "cap_calls IS NULL OR spent_calls + reserved_calls <= cap_calls", name=op.f("ck_budgets_calls_cap")
        ),
        sa.CheckConstraint(
            "cap_micro IS NULL OR spent_micro + reserved_micro <= cap_micro", name=op.f("ck_budgets_micro_cap")
        ),
        sa.CheckConstraint(
            "cap_tokens IS NULL OR spent_tokens + reserved_tokens <= cap_tokens", name=op.f("ck_budgets_tokens_cap")
        ),
        sa.CheckConstraint("reserved_calls >= 0 AND spent_calls >= 0", name=op.f("ck_budgets_calls_sign")),
        sa.CheckConstraint("reserved_micro >= 0 AND spent_micro >= 0", name=op.f("ck_budgets_micro_sign")),
        sa.CheckConstraint("reserved_tokens >= 0 AND spent_tokens >= 0", name=op.f("ck_budgets_tokens_sign")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_budgets_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_budgets")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "data", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_events_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_job", "events", ["job_id", "id"], unique=False)
    op.create_table(
        "exports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), server_default="building", nullable=False),
        sa.Column(
            "options", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("manifest", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("state <> 'ready' OR manifest IS NOT NULL", name=op.f("ck_exports_manifest")),
        sa.CheckConstraint("state IN ('building', 'ready', 'failed')", name=op.f("ck_exports_state")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_exports_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index(op.f("ix_exports_job_id"), "exports", ["job_id"], unique=False)
    op.create_table(
        "job_artifacts",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_artifacts_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "name", name=op.f("pk_job_artifacts")),
    )
    op.create_table(
        "rounds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), server_default="open", nullable=False),
        sa.Column(
            "plan", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "funnel", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "measures", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "decision", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'closing', 'settled')", name=op.f("ck_rounds_state")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_rounds_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("job_id", "number", name=op.f("uq_rounds_job_id_number")),
    )
    op.create_table(
        "seed_scores",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("seed_id", sa.BigInteger(), nullable=False),
        sa.Column("edu_score", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("ease", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("grade", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("list_coverage", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("cluster", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("embedding", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("edu_score BETWEEN 0 AND 5 AND ease BETWEEN 0 AND 100", name=op.f("ck_seed_scores_range")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_seed_scores_job_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["seed_id"], ["seeds.id"], name=op.f("fk_seed_scores_seed_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "seed_id", name=op.f("pk_seed_scores")),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("corpus_id", sa.BigInteger(), nullable=True),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("round_id", sa.BigInteger(), nullable=True),
        sa.Column("export_id", sa.BigInteger(), nullable=True),
        sa.Column("ordinal", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("seed_id", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "payload", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("max_tokens", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reserve_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.String(), server_default="ready", nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("crashes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("provider_failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name=op.f("ck_units_lease")),
        sa.CheckConstraint(
            "kind IN ('ingest', 'fit', 'score', 'settle', 'rewrite', 'export')", name=op.f("ck_units_kind")
        ),
        sa.CheckConstraint(
            "state IN ('ready', 'leased', 'done', 'rejected', 'dead', 'cancelled')", name=op.f("ck_units_state")
        ),
        sa.ForeignKeyConstraint(["corpus_id"], ["corpora.id"], name=op.f("fk_units_corpus_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["export_id"], ["exports.id"], name=op.f("fk_units_export_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_units_job_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_units_round_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["seed_id"], ["seeds.id"], name=op.f("fk_units_seed_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("round_id", "kind", "ordinal", name=op.f("uq_units_round_id_kind_ordinal")),
    )
    op.create_index(
        "ix_units_leased", "units", ["lease_until"], unique=False, postgresql_where=sa.text("state = 'leased'")
    )
    op.create_index(
        "ix_units_open", "units", ["round_id"], unique=False, postgresql_where=sa.text("state IN ('ready', 'leased')")
    )
    op.create_index(
        "ix_units_ready",
        "units",
        ["job_id", "not_before", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'ready'"),
    )
    op.create_index(
        "ix_units_ready_cpu",
        "units",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'ready' AND kind <> 'rewrite'"),
    )
    op.create_table(
        "llm_calls",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("request_key", postgresql.BYTEA(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("prompt_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("completion_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("micro", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("latency_s", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("latency_s >= 0 AND latency_s < 1e6", name=op.f("ck_llm_calls_latency")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_llm_calls_job_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_llm_calls_unit_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_llm_calls")),
    )
    op.create_index(op.f("ix_llm_calls_job_id"), "llm_calls", ["job_id"], unique=False)
    op.create_index(op.f("ix_llm_calls_unit_id"), "llm_calls", ["unit_id"], unique=False)
    op.create_index(
        "uq_llm_calls_request_key_ok", "llm_calls", ["request_key"], unique=True, postgresql_where=sa.text("ok")
    )
    op.create_table(
        "reservations",
        sa.Column("token", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("micro", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), server_default="open", nullable=False),
        sa.CheckConstraint("state IN ('open', 'settled', 'charged', 'released')", name=op.f("ck_reservations_state")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_reservations_job_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_reservations_unit_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_reservations")),
    )
    op.create_index(op.f("ix_reservations_unit_id"), "reservations", ["unit_id"], unique=False)
    op.create_table(
        "generations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("sample_ix", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("key", postgresql.BYTEA(), nullable=False),
        sa.Column("seed_id", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("llm_call_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("sha256", postgresql.BYTEA(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("arm", sa.String(), nullable=False),
        sa.Column(
            "draw", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "params", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("prompt_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("completion_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("micro", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("finish_reason", sa.String(), nullable=False),
        sa.Column("edu_score", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("ease", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("grade", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("list_coverage", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("cluster", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("redundancy", sa.DOUBLE_PRECISION(), nullable=True),
        sa.Column(
            "scores", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("gate", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("repairable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("embedding", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("verdict <> 'dropped' OR reason IS NOT NULL", name=op.f("ck_generations_reason")),
        sa.CheckConstraint("verdict IN ('pending', 'kept', 'reserve', 'dropped')", name=op.f("ck_generations_verdict")),
        sa.CheckConstraint("edu_score BETWEEN 0 AND 5 AND ease BETWEEN 0 AND 100", name=op.f("ck_generations_range")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_generations_job_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["llm_call_id"], ["llm_calls.id"], name=op.f("fk_generations_llm_call_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["generations.id"], name=op.f("fk_generations_parent_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_generations_round_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["seed_id"], ["seeds.id"], name=op.f("fk_generations_seed_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_generations_unit_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generations")),
        sa.UniqueConstraint("job_id", "key", name=op.f("uq_generations_job_id_key")),
        sa.UniqueConstraint("unit_id", "sample_ix", name=op.f("uq_generations_unit_id_sample_ix")),
    )
    op.create_index("ix_generations_pool", "generations", ["job_id", "verdict", "id"], unique=False)
    op.create_index("ix_generations_round", "generations", ["round_id", "id"], unique=False)
    op.create_index(op.f("ix_generations_seed_id"), "generations", ["seed_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_generations_seed_id"), table_name="generations")
    op.drop_index("ix_generations_round", table_name="generations")
    op.drop_index("ix_generations_pool", table_name="generations")
    op.drop_table("generations")
    op.drop_index(op.f("ix_reservations_unit_id"), table_name="reservations")
    op.drop_table("reservations")
    op.drop_index("uq_llm_calls_request_key_ok", table_name="llm_calls", postgresql_where=sa.text("ok"))
    op.drop_index(op.f("ix_llm_calls_unit_id"), table_name="llm_calls")
    op.drop_index(op.f("ix_llm_calls_job_id"), table_name="llm_calls")
    op.drop_table("llm_calls")
    op.drop_index(
        "ix_units_ready_cpu", table_name="units", postgresql_where=sa.text("state = 'ready' AND kind <> 'rewrite'")
    )
    op.drop_index("ix_units_ready", table_name="units", postgresql_where=sa.text("state = 'ready'"))
    op.drop_index("ix_units_open", table_name="units", postgresql_where=sa.text("state IN ('ready', 'leased')"))
    op.drop_index("ix_units_leased", table_name="units", postgresql_where=sa.text("state = 'leased'"))
    op.drop_table("units")
    op.drop_table("seed_scores")
    op.drop_table("rounds")
    op.drop_table("job_artifacts")
    op.drop_index(op.f("ix_exports_job_id"), table_name="exports")
    op.drop_table("exports")
    op.drop_index("ix_events_job", table_name="events")
    op.drop_table("events")
    op.drop_table("budgets")
    op.drop_table("seeds")
    op.drop_index(op.f("ix_rejects_corpus_id"), table_name="rejects")
    op.drop_table("rejects")
    op.drop_index(op.f("ix_jobs_corpus_id"), table_name="jobs")
    op.drop_table("jobs")
    op.drop_table("workers")
    op.drop_table("idempotency_keys")
    op.drop_table("endpoints")
    op.drop_table("corpora")
    op.drop_table("api_keys")
    op.execute(sa.schema.DropSequence(sa.Sequence("tokens")))
