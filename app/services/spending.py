"""What a job spent, on what, and for how much accepted text."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.domain.records import JobId
from app.repositories import caps, jobs, spend
from app.repositories.budgets import BudgetRow
from app.repositories.jobs import JobRow
from app.repositories.spend import SpendRow

PER = 1_000
"""Accepted tokens that a spend is told for."""


@dataclass(frozen=True)
class Spending:
    """A job's spend, by round, arm and model."""

    job: JobRow
    budget: BudgetRow
    rounds: Sequence[SpendRow]
    arms: Sequence[SpendRow]
    """The dearest first."""
    models: Sequence[SpendRow]

    @property
    def priced(self) -> bool:
        """Whether money is known."""
        return self.job.price_source is not None


def spending(session: Session, job_id: JobId) -> Spending:
    """The spend of a job as it is now; raises NotFoundError."""
    job, found = jobs.get(session, job_id), spend.of_job(session, job_id)
    return Spending(
        job,
        caps.of_jobs(session, [job_id])[job_id],
        rounds=found["round"],
        arms=found["arm"],
        models=found["model"],
    )


def tokens_of(row: SpendRow) -> int:
    """All tokens of a row, in, out and charged in full."""
    return row.prompt_tokens + row.completion_tokens + row.charged_tokens


def per_accepted(amount: float, row: SpendRow) -> float | None:
    """`amount` for 1,000 accepted tokens of a row; None where nothing was accepted.

    Example: 3 USD for 6,000 accepted tokens are 0.5.
    """
    return amount * PER / row.kept_tokens if row.kept_tokens else None
