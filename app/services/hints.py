"""What the rows call for: the hints that a healthy service would have sent and had taken by now."""

from sqlalchemy.orm import Session

from app.domain.records import JobId
from app.domain.steps import Compute, Refine, Step
from app.repositories import batches, jobs, units

PUMP_CALLS = 64
"""Ready calls for which one more pump is worth a hint."""
MOST_PUMPS = 4
"""Pumps that one job may have by hints."""


def wanted(session: Session) -> list[Step]:
    """A hint for everything that is ready and that nobody works on, as if no message had ever arrived."""
    steps: list[Step] = []
    for job_id, ready, pumps in jobs.needing_hints(session):
        missing = max(1, min(MOST_PUMPS, ready // PUMP_CALLS)) - pumps
        if missing > 0:
            steps.append(Refine(JobId(job_id), pumps=missing))
    told = {step.job_id for step in steps if isinstance(step, Refine)}
    steps += [Refine(JobId(job_id)) for job_id in batches.due_jobs(session) if job_id not in told]
    cpu = units.ready_cpu(session)
    return [*steps, Compute(workers=min(cpu, 4))] if cpu else steps
