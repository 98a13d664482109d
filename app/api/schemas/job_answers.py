"""What /v1/jobs gives: a job with its progress, spend and what it depends on."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from app.api.schemas.progress import ProgressOut, progress_out
from app.domain.config import as_json, recipe_of
from app.domain.pricing import MICRO, OFFLINE_MODEL
from app.domain.recipes.recipe import recipe_hash
from app.repositories.budgets import BudgetRow
from app.services.jobs import JobView
from app.services.spending import old_prices


class MoneyUse(BaseModel):
    """Money in USD: the cap (null: none), what is spent, and what calls in flight may still cost."""

    cap: float | None
    spent: float
    reserved: float


class CountUse(BaseModel):
    """Tokens or calls: the cap (null: none), what is used, and what calls in flight may still use."""

    cap: int | None
    spent: int
    reserved: int


class SpendOut(BaseModel):
    """What a job may use and has used."""

    money_usd: MoneyUse
    tokens: CountUse
    calls: CountUse
    overdraft_usd: float
    """What a provider charged beyond the cap: the job is paused, and goes on when the cap is raised above it."""
    overbilled_tokens: int
    """The most tokens that the provider charged for a call beyond what it could have used; calls since reserve them."""


class OldPriceOut(BaseModel):
    """A price that nobody had looked up for long when the job was submitted."""

    model: str
    as_of: date
    """When somebody last did."""


class JobOut(BaseModel):
    """A job."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "corpus_id": 1,
                    "recipe": "codetextbook",
                    "state": "running",
                    "stop_reason": None,
                    "note": None,
                    "model": "phi3:mini",
                    "offline": False,
                    "priority": 0,
                    "progress": {
                        "round": 1,
                        "round_state": "open",
                        "units": {"ready": 60, "leased": 20, "done": 40},
                        "done_share": 0.333,
                        "kept": 0,
                        "eta_s": 31.5,
                        "batches": [],
                    },
                    "spend": {
                        "money_usd": {"cap": None, "spent": 0, "reserved": 0},
                        "tokens": {"cap": None, "spent": 41200, "reserved": 22100},
                        "calls": {"cap": 2000, "spent": 40, "reserved": 20},
                        "overdraft_usd": 0,
                        "overbilled_tokens": 0,
                    },
                    "config": {"recipe": "codetextbook", "max_rounds": 4},
                    "key": "ab" * 32,
                    "config_sha256": "cd" * 32,
                    "recipe_sha256": "23" * 32,
                    "prompt_sha256": "ef" * 32,
                    "classifier_sha256": "01" * 32,
                    "created_at": "2026-11-25T06:00:00Z",
                    "deadline_at": None,
                    "finished_at": None,
                    "old_prices": [],
                }
            ]
        }
    )

    id: int
    corpus_id: int
    recipe: str
    state: str
    """`queued` (until the corpus is ready), `running`, `paused`, `done`, `failed` or `cancelled`."""
    stop_reason: str | None
    """`target_met` is the only success; else plateau, budget_exhausted, collapse, nothing_to_do, cancelled, error."""
    note: str | None
    """The figures or the trouble behind it, in words."""
    model: str
    """The model that is asked; several, as `config.llm.models` says, with commas between."""
    offline: bool
    """Whether texts come from the offline explainer instead of a model."""
    priority: int
    progress: ProgressOut
    spend: SpendOut
    config: dict[str, Any]
    """As it was submitted, with every default filled in."""
    key: str
    """Two jobs of one key accept the same texts."""
    config_sha256: str
    recipe_sha256: str
    """Of all that the recipe says; a recipe that was added is `recipe@` this."""
    prompt_sha256: str
    classifier_sha256: str
    created_at: datetime
    deadline_at: datetime | None
    """When its hours are over: no call begins after that."""
    finished_at: datetime | None
    old_prices: list[OldPriceOut]
    """Prices that it counts by and that nobody had looked up for long: its budget and spend may be wrong by them."""


def spend_out(row: BudgetRow) -> SpendOut:
    """The schema of a budget; USD here, micro-USD inside."""
    cap = None if row.cap_micro is None else row.cap_micro / MICRO
    return SpendOut(
        money_usd=MoneyUse(cap=cap, spent=row.spent_micro / MICRO, reserved=row.reserved_micro / MICRO),
        tokens=CountUse(cap=row.cap_tokens, spent=row.spent_tokens, reserved=row.reserved_tokens),
        calls=CountUse(cap=row.cap_calls, spent=row.spent_calls, reserved=row.reserved_calls),
        overdraft_usd=row.overdraft_micro / MICRO,
        overbilled_tokens=row.overbilled_prompt_tokens + row.overbilled_completion_tokens,
    )


def job_out(view: JobView) -> JobOut:
    """The schema of a job."""
    job = view.job
    return JobOut(
        id=job.id,
        corpus_id=job.corpus_id,
        recipe=job.recipe,
        state=job.state,
        stop_reason=job.stop_reason,
        note=job.note,
        model=", ".join(job.model_names),
        offline=job.model == OFFLINE_MODEL,
        priority=job.priority,
        progress=progress_out(view.progress),
        spend=spend_out(view.budget),
        config=as_json(view.config),
        key=job.key.hex(),
        config_sha256=job.config_sha256,
        recipe_sha256=recipe_hash(recipe_of(view.config)),
        prompt_sha256=job.prompt_sha256,
        classifier_sha256=job.classifier_sha256,
        created_at=job.created_at,
        deadline_at=job.deadline_at,
        finished_at=job.finished_at,
        old_prices=[OldPriceOut(model=one.model, as_of=one.as_of) for one in old_prices(job)],
    )
