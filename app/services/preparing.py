"""Round 0: what a job must know of its seeds before it may ask anything. Read, think, write, a unit at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from app.domain import embedding, injections
from app.domain.benchmarks import Item
from app.domain.config import JobConfig, split_tokens
from app.domain.gate_config import Handling, Safety
from app.domain.records import JobId, Kind
from app.domain.steps import Compute, Step
from app.repositories import corpora, jobs, seeds, units
from app.repositories.jobs import JobRow
from app.repositories.seeds import SeedScoreRow, SeedText
from app.repositories.units import ClaimedUnit
from app.services import failures, rounds, splitting

FIT_SAMPLE = 5_000
"""Seeds the embedder is fitted on at most; more move no axis by much and cost memory."""
BAG_WORDS = 40
BAGS = 2_000
"""A word list is no set of documents: the embedder is fitted on so many random bags of its words."""


@dataclass(frozen=True)
class FitInput:
    """What fitting needs."""

    job: JobRow
    config: JobConfig
    texts: list[str]
    last_ordinal: int
    words: bool


@dataclass(frozen=True)
class ScoreInput:
    """What scoring a range needs."""

    texts: list[SeedText]
    embedder: bytes
    benchmarks: list[Item]
    """Items that no seed may hold."""
    safety: Safety
    """What prompts show of no seed."""
    passes: bool = False
    """Whether it must be found out which seeds passes can better."""
    split: frozenset[int] = frozenset()
    """Long documents among `texts` that take no part, for their parts, which follow, do."""


def read_fit(session: Session, job_id: JobId) -> FitInput:
    """A fixed random sample of the corpus."""
    job = jobs.get(session, job_id)
    config = rounds.config_of(job)
    words = set(corpora.kinds(session, job.corpus_id)) == {Kind.words.value}
    sample = seeds.sample(session, job.corpus_id, limit=FIT_SAMPLE)
    texts = _bags([seed.text for seed in sample], config.rng_seed) if words else [seed.text for seed in sample]
    return FitInput(job, config, texts, seeds.last_ordinal(session, job.corpus_id), words)


def _bags(words: Sequence[str], rng_seed: int) -> list[str]:
    rng = np.random.default_rng([rng_seed, 7])
    return [" ".join(words[i] for i in rng.integers(len(words), size=BAG_WORDS)) for _ in range(BAGS)] if words else []


def think_fit(data: FitInput) -> bytes:
    """The frozen embedder; empty when an endpoint gives the vectors."""
    if data.job.embedding_model is not None:
        return b""
    orders = data.config.gates.safety.injections is not Handling.off
    texts = [injections.cut(text) for text in data.texts] if orders and not data.words else data.texts
    return embedding.to_bytes(embedding.fit_embedder(texts, rng_seed=data.config.rng_seed))


def write_fit(session: Session, unit: ClaimedUnit, data: FitInput, blob: bytes, *, range_size: int) -> list[Step]:
    """Freeze the embedder and cut the corpus into ranges to score; words are drawn from, not scored."""
    failures.finish_or_lose(session, unit)
    job_id = JobId(data.job.id)
    jobs.put_artifact(session, job_id, "embedder", blob)
    if data.words:
        return rounds.close_rounds(session, job_id)
    for place, low in enumerate(range(0, data.last_ordinal + 1, range_size)):
        units.add(
            session,
            "score",
            job_id=job_id,
            round_id=unit.round_id,
            ordinal=place,
            payload=f'{{"low": {low}, "high": {low + range_size}}}',
        )
    return rounds.close_rounds(session, job_id) or [Compute(workers=4)]


def read_score(session: Session, unit: ClaimedUnit, job: JobRow) -> ScoreInput:
    """The seeds of a range, the parts of long documents after them, and what they are judged by."""
    config = rounds.config_of(job)
    documents = seeds.texts_between(session, job.corpus_id, unit.payload["low"], unit.payload["high"])
    split, parts = splitting.split_long(session, documents, most=split_tokens(config))
    items = [item for corpus in config.benchmarks for item in corpora.items(session, corpus)]
    embedder = jobs.artifact(session, JobId(job.id), "embedder")
    return ScoreInput(
        [*documents, *parts], embedder, items, config.gates.safety, passes=bool(config.passes), split=split
    )


def write_score(session: Session, unit: ClaimedUnit, rows: Sequence[SeedScoreRow]) -> list[Step]:
    """COPY a range's scores; the last range closes the round."""
    failures.finish_or_lose(session, unit)
    assert unit.job_id is not None
    seeds.put_scores(session, unit.job_id, rows)
    return rounds.close_rounds(session, JobId(unit.job_id))
