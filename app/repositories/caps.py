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


def set_caps(session: Session, job_id: int, *, micro: int | None, tokens: int | None, calls: int | None) -> None:
    """New caps (None: none), each at least what is spent and reserved: money in flight cannot be called back."""
    session.execute(
        text("""
        UPDATE budgets SET
            cap_micro = greatest(CAST(:micro AS bigint), CASE WHEN CAST(:micro AS bigint) IS NULL THEN NULL
                                                         ELSE spent_micro + reserved_micro END),
            cap_tokens = greatest(CAST(:tokens AS bigint), CASE WHEN CAST(:tokens AS bigint) IS NULL THEN NULL
                                                           ELSE spent_tokens + reserved_tokens END),
            cap_calls = greatest(CAST(:calls AS bigint), CASE WHEN CAST(:calls AS bigint) IS NULL THEN NULL
                                                         ELSE spent_calls + reserved_calls END)
        WHERE job_id = :job"""),
        {"job": job_id, "micro": micro, "tokens": tokens, "calls": calls},
    )
