"""Several endpoints a job: which of them answer its calls, who answered each, and which are down"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lanes = sa.Column(
        "lanes", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
    )
    op.add_column("jobs", lanes)
    op.add_column("llm_calls", sa.Column("lane", sa.String(), nullable=True))
    op.add_column("endpoints", sa.Column("down_since", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("endpoints", sa.Column("reason", sa.String(), nullable=True))
    # What a pump would make of a job without lanes, so that one query finds who is paused.
    op.execute("""
        UPDATE jobs SET lanes = CASE models WHEN '[]' THEN jsonb_build_array(jsonb_build_object(
                'id', model || ' at ' || endpoint, 'model', model, 'url', endpoint))
            ELSE (SELECT jsonb_agg(jsonb_build_object('id', (m->>'model') || ' at ' || (m->>'endpoint'),
                                                      'model', m->>'model', 'url', m->>'endpoint'))
                  FROM jsonb_array_elements(models) m) END
        WHERE state IN ('queued', 'running', 'paused')""")


def downgrade() -> None:
    op.drop_column("endpoints", "reason")
    op.drop_column("endpoints", "down_since")
    op.drop_column("llm_calls", "lane")
    op.drop_column("jobs", "lanes")
