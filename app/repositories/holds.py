"""Holding a job still while a person's decision about it is made."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import NotFoundError


def hold(session: Session, job_id: int) -> str:
    """The job's state, held against other deciders until the transaction ends; raises NotFoundError.

    NO KEY UPDATE and not UPDATE: every insert of a call or a generation takes a key lock on its job, so a full lock
    would stand in the pump's way and, as the pump holds units that a cancel waits for, deadlock with it.
    """
    query = text("SELECT state FROM jobs WHERE id = :job FOR NO KEY UPDATE")
    state = session.execute(query, {"job": job_id}).scalar_one_or_none()
    if state is None:
        raise NotFoundError(kind="job", id=job_id)
    return str(state)
