"""Reads what an estimate rests on: the seeds of a corpus, and what earlier jobs of the recipe and model came to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import Literal

from sqlalchemy.orm import Session

from app.domain.config import JobConfig, split_tokens
from app.domain.estimate_tokens import Asking, PastCall, Seeds, Size
from app.domain.estimating import Estimate, Guess, Measured, Model, Question, estimate
from app.domain.price_list import ListedPrice
from app.domain.pricing import FREE, Price
from app.domain.recipes.recipe import Recipe
from app.domain.records import Kind
from app.domain.source_parts import BYTES_PER_TOKEN
from app.errors import ConflictError
from app.repositories import corpora, history
from app.repositories.history import CallRow, Pace, PastJob
from app.services import corpus_checks, planning, submission
from app.services.submission import Operator


class CorpusNotReadyError(ConflictError):
    """Corpus {id} is still being read; ask again when it is ready."""

    code = "corpus_not_ready"


Purpose = Literal["texts", "vectors", "judge"]


@dataclass(frozen=True)
class AskedModel:
    """A model that an estimate is for."""

    name: str
    share: float | None
    """Of the job's calls, (0, 1]; None: it gives vectors, or judges."""
    price: ListedPrice | None
    """None: nobody knows what it costs."""
    purpose: Purpose = "texts"
    calls: int = 0
    """Of earlier jobs, which its figures rest on."""


@dataclass(frozen=True)
class Estimated:
    """An estimate with what it rests on."""

    estimate: Estimate
    seeds: int
    models: Sequence[AskedModel]
    """In the order of the estimate's."""
    vectors: AskedModel | None
    """None: vectors are Hornbook's own."""
    judge: AskedModel | None
    """None: nobody judges."""
    jobs: int
    """Earlier jobs that were measured."""
    batch: bool = False
    """Whether the job's calls go as batches, at the discounted prices."""

    @property
    def priced(self) -> bool:
        """Whether every price is known."""
        return all(one is None or one.price is not None for one in (*self.models, self.vectors, self.judge))


def estimate_job(
    session: Session, config: JobConfig, operator: Operator, *, seeds: Seeds | int, slots: int
) -> Estimated:
    """The estimate of a job over some seeds, or over those of a corpus; nothing is stored and nobody is asked.

    Raises what submitting the job would raise.
    """
    recipe = submission.check_config(config)
    targets, vectors = submission.choose_targets(config, operator), submission.choose_embedding(config, operator)
    judge = submission.choose_judge(config, operator)
    for asked in (*targets, *([vectors] if vectors else []), *([judge] if judge else [])):
        submission.price_for(asked.model, config.budget, operator.prices)
    selling = submission.sold(config, operator)
    corpus_id = seeds if isinstance(seeds, int) else None
    found = _seeds(session, seeds, config, recipe) if isinstance(seeds, int) else seeds
    past = history.jobs_like(session, config.recipe, [target.model for target in targets])
    calls = history.calls(session, [job.id for job in past])
    names, prices = [target.model for target in targets], operator.prices
    models = [
        model_of(name, share, selling.prices.find(name), calls)
        for name, share in zip(names, _shares(config, names), strict=True)
    ]
    if config.llm.batch:
        # How long a provider takes over a batch says nothing about the next.
        models = [replace(one, latency_s=None) for one in models]
    question = Question(
        Asking(found, config, recipe),
        models,
        slots=min(slots, config.llm.concurrency),
        draws_per_round=planning.draws_per_round(config),
        vectors_price=prices.find(vectors.model) if vectors else FREE,
        judge_price=prices.find(judge.model) if judge else FREE,
    )
    measured = measured_of(past, calls, history.paces(session, [job.id for job in past]), corpus_id=corpus_id)
    return Estimated(
        estimate(question, measured),
        seeds=found.count,
        models=[
            AskedModel(one.name, one.share, selling.prices.entry(one.name), calls=len(one.calls)) for one in models
        ],
        vectors=AskedModel(vectors.model, None, prices.entry(vectors.model), "vectors") if vectors else None,
        judge=AskedModel(judge.model, None, prices.entry(judge.model), "judge") if judge else None,
        jobs=len(past),
        batch=config.llm.batch,
    )


def _shares(config: JobConfig, names: Sequence[str]) -> list[float]:
    weights = [one.share for one in config.llm.models] or [1.0] * len(names)
    return [weight / sum(weights) for weight in weights]


def model_of(name: str, share: float, price: Price | None, calls: Sequence[CallRow]) -> Model:
    """A model with what its own calls among earlier ones were like."""
    own = [call for call in calls if call.model == name]
    # Answers that came with a batch have no latency of their own.
    timed = [call.latency_s for call in own if call.latency_s > 0]
    return Model(
        name,
        share,
        price,
        [PastCall(Size(c.words, c.bytes), c.parent_bytes, c.prompt_tokens, c.completion_tokens) for c in own],
        latency_s=fmean(timed) if timed else None,
    )


def _seeds(session: Session, corpus_id: int, config: JobConfig, recipe: Recipe) -> Seeds:
    corpus = corpora.get(session, corpus_id)
    corpus_checks.check_corpus(session, corpus, recipe, config)
    if corpus.state != "ready":
        raise CorpusNotReadyError(id=corpus_id)
    kinds = [kind.value for kind in recipe.kinds]
    count = sum(corpus.kinds.get(kind, 0) for kind in kinds)
    whole = history.sizes(session, corpus_id, kinds)
    sizes = [size for words, length in whole for size in _as_parts(words, length, split_tokens(config))]
    return Seeds(
        round(count * len(sizes) / len(whole)) if whole else count,
        sizes,
        corpus.kinds.get(Kind.code, 0) / count if count else 0.0,
    )


def _as_parts(words: int, length: int, most: int) -> list[Size]:
    """A document, or the parts that it will be split into."""
    parts = -(-length // (most * BYTES_PER_TOKEN))
    return [Size(words // parts, length // parts)] * parts if parts > 1 else [Size(words, length)]


def measured_of(
    past: Sequence[PastJob], calls: Sequence[CallRow], paces: Sequence[Pace], *, corpus_id: int | None
) -> Measured:
    """What jobs came to, as an estimate takes it; all unknown where there are none."""
    same = [job for job in past if job.corpus_id == corpus_id and job.seeds]
    parts = same or [job for job in past if job.seeds]
    first = [call for call in calls if not call.repair]
    texts = [job for job in past if not job.vectors and job.answered]
    ended = [float(job.rounds) for job in past if job.by_itself]
    # Answers that came with a batch have no latency of their own.
    timed = [call.latency_s for call in calls if call.latency_s > 0]
    latency = fmean(timed) if timed else None
    return Measured(
        taking_part=sum(job.taking_part for job in parts) / sum(job.seeds for job in parts) if parts else None,
        same_corpus=bool(same),
        repairable=sum(call.repairable for call in first) / len(first) if first else None,
        paid_per_answer=max(1.0, sum(j.calls for j in texts) / sum(j.answered for j in texts)) if texts else 1.0,
        rounds=_limits(ended),
        busy=_limits([_busy(pace, latency) for pace in paces]) if latency is not None else None,
        settle_s=median(pace.settling_s for pace in paces) if paces else 0.0,
    )


def _busy(pace: Pace, latency_s: float) -> float:
    """The share of its slots that a round kept full."""
    return min(1.0, pace.calls * latency_s / (pace.slots * pace.asking_s))


def _limits(values: Sequence[float]) -> Guess | None:
    return Guess(min(values), median(values), max(values)) if values else None
