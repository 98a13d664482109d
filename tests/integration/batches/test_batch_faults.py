"""What can go wrong on the way of a batch: refusals, lost answers, lost workers. Nothing is lost or paid twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from app.db.session import transaction
from app.services import jobs
from app.settings import get_settings
from tests.integration.batches.world import BatchLoop

REFINE = "import sys; from workers.refine import refine; refine(int(sys.argv[1]))"


def _worker(job_id: int) -> subprocess.Popen[bytes]:
    """A worker process that takes one hint."""
    return subprocess.Popen([sys.executable, "-c", REFINE, str(job_id)], env=os.environ.copy())


def _killed(loop: BatchLoop, job_id: int, *, when: Callable[[], bool] = lambda: True) -> None:
    """Give a worker a hint and kill it, with -9, when the provider is about to answer and `when` holds."""
    worker: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        end = time.monotonic() + 120
        while not (worker and when()) and time.monotonic() < end:
            time.sleep(0.05)
        worker[0].send_signal(signal.SIGKILL)
        worker[0].wait(10)

    loop.provider.before_cut = kill
    loop.due()
    worker.append(_worker(job_id))
    assert worker[0].wait(180) == -signal.SIGKILL
    loop.killed()


def test_a_worker_killed_between_upload_and_commit_pays_once(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    job_id = loop.start(upload=False)
    loop.provider.failing["lost"] = [1]

    _killed(loop, job_id)
    assert [batch["state"] for batch in loop.batches(job_id)] == ["new"]
    loop.finish(job_id)

    assert len(loop.provider.batches) == 1, "sent twice"
    assert loop.units(job_id) == {"done": 12}
    loop.check_paid(job_id)


def test_a_worker_killed_while_it_reads_the_answers_loses_none(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    job_id = loop.start(documents=150)
    loop.provider.cut_content = 1

    _killed(loop, job_id, when=lambda: loop.units(job_id).get("done", 0) > 0)
    half = loop.units(job_id)
    loop.finish(job_id)

    assert 0 < half["done"] < 150 == half["done"] + half["leased"]
    assert loop.units(job_id) == {"done": 150} and len(loop.provider.batches) == 1
    loop.check_paid(job_id)


@pytest.mark.parametrize(
    "failing",
    [
        pytest.param({"files": [500, 503]}, id="uploads"),
        pytest.param({"batches": [500, 429]}, id="creations"),
        pytest.param({"lost": [1]}, id="an answer that got lost"),
        pytest.param({"lost": [1], "batches": [500]}, id="both"),
    ],
)
def test_a_provider_that_fails_is_asked_again_and_paid_once(
    batch_loop: BatchLoop, failing: dict[str, list[int]]
) -> None:
    loop = batch_loop
    job_id = loop.start(upload=False)
    loop.provider.failing |= failing

    loop.finish(job_id)

    assert len(loop.provider.batches) == 1
    assert loop.units(job_id) == {"done": 12}
    loop.check_paid(job_id)


def test_a_batch_is_found_on_a_later_page_of_the_list(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    job_id = loop.start(upload=False)
    loop.provider.failing["lost"], loop.provider.pages = [1], 1
    loop.look(job_id)
    other = {**loop.provider.batches[0], "id": "batch_other", "metadata": {}, "input_file_id": "file-other"}
    loop.provider.batches.append(other)

    loop.finish(job_id)

    assert [batch["id"] for batch in loop.provider.batches] == ["batch_1", "batch_other"]
    loop.check_paid(job_id)


def test_a_download_that_is_cut_is_read_again(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    job_id = loop.start(documents=150)
    loop.provider.cut_content = 2

    loop.finish(job_id)

    assert loop.units(job_id) == {"done": 150}
    loop.check_paid(job_id)


def test_answers_whose_file_is_late_are_waited_for(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    loop.provider.late_files = 2
    job_id = loop.start()

    loop.finish(job_id)

    assert loop.units(job_id) == {"done": 12} and len(loop.batches(job_id)) == 1
    loop.check_paid(job_id)


def test_a_full_queue_of_the_provider_is_waited_for(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    job_id = loop.start(upload=False)
    loop.provider.faults = ["token_limit_exceeded"]
    loop.look(job_id)
    refused = (loop.units(job_id), loop.budget(job_id)["spent_micro"], loop.budget(job_id)["reserved_micro"])

    loop.finish(job_id)

    assert refused == ({"ready": 12}, 0, 0)
    assert loop.units(job_id) == {"done": 12} and len(loop.batches(job_id)) == 2
    loop.check_paid(job_id)


def test_a_batch_that_is_refused_as_a_whole_pauses_the_job_with_the_reason(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    job_id = loop.start(upload=False)
    loop.provider.faults = ["model_not_found"]

    job = loop.finish(job_id)

    assert job["state"] == "paused" and "model_not_found" in job["note"]
    assert loop.units(job_id) == {"ready": 12} and loop.budget(job_id)["reserved_micro"] == 0
    with transaction(loop.engine) as session:
        jobs.resume(session, job_id)
    loop.finish(job_id)
    loop.check_paid(job_id)


def test_a_key_that_is_refused_pauses_the_job_and_the_batch_waits(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    job_id = loop.start(upload=False)
    loop.provider.failing["files"] = [401]

    job = loop.finish(job_id)
    waiting = loop.units(job_id)
    with transaction(loop.engine) as session:
        jobs.resume(session, job_id)
    loop.finish(job_id)

    assert job["state"] == "paused" and "unauthorized" in job["note"]
    assert waiting == {"leased": 12} and loop.units(job_id) == {"done": 12}
    loop.check_paid(job_id)


def test_a_job_that_is_cancelled_before_its_batch_was_sent_costs_nothing(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    job_id = loop.start(upload=False)
    loop.provider.failing["files"] = [500]
    loop.look(job_id)
    with transaction(loop.engine) as session:
        jobs.cancel(session, job_id)

    loop.look(job_id)
    loop.sweep()

    assert loop.units(job_id) == {"cancelled": 12} and loop.provider.batches == []
    assert (loop.budget(job_id)["spent_micro"], loop.budget(job_id)["reserved_micro"]) == (0, 0)


def test_a_batch_that_the_provider_forgot_is_charged_and_its_calls_are_made_again(batch_loop: BatchLoop) -> None:
    loop = batch_loop
    loop.provider.ends = None
    job_id = loop.start()
    loop.provider.batches.clear()
    loop.provider.ends = "completed"

    loop.finish(job_id, looks=30)

    assert loop.units(job_id) == {"done": 12} and len(loop.batches(job_id)) == 2
    assert loop.budget(job_id)["spent_micro"] > loop.stub.billed_micro > 0


def test_batches_are_as_large_as_the_setting_says(batch_loop: BatchLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORNBOOK_BATCH_REQUESTS", "5")
    get_settings.cache_clear()
    loop = batch_loop
    job_id = loop.start()

    loop.finish(job_id)

    assert [batch["requests"] for batch in loop.batches(job_id)] == [5, 5, 2]
    loop.check_paid(job_id)
