"""Batches under real processes: hints by the reconciler, workers killed with -9 all the while."""

import random
import signal
import time
from collections.abc import Callable

import psutil

from tests.faults.rig import Rig

MakeRig = Callable[..., Rig]


def test_killed_workers_neither_lose_a_batch_nor_send_it_twice(rig: MakeRig) -> None:
    it = rig(latency_ms=0)
    it.settings |= {"HORNBOOK_BATCH_REQUESTS": "20", "HORNBOOK_BATCH_POLL_S": "0.5"}
    it.start()
    job_id = it.submit(120, batch=True)
    it.wait(lambda: bool(it.query("SELECT 1 FROM batches")), within_s=60, what="a batch is there")
    chance, kills, until = random.Random(1), 0, time.monotonic() + 6
    while time.monotonic() < until:
        for child in it.pool_children("refine"):
            try:
                child.send_signal(signal.SIGKILL)
                kills += 1
            except psutil.NoSuchProcess:
                continue
        time.sleep(chance.uniform(0.2, 1.0))

    it.wait_done(job_id, within_s=240)

    assert kills >= 3
    it.check(job_id, waste=0)
    ended = it.query("SELECT state, count(*) AS n, sum(requests) AS calls FROM batches GROUP BY state")
    assert [row["state"] for row in ended] == ["ended"] and int(str(ended[0]["calls"])) >= 120
    spent = it.query("SELECT spent_micro FROM budgets")[0]["spent_micro"]
    assert spent == sum(int(str(line["cost_micro"])) for line in it.billed()) > 0
