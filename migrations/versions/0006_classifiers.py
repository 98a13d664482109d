"""Classifiers of one's own: versions, labels, evaluations, and the units that make them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OLD = "'ingest', 'fit', 'score', 'settle', 'rewrite', 'export'"
NEW = f"{OLD}, 'label', 'train', 'evaluate'"
EMPTY = sa.text("'{}'::jsonb")


def _json(name: str, *, nullable: bool = False) -> sa.Column[object]:
    default = None if nullable else EMPTY
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), server_default=default, nullable=nullable)


def _when(name: str, *, now: bool = False) -> sa.Column[object]:
    kind = postgresql.TIMESTAMP(timezone=True)
    return sa.Column(name, kind, server_default=sa.text("now()") if now else None, nullable=not now)


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _count(name: str, kind: sa.types.TypeEngine[int] | None = None) -> sa.Column[object]:
    return sa.Column(name, kind or sa.BigInteger(), server_default=sa.text("0"), nullable=False)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def _allow_kinds(kinds: str) -> None:
    op.drop_constraint(op.f("ck_units_kind"), "units", type_="check")
    op.create_check_constraint(op.f("ck_units_kind"), "units", f"kind IN ({kinds})")


def upgrade() -> None:
    _create_classifiers()
    _create_uses()
    _create_labels()
    _create_evaluations()
    op.add_column("units", sa.Column("classifier_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_units_classifier_id"), "units", "classifiers", ["classifier_id"], ["id"], ondelete="CASCADE"
    )
    _allow_kinds(NEW)


def _create_classifiers() -> None:
    op.create_table(
        "classifiers",
        _id(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("weights", sa.LargeBinary(), nullable=True),
        _json("source"),
        _json("card"),
        _json("report"),
        _json("error", nullable=True),
        _when("created_at", now=True),
        _when("finished_at"),
        sa.CheckConstraint("state IN ('labelling', 'training', 'ready', 'failed')", name=op.f("ck_classifiers_state")),
        sa.CheckConstraint(
            "state <> 'ready' OR (weights IS NOT NULL AND sha256 IS NOT NULL)", name=op.f("ck_classifiers_weights")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classifiers")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_classifiers_name_version")),
    )
    op.create_index(op.f("ix_classifiers_sha256"), "classifiers", ["sha256"], unique=False)


def _create_uses() -> None:
    op.create_table(
        "classifier_uses",
        _id(),
        sa.Column("classifier_id", sa.BigInteger(), nullable=False),
        _when("used_at", now=True),
        _when("rolled_back_at"),
        _to("classifier_uses", "classifier_id", "classifiers"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classifier_uses")),
    )


def _create_labels() -> None:
    op.create_table(
        "classifier_labels",
        _id(),
        sa.Column("classifier_id", sa.BigInteger(), nullable=False),
        sa.Column("seed_id", sa.BigInteger(), nullable=False),
        sa.Column("repeat", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(), server_default="ready", nullable=False),
        sa.Column("score", sa.DOUBLE_PRECISION(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        _count("tries", sa.Integer()),
        *map(_count, ("calls", "tokens", "micro", "reserved_tokens", "reserved_micro")),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        _when("labelled_at"),
        sa.CheckConstraint("state IN ('ready', 'asked', 'done', 'failed')", name=op.f("ck_classifier_labels_state")),
        sa.CheckConstraint("score BETWEEN 0 AND 5", name=op.f("ck_classifier_labels_score")),
        sa.CheckConstraint("state <> 'done' OR score IS NOT NULL", name=op.f("ck_classifier_labels_done")),
        _to("classifier_labels", "classifier_id", "classifiers"),
        _to("classifier_labels", "seed_id", "seeds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classifier_labels")),
        sa.UniqueConstraint(
            "classifier_id", "seed_id", "repeat", name=op.f("uq_classifier_labels_classifier_id_seed_id_repeat")
        ),
    )


def _create_evaluations() -> None:
    op.create_table(
        "classifier_evaluations",
        _id(),
        sa.Column("classifier_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), server_default="running", nullable=False),
        _json("source"),
        _json("report"),
        _json("error", nullable=True),
        _when("created_at", now=True),
        _when("finished_at"),
        sa.CheckConstraint("state IN ('running', 'ready', 'failed')", name=op.f("ck_classifier_evaluations_state")),
        _to("classifier_evaluations", "classifier_id", "classifiers"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classifier_evaluations")),
    )
    op.create_index(
        op.f("ix_classifier_evaluations_classifier_id"), "classifier_evaluations", ["classifier_id"], unique=False
    )


def downgrade() -> None:
    op.execute("DELETE FROM units WHERE kind IN ('label', 'train', 'evaluate')")
    _allow_kinds(OLD)
    op.drop_constraint(op.f("fk_units_classifier_id"), "units", type_="foreignkey")
    op.drop_column("units", "classifier_id")
    op.drop_index(op.f("ix_classifier_evaluations_classifier_id"), table_name="classifier_evaluations")
    op.drop_table("classifier_evaluations")
    op.drop_table("classifier_labels")
    op.drop_table("classifier_uses")
    op.drop_index(op.f("ix_classifiers_sha256"), table_name="classifiers")
    op.drop_table("classifiers")
