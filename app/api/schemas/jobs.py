"""What /v1/jobs takes and gives. The config's fields, bounds and defaults are the domain's own."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PrivateAttr, StringConstraints, model_validator

from app.api.schemas.progress import ProgressOut, progress_out
from app.domain.config import (
    PRESET_GRADES,
    Budget,
    Embedding,
    JobConfig,
    Llm,
    Planning,
    Preset,
    Targets,
    as_json,
    recipe_of,
)
from app.domain.gate_config import Gates
from app.domain.pricing import MICRO, OFFLINE_MODEL
from app.domain.recipes.recipe import recipe_hash
from app.repositories.budgets import BudgetRow
from app.services.jobs import Change, JobView
from app.services.recipes import Known, overlaid, pinned

Priority = Annotated[int, Field(ge=-1_000, le=1_000)]


CorpusId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class JobFields(BaseModel):
    """What a job does, whatever its corpus."""

    model_config = ConfigDict(extra="forbid")

    recipe: Annotated[str, StringConstraints(max_length=100)] = "codetextbook"
    """A name, or `name@hash` for one version of a recipe that was added. What the recipe sets holds unless the job
    says otherwise."""
    preset: Preset | None = None
    """Sets the grade that texts must be readable at, unless `targets.grade_p90` says otherwise."""
    rng_seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    max_rounds: Annotated[int, Field(ge=1, le=100)] = 6
    draws: Annotated[int, Field(ge=1, le=100_000_000)] = 300
    benchmarks: Annotated[tuple[Annotated[int, Field(ge=1, le=2**63 - 1)], ...], Field(max_length=100)] = ()
    targets: Targets = Field(default_factory=Targets)
    budget: Budget = Field(default_factory=Budget)
    planning: Planning = Field(default_factory=Planning)
    gates: Gates = Field(default_factory=Gates)
    llm: Llm = Field(default_factory=Llm)
    embedding: Embedding = Field(default_factory=Embedding)
    """`{"model": "nomic-embed-text"}` takes vectors from an `/v1/embeddings` endpoint instead of Hornbook's own."""

    _given: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _remember(cls, data: Any, handler: Callable[[Any], Self]) -> Self:
        """What was said, apart from the defaults: a recipe's settings stand between the two."""
        data = cls._with_preset(data)
        made = handler(data)
        if isinstance(data, dict):
            made._given = data
        return made

    @staticmethod
    def _with_preset(data: Any) -> Any:
        if not isinstance(data, dict) or data.get("preset") not in PRESET_GRADES:
            return data
        targets = data.get("targets", {})
        if not isinstance(targets, dict) or "grade_p90" in targets:
            return data
        return {**data, "targets": {"grade_p90": PRESET_GRADES[Preset(data["preset"])], **targets}}

    def config(self, known: Known) -> JobConfig:
        """The job's config as one value, with the recipe's settings where the request says nothing."""
        settings = known.recipe.settings
        said = type(self).model_validate(overlaid(settings, self._given)) if settings else self
        values = {field.name: getattr(said, field.name) for field in fields(JobConfig) if field.name != "own_recipe"}
        return pinned(JobConfig(**values), known)


class JobRequest(JobFields):
    """A job to do. Everything but the corpus has a default."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "corpus_id": 1,
                    "recipe": "codetextbook",
                    "preset": "beginner",
                    "max_rounds": 4,
                    "budget": {"calls": 2000},
                    "rng_seed": 7,
                },
                {
                    "corpus_id": 1,
                    "budget": {"calls": 2000},
                    "embedding": {"base_url": "http://127.0.0.1:11434/v1", "model": "nomic-embed-text"},
                },
            ]
        },
    )

    corpus_id: CorpusId
    priority: Priority = 0
    """Higher goes first where jobs share workers."""


class JobPatch(BaseModel):
    """What to change; fields left out stay, a null inside `budget` or `targets` lifts that cap or target."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"budget": {"calls": 500}, "priority": 10}]}
    )

    priority: Priority | None = None
    budget: dict[str, JsonValue] | None = None
    """Fields of the job's budget. A cap below what is spent already stops the asking at once; one that covers
    what a provider charged beyond the old one lets the job go on."""
    targets: dict[str, JsonValue] | None = None
    """Fields of the job's targets."""

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one of priority, budget, targets")
        return self

    def change(self) -> Change:
        """The same as the service takes it."""
        return Change(priority=self.priority, budget=self.budget, targets=self.targets)


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
    finished_at: datetime | None


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
    )
