"""Alembic's entry: migrates the database whose URL the caller set."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from app.db import tables
from app.db.base import Base

# A migration that cannot get its lock must fail, not queue in front of every reader.
LOCK_TIMEOUT = "SET lock_timeout = '5s'"

engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
with engine.connect() as connection:
    assert tables.Job.metadata is Base.metadata
    connection.execute(text(LOCK_TIMEOUT))
    connection.commit()
    context.configure(
        connection=connection, target_metadata=Base.metadata, compare_type=True, transaction_per_migration=True
    )
    with context.begin_transaction():
        # Two processes that migrate at once take turns.
        connection.execute(text("SELECT pg_advisory_xact_lock(7321)"))
        context.run_migrations()
