"""Signs of life of worker processes."""

from sqlalchemy import text
from sqlalchemy.orm import Session


def seen(session: Session, name: str, queue: str, *, busy: int, progress: bool = False, node: str = "") -> None:
    """Note that a process lives, and with `progress` that it claimed or finished something or found nothing to do.

    `node` is the worker it belongs to; when it is left out, what was known of that stays.
    """
    session.execute(
        text("""
        INSERT INTO workers (name, queue, busy, node) VALUES (:name, :queue, :busy, :node)
        ON CONFLICT (name) DO UPDATE SET busy = :busy, seen_at = now(),
            node = CASE WHEN EXCLUDED.node = '' THEN workers.node ELSE EXCLUDED.node END,
            progress_at = CASE WHEN :progress THEN now() ELSE workers.progress_at END"""),
        {"name": name, "queue": queue, "busy": busy, "progress": progress, "node": node},
    )


# Who renews the leases of work in hand is alive, however long one unit takes.
SIGN = "max(greatest(progress_at, CASE WHEN busy > 0 THEN seen_at END))"


def silent_s(session: Session, node: str) -> float:
    """Seconds since a worker claimed, worked on or finished something, or found its queue empty (B11)."""
    query = text(f"SELECT coalesce(extract(epoch FROM now() - {SIGN}), 0) FROM workers WHERE node = :node")
    return float(session.execute(query, {"node": node}).scalar_one())


def busy_workers(session: Session, queue: str, *, within_s: float) -> int:
    """How many workers of a queue have work in hand."""
    query = text("""
        SELECT count(*) FROM workers
        WHERE queue = :queue AND busy > 0 AND seen_at > now() - make_interval(secs => :within)""")
    return int(session.execute(query, {"queue": queue, "within": within_s}).scalar_one())


def forget(session: Session, *, older_than_s: float) -> None:
    """Delete workers that were not seen for long."""
    session.execute(
        text("DELETE FROM workers WHERE seen_at < now() - make_interval(secs => :age)"), {"age": older_than_s}
    )
