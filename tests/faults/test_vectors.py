"""A CPU worker killed while an endpoint works on vectors: at most the call in flight is paid for again."""

import time
from collections.abc import Callable

from tests.faults.rig import Rig
from tests.faults.test_processes import _kill

LEASED = "SELECT id, token FROM units WHERE job_id = %s AND kind = 'embed' AND state = 'leased'"


def test_killed_cpu_workers_lose_one_call_each_and_the_ledger_knows(rig: Callable[..., Rig]) -> None:
    it = rig(latency_ms=700)
    it.start()
    job_id = it.submit(200, vectors=True)
    kills, hit = 2, set()
    for _ in range(kills):
        old = frozenset(hit)
        it.wait(
            lambda old=old: any(row["token"] not in old for row in it.query(LEASED, job_id)),
            within_s=60,
            what="a call is made",
        )
        time.sleep(0.3)
        hit |= {row["token"] for row in it.query(LEASED, job_id)}
        for child in it.pool_children("cpu"):
            _kill(child)
    it.wait_done(job_id, within_s=120)

    it.check(job_id, waste=kills)
    lost = it.query("SELECT sum(crashes) AS n FROM units WHERE job_id = %s AND kind = 'embed'", job_id)
    assert lost[0]["n"] == kills, "no call was in flight when its worker was killed: this test shows nothing"
    charged = it.query("SELECT token FROM reservations WHERE job_id = %s AND state = 'charged'", job_id)
    assert {row["token"] for row in charged} == hit
    without = "SELECT seed_id FROM seed_scores WHERE job_id = %s AND reason IS NULL AND vector_key IS NULL"
    assert it.query(without, job_id) == []
