"""Moves a job from round to round. Every move is guarded by a row, so that two movers make it once."""

from functools import lru_cache

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from app.domain.config import JobConfig, as_json
from app.domain.records import JobId
from app.domain.steps import Compute, Refine, Step
from app.domain.targets import StopReason
from app.errors import ConflictError
from app.repositories import budgets, endpoint_health, events, holds, jobs, rounds, units, vectors
from app.services import judge_plans

OVERDRAWN = "the provider billed more than the budget allows; raise it to let the job go on"
"""Why a job is paused whose provider overdrew its budget (D16): a person has to look at that bill."""


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[JobConfig]:
    return TypeAdapter(JobConfig)


def config_of(job: jobs.JobRow) -> JobConfig:
    """The job's config as the value it was submitted as."""
    return _adapter().validate_python(job.config)


def config_json(config: JobConfig) -> dict[str, object]:
    """The config as stored."""
    return as_json(config)


def start_job(session: Session, job_id: JobId) -> list[Step]:
    """Open round 0 of a queued job whose corpus is ready; nothing when somebody did."""
    if not jobs.change(session, job_id, only_in=("queued",), state="running"):
        return []
    round_id = rounds.add(session, job_id, 0, plan={"what": "score, embed and cluster the seeds"})
    units.add(session, "fit", job_id=job_id, round_id=round_id)
    events.add(session, job_id, "round.opened", number=0)
    return [Compute()]


def start_waiting(session: Session) -> list[Step]:
    """Start every queued job whose corpus is ready."""
    return [step for job_id in jobs.waiting_for_corpus(session) for step in start_job(session, JobId(job_id))]


def fail_job(session: Session, job_id: JobId, *, why: str) -> None:
    """End a job that cannot go on."""
    if jobs.change(
        session, job_id, only_in=("queued", "running", "paused"), state="failed", stop_reason="error", note=why
    ):
        units.cancel_ready(session, job_id, reason="job_failed")
        events.add(session, job_id, "job.finished", state="failed", reason="error", why=why)


def pause_job(session: Session, job_id: JobId, *, why: str) -> None:
    """Stop asking until a person resumes the job."""
    if jobs.change(session, job_id, only_in=("running",), state="paused", note=why):
        events.add(session, job_id, "job.paused", why=why)


def resume_job(session: Session, job_id: JobId) -> list[Step]:
    """Let a paused job go on; one that had collapsed plans a new round from its last good pool."""
    if not jobs.change(session, job_id, only_in=("paused",), state="running", stop_reason=None, note=None):
        raise ConflictError(reason=f"job {job_id} is not paused")
    events.add(session, job_id, "job.resumed")
    endpoint_health.look_now(session, [lane["id"] for lane in jobs.get(session, job_id).lanes])
    last = rounds.of_job(session, job_id)[-1]
    if last.state != "settled":
        return [Refine(job_id), Compute()]
    units.add(session, "settle", job_id=job_id, round_id=last.id, ordinal=1 + units.settles(session, last.id))
    return [Compute()]


def close_rounds(session: Session, job_id: JobId | None = None) -> list[Step]:
    """Give every round whose calls have all ended its vectors, if an endpoint gives them, then its judge's calls, if it
    has a judge, and then its settling unit.

    One winner a round and move.
    """
    asked = sum(_plan_vectors(session, *begun) for begun in rounds.begin_embedding(session, job_id))
    judged = [step for begun in rounds.begin_judging(session, job_id) for step in _plan_judge(session, *begun)]
    closed = rounds.close_finished(session, job_id)
    for round_id, owner in closed:
        units.add(session, "settle", job_id=owner, round_id=round_id)
    return [*judged, Compute(workers=min(4, len(closed) + asked))] if closed or asked else judged


def _plan_judge(session: Session, round_id: int, job_id: int, number: int) -> list[Step]:
    """The hints for the round's calls of the judge; none where it has nothing to ask."""
    calls = judge_plans.plan_round(session, job_id, round_id, number, config_of(jobs.get(session, job_id)))
    return refine_steps(JobId(job_id), calls) if calls else []


def _plan_vectors(session: Session, round_id: int, job_id: int, number: int) -> int:
    """The round's calls for vectors; returns how many."""
    if number:
        return vectors.plan_generations(session, job_id, round_id)
    # Seeds that take no part whatever they resemble are not paid for.
    least = config_of(jobs.get(session, job_id)).gates.seed_edu_min
    return vectors.plan_seeds(session, job_id, round_id, edu_min=least)


def exhaust(session: Session, job_id: JobId, *, what: str) -> list[Step]:
    """Take the calls that no budget is left for out of the queue, so that the round can settle; or pause the job."""
    if what == OVERDRAWN:
        return _pause_overdrawn(session, job_id)
    cancelled = units.cancel_ready(session, job_id, reason=f"budget:{what}")
    if cancelled:
        events.add(session, job_id, "budget.exhausted", what=what, calls_not_made=cancelled)
    return close_rounds(session, job_id)


def _pause_overdrawn(session: Session, job_id: JobId) -> list[Step]:
    # Whoever raises a cap holds the job too, so a budget read here is not one that was just raised.
    holds.hold(session, job_id)
    if budgets.read(session, job_id).overdrawn:
        pause_job(session, job_id, why=OVERDRAWN)
    return []


def end_job(session: Session, job_id: JobId, reason: StopReason, *, why: str) -> None:
    """Store the stop decision; a collapse waits for a person instead of ending."""
    if reason is StopReason.collapse:
        jobs.change(session, job_id, only_in=("running", "paused"), state="paused", stop_reason=reason, note=why)
        events.add(session, job_id, "job.paused", reason=reason, why=why)
        return
    jobs.change(session, job_id, only_in=("running", "paused"), state="done", stop_reason=reason, note=why)
    events.add(session, job_id, "job.finished", state="done", reason=reason, why=why)


def open_round(session: Session, job_id: JobId, number: int, *, plan: dict[str, object]) -> int:
    """A new round, to be filled with calls in the same transaction; returns its id."""
    round_id = rounds.add(session, job_id, number, plan=plan)
    events.add(session, job_id, "round.opened", number=number, calls=plan.get("calls"))
    return round_id


def refine_steps(job_id: JobId, calls: int) -> list[Step]:
    """Hints for a job with `calls` ready: enough pumps for many, one for few."""
    return [Refine(job_id, pumps=max(1, min(4, calls // 64)))]
