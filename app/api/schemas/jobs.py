"""What /v1/jobs takes. The config's fields, bounds and defaults are the domain's own."""

from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PrivateAttr, StringConstraints, model_validator

from app.domain.config import (
    PRESET_GRADES,
    Budget,
    Embedding,
    JobConfig,
    Llm,
    Planning,
    Preset,
    Sources,
    Targets,
)
from app.domain.gate_config import Gates
from app.domain.judge_config import JudgeConfig
from app.domain.recipes.recipe import Part, Pass
from app.services.jobs import Change
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
    passes: Annotated[tuple[Pass, ...], Field(max_length=2)] = ()
    """Calls of their own that better a seed's Python code before it is explained, in this order: `style`,
    `self_contained`. A draft that fails its gates is not used."""
    parts: Annotated[tuple[Part, ...], Field(max_length=3)] = ()
    """What every explanation must hold besides: `title`, `prerequisites`, `exercise` (with its solution)."""
    targets: Targets = Field(default_factory=Targets)
    budget: Budget = Field(default_factory=Budget)
    planning: Planning = Field(default_factory=Planning)
    gates: Gates = Field(default_factory=Gates)
    llm: Llm = Field(default_factory=Llm)
    embedding: Embedding = Field(default_factory=Embedding)
    """`{"model": "nomic-embed-text"}` takes vectors from an `/v1/embeddings` endpoint instead of Hornbook's own."""
    sources: Sources = Field(default_factory=Sources)
    """`{"split_tokens": 300}` splits documents of more tokens into parts."""
    judge: JudgeConfig = Field(default_factory=JudgeConfig)
    """`{"on": true}` has an LLM score the texts that the gates are unsure of and check their claims: advice."""

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
