"""Budgets as people see and change them; what is reserved and spent is `budgets`' business alone."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.repositories.budgets import COLUMNS, BudgetRow


def of_jobs(session: Session, job_ids: Sequence[int]) -> dict[int, BudgetRow]:
    """{job id: budget row}."""
    rows = session.execute(
        text(f"SELECT job_id, {COLUMNS} FROM budgets WHERE job_id = ANY(:jobs)"), {"jobs": list(job_ids)}
    )
    return {row[0]: BudgetRow(*row[1:]) for row in rows}


# What a provider billed beyond the old cap counts as spent as far as the new one covers it. The names on the right are
# the row as it was.
_COVERED = """
    CASE WHEN CAST(:{what} AS bigint) IS NULL THEN overdraft_{what}
         ELSE least(overdraft_{what}, greatest(0, CAST(:{what} AS bigint) - spent_{what} - reserved_{what})) END"""
_CAP = """
    cap_{what} = CASE WHEN CAST(:{what} AS bigint) IS NULL THEN NULL
                 ELSE greatest(CAST(:{what} AS bigint), spent_{what} + reserved_{what}) END"""
_SET_CAPS = text(
    "UPDATE budgets SET "
    + ", ".join(
        [_CAP.format(what=what) for what in ("micro", "tokens", "calls")]
        + [f"spent_{what} = spent_{what} + {_COVERED.format(what=what)}" for what in ("micro", "tokens")]
        + [f"overdraft_{what} = overdraft_{what} - {_COVERED.format(what=what)}" for what in ("micro", "tokens")]
    )
    + " WHERE job_id = :job"
)


def set_caps(session: Session, job_id: int, *, micro: int | None, tokens: int | None, calls: int | None) -> None:
    """New caps (None: none), each at least what is spent and reserved: money in flight cannot be called back."""
    session.execute(_SET_CAPS, {"job": job_id, "micro": micro, "tokens": tokens, "calls": calls})
