"""How a unit leaves a worker that stops with it in hand, or that crashed over it and lived (A9)."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session


def stopping(session: Session, tokens: Sequence[int]) -> None:
    """Note that the worker of these units was told to stop: should it be killed with them, that is no crash."""
    session.execute(
        text("""
        UPDATE units SET stopping = true
        WHERE id IN (SELECT id FROM units WHERE token = ANY(:tokens) AND state = 'leased' ORDER BY id FOR UPDATE)"""),
        {"tokens": list(tokens)},
    )


def let_go(session: Session, tokens: Sequence[int]) -> None:
    """Return held units to the queue at once, because their worker stops; what it still writes of them is refused."""
    session.execute(
        text("""
        UPDATE units SET state = 'ready', lease_until = NULL, worker = NULL, stopping = false,
               reason = 'worker_stopped', not_before = now()
        WHERE id IN (SELECT id FROM units WHERE token = ANY(:tokens) AND state = 'leased' ORDER BY id FOR UPDATE)"""),
        {"tokens": list(tokens)},
    )


def crash(session: Session, unit_id: int, token: int, *, what: str, max_crashes: int, delay_s: float) -> str | None:
    """Count a crash that its worker survived: ready again after a delay, or dead; the state, None when not held."""
    row = session.execute(
        text("""
        UPDATE units SET crashes = crashes + 1, lease_until = NULL, worker = NULL, stopping = false, reason = :what,
               not_before = now() + make_interval(secs => :delay),
               state = CASE WHEN crashes + 1 >= :most THEN 'dead' ELSE 'ready' END
        WHERE id = :id AND token = :token AND state = 'leased' RETURNING state"""),
        {"id": unit_id, "token": token, "what": what, "most": max_crashes, "delay": delay_s},
    ).one_or_none()
    return None if row is None else str(row.state)
