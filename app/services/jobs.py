"""What people do to a job that is there: change its caps and targets, pause, resume and cancel it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from app.domain.config import Budget, JobConfig, Targets, config_hash
from app.domain.records import JobId
from app.domain.steps import Step
from app.errors import ConflictError, InvalidInputError
from app.repositories import budgets, caps, corpora, events, holds, jobs, progress, units
from app.repositories.budgets import BudgetRow
from app.repositories.jobs import JobRow
from app.repositories.progress import Progress
from app.services import rounds, submission
from app.services.submission import Operator

ENDED = ("done", "failed", "cancelled")
"""States no job leaves."""


class WrongStateError(ConflictError):
    """Job {id} is {state}; only a job that is {wanted} can be {done}."""

    code = "wrong_state"


class BadChangeError(InvalidInputError):
    """The change is not valid: {reason}."""

    code = "invalid_request"


@dataclass(frozen=True)
class JobView:
    """A job with its budget and how far it is."""

    job: JobRow
    config: JobConfig
    budget: BudgetRow
    progress: Progress


@dataclass(frozen=True)
class Change:
    """What to change of a job; None leaves it."""

    priority: int | None = None
    budget: Mapping[str, object] | None = None
    """Fields of Budget; a value of None lifts the cap."""
    targets: Mapping[str, object] | None = None
    """Fields of Targets; a value of None drops the target."""


def views(session: Session, rows: list[JobRow]) -> list[JobView]:
    """The jobs with budgets and progress."""
    ids = [row.id for row in rows]
    far = progress.of_jobs(session, ids)
    spent = caps.of_jobs(session, ids)
    return [JobView(row, rounds.config_of(row), spent[row.id], far[row.id]) for row in rows]


def view(session: Session, job_id: JobId) -> JobView:
    """One job; raises NotFoundError."""
    return views(session, [jobs.get(session, job_id)])[0]


def pause(session: Session, job_id: JobId) -> list[Step]:
    """Ask nothing more until the job is resumed; calls in flight end by themselves."""
    state = holds.hold(session, job_id)
    if state != "running":
        raise WrongStateError(id=job_id, state=state, wanted="running", done="paused")
    rounds.pause_job(session, job_id, why="paused by a person")
    return []


def resume(session: Session, job_id: JobId) -> list[Step]:
    """Let a paused job go on."""
    state = holds.hold(session, job_id)
    if state != "paused":
        raise WrongStateError(id=job_id, state=state, wanted="paused", done="resumed")
    return rounds.resume_job(session, job_id)


def cancel(session: Session, job_id: JobId) -> list[Step]:
    """Stop a job for good; its calls in flight are cut and charged, its batches ended at the provider."""
    state = holds.hold(session, job_id)
    if state in ENDED:
        raise WrongStateError(id=job_id, state=state, wanted="queued, running or paused", done="cancelled")
    units.cancel_ready(session, job_id, reason="job_cancelled")
    why = "cancelled by a person"
    columns = {"state": "cancelled", "stop_reason": "cancelled", "note": why}
    jobs.change(session, job_id, only_in=("queued", "running", "paused"), **columns)
    events.add(session, job_id, "job.finished", state="cancelled", reason="cancelled", why=why)
    return []


def change(session: Session, job_id: JobId, wanted: Change, *, operator: Operator) -> list[Step]:
    """Apply a change to a job that has not ended; raises what submission would raise for the config it leads to."""
    state = holds.hold(session, job_id)
    if state in ENDED:
        raise WrongStateError(id=job_id, state=state, wanted="queued, running or paused", done="changed")
    job = jobs.get(session, job_id)
    before = rounds.config_of(job)
    config = changed_config(before, wanted)
    submission.check_config(config)
    vectors = job.embedding_model and submission.price_for(job.embedding_model, config.budget, operator.prices)
    hours, selling = config.budget.hours, submission.sold(config, operator)
    corpus = corpora.get(session, job.corpus_id)
    jobs.change(
        session,
        job_id,
        only_in=("queued", "running", "paused"),
        config=rounds.config_json(config),
        config_sha256=config_hash(config),
        key=submission.job_key(
            corpus, config, model=job.model, prompt=job.prompt_sha256, classifier=job.classifier_sha256
        ),
        priority=job.priority if wanted.priority is None else wanted.priority,
        models=[submission.priced(one["model"], one["endpoint"], config.budget, selling) for one in job.models],
        **submission.price_columns(job.model, config.budget, selling.prices),
        embedding_price=vectors.input_micro_per_mtok if vectors else 0,
        **submission.judge_columns(job.judge_model, config.budget, operator.prices),
        deadline_at=None if hours is None else job.created_at + timedelta(hours=hours),
    )
    events.add(session, job_id, "job.changed", what=_differences(before, config), priority=wanted.priority)
    steps = _change_caps(session, job_id, config.budget)
    # Only a pause for that very reason ends with it; one that a person wanted does not.
    if state == "paused" and job.note == rounds.OVERDRAWN and not budgets.read(session, job_id).overdrawn:
        steps += rounds.resume_job(session, job_id)
    return steps


def changed_config(before: JobConfig, wanted: Change) -> JobConfig:
    """The config with the named fields replaced; raises BadChangeError with the fields that are out of bounds."""
    config = before
    try:
        if wanted.budget is not None:
            merged = {**asdict(before.budget), **wanted.budget}
            config = replace(config, budget=TypeAdapter(Budget).validate_python(merged))
        if wanted.targets is not None:
            merged = {**asdict(before.targets), **wanted.targets}
            config = replace(config, targets=TypeAdapter(Targets).validate_python(merged))
    except ValidationError as error:
        part = error.title.lower()
        found = [{"field": ".".join([part, *map(str, e["loc"])]), "message": e["msg"]} for e in error.errors()]
        raise BadChangeError(errors=found, reason="; ".join(f"{e['field']}: {e['message']}" for e in found)) from None
    return config


def _change_caps(session: Session, job_id: JobId, budget: Budget) -> list[Step]:
    """New caps; one below what is spent or in flight already stops the asking at once."""
    row = budgets.read(session, job_id)
    used = {
        "money": (submission.micro_of(budget.money_usd), row.spent_micro + row.reserved_micro),
        "tokens": (budget.tokens, row.spent_tokens + row.reserved_tokens),
        "calls": (budget.calls, row.spent_calls + row.reserved_calls),
    }
    # Units are locked before the budget everywhere, so what is over its cap leaves the queue first.
    over = [what for what, (cap, use) in used.items() if cap is not None and cap < use]
    steps = rounds.exhaust(session, job_id, what=over[0]) if over else []
    caps.set_caps(session, job_id, micro=used["money"][0], tokens=budget.tokens, calls=budget.calls)
    return steps


def _differences(before: JobConfig, after: JobConfig) -> dict[str, object]:
    old, new = asdict(before), asdict(after)
    return {
        f"{part}.{name}": value
        for part in ("budget", "targets")
        for name, value in new[part].items()
        if old[part][name] != value
    }
