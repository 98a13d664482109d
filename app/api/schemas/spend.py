"""What /v1/jobs/{id}/spend gives."""

from datetime import date

from pydantic import BaseModel, ConfigDict, JsonValue

from app.domain.pricing import MICRO
from app.repositories.spend import SpendRow
from app.services.spending import Spending, old_prices, per_accepted, tokens_of

_ROW: dict[str, JsonValue] = {
    "name": "1",
    "calls": 120,
    "prompt_tokens": 46_000,
    "completion_tokens": 31_000,
    "charged_tokens": 0,
    "money_usd": 0.068,
    "kept": 80,
    "kept_tokens": 14_000,
    "tokens_per_1000_accepted": 5_500.0,
    "usd_per_1000_accepted": 0.00486,
}


class SpendRowOut(BaseModel):
    """What one round, arm or model used."""

    name: str
    """The round's number, the arm (`vectors`: calls for them), or the model."""
    calls: int
    """Paid ones."""
    prompt_tokens: int
    completion_tokens: int
    charged_tokens: int
    """Of calls that were charged in full because nobody knows what they used."""
    money_usd: float | None
    """Null: nobody knew a price when the job was submitted."""
    kept: int
    """Texts in the pool."""
    kept_tokens: int
    tokens_per_1000_accepted: float | None
    """Null: nothing was accepted."""
    usd_per_1000_accepted: float | None


class JobSpendOut(BaseModel):
    """What a job spent so far, on what, and for how much accepted text."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "job_id": 1,
                    "input_usd_per_mtok": 0.4,
                    "output_usd_per_mtok": 1.6,
                    "price_source": "https://developers.openai.com/api/docs/pricing",
                    "price_as_of": "2026-05-07",
                    "price_old": True,
                    "calls": 120,
                    "tokens": 77_000,
                    "money_usd": 0.068,
                    "rounds": [_ROW],
                    "arms": [{**_ROW, "name": "lesson/a school pupil/none"}],
                    "models": [{**_ROW, "name": "gpt-4.1-mini"}],
                }
            ]
        }
    )

    job_id: int
    input_usd_per_mtok: float | None
    """Of the only or first model, fixed when the job was submitted; null: nobody knew it."""
    output_usd_per_mtok: float | None
    price_source: str | None
    price_as_of: date | None
    price_old: bool
    """Whether the price of a model was last looked up long before the job was submitted."""
    calls: int
    tokens: int
    money_usd: float | None
    """Of the ledger that holds the budget, with what a provider charged beyond a cap."""
    rounds: list[SpendRowOut]
    arms: list[SpendRowOut]
    """The dearest first."""
    models: list[SpendRowOut]


def job_spend_out(found: Spending) -> JobSpendOut:
    """The schema of a job's spend."""
    job, budget, priced = found.job, found.budget, found.priced
    return JobSpendOut(
        job_id=job.id,
        input_usd_per_mtok=job.price_input / MICRO if job.price_source is not None else None,
        output_usd_per_mtok=job.price_output / MICRO if job.price_source is not None else None,
        price_source=job.price_source,
        price_as_of=job.price_as_of,
        price_old=bool(old_prices(job)),
        calls=budget.spent_calls,
        tokens=budget.spent_tokens + budget.overdraft_tokens,
        money_usd=(budget.spent_micro + budget.overdraft_micro) / MICRO if priced else None,
        rounds=[_row(row, priced) for row in found.rounds],
        arms=[_row(row, priced) for row in found.arms],
        models=[_row(row, priced) for row in found.models],
    )


def _row(row: SpendRow, priced: bool) -> SpendRowOut:
    money = row.micro / MICRO if priced else None
    return SpendRowOut(
        name=row.name,
        calls=row.calls,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        charged_tokens=row.charged_tokens,
        money_usd=money,
        kept=row.kept,
        kept_tokens=row.kept_tokens,
        tokens_per_1000_accepted=per_accepted(tokens_of(row), row),
        usd_per_1000_accepted=None if money is None else per_accepted(money, row),
    )
