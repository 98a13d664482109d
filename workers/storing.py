"""Stores groups of returned calls; when one cannot be stored, the call that is why ends alone (rules B1, C4).

Without this a single answer that our own code or the database cannot bear would take its whole group along, again and
again, until all of them counted as poison.
"""

from collections.abc import Sequence

import structlog
from sqlalchemy.exc import DBAPIError

from app.db.session import is_transient, retrying
from app.services import refining
from workers.base import UNFORESEEN
from workers.desk import Desk
from workers.returned import Returned

log = structlog.get_logger(__name__)


def store(desk: Desk, group: Sequence[Returned]) -> None:
    """Keep what came; raises what a database raises that is away or that bears none of the group."""
    try:
        desk.store(group)
    except UNFORESEEN as error:
        if is_transient(error):
            raise
        # What of the group is stored already is found there; only its units end one by one.
        failed = _one_by_one(desk, group) if len(group) > 1 else [(group[0], error)]
        if len(failed) == len(group) and isinstance(error, DBAPIError):
            # It is not the answers then: a full disk must not reject what was paid for.
            raise
        for returned, why in failed:
            _reject(desk, returned, why)


def _one_by_one(desk: Desk, group: Sequence[Returned]) -> list[tuple[Returned, BaseException]]:
    """Store each alone; returns those that could not be, with the reason."""
    failed: list[tuple[Returned, BaseException]] = []
    for returned in group:
        try:
            desk.store([returned])
        except UNFORESEEN as error:
            if is_transient(error):
                raise
            failed.append((returned, error))
    log.warning("group.split", calls=len(group), failed=len(failed))
    return failed


def _reject(desk: Desk, returned: Returned, error: BaseException) -> None:
    unit, reason = returned.ask.unit, f"crashed:{type(error).__name__}"
    log.error("answer.crashed", unit=unit.id, exc_info=error)
    retrying(desk.engine, lambda s: refining.reject(s, desk.job_id, unit.id, unit.token, reason=reason))
    desk.abandon([unit.token])
