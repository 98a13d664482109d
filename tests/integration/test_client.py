"""The Python client against the real API over a real socket."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import text

from app.adapters.exports import export_folder
from app.client import HornbookApiError, HornbookClient
from app.db.session import transaction
from app.repositories import exports
from app.services.exports import DIGEST
from tests.api_rows import add_generation, add_round, end_job, make_ready
from tests.api_service import MODEL, ApiService, api_service, llm_endpoint


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[ApiService]:
    with llm_endpoint() as url, api_service(database_url, tmp_path, llm_base_url=url, llm_model=MODEL) as running:
        yield running


@pytest.fixture
def client(service: ApiService) -> Iterator[HornbookClient]:
    with HornbookClient(service.url) as connected:
        yield connected


def test_whole_story_from_files_to_lineage(service: ApiService, client: HornbookClient, tmp_path: Path) -> None:
    paths = [tmp_path / "a.jsonl", tmp_path / "b.txt"]
    paths[0].write_text('{"text": "Water boils."}\n' * 1_000)
    paths[1].write_text("Ice floats on water.")
    seen: list[tuple[int, int]] = []
    corpus = client.create_corpus(paths, name="two", progress=lambda sent, total: seen.append((sent, total)))
    total = sum(path.stat().st_size for path in paths)
    assert seen[-1] == (total, total)

    job = client.create_job(corpus_id=corpus["id"], preset="school")
    with transaction(service.engine) as session:
        seeds = make_ready(session, corpus["id"], ["Water boils.", "Ice floats on water."])
        round_id = add_round(session, job["id"])
        made = [
            add_generation(session, job["id"], round_id, seeds[n % 2], body=f"Text {n}.", ordinal=n) for n in range(60)
        ]
        end_job(session, job["id"])

    assert client.ready()
    assert client.wait_corpus(corpus["id"])["state"] == "ready"
    assert client.wait_job(job["id"])["stop_reason"] == "target_met"
    assert [row["id"] for row in client.jobs(state="done")] == [job["id"]]
    assert [row["number"] for row in client.rounds(job["id"])] == [1]
    assert [row["id"] for row in client.generations(job["id"], verdict="kept")] == made
    assert client.lineage(made[1])["seeds"][0]["line"] == 2
    assert [event.kind for event in client.events(job["id"]) if event.id] == ["job.created", "job.finished"]
    assert "codetextbook" in [recipe["name"] for recipe in client.recipes()]
    assert [row["id"] for row in client.corpora()] == [corpus["id"]]


def test_refusal_is_an_error_with_the_services_code(client: HornbookClient) -> None:
    with pytest.raises(HornbookApiError) as caught:
        client.create_job(corpus_id=1, colour="red")

    assert (caught.value.code, caught.value.status) == ("invalid_request", 422)
    assert caught.value.errors == [{"field": "colour", "message": "Extra inputs are not permitted"}]
    assert "colour" in str(caught.value)


def test_corpus_that_fails_raises_its_own_code(service: ApiService, client: HornbookClient) -> None:
    corpus_id = service.corpus()
    with transaction(service.engine) as session:
        session.execute(text('UPDATE corpora SET state = \'failed\', error = \'{"code": "bad_zip", "detail": "d"}\''))

    with pytest.raises(HornbookApiError) as caught:
        client.wait_corpus(corpus_id)

    assert caught.value.code == "bad_zip"


def test_waiting_ends_after_its_time(service: ApiService, client: HornbookClient) -> None:
    with pytest.raises(HornbookApiError) as caught:
        client.wait_corpus(service.corpus(), timeout_s=0.1)

    assert caught.value.code == "timeout"


def test_job_is_moved_through_its_states(service: ApiService, client: HornbookClient) -> None:
    job_id = service.job()["id"]
    with transaction(service.engine) as session:
        add_round(session, job_id)

    assert client.pause(job_id)["state"] == "paused"
    assert client.wait_job(job_id)["state"] == "paused"
    assert client.resume(job_id)["state"] == "running"
    assert client.change_job(job_id, budget={"calls": 9})["spend"]["calls"]["cap"] == 9
    assert client.cancel(job_id)["state"] == "cancelled"


def make_export(service: ApiService, client: HornbookClient, data: bytes, *, claimed: bytes) -> int:
    job = service.job()
    with transaction(service.engine) as session:
        (seed,) = make_ready(session, job["corpus_id"], ["Water boils."])
        add_generation(session, job["id"], add_round(session, job["id"]), seed, body="A text.", ordinal=0)
    export_id = int(client.create_export(job["id"], format="jsonl")["id"])
    manifest, digest = b"{}\n", sha256(b"{}\n").hexdigest()
    folder = export_folder(service.settings.storage_dir, export_id) / digest
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "train.jsonl").write_bytes(data)
    (folder / "manifest.json").write_bytes(manifest)
    files = [{"name": "data/train.jsonl", "bytes": len(data), "sha256": sha256(claimed).hexdigest()}]
    with transaction(service.engine) as session:
        exports.finish(session, export_id, manifest={"files": files, DIGEST: digest})
    return export_id


def test_export_is_downloaded_and_checked(service: ApiService, client: HornbookClient, tmp_path: Path) -> None:
    data = b'{"text": "x"}\n' * 50_000
    export_id = make_export(service, client, data, claimed=data)
    out = tmp_path / "out"
    (out / "data").mkdir(parents=True)
    # An earlier attempt stopped here.
    (out / "data" / "train.jsonl.part").write_bytes(data[:100_001])

    assert client.wait_export(export_id)["state"] == "ready"
    saved = client.download_export(export_id, out)

    assert saved == [out / "data" / "train.jsonl", out / "manifest.json"]
    assert saved[0].read_bytes() == data
    assert not list(out.rglob("*.part"))


def test_download_with_another_digest_is_not_kept(service: ApiService, client: HornbookClient, tmp_path: Path) -> None:
    export_id = make_export(service, client, b"what came", claimed=b"what should")

    with pytest.raises(HornbookApiError) as caught:
        client.download_export(export_id, tmp_path / "out")

    assert caught.value.code == "bad_download"
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


@dataclass
class Flaky:
    """A server that fails the first requests in the ways servers do."""

    url: str
    seen: list[tuple[str, str | None]]


@contextmanager
def flaky(answers: list[tuple[int, bytes, dict[str, str]]]) -> Iterator[Flaky]:
    seen: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            key = self.headers.get("idempotency-key") or self.headers.get("last-event-id")
            seen.append((self.path, key))
            status, body, headers = answers[min(len(seen), len(answers)) - 1]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield Flaky(f"http://127.0.0.1:{server.server_port}", seen)
    server.shutdown()
    thread.join()
    server.server_close()


def test_write_is_sent_again_with_the_same_key_while_the_service_is_away() -> None:
    busy = (503, b"{}", {"retry-after": "0"})
    with flaky([busy, busy, (202, b'{"id": 1}', {})]) as server, HornbookClient(server.url) as client:
        assert client.create_job(corpus_id=1) == {"id": 1}

    keys = [key for _, key in server.seen]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert keys[0]


def test_stream_that_breaks_is_taken_up_after_the_last_event() -> None:
    def chunk(number: int, kind: str) -> bytes:
        return f"id: {number}\nevent: {kind}\ndata: {json.dumps({'n': number})}\n\n".encode()

    media = {"content-type": "text/event-stream"}
    half = chunk(1, "a") + b": still here\n\n" + chunk(2, "b") + b"id: 3\nevent: c\nda"
    answers = [(200, half, media), (200, chunk(3, "job.finished"), media)]
    with flaky(answers) as server, HornbookClient(server.url) as client:
        told = list(client.events(7))

    assert [(event.id, event.kind) for event in told] == [(1, "a"), (2, "b"), (3, "job.finished")]
    assert [key for _, key in server.seen] == ["0", "2"]


def test_service_that_is_not_there_is_an_error_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with HornbookClient("http://127.0.0.1:1") as client, pytest.raises(HornbookApiError) as caught:
        client.job(1)

    assert (caught.value.code, caught.value.status) == ("service_unreachable", 0)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "..\\x", "c:x"])
def test_hostile_file_name_is_not_followed(name: str, tmp_path: Path) -> None:
    body = json.dumps({"state": "ready", "files": [{"name": name, "size": 1, "sha256": "0", "url": "/x"}]}).encode()
    with (
        flaky([(200, body, {})]) as server,
        HornbookClient(server.url) as client,
        pytest.raises(HornbookApiError) as caught,
    ):
        client.download_export(1, tmp_path / "out")

    assert caught.value.code == "unsafe_name"
