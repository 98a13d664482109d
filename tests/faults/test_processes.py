"""Killed and frozen processes: T1, T3, T4 and the state that a lost lease leaves (reliability.md, part 2)."""

import os
import random
import signal
import time
from collections.abc import Callable

import psutil
import pytest

from app.dispatch import COMPUTE_QUEUE, celery_app, send
from app.domain.records import JobId
from app.domain.steps import Compute, Refine
from tests.faults.rig import LEASE_S, SWEEP_S, Rig

MakeRig = Callable[..., Rig]
IN_FLIGHT = 16 + 24 + 32
"""Calls a pump may hold when it dies: in slots, waiting for one, just claimed."""


def _kill(process: psutil.Process) -> None:
    try:
        os.kill(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def test_t1_killed_pool_children_lose_nothing_and_double_nothing(rig: MakeRig) -> None:
    it = rig(latency_ms=300)
    it.start()
    job_id = it.submit(400)
    it.wait_for_calls(job_id, 20)
    chance, kills = random.Random(1), 0
    until = time.monotonic() + 12
    while time.monotonic() < until:
        children = it.pool_children("refine")
        if children:
            _kill(chance.choice(children))
            kills += 1
        time.sleep(2)
    it.wait_done(job_id, within_s=120)
    assert kills >= 3
    it.check(job_id, waste=kills * IN_FLIGHT)


def test_calls_outlive_the_pumps_that_held_them(rig: MakeRig) -> None:
    it = rig(latency_ms=8_000)
    it.start()
    job_id = it.submit(6)
    held = "SELECT worker FROM units WHERE job_id = %s AND kind = 'rewrite' AND state = 'leased' AND crashes = %s"
    kills = 4
    for kill in range(kills):
        it.wait(lambda lost=kill: len(it.query(held, job_id, lost)) == 6, within_s=40, what="all calls are in hand")
        for pid in {int(str(unit["worker"]).rpartition(":")[2]) for unit in it.query(held, job_id, kill)}:
            _kill(psutil.Process(pid))
    it.wait_done(job_id, within_s=60)
    crashes = it.query("SELECT min(crashes) AS n FROM units WHERE job_id = %s AND kind = 'rewrite'", job_id)
    assert crashes == [{"n": kills}]
    it.check(job_id, waste=kills * 6)


def test_t3_a_message_lost_between_broker_and_worker_is_found_in_the_rows(rig: MakeRig) -> None:
    it = rig(latency_ms=20)
    it.start(reconciler=False)
    it.wait(lambda: bool(it.pool_children("cpu")), within_s=30, what="a worker that waits")
    time.sleep(2)
    victims = [it.pid("cpu-0"), it.pid("refine-0")]
    job_id = it.submit(30, hint=False)
    send(it.services.redis_url, [Refine(JobId(0))])  # connects, so that the next one is quick
    time.sleep(1.5)
    for pid in victims:
        os.kill(pid, signal.SIGSTOP)
    # Within the second that a pending BRPOP lasts: Redis hands the message to a client that will never read it.
    send(it.services.redis_url, [Compute(), Refine(job_id)])
    time.sleep(1)
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    it.wait(lambda: it.pid("cpu-0") != victims[0], within_s=15, what="a new worker")
    it.wait(lambda: bool(it.pool_children("cpu")), within_s=30, what="a new worker that waits")
    time.sleep(4 * SWEEP_S)
    assert it.job(job_id)["state"] == "queued", "the hint was not lost, so this test shows nothing"
    it.start_reconciler()
    it.wait_done(job_id, within_s=60)
    it.check(job_id, waste=0)


def test_t4_a_worker_that_slept_past_its_lease_writes_nothing(rig: MakeRig) -> None:
    it = rig(latency_ms=500)
    it.start(refine=2)
    job_id = it.submit(120)
    it.wait_for_calls(job_id, 10)
    leased = it.query("SELECT worker FROM units WHERE job_id = %s AND state = 'leased' AND kind = 'rewrite'", job_id)
    sleeper = int(str(leased[0]["worker"]).rpartition(":")[2])
    os.kill(sleeper, signal.SIGSTOP)
    time.sleep(3 * LEASE_S)
    os.kill(sleeper, signal.SIGCONT)
    it.wait_done(job_id, within_s=120)
    it.check(job_id, waste=IN_FLIGHT)
    settled = it.query("SELECT state, count(*) AS n FROM reservations WHERE job_id = %s GROUP BY state", job_id)
    assert any(row["state"] == "charged" for row in settled), "nothing was charged: the worker never lost its lease"


def test_a_worker_that_went_deaf_is_started_again(rig: MakeRig) -> None:
    it = rig(latency_ms=20)
    it.start()
    control = celery_app(it.services.redis_url).control
    it.wait(lambda: len(control.ping(timeout=1)) == 2, within_s=60, what="both workers listen")
    deaf = it.pid("cpu-0")
    # It lives, is connected, answers, and takes no more messages: as workers do whose consumer died in a reconnection.
    assert "no longer consuming" in str(control.cancel_consumer(COMPUTE_QUEUE, reply=True, timeout=2))

    job_id = it.submit(20)

    it.wait_done(job_id, within_s=60)
    assert it.pid("cpu-0") != deaf
    it.check(job_id, waste=0)


@pytest.mark.parametrize("process", ["cpu-0", "reconciler"])
def test_any_other_process_may_be_killed(rig: MakeRig, process: str) -> None:
    it = rig(latency_ms=100)
    it.start()
    job_id = it.submit(100, rounds=2)
    for _ in range(3):
        time.sleep(1.5)
        os.kill(it.pid(process), signal.SIGKILL)
        it.wait(lambda: process in it.services.supervisor.pids(), within_s=15, what=f"{process} again")
    it.wait_done(job_id, within_s=120)
    it.check(job_id, waste=0)
