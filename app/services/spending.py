"""What a job spent, on what, and for how much accepted text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.domain.price_list import is_old
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
        """Whether money is known: every model had a price."""
        every = [one.get("price_known", self.job.price_source is not None) for one in self.job.models]
        return all(every) if every else self.job.price_source is not None


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


@dataclass(frozen=True)
class OldPrice:
    """A price that nobody had looked up for long when the job took it."""

    model: str
    as_of: date


def old_prices(job: JobRow) -> list[OldPrice]:
    """Those of the job's models that were old on the day it was submitted."""
    days = {one["model"]: one.get("price_as_of") for one in job.models}
    known = {model: date.fromisoformat(day) for model, day in days.items() if day}
    if not job.models and job.price_as_of is not None:
        known = {job.model: job.price_as_of}
    submitted = job.created_at.date()
    return [OldPrice(model, as_of) for model, as_of in known.items() if is_old(as_of, submitted)]


def tokens_of(row: SpendRow) -> int:
    """All tokens of a row, in, out and charged in full."""
    return row.prompt_tokens + row.completion_tokens + row.charged_tokens


def per_accepted(amount: float, row: SpendRow) -> float | None:
    """`amount` for 1,000 accepted tokens of a row; None where nothing was accepted.

    Example: 3 USD for 6,000 accepted tokens are 0.5.
    """
    return amount * PER / row.kept_tokens if row.kept_tokens else None
