"""Hints are sent for what nobody works on, and never pile up (A7, B10)."""

from sqlalchemy.orm import Session

from app.dispatch import REFINE_QUEUE, send, waiting
from app.domain.lanes import EndpointShare
from app.domain.records import JobId
from app.domain.steps import Compute, Refine, Step
from tests.integration.pump.world import NO_BROKER, World
from workers import reconciler


def _hints(world: World) -> list[Step]:
    with Session(world.engine) as session:
        return reconciler.hints(session)


def test_a_job_with_calls_and_no_pump_gets_a_hint(world: World) -> None:
    job = world.job(6)
    assert _hints(world) == [Refine(job)]


def test_a_job_whose_pump_lives_gets_none(world: World) -> None:
    job = world.job(6)
    world.desk(job).claim(2)
    assert _hints(world) == []
    world.query("UPDATE units SET lease_until = now() - interval '1 s' WHERE state = 'leased'")
    assert _hints(world) == [Refine(job)]


def test_an_endpoint_that_asked_for_a_pause_gets_none(world: World) -> None:
    job = world.job(6, endpoints=(EndpointShare(base_url="http://one/v1"), EndpointShare(base_url="http://two/v1")))
    pause = "INSERT INTO endpoints (url, not_before) VALUES (:lane, now() + interval '1 min')"
    world.query(pause, lane="stub at http://one/v1")
    assert _hints(world) == [Refine(job)], "the other can be asked"
    world.query(pause, lane="stub at http://two/v1")
    assert _hints(world) == []


def test_a_cpu_unit_of_a_paused_job_gets_none(world: World) -> None:
    job = world.job(6)
    world.query("UPDATE units SET state = 'cancelled' WHERE kind = 'rewrite'")
    reconciler._take(reconciler.close_rounds)
    assert _hints(world) == [Compute(workers=1)]
    world.query("UPDATE jobs SET state = 'paused' WHERE id = :job", job=job)
    assert _hints(world) == []


def test_hints_do_not_pile_up_where_nobody_takes_them(redis_url: str) -> None:
    steps: list[Step] = [Refine(JobId(1)), Compute()]
    assert reconciler.uncrowded(steps, redis_url) == steps
    send(redis_url, [Refine(JobId(2), pumps=reconciler.MOST_WAITING)])
    assert waiting(redis_url, REFINE_QUEUE) == reconciler.MOST_WAITING
    assert reconciler.uncrowded(steps, redis_url) == [Compute()]
    assert reconciler.uncrowded(steps, NO_BROKER) == steps


def test_a_sweep_that_fails_in_any_way_is_only_logged(world: World) -> None:
    def broken(session: Session) -> list[Step]:
        raise MemoryError

    reconciler._take(broken)
