"""What becomes of a CPU unit that could not be done: recorded where the user looks, never silently dropped."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.records import JobId
from app.domain.steps import Step
from app.errors import AppError
from app.repositories import classifiers, stops, units
from app.repositories.units import ClaimedUnit, Expired, GiveBack
from app.services import rounds

CRASH_PAUSE_S = 5.0
"""Before a unit that crashed is tried again: what took its memory may be gone by then."""


class LostLeaseError(AppError):
    """The lease of unit {unit} was lost to another worker; nothing of this run was written."""

    code = "lost_lease"


def finish_or_lose(session: Session, unit: ClaimedUnit) -> None:
    """End the unit inside the transaction that writes its result; raises LostLeaseError when it is no longer ours."""
    if not units.finish(session, unit.id, unit.token):
        raise LostLeaseError(unit=unit.id)


def put_off(session: Session, unit: ClaimedUnit, *, delay_s: float) -> None:
    """Give a unit back for later, because something it needs is away."""
    units.give_back(session, [GiveBack(unit.id, unit.token, delay_s, "unavailable", provider_failure=True)])


def record(session: Session, unit: ClaimedUnit, error: AppError) -> list[Step]:
    """End a unit that can never be done, and whatever depends on it, with the error as the reason."""
    if units.finish(session, unit.id, unit.token, state="rejected", reason=error.code):
        _blame(session, unit, code=error.code, why=str(error))
    return []


def crashed(session: Session, unit: ClaimedUnit, *, what: str, max_crashes: int) -> list[Step]:
    """Count what nobody foresaw in a unit (B1): it is tried again, and given up with that as the reason in the end."""
    state = stops.crash(
        session, unit.id, unit.token, what=f"crashed:{what}", max_crashes=max_crashes, delay_s=CRASH_PAUSE_S
    )
    if state == "dead":
        why = f"{unit.kind} unit {unit.id} ended in {what} {max_crashes} times; see the worker's log"
        _blame(session, unit, code="poison", why=why)
    return []


def bury(session: Session, unit: Expired) -> None:
    """End what depended on a unit that killed every worker that took it."""
    _blame(
        session, unit, code="poison", why=f"{unit.kind} unit {unit.id} lost its worker too often; see the worker's log"
    )


def _blame(session: Session, unit: ClaimedUnit | Expired, *, code: str, why: str) -> None:
    match unit.kind:
        case "ingest":
            session.execute(
                text("""
                UPDATE corpora SET state = 'failed', finished_at = now(),
                       error = jsonb_build_object('code', CAST(:code AS text), 'detail', CAST(:why AS text))
                WHERE id = :id AND state = 'ingesting'"""),
                {"id": unit.corpus_id, "code": code, "why": why},
            )
        case "export":
            session.execute(
                text("UPDATE exports SET state = 'failed', error = :why, finished_at = now() WHERE id = :id"),
                {"id": unit.export_id, "why": why},
            )
        case "label" | "train" | "evaluate":
            classifiers.fail(session, unit.classifier_id, unit.payload.get("evaluation"), code=code, detail=why)
        case "rewrite" | "judge":
            pass  # A lost call ends only itself; the round settles without it.
        case _:
            assert unit.job_id is not None
            rounds.fail_job(session, JobId(unit.job_id), why=why)
