"""When a worker counts as silent: by its rows, beside work that the rows call for, and never for want of work."""

import pytest
from sqlalchemy import Engine, text

from app.db.session import transaction
from app.repositories import beats, units
from tests.integration.loop_world import add_job, job_with_calls, rows
from workers import watchdog

NODE, PROCESS = "host:1", "host:2"
AGE = 100


def silent_s(engine: Engine, queue: str) -> float:
    with transaction(engine) as session:
        return watchdog.look(session, NODE, queue)


def grow_old(engine: Engine) -> None:
    """As if nobody had written for so long."""
    with transaction(engine) as session:
        session.execute(
            text("UPDATE workers SET progress_at = now() - make_interval(secs => :s), seen_at = progress_at"),
            {"s": AGE},
        )
        session.execute(text("UPDATE workers SET seen_at = progress_at"))


def cpu_work(engine: Engine, *, state: str = "running") -> None:
    with transaction(engine) as session:
        units.add(session, "fit", job_id=add_job(session, state=state))


def test_a_worker_without_work_is_never_silent_and_says_so_in_its_row(worker: Engine) -> None:
    assert silent_s(worker, "cpu") == 0
    grow_old(worker)
    assert silent_s(worker, "cpu") == 0
    assert rows(worker, "SELECT name, queue, busy FROM workers") == [{"name": NODE, "queue": "cpu", "busy": 0}]


@pytest.mark.parametrize(("queue", "silent"), [("cpu", True), ("refine", False)])
def test_a_worker_is_silent_beside_work_of_its_own_queue(worker: Engine, queue: str, silent: bool) -> None:
    silent_s(worker, queue)
    cpu_work(worker)
    grow_old(worker)
    assert (silent_s(worker, queue) >= AGE) is silent


def test_calls_that_wait_for_a_pump_are_work(worker: Engine) -> None:
    silent_s(worker, "refine")
    job_with_calls(worker, 3)
    grow_old(worker)
    assert silent_s(worker, "refine") >= AGE


def test_the_work_of_a_paused_job_is_none(worker: Engine) -> None:
    silent_s(worker, "cpu")
    cpu_work(worker, state="paused")
    grow_old(worker)
    assert silent_s(worker, "cpu") == 0


@pytest.mark.parametrize(("busy", "progress"), [(0, True), (1, False)], ids=["claimed", "holds"])
def test_a_pool_process_that_claims_or_holds_work_speaks_for_its_worker(
    worker: Engine, busy: int, progress: bool
) -> None:
    silent_s(worker, "cpu")
    cpu_work(worker)
    with transaction(worker) as session:
        beats.seen(session, PROCESS, "cpu", busy=0, progress=True, node=NODE)
    grow_old(worker)
    with transaction(worker) as session:
        beats.seen(session, PROCESS, "cpu", busy=busy, progress=progress)
    assert silent_s(worker, "cpu") < AGE / 2


def test_a_pool_process_that_is_merely_seen_does_not(worker: Engine) -> None:
    silent_s(worker, "cpu")
    cpu_work(worker)
    grow_old(worker)
    with transaction(worker) as session:
        beats.seen(session, PROCESS, "cpu", busy=0, progress=True, node="host:9")
        beats.seen(session, NODE, "cpu", busy=0)
    assert silent_s(worker, "cpu") >= AGE
