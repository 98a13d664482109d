"""Reads what an estimate rests on: the seeds of a corpus, and what earlier jobs of the recipe and model came to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from sqlalchemy.orm import Session

from app.domain.config import JobConfig
from app.domain.estimating import Estimate, Guess, Measured, PastCall, Prices, Question, Seeds, Size, estimate
from app.domain.price_list import ListedPrice
from app.domain.recipes.recipe import Recipe
from app.errors import ConflictError
from app.repositories import corpora, history
from app.repositories.history import CallRow, Pace, PastJob
from app.services import corpus_checks, planning, submission
from app.services.submission import Operator


class CorpusNotReadyError(ConflictError):
    """Corpus {id} is still being read; ask again when it is ready."""

    code = "corpus_not_ready"


@dataclass(frozen=True)
class Estimated:
    """An estimate with what it rests on."""

    estimate: Estimate
    seeds: int
    model: str
    price: ListedPrice | None
    """None: nobody knows what the model costs."""
    vectors_model: str | None
    jobs: int
    """Earlier jobs that were measured."""
    calls: int
    """Calls of theirs."""
    batch: bool = False
    """Whether the job's calls go as batches, at `price`, which is the discounted one."""


def estimate_job(
    session: Session, config: JobConfig, operator: Operator, *, seeds: Seeds | int, slots: int
) -> Estimated:
    """The estimate of a job over some seeds, or over those of a corpus; nothing is stored and nobody is asked.

    Raises what submitting the job would raise.
    """
    recipe = submission.check_config(config)
    target, vectors = submission.choose_target(config, operator), submission.choose_embedding(config, operator)
    for asked in (target, vectors):
        if asked is not None:
            submission.price_for(asked.model, config.budget, operator.prices)
    selling = submission.sold(config, operator)
    corpus_id = seeds if isinstance(seeds, int) else None
    found = _seeds(session, seeds, config, recipe) if isinstance(seeds, int) else seeds
    past = history.jobs_like(session, config.recipe, target.model)
    calls = history.calls(session, [job.id for job in past])
    question = Question(
        found,
        config,
        recipe,
        Prices(selling.prices.find(target.model), operator.prices.find(vectors.model) if vectors else None),
        slots=min(slots, config.llm.concurrency),
        draws_per_round=planning.draws_per_round(config),
    )
    measured = measured_of(past, calls, history.paces(session, [job.id for job in past]), corpus_id=corpus_id)
    if config.llm.batch:
        # How long a provider takes over a batch says nothing about the next.
        measured = replace(measured, latency_s=None)
    return Estimated(
        estimate(question, measured),
        seeds=found.count,
        model=target.model,
        price=selling.prices.entry(target.model),
        vectors_model=vectors.model if vectors else None,
        jobs=len(past),
        calls=len(calls),
        batch=config.llm.batch,
    )


def _seeds(session: Session, corpus_id: int, config: JobConfig, recipe: Recipe) -> Seeds:
    corpus = corpora.get(session, corpus_id)
    corpus_checks.check_corpus(session, corpus, recipe, config)
    if corpus.state != "ready":
        raise CorpusNotReadyError(id=corpus_id)
    kinds = [kind.value for kind in recipe.kinds]
    count = sum(corpus.kinds.get(kind, 0) for kind in kinds)
    return Seeds(count, [Size(*size) for size in history.sizes(session, corpus_id, kinds)])


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
    latency = sum(timed) / len(timed) if timed else None
    return Measured(
        calls=[PastCall(Size(c.words, c.bytes), c.parent_bytes, c.prompt_tokens, c.completion_tokens) for c in calls],
        taking_part=sum(job.taking_part for job in parts) / sum(job.seeds for job in parts) if parts else None,
        same_corpus=bool(same),
        repairable=sum(call.repairable for call in first) / len(first) if first else None,
        paid_per_answer=max(1.0, sum(j.calls for j in texts) / sum(j.answered for j in texts)) if texts else 1.0,
        rounds=_limits(ended),
        latency_s=latency,
        busy=_limits([_busy(pace, latency) for pace in paces]) if latency is not None else None,
        settle_s=median(pace.settling_s for pace in paces) if paces else 0.0,
    )


def _busy(pace: Pace, latency_s: float) -> float:
    """The share of its slots that a round kept full."""
    return min(1.0, pace.calls * latency_s / (pace.slots * pace.asking_s))


def _limits(values: Sequence[float]) -> Guess | None:
    return Guess(min(values), median(values), max(values)) if values else None
