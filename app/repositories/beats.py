"""Signs of life of worker processes."""

from sqlalchemy import text
from sqlalchemy.orm import Session


def seen(session: Session, name: str, queue: str, *, busy: int, progress: bool = False) -> None:
    """Note that a worker lives, and with `progress` that it claimed or finished something or found nothing to do."""
    session.execute(
        text("""
        INSERT INTO workers (name, queue, busy) VALUES (:name, :queue, :busy)
        ON CONFLICT (name) DO UPDATE SET busy = :busy, seen_at = now(),
            progress_at = CASE WHEN :progress THEN now() ELSE workers.progress_at END"""),
        {"name": name, "queue": queue, "busy": busy, "progress": progress},
    )


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
