"""Stores groups of returned calls; when one cannot be stored, the call that is why ends alone (rules B1, C4).

Without this a single answer that our own code or the database cannot bear would take its whole group along, again and
again, until all of them counted as poison.
"""

from collections.abc import Sequence

import structlog

from app.db.session import is_transient, retrying
from app.services import refining
from workers.base import UNFORESEEN
from workers.desk import Desk, Returned

log = structlog.get_logger(__name__)


def store(desk: Desk, group: Sequence[Returned]) -> None:
    """Keep what came; raises only what a database that is away raises."""
    try:
        desk.store(group)
    except UNFORESEEN as error:
        if is_transient(error):
            raise
        if len(group) == 1:
            _reject(desk, group[0], error)
            return
        # What of the group is stored already is found there; only its units end one by one.
        log.warning("group.split", calls=len(group), error=type(error).__name__)
        for returned in group:
            store(desk, [returned])


def _reject(desk: Desk, returned: Returned, error: BaseException) -> None:
    unit, reason = returned.ask.unit, f"crashed:{type(error).__name__}"
    log.error("answer.crashed", unit=unit.id, exc_info=error)
    retrying(desk.engine, lambda s: refining.reject(s, desk.job_id, unit.id, unit.token, reason=reason))
    desk.abandon([unit.token])
