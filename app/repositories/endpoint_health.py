"""What all workers should know of an endpoint's health: until when it is left alone, and whether it is down.

Kept by lane (`app.domain.lanes.Lane.id`): the 429s of one key are not another's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.arrays import array


@dataclass(frozen=True)
class Seen:
    """How a lane does."""

    pause_s: float = 0.0
    """Seconds in which nobody should ask it, by the database's clock."""
    down: bool = False
    """Somebody found it down: one call at a time looks whether it is back."""


WELL = Seen()


def of(session: Session, lanes: Sequence[str]) -> dict[str, Seen]:
    """{lane: how it does} of those anybody told of."""
    rows = session.execute(
        text("""
        SELECT url, CAST(coalesce(greatest(extract(epoch FROM not_before - now()), 0), 0) AS float8) AS pause_s,
               down_since IS NOT NULL AS down FROM endpoints WHERE url = ANY(CAST(:lanes AS text[]))"""),
        {"lanes": array(lanes)},
    )
    return {row.url: Seen(row.pause_s, row.down) for row in rows}


def pause(session: Session, lane: str, *, seconds: float) -> None:
    """No worker asks this lane for so long: it asked for a pause that is no worker's to sleep through."""
    session.execute(
        text("""
        INSERT INTO endpoints (url, not_before) VALUES (:lane, now() + make_interval(secs => :seconds))
        ON CONFLICT (url) DO UPDATE SET not_before = greatest(endpoints.not_before, EXCLUDED.not_before)"""),
        {"lane": lane, "seconds": seconds},
    )


def down(session: Session, lane: str, *, pause_s: float, reason: str) -> None:
    """It was found down, or still is: nobody asks it for so long, then one call at a time."""
    session.execute(
        text("""
        INSERT INTO endpoints (url, not_before, down_since, reason)
        VALUES (:lane, now() + make_interval(secs => :pause), now(), :reason)
        ON CONFLICT (url) DO UPDATE SET not_before = greatest(endpoints.not_before, EXCLUDED.not_before),
            down_since = coalesce(endpoints.down_since, EXCLUDED.down_since), reason = EXCLUDED.reason"""),
        {"lane": lane, "pause": pause_s, "reason": reason},
    )


def up(session: Session, lane: str) -> None:
    """It answers again."""
    query = text("UPDATE endpoints SET not_before = NULL, down_since = NULL, reason = NULL WHERE url = :lane")
    session.execute(query, {"lane": lane})


def look_now(session: Session, lanes: Sequence[str]) -> None:
    """A person says that what was wrong is mended: the next call looks, whatever pause was left."""
    session.execute(
        text("""
        UPDATE endpoints SET not_before = NULL WHERE url = ANY(CAST(:lanes AS text[])) AND down_since IS NOT NULL"""),
        {"lanes": array(lanes)},
    )
