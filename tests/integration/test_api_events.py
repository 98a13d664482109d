"""A job's events over a real socket: in order, resumed where a watcher left, ended with the job."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.client_events import Event, parse_events
from app.db.session import transaction
from app.repositories import events
from tests.api_rows import add_calls, add_round, end_job
from tests.api_service import MODEL, ApiService, api_service, llm_endpoint


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[ApiService]:
    with llm_endpoint() as url, api_service(database_url, tmp_path, llm_base_url=url, llm_model=MODEL) as running:
        yield running


def read_all(service: ApiService, job_id: int, *, last_id: int = 0) -> list[Event]:
    with service.http.stream("GET", f"/v1/jobs/{job_id}/events", headers={"last-event-id": str(last_id)}) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        return list(parse_events(response.iter_lines()))


def test_story_of_an_ended_job_is_told_and_the_stream_ends(service: ApiService) -> None:
    job_id = service.job()["id"]
    with transaction(service.engine) as session:
        events.add(session, job_id, "round.opened", number=1)
        end_job(session, job_id)

    told = read_all(service, job_id)

    assert [event.kind for event in told] == ["progress", "job.created", "round.opened", "job.finished"]
    assert told[0].id is None
    assert told[0].data["state"] == "done"
    assert told[2].data["number"] == 1
    ids = [event.id for event in told[1:]]
    assert ids == sorted(ids, key=lambda number: number or 0)


def test_watcher_resumes_after_the_last_event_it_had(service: ApiService) -> None:
    job_id = service.job()["id"]
    with transaction(service.engine) as session:
        events.add(session, job_id, "round.opened", number=1)
        end_job(session, job_id)
    stored = [event for event in read_all(service, job_id) if event.id is not None]

    rest = [event for event in read_all(service, job_id, last_id=stored[0].id or 0) if event.id is not None]

    assert rest == stored[1:]


def test_watcher_who_knows_the_end_is_told_not_to_come_back(service: ApiService) -> None:
    job_id = service.job()["id"]
    with transaction(service.engine) as session:
        end_job(session, job_id)
    last = read_all(service, job_id)[-1]

    answer = service.http.get(f"/v1/jobs/{job_id}/events", headers={"last-event-id": str(last.id)})

    assert answer.status_code == 204


def test_events_and_progress_arrive_while_the_job_runs(service: ApiService) -> None:
    job_id = service.job()["id"]

    def work() -> None:
        time.sleep(0.3)
        with transaction(service.engine) as session:
            add_calls(session, job_id, add_round(session, job_id), 3)
            events.add(session, job_id, "round.opened", number=1)
        time.sleep(1.5)
        with transaction(service.engine) as session:
            end_job(session, job_id)

    worker = threading.Thread(target=work)
    worker.start()
    told = read_all(service, job_id)
    worker.join()

    assert [event.kind for event in told if event.id is not None] == ["job.created", "round.opened", "job.finished"]
    progress = [event.data["progress"]["units"] for event in told if event.kind == "progress"]
    assert {"ready": 3} in progress
    assert told[-1].kind == "job.finished"


def test_event_committed_late_with_an_earlier_id_is_not_missed(service: ApiService) -> None:
    job_id = service.job()["id"]

    def late() -> None:
        with transaction(service.engine) as slow:
            events.add(slow, job_id, "slow")
            slow.flush()
            with transaction(service.engine) as quick:
                events.add(quick, job_id, "quick")
            time.sleep(1.6)
        time.sleep(1.2)
        with transaction(service.engine) as session:
            end_job(session, job_id)

    worker = threading.Thread(target=late)
    worker.start()
    told = read_all(service, job_id)
    worker.join()

    assert sorted(event.kind for event in told if event.id is not None) == [
        "job.created",
        "job.finished",
        "quick",
        "slow",
    ]


def test_open_streams_do_not_keep_others_waiting(service: ApiService) -> None:
    """A watcher costs no thread: more of them than the pool has threads or connections."""
    job_id = service.job()["id"]
    with httpx.Client(base_url=service.url, trust_env=False, limits=httpx.Limits(max_connections=60)) as http:
        opened = [http.stream("GET", f"/v1/jobs/{job_id}/events") for _ in range(50)]
        for stream in opened:
            stream.__enter__()
        started = time.monotonic()
        assert service.http.get("/healthz").status_code == 200
        assert service.http.get("/v1/jobs").status_code == 200
        took = time.monotonic() - started
        for stream in opened:
            stream.__exit__(None, None, None)

    assert took < 2.0


def test_unknown_job_is_a_problem_and_no_stream(service: ApiService) -> None:
    answer = service.http.get("/v1/jobs/999/events")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("value", ["-1", "x", str(2**70)])
def test_forged_resume_point_is_refused(service: ApiService, value: str) -> None:
    answer = service.http.get("/v1/jobs/1/events", headers={"last-event-id": value})

    assert answer.status_code == 422


def test_data_is_strict_json(service: ApiService) -> None:
    job_id = service.job()["id"]
    with transaction(service.engine) as session:
        events.add(session, job_id, "note", text='line\nbreak\u2028 and "quotes"')
        end_job(session, job_id)

    (note,) = [event for event in read_all(service, job_id) if event.kind == "note"]

    assert note.data["text"] == 'line\nbreak\u2028 and "quotes"'
    assert json.dumps(note.data, allow_nan=False)
