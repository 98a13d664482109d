"""Round 0's units: fit the embedder, score a range of seeds."""

from dataclasses import replace
from math import isfinite

import msgspec
import structlog
from sqlalchemy.orm import Session

from app.adapters.sandbox_faults import SandboxFault
from app.db.session import retrying
from app.domain import examining
from app.domain.dedup import PERMUTATIONS
from app.domain.records import JobId
from app.domain.steps import Step
from app.repositories import jobs
from app.repositories.jobs import JobRow
from app.repositories.seeds import SeedScoreRow, SeedText
from app.repositories.units import ClaimedUnit
from app.services import preparing
from app.services.splitting import SPLIT
from app.settings import get_settings
from workers import resources

log = structlog.get_logger(__name__)

EXAMINE = "app.domain.examining:examine_seeds"
BATCH = 500
"""Seeds in one call of the child."""


def fit(unit: ClaimedUnit) -> list[Step]:
    """Fit and freeze the job's embedder, then cut the corpus into ranges."""
    assert unit.job_id is not None
    job_id, engine = JobId(unit.job_id), resources.engine()
    data = retrying(engine, lambda s: preparing.read_fit(s, job_id))
    blob = preparing.think_fit(data)
    size = get_settings().range_size
    return retrying(engine, lambda s: preparing.write_fit(s, unit, data, blob, range_size=size))


def score(unit: ClaimedUnit) -> list[Step]:
    """Score, embed and sign the seeds of a range in the limited child."""
    assert unit.job_id is not None
    job_id, engine = JobId(unit.job_id), resources.engine()

    def read(session: Session) -> tuple[JobRow, preparing.ScoreInput]:
        job = jobs.get(session, job_id)
        return job, preparing.read_score(session, unit, job)

    job, data = retrying(engine, read)
    rows = examine(data, resources.classifier_weights(job.classifier_sha256))
    return retrying(engine, lambda s: preparing.write_score(s, unit, rows))


def examine(data: preparing.ScoreInput, weights: bytes) -> list[SeedScoreRow]:
    """The scores of some seeds; one that no child survives takes no part, for a reason of its own."""
    sandbox = resources.sandbox()
    sandbox.set_context("classifier", weights)
    sandbox.set_context("embedder", data.embedder)
    sandbox.set_context("benchmarks", msgspec.msgpack.encode(data.benchmarks))
    sandbox.set_context("safety", msgspec.msgpack.encode(data.safety))
    sandbox.set_context("passes", b"1" if data.passes else b"")
    items = [msgspec.msgpack.encode(examining.SeedText(seed.kind, seed.text)) for seed in data.texts]
    # Code is parsed to be compared with benchmarks: a whole range at once might pass the child's time.
    parts = [items[low : low + BATCH] for low in range(0, len(items), BATCH)]
    found = [result for part in parts for result in sandbox.call_each(EXAMINE, part)]
    rows = [_scored(seed, result) for seed, result in zip(data.texts, found, strict=True)]
    return [replace(row, reason=SPLIT, detail=None) if row.seed_id in data.split else row for row in rows]


def _scored(seed: SeedText, result: bytes | SandboxFault) -> SeedScoreRow:
    if isinstance(result, SandboxFault):
        log.warning("seed.unbearable", seed=seed.id, fault=result.detail)
        return _left_out(seed, "unbearable")
    row = msgspec.msgpack.decode(result, type=examining.Row)
    if not (0 <= row.edu_score <= 5 and 0 <= row.ease <= 100 and isfinite(row.grade + row.list_coverage)):
        # One NaN would fail the COPY of the whole range.
        log.warning("seed.unsound", seed=seed.id)
        return _left_out(seed, "unsound_scores")
    return SeedScoreRow(
        seed_id=seed.id,
        edu_score=row.edu_score,
        ease=row.ease,
        grade=row.grade,
        list_coverage=row.list_coverage,
        tokens=row.words,
        embedding=row.embedding,
        signature=row.signature,
        reason=None if row.contamination is None else "contaminated",
        detail=row.contamination,
        facts=row.facts,
        improvable=row.improvable,
    )


def _left_out(seed: SeedText, reason: str) -> SeedScoreRow:
    return SeedScoreRow(seed.id, 0.0, 0.0, 16.0, 0.0, 0, b"", b"\xff" * 4 * PERMUTATIONS, reason, None, None)
