"""Signs of life and the story of a job."""

from sqlalchemy import Engine, text

from app.db.session import transaction
from app.repositories import beats, events
from tests.integration.loop_world import add_job, row


def test_a_beat_is_one_row_a_worker_and_progress_is_told_apart_from_life(engine: Engine) -> None:
    with transaction(engine) as session:
        beats.seen(session, "w1", "refine", busy=3, progress=True)
        session.execute(
            text("UPDATE workers SET seen_at = now() - interval '9 s', progress_at = now() - interval '9 s'")
        )
        beats.seen(session, "w1", "refine", busy=2)
    life = (
        "SELECT busy, seen_at > progress_at AS stuck, now() - seen_at < '5 s' AS alive FROM workers WHERE name = 'w1'"
    )
    assert row(engine, life) == {"busy": 2, "stuck": True, "alive": True}


def test_busy_are_those_with_work_in_hand_that_were_seen_of_late(engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("DELETE FROM workers"))
        for name, queue, busy in (("a", "refine", 1), ("b", "refine", 0), ("c", "cpu", 1), ("d", "refine", 5)):
            beats.seen(session, name, queue, busy=busy)
        session.execute(text("UPDATE workers SET seen_at = now() - interval '2 minutes' WHERE name = 'd'"))
        assert beats.busy_workers(session, "refine", within_s=60) == 1
        assert beats.busy_workers(session, "refine", within_s=600) == 2
        beats.forget(session, older_than_s=60)
        assert session.execute(text("SELECT count(*) FROM workers")).scalar_one() == 3


def test_events_are_read_on_from_the_last_one_seen(engine: Engine) -> None:
    with transaction(engine) as session:
        job_id, other = add_job(session), add_job(session)
        for number in range(5):
            events.add(session, job_id, "round.opened", number=number)
            events.add(session, other, "round.opened", number=number)
        first = events.after(session, job_id, 0, limit=2)
        rest = events.after(session, job_id, first[-1].id)

    assert [event.data["number"] for event in (*first, *rest)] == [0, 1, 2, 3, 4]


def test_an_event_of_a_transaction_that_failed_was_never_told(engine: Engine) -> None:
    with transaction(engine) as session:
        job_id = add_job(session)
    with transaction(engine) as session:
        events.add(session, job_id, "job.paused")
        session.rollback()
    with transaction(engine) as session:
        assert events.after(session, job_id, 0) == []
