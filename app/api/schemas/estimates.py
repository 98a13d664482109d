"""What /v1/estimates takes and gives."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from app.api.schemas.jobs import CorpusId, JobFields
from app.domain.estimate_tokens import LEVELS, Seeds, Size
from app.domain.estimating import Estimate, Guess, ModelUse, Stop, Use
from app.domain.price_list import ListedPrice
from app.domain.pricing import MICRO
from app.services.estimating import AskedModel, Estimated

MOST_SIZES = 1_000


class SizeIn(BaseModel):
    """How long a seed is."""

    model_config = ConfigDict(extra="forbid")

    words: Annotated[int, Field(ge=0, le=10_000_000)]
    bytes: Annotated[int, Field(ge=0, le=100_000_000)]


class SeedsIn(BaseModel):
    """Seeds that are not uploaded yet."""

    model_config = ConfigDict(extra="forbid")

    count: Annotated[int, Field(ge=1, le=10**10)]
    sizes: Annotated[list[SizeIn], Field(min_length=1, max_length=MOST_SIZES)]
    """Of seeds that stand for all, such as every hundredth."""


class EstimateRequest(JobFields):
    """A job as POST /v1/jobs takes it, with a corpus or with nothing but the sizes of its seeds."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"corpus_id": 1, "budget": {"money_usd": 5}},
                {"seeds": {"count": 1200, "sizes": [{"words": 180, "bytes": 1100}]}, "max_rounds": 4},
            ]
        },
    )

    corpus_id: CorpusId | None = None
    seeds: SeedsIn | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.corpus_id is None) == (self.seeds is None):
            raise ValueError("name one of corpus_id and seeds")
        return self

    def asked(self) -> Seeds | int:
        """The seeds, or the corpus that holds them."""
        if self.seeds is None:
            assert self.corpus_id is not None
            return self.corpus_id
        return Seeds(self.seeds.count, [Size(one.words, one.bytes) for one in self.seeds.sizes])


class Range(BaseModel):
    """A figure with its limits."""

    low: float
    """With the earliest success and the shortest answers."""
    expected: float
    high: float
    """With every round and variant allowed, and the longest answers."""


class PriceOut(BaseModel):
    """What the model costs."""

    model: str
    """The entry of the price list, which may be a pattern."""
    input_usd_per_mtok: float
    output_usd_per_mtok: float
    as_of: date | None
    """When it was last looked up; null: nobody said."""
    old: bool
    """Whether that is long ago."""
    source: str
    batch_discount: float
    """What is taken off already because the job's calls go as batches: 0.5 is half; 0: nothing."""


class StopOut(BaseModel):
    """The cap that ends the job first."""

    budget: Literal["money", "tokens", "calls", "time"]
    level: Literal["low", "expected", "high"]
    """`low`: it does in any case; `expected`: probably; `high`: it may."""
    share: float
    """Of the whole job that it pays for in that case."""


class ModelEstimateOut(BaseModel):
    """What one of the models will use."""

    model: str
    purpose: Literal["texts", "vectors", "judge"]
    share: float | None
    """Of the calls for texts, as asked for; null: it gives vectors, or judges."""
    price: PriceOut | None
    """Null: nobody knows it."""
    calls: Range
    prompt_tokens: Range
    completion_tokens: Range
    money_usd: Range | None
    measured_calls: int
    """Of earlier jobs of this recipe, which tokens and time rest on; 0: they are guessed."""


_PRICE: dict[str, JsonValue] = {
    "model": "gpt-4.1-mini",
    "input_usd_per_mtok": 0.4,
    "output_usd_per_mtok": 1.6,
    "as_of": "2026-05-07",
    "old": True,
    "source": "https://developers.openai.com/api/docs/pricing",
    "batch_discount": 0,
}
_USE: dict[str, JsonValue] = {
    "calls": {"low": 1200, "expected": 3300, "high": 4900},
    "prompt_tokens": {"low": 600000, "expected": 1700000, "high": 2600000},
    "completion_tokens": {"low": 200000, "expected": 1100000, "high": 2900000},
    "money_usd": {"low": 0.56, "expected": 2.44, "high": 5.0},
}


class EstimateOut(BaseModel):
    """What a job will use, within its caps. Nothing was stored and no model asked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "recipe": "codetextbook",
                    "model": "gpt-4.1-mini",
                    "price": _PRICE,
                    "seeds": 1200,
                    "taking_part": {"low": 600, "expected": 1020, "high": 1200},
                    "rounds": {"low": 2, "expected": 3, "high": 6},
                    **_USE,
                    "vector_tokens": {"low": 0, "expected": 0, "high": 0},
                    "seconds": None,
                    "stops_first": {"budget": "money", "level": "high", "share": 0.87},
                    "measured_jobs": 0,
                    "measured_calls": 0,
                    "models": [
                        {
                            "model": "gpt-4.1-mini",
                            "purpose": "texts",
                            "share": 1.0,
                            "price": _PRICE,
                            **_USE,
                            "measured_calls": 0,
                        }
                    ],
                    "batch": False,
                }
            ]
        }
    )

    recipe: str
    model: str
    """Several with commas between."""
    price: PriceOut | None
    """Of the only or first model; null: nobody knows it."""
    seeds: int
    taking_part: Range
    """Seeds that are no near-duplicate and teach enough."""
    rounds: Range
    calls: Range
    """Paid ones, also those for vectors and by the judge."""
    prompt_tokens: Range
    completion_tokens: Range
    vector_tokens: Range
    money_usd: Range | None
    """Null: nobody knows the price of one of the models."""
    seconds: Range | None
    """Null until a job of this recipe and each model was measured."""
    stops_first: StopOut | None
    """Null: no cap is in the way."""
    measured_jobs: int
    """Earlier jobs of this recipe and any of the models that this rests on."""
    measured_calls: int
    models: list[ModelEstimateOut]
    """Each model by its share of the calls; then the one for vectors, if an endpoint gives them, and the judge's."""
    batch: bool
    """Whether the calls go as batches: nobody knows how long those take, up to a day each."""


def estimate_out(recipe: str, found: Estimated, *, today: date) -> EstimateOut:
    """The schema of an estimate."""
    made, first = found.estimate, found.models[0]
    timed = made.expected.seconds is not None
    return EstimateOut(
        recipe=recipe,
        model=", ".join(one.name for one in found.models),
        price=price_out(first.price, today, batch=found.batch) if first.price else None,
        seeds=found.seeds,
        taking_part=_whole(made.taking_part),
        rounds=_range(made, lambda use: use.rounds, digits=1),
        calls=_range(made, lambda use: use.calls),
        prompt_tokens=_range(made, lambda use: use.prompt_tokens),
        completion_tokens=_range(made, lambda use: use.completion_tokens),
        vector_tokens=_range(made, lambda use: use.vector_tokens),
        money_usd=_range(made, lambda use: use.micro / MICRO, digits=6) if found.priced else None,
        seconds=_range(made, lambda use: use.seconds or 0.0, digits=1) if timed else None,
        stops_first=_stop(made.stop) if made.stop else None,
        measured_jobs=found.jobs,
        measured_calls=sum(one.calls for one in found.models),
        models=_models(found, today),
        batch=found.batch,
    )


def _models(found: Estimated, today: date) -> list[ModelEstimateOut]:
    made = found.estimate
    texts = [
        _model(asked, [getattr(made, level).models[place] for level in LEVELS], today, batch=found.batch)
        for place, asked in enumerate(found.models)
    ]
    others = [
        _model(asked, [getattr(getattr(made, level), asked.purpose) for level in LEVELS], today, batch=found.batch)
        for asked in (found.vectors, found.judge)
        if asked is not None
    ]
    return texts + others


def _model(asked: AskedModel, uses: list[ModelUse], today: date, *, batch: bool) -> ModelEstimateOut:
    return ModelEstimateOut(
        model=asked.name,
        purpose=asked.purpose,
        share=None if asked.share is None else round(asked.share, 4),
        price=price_out(asked.price, today, batch=batch and asked.purpose == "texts") if asked.price else None,
        calls=_limits([use.calls for use in uses]),
        prompt_tokens=_limits([use.prompt_tokens for use in uses]),
        completion_tokens=_limits([use.completion_tokens for use in uses]),
        money_usd=_limits([use.micro / MICRO for use in uses], digits=6) if asked.price else None,
        measured_calls=asked.calls,
    )


def price_out(entry: ListedPrice, today: date, *, batch: bool) -> PriceOut:
    """The schema of a price; for a `batch` job the entry is that of batches."""
    return PriceOut(
        model=entry.model,
        input_usd_per_mtok=entry.price.input_micro_per_mtok / MICRO,
        output_usd_per_mtok=entry.price.output_micro_per_mtok / MICRO,
        as_of=entry.as_of,
        old=entry.is_old(today),
        source=entry.source,
        batch_discount=float(entry.batch_discount) if batch else 0.0,
    )


def _stop(stop: Stop) -> StopOut:
    return StopOut(budget=stop.budget, level=stop.level, share=round(stop.share, 4))


def _whole(guess: Guess) -> Range:
    return Range(low=round(guess.low), expected=round(guess.expected), high=round(guess.high))


def _range(made: Estimate, value: Callable[[Use], float], *, digits: int = 0) -> Range:
    return _limits([value(made.low), value(made.expected), value(made.high)], digits=digits)


def _limits(values: list[float], *, digits: int = 0) -> Range:
    # Under a cap of money dear calls are fewer calls, so the case of the highest cost is not that of the most calls.
    low, expected, high = (round(value, digits) for value in values)
    return Range(low=min(low, expected, high), expected=expected, high=max(low, expected, high))
