"""Makes sets of files from a job's pool: asked for here, built by a worker, downloaded by their manifest's names."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from app.adapters import exports as files
from app.adapters.storage import Storage
from app.domain.config import recipe_of
from app.domain.exporting import SPLITS, ExportOptions, ExportSplit, RealShare, plan_real
from app.domain.gate_config import Safety
from app.domain.manifest import MANIFEST_NAME, CorpusFacts, JobFacts, RoundFacts, SourceFacts, host_of, safe_config
from app.domain.records import JobId, Split
from app.domain.steps import Compute, Step
from app.errors import ConflictError, NotFoundError
from app.repositories import corpora, exports, jobs, rounds, sources, units
from app.repositories.exports import ExportRow
from app.repositories.jobs import JobRow
from app.repositories.rounds import RoundRow
from app.repositories.units import ClaimedUnit
from app.services import failures, quoting
from app.services.rounds import config_of

DIGEST = "manifest_sha256"
"""What a row's manifest has beside the file's own content: the sha256 of that file, which names the build."""


class NothingToExportError(ConflictError):
    """Job {job} has approved no text that this export would take; let it run on, or ask for less (a lower `min_edu`, or
    `unverified` exercises too)."""

    code = "nothing_to_export"


class ExportNotReadyError(ConflictError):
    """Export {id} is {state}; its files can be downloaded once it is ready."""

    code = "export_not_ready"


@dataclass(frozen=True)
class ExportPlan:
    """One look at a job: what goes into an export, by id, and all that its manifest says."""

    export_id: int
    job: JobFacts
    recipe_title: str
    options: ExportOptions
    generated: Mapping[ExportSplit, Sequence[int]]
    real: RealShare
    real_ids: Sequence[int]
    safety: Safety
    """What real texts are screened by, as the prompts were."""
    rejected: int
    """Texts it would hold had no person rejected them."""
    parts: bool = False
    """Whether texts were asked for parts, which lines then hold as fields of their own."""


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[ExportOptions]:
    return TypeAdapter(ExportOptions)


def create_export(session: Session, job_id: JobId, options: ExportOptions) -> tuple[int, list[Step]]:
    """A new export with the unit that builds it; raises NotFoundError or NothingToExportError."""
    jobs.get(session, job_id)
    if exports.pool_is_empty(session, job_id):
        raise NothingToExportError(job=job_id)
    export_id = exports.add(session, job_id, options=asdict(options))
    units.add(session, "export", export_id=export_id, job_id=job_id, payload="{}")
    return export_id, [Compute()]


def get_export(session: Session, export_id: int) -> ExportRow:
    """The export; raises NotFoundError."""
    return exports.get(session, export_id)


def list_exports(session: Session, job_id: JobId, *, before: int | None = None, limit: int = 50) -> list[ExportRow]:
    """A job's exports, youngest first, older than `before`; raises NotFoundError for no such job."""
    jobs.get(session, job_id)
    return exports.of_job(session, job_id, before=before, limit=limit)


def export_file(session: Session, storage: Storage, export_id: int, name: str) -> Path:
    """Where a file of a ready export lies; `name` is one of its manifest's, or the manifest's own.

    Raises NotFoundError, ExportNotReadyError, or StoredFileMissingError when somebody deleted it.
    """
    row = exports.get(session, export_id)
    if row.state != "ready" or row.manifest is None:
        raise ExportNotReadyError(id=export_id, state=row.state)
    if name not in {MANIFEST_NAME, *(file["name"] for file in row.manifest["files"])}:
        raise NotFoundError(kind="export file", id=name[:200])
    return files.stored_path(storage.root, export_id, row.manifest[DIGEST], name)


def read(session: Session, export_id: int) -> ExportPlan:
    """What to build, from one snapshot: the pool may grow while texts are read, the export does not.

    Raises NothingToExportError when no text is left to take.
    """
    exports.snapshot(session)
    row = exports.get(session, export_id)
    options = _adapter().validate_python(row.options)
    job = jobs.get(session, row.job_id)
    config = config_of(job)
    recipe = recipe_of(config)
    generated = _generated(session, job, options)
    share = recipe.real_share if options.real_share is None else options.real_share
    train = generated.get(ExportSplit.train, ())
    if ExportSplit.train not in options.splits:
        share = 0.0
    edu_min = max(options.min_edu, config.gates.real_text_edu_min)
    found = exports.real_members(session, job.id, edu_min=edu_min)
    if 0 < share < 1 and train:
        near = config.gates.near_duplicate_jaccard
        quoted = quoting.quoted_seeds(session, job.id, edu_min=options.min_edu, threshold=near)
        found = array("q", [seed_id for seed_id in found if seed_id not in quoted])
    real = plan_real(share, generated=len(train), available=len(found))
    if share >= 1:
        generated.pop(ExportSplit.train, None)
    if not real.taken and not any(generated.values()):
        raise NothingToExportError(job=job.id)
    return ExportPlan(
        export_id=export_id,
        job=_facts(session, job),
        recipe_title=recipe.title,
        options=options,
        generated=generated,
        real=real,
        real_ids=found[: real.taken],
        safety=config.gates.safety,
        rejected=_rejected(session, job, options),
        parts=bool(config.parts),
    )


def _generated(session: Session, job: JobRow, options: ExportOptions) -> dict[ExportSplit, Sequence[int]]:
    members = exports.pool_members(session, job.id, edu_min=options.min_edu, unverified=options.unverified)
    named = {SPLITS[Split(side)]: ids for side, ids in members.items()}
    return {split: named[split] for split in ExportSplit if split in options.splits and split in named}


def _rejected(session: Session, job: JobRow, options: ExportOptions) -> int:
    found = exports.rejected_members(session, job.id, edu_min=options.min_edu)
    return sum(count for side, count in found.items() if SPLITS[Split(side)] in options.splits)


def _facts(session: Session, job: JobRow) -> JobFacts:
    corpus = corpora.get(session, job.corpus_id)
    kept = exports.kept_by_round(session, job.id)
    settled = [row for row in rounds.of_job(session, job.id) if row.state == "settled"]
    return JobFacts(
        id=job.id,
        key=job.key.hex(),
        state=job.state,
        stop_reason=job.stop_reason,
        why=job.note,
        recipe=job.recipe,
        recipe_version=recipe_of(config_of(job)).version,
        config=safe_config(job.config),
        config_sha256=job.config_sha256,
        model=", ".join(job.model_names),
        endpoint=host_of(job.endpoint),
        prompt_sha256=job.prompt_sha256,
        classifier_sha256=job.classifier_sha256,
        corpus=CorpusFacts(corpus.name, corpus.content_sha256.hex(), corpus.stored, _taking_part(settled)),
        measures=settled[-1].measures if settled else {},
        rounds=tuple(_round(row, kept.get(row.number, 0)) for row in settled),
        unverified=exports.unverified(session, job.id),
        sources=tuple(_sources(session, job.id)),
    )


def _sources(session: Session, job_id: int) -> list[SourceFacts]:
    """By sha256, for ids are others in every repetition."""
    found = [
        SourceFacts(
            row.sha256.hex(), row.external_id, row.parts, row.taking_part, row.covered, row.coverage, row.fact_coverage
        )
        for row in sources.coverage(session, job_id)
    ]
    return sorted(found, key=lambda source: source.sha256)


def _taking_part(settled: Sequence[RoundRow]) -> int | None:
    """The seeds, or words, that were left after round 0."""
    return settled[0].funnel.get("taking_part") if settled else None


def _round(row: RoundRow, kept: int) -> RoundFacts:
    calls, answers = row.plan.get("calls"), row.funnel.get("answers")
    return RoundFacts(row.number, calls, answers, kept, row.plan, row.funnel, row.decision)


def write(session: Session, unit: ClaimedUnit, manifest: Mapping[str, object], digest: str) -> None:
    """Make the export ready, in one transaction with the end of its unit; raises LostLeaseError."""
    failures.finish_or_lose(session, unit)
    assert unit.export_id is not None
    exports.finish(session, unit.export_id, manifest={**manifest, DIGEST: digest})


def named_build(session: Session, export_id: int) -> str | None:
    """The build that a ready export's row names; None when there is none. For the sweep of leftovers."""
    try:
        row = exports.get(session, export_id)
    except NotFoundError:
        return None
    return row.manifest[DIGEST] if row.state == "ready" and row.manifest is not None else None
