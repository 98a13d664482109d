"""The state of all work in a few figures, for monitoring."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.repositories import beats


@dataclass(frozen=True)
class Figures:
    """Counts over the whole database."""

    jobs: dict[str, int]
    units: dict[tuple[str, str], int]
    """Ready and leased ones."""
    spent_micro: int
    silent_s: dict[str, float]
    """{queue: seconds since a worker of it worked or found nothing to do}."""


def read(session: Session) -> Figures:
    """The figures now."""
    jobs = session.execute(text("SELECT state, count(*) AS n FROM jobs GROUP BY state"))
    units = session.execute(
        text("SELECT kind, state, count(*) AS n FROM units WHERE state IN ('ready', 'leased') GROUP BY kind, state")
    )
    spent = session.execute(text("SELECT coalesce(sum(spent_micro + overdraft_micro), 0) FROM budgets"))
    silent = session.execute(
        text(f"SELECT queue, extract(epoch FROM now() - {beats.SIGN}) AS age FROM workers GROUP BY queue")
    )
    return Figures(
        {row.state: row.n for row in jobs},
        {(row.kind, row.state): row.n for row in units},
        int(spent.scalar_one()),
        {row.queue: float(row.age) for row in silent},
    )


def schema_revision(session: Session) -> str | None:
    """The schema's revision; None in an empty database."""
    there = session.execute(text("SELECT to_regclass('alembic_version') IS NOT NULL")).scalar_one()
    return session.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() if there else None
