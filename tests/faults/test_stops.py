"""Ordinary stops are no crashes (A9), and a worker whose pool process is stuck is started again (B11)."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.faults.rig import Rig
from tests.faults.test_processes import MakeRig

ONE_CRASH = {"HORNBOOK_MAX_CRASHES": "1"}
"""The first crash that is counted gives the unit up."""


@contextmanager
def corpus_that_waits(it: Rig) -> Iterator[None]:
    """No seed can be stored meanwhile: an ingest that takes as long as a test wants."""
    with psycopg.connect(it.services.database_url.replace("+psycopg", "")) as connection:
        connection.execute("LOCK TABLE seeds IN SHARE MODE")
        yield
        connection.rollback()


def holder(it: Rig, *, not_pid: int = 0) -> int:
    """The process that holds the ingest, once it is another than `not_pid`."""
    found = [not_pid]

    def held() -> bool:
        for unit in it.query("SELECT worker FROM units WHERE kind = 'ingest' AND state = 'leased'"):
            found[0] = int(str(unit["worker"]).rpartition(":")[2])
        return found[0] != not_pid

    it.wait(held, within_s=120, what="the ingest is in hand")
    return found[0]


def told_to_stop(it: Rig, _: int) -> None:
    os.kill(it.pid("cpu-0"), signal.SIGTERM)


def told_and_killed(it: Rig, _: int) -> None:
    worker = it.pid("cpu-0")
    os.kill(worker, signal.SIGTERM)
    time.sleep(2)
    os.kill(worker, signal.SIGKILL)


def pool_process_told(_: Rig, pid: int) -> None:
    os.kill(pid, signal.SIGTERM)


@pytest.mark.parametrize("stop", [told_to_stop, told_and_killed, pool_process_told])
def test_a_unit_that_its_workers_stop_cuts_short_is_no_poison(rig: MakeRig, stop: Callable[[Rig, int], None]) -> None:
    it = rig(latency_ms=20)
    it.settings |= ONE_CRASH
    it.start()
    with corpus_that_waits(it):
        job_id = it.submit(20)
        pid = holder(it)
        stop(it, pid)
        holder(it, not_pid=pid)
        assert it.query("SELECT crashes FROM units WHERE kind = 'ingest'") == [{"crashes": 0}]

    it.wait_done(job_id, within_s=90)
    it.check(job_id, waste=0)


def test_a_worker_whose_pool_process_is_frozen_is_started_again(rig: MakeRig) -> None:
    it = rig(latency_ms=20)
    it.start()
    frozen = it.pid("cpu-0")
    with corpus_that_waits(it):
        job_id = it.submit(20)
        os.kill(holder(it), signal.SIGSTOP)

    it.wait_done(job_id, within_s=90)
    assert it.pid("cpu-0") != frozen
    it.check(job_id, waste=0)
