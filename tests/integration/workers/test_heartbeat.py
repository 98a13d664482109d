"""Leases are kept while their holder lives, through a database that is away for a moment, and no longer."""

import time
from collections.abc import Callable

from sqlalchemy import Engine, text

from app.db.session import transaction
from app.repositories import units
from tests.integration.loop_world import job_with_calls, row
from workers.heartbeat import heartbeat

LEASE_S = 0.6


def held(engine: Engine) -> tuple[int, int]:
    job_id, (unit_id,) = job_with_calls(engine, 1)
    with transaction(engine) as session:
        (unit,) = units.claim_rewrites(session, job_id, limit=1, worker="w", lease_s=LEASE_S)
    return unit_id, unit.token


def left_s(engine: Engine, unit_id: int) -> float:
    query = "SELECT extract(epoch FROM lease_until - clock_timestamp()) AS s FROM units WHERE id = :u"
    return float(row(engine, query, u=unit_id)["s"])


def wait(until: Callable[[], bool], *, within_s: float = 10) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if until():
            return True
        time.sleep(0.05)
    return until()


def test_a_lease_outlives_itself_while_its_holder_works(engine: Engine) -> None:
    unit_id, token = held(engine)

    with heartbeat(engine, lambda: [token], worker="beating", queue="cpu", lease_s=LEASE_S):
        time.sleep(2 * LEASE_S)
        with transaction(engine) as session:
            assert unit_id not in [lost.id for lost in units.expire(session, max_crashes=9, max_rewrite_crashes=9)]

    assert wait(lambda: left_s(engine, unit_id) < 0), "it beats on after its holder is done"
    assert row(engine, "SELECT busy, queue FROM workers WHERE name = 'beating'") == {"busy": 1, "queue": "cpu"}


def test_it_beats_on_when_the_database_was_away(engine: Engine) -> None:
    unit_id, token = held(engine)

    with heartbeat(engine, lambda: [token], worker="w", queue="cpu", lease_s=LEASE_S):
        with transaction(engine) as session:
            session.execute(text("ALTER TABLE workers RENAME TO gone"))
        time.sleep(LEASE_S)
        with transaction(engine) as session:
            session.execute(text("ALTER TABLE gone RENAME TO workers"))
        assert wait(lambda: left_s(engine, unit_id) > 0)


def test_a_lease_that_was_lost_is_not_taken_back(engine: Engine) -> None:
    unit_id, token = held(engine)
    with transaction(engine) as session:
        session.execute(text("UPDATE units SET lease_until = now() - interval '1 s' WHERE id = :u"), {"u": unit_id})
        units.expire(session, max_crashes=9, max_rewrite_crashes=9)

    with heartbeat(engine, lambda: [token], worker="w", queue="cpu", lease_s=LEASE_S):
        time.sleep(LEASE_S)

    assert row(engine, "SELECT state, lease_until FROM units WHERE id = :u", u=unit_id) == {
        "state": "ready",
        "lease_until": None,
    }
