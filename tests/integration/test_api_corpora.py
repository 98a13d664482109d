"""Corpora over HTTP: what is taken in, what is refused at once, and with which words."""

import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from app.db.session import transaction
from app.embedded.services import EmbeddedServices
from tests.api_service import ApiService, api_service, database_for_many

LINE = b'{"id": "a", "text": "Water boils at 100 degrees Celsius."}\n'


@pytest.fixture(scope="module")
def refusing(
    services: EmbeddedServices, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiService]:
    """One service for all requests that are refused and leave nothing."""
    home = tmp_path_factory.mktemp("refusing")
    with (
        database_for_many(services, template_database) as database_url,
        api_service(database_url, home, max_upload_bytes=3_000_000) as running,
    ):
        yield running


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[ApiService]:
    with api_service(database_url, tmp_path, max_upload_bytes=3_000_000) as running:
        yield running


def upload(service: ApiService, file: str, data: bytes, **fields: str) -> Any:
    return service.http.post("/v1/corpora", files={"file": (file, data)}, data=fields)


def stored_files(service: ApiService) -> list[Path]:
    root = service.settings.storage_dir
    return [path for path in root.rglob("*") if path.is_file()] if root.exists() else []


def test_upload_becomes_a_corpus_with_an_ingest_unit(service: ApiService) -> None:
    answer = upload(service, "seeds.jsonl", LINE, name="  mine ", licence="CC0-1.0")

    assert answer.status_code == 202
    corpus = answer.json()
    assert answer.headers["location"] == f"/v1/corpora/{corpus['id']}"
    assert (corpus["name"], corpus["state"], corpus["files"][0]["size"]) == ("mine", "ingesting", len(LINE))
    with transaction(service.engine) as session:
        rows = session.execute(text("SELECT kind, state, corpus_id FROM units")).all()
        options = session.execute(text("SELECT options FROM corpora")).scalar_one()
    assert [tuple(row) for row in rows] == [("ingest", "ready", corpus["id"])]
    assert options["licence"] == "CC0-1.0"


def test_same_content_twice_is_one_corpus_and_one_copy_on_disk(service: ApiService) -> None:
    first = upload(service, "seeds.jsonl", LINE)
    second = upload(service, "renamed.jsonl", LINE)

    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["id"] == second.json()["id"]
    assert len(stored_files(service)) == 1


def test_same_content_read_otherwise_is_another_corpus(service: ApiService) -> None:
    first = upload(service, "seeds.jsonl", LINE)
    second = upload(service, "seeds.jsonl", LINE, text_field="id")

    assert first.json()["id"] != second.json()["id"]


def test_failed_corpus_is_read_anew_when_it_is_uploaded_again(service: ApiService) -> None:
    corpus_id = upload(service, "seeds.jsonl", LINE).json()["id"]
    with transaction(service.engine) as session:
        session.execute(text('UPDATE corpora SET state = \'failed\', error = \'{"code": "poison", "detail": "d"}\''))
        session.execute(text("UPDATE units SET state = 'dead'"))

    again = upload(service, "seeds.jsonl", LINE)

    assert (again.status_code, again.json()["id"], again.json()["state"]) == (202, corpus_id, "ingesting")
    assert again.json()["error"] is None


REFUSED = [
    pytest.param("a.jsonl", b"", 422, "empty_upload", id="1-empty"),
    pytest.param("a.jsonl", b" \n\n\t\n", 422, "no_records", id="2-white-space"),
    pytest.param("a.jsonl", b'[{"text": "a"}]', 422, "not_jsonl", id="18-array"),
    pytest.param("a.jsonl", b'{\n  "text": "a"\n}\n', 422, "not_jsonl", id="18-pretty-printed"),
    pytest.param("a.jsonl", LINE.decode().encode("utf-16"), 422, "invalid_utf8", id="4-utf-16"),
    pytest.param("a.jsonl", '{"text": "caf\u00e9"}'.encode("latin-1"), 422, "invalid_utf8", id="4-latin-1"),
    pytest.param("a.parquet", LINE, 415, "unsupported_media", id="41-text-named-parquet"),
    pytest.param("a.jsonl", gzip.compress(LINE), 415, "unsupported_media", id="41-gzip-named-jsonl"),
    pytest.param("a.pkl", b"\x80\x04K\x01.", 415, "unsupported_media", id="40-pickle"),
    pytest.param("a.zip", b"PK\x03\x04 no zip", 422, "bad_zip", id="broken-zip"),
]


@pytest.mark.parametrize(("name", "data", "status", "code"), REFUSED)
def test_unusable_file_is_refused_at_once(refusing: ApiService, name: str, data: bytes, status: int, code: str) -> None:
    answer = upload(refusing, name, data)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert stored_files(refusing) == []


NAMES = [
    pytest.param("../../x.jsonl", id="traversal"),
    pytest.param("<img onerror=alert(1)>.jsonl", id="markup"),
    pytest.param("n" * 4_000 + ".jsonl", id="4-kb"),
    pytest.param("\u202egnp.jsonl", id="right-to-left"),
    pytest.param("CON", id="device"),
    pytest.param("", id="empty"),
]


@pytest.mark.parametrize("name", NAMES)
def test_file_name_is_only_ever_shown(service: ApiService, name: str) -> None:
    """Case 42: whatever a file is called, it lies under a generated id."""
    encoded = name.replace('"', "%22").encode()
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="'
        + encoded
        + b'"\r\n\r\n'
        + LINE
        + b"\r\n--b--\r\n"
    )
    answer = service.http.post("/v1/corpora", content=body, headers={"content-type": "multipart/form-data; boundary=b"})

    if answer.status_code == 202:
        root = service.settings.storage_dir.resolve()
        assert all(path.resolve().is_relative_to(root) and len(path.name) == 32 for path in stored_files(service))
        shown = answer.json()["files"][0]["name"]
        assert shown.isprintable() and 0 < len(shown) <= 255
    else:
        # A parser may refuse a header of 4 kB; it may not crash on it.
        assert answer.status_code in (400, 415, 422), answer.text


def test_records_in_json_are_a_corpus_too(service: ApiService) -> None:
    records = [{"text": "One."}, {"text": "Two.", "licence": "MIT"}]
    answer = service.http.post("/v1/corpora", json={"name": "j", "records": records})

    assert answer.status_code == 202
    (path,) = stored_files(service)
    assert [json.loads(line) for line in path.read_bytes().splitlines()] == records


MALFORMED = [
    pytest.param({"name": "j"}, 422, "empty_upload", id="no-records"),
    pytest.param({"name": "j", "records": []}, 422, "empty_upload", id="empty-records"),
    pytest.param({"name": "j", "records": [], "url": "http://x/y"}, 422, "url_not_supported", id="url"),
    pytest.param({"name": "j", "records": [{"text": "a"}], "colour": 1}, 422, "invalid_request", id="unknown-field"),
    pytest.param({"name": "a\x00b", "records": [{"text": "a"}]}, 422, "invalid_request", id="nul-in-name"),
    pytest.param([1], 400, "bad_json", id="no-object"),
]


@pytest.mark.parametrize(("body", "status", "code"), MALFORMED)
def test_malformed_json_is_refused(refusing: ApiService, body: object, status: int, code: str) -> None:
    answer = refusing.http.post("/v1/corpora", json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_url_alone_says_what_to_do(refusing: ApiService) -> None:
    answer = refusing.http.post("/v1/corpora", json={"name": "j", "url": "https://example.org/a.jsonl"})

    assert (answer.status_code, answer.json()["code"]) == (422, "url_not_supported")
    assert "upload" in answer.json()["detail"]


def test_unknown_form_field_names_the_field(refusing: ApiService) -> None:
    answer = upload(refusing, "a.jsonl", LINE, colour="red")

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "colour", "message": "Extra inputs are not permitted"}]
    assert stored_files(refusing) == []


BODIES = [
    pytest.param("multipart/form-data", b"x", 400, "bad_multipart", id="no-boundary"),
    pytest.param("multipart/form-data; boundary=b", b"--c\r\n", 400, "bad_multipart", id="wrong-boundary"),
    pytest.param(
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n' + LINE,
        400,
        "bad_multipart",
        id="cut-off",
    ),
    pytest.param("application/x-www-form-urlencoded", b"a=1&" * 1000, 415, "unsupported_body", id="urlencoded"),
    pytest.param("text/plain", LINE, 415, "unsupported_body", id="plain"),
]


@pytest.mark.parametrize(("media", "body", "status", "code"), BODIES)
def test_body_that_is_no_upload_is_refused(
    refusing: ApiService, media: str, body: bytes, status: int, code: str
) -> None:
    answer = refusing.http.post("/v1/corpora", content=body, headers={"content-type": media})

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert stored_files(refusing) == []


def test_upload_over_the_limit_is_refused_and_leaves_nothing(refusing: ApiService) -> None:
    """Counted while it streams: Content-Length is not asked."""
    answer = upload(refusing, "a.jsonl", LINE * 60_000)

    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert stored_files(refusing) == []


def test_ten_thousand_parts_are_refused(refusing: ApiService) -> None:
    """Case 43."""
    part = b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n'
    body = b"".join(part % number for number in range(10_000)) + b"--b--\r\n"
    answer = refusing.http.post(
        "/v1/corpora", content=body, headers={"content-type": "multipart/form-data; boundary=b"}
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_parts")


def test_client_that_leaves_in_mid_upload_leaves_nothing(
    service: ApiService, capsys: pytest.CaptureFixture[str]
) -> None:
    address = urlsplit(service.url)
    head = b"POST /v1/corpora HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n"
    head += b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n' + LINE
    with socket.create_connection((address.hostname, address.port)) as raw:
        raw.sendall(head + part)
    assert service.http.get("/healthz").status_code == 200

    for _ in range(200):
        if not stored_files(service):
            break
        service.http.get("/healthz")
    assert stored_files(service) == []
    assert service.http.get("/v1/corpora").json()["items"] == []
    assert "crashed" not in "".join(capsys.readouterr())


def test_repeated_upload_with_one_key_is_answered_alike(service: ApiService) -> None:
    headers = {"idempotency-key": "k"}
    answers = [service.http.post("/v1/corpora", files={"file": ("a.jsonl", LINE)}, headers=headers) for _ in range(2)]
    other = service.http.post("/v1/corpora", files={"file": ("a.jsonl", LINE * 2)}, headers=headers)

    assert [a.status_code for a in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert len(stored_files(service)) == 1


def test_lists_are_paged_by_an_opaque_cursor(service: ApiService) -> None:
    for number in range(5):
        service.corpus(f"Text number {number}.")
    first = service.http.get("/v1/corpora?limit=2").json()
    second = service.http.get("/v1/corpora", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    third = service.http.get("/v1/corpora", params={"limit": 2, "cursor": second["next_cursor"]}).json()

    ids = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), third["next_cursor"]) == (5, None)


@pytest.mark.parametrize("cursor", ["x", "Yw", "%00", "Yzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
def test_forged_cursor_is_refused(refusing: ApiService, cursor: str) -> None:
    answer = refusing.http.get(f"/v1/corpora?cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


def test_rejects_are_listed_with_file_line_and_code(service: ApiService) -> None:
    corpus_id = service.corpus()
    with transaction(service.engine) as session:
        session.execute(
            text("""
            INSERT INTO rejects (corpus_id, file, line, code, excerpt)
            SELECT :id, 'a.jsonl', n, CASE n % 2 WHEN 0 THEN 'bad_json' ELSE 'nul_char' END, 'x'
            FROM generate_series(1, 5) n"""),
            {"id": corpus_id},
        )
    page = service.http.get(f"/v1/corpora/{corpus_id}/rejects?code=bad_json&limit=1").json()
    rest = service.http.get(
        f"/v1/corpora/{corpus_id}/rejects", params={"code": "bad_json", "cursor": page["next_cursor"]}
    )

    assert page["items"] == [{"file": "a.jsonl", "line": 2, "code": "bad_json", "excerpt": "x"}]
    assert [item["line"] for item in rest.json()["items"]] == [4]
    assert service.http.get("/v1/corpora/999999/rejects").status_code == 404
