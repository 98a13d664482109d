"""Who is let in, what is cut short, and what is said while the database is away."""

import re
import socket
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.db.session import transaction
from app.embedded.services import EmbeddedServices
from app.services import api_keys
from tests.api_service import ApiService, api_service, database_for_many


@pytest.fixture(scope="module")
def refusing(
    services: EmbeddedServices, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiService]:
    """One service for all requests that are refused and leave nothing."""
    home = tmp_path_factory.mktemp("refusing")
    with (
        database_for_many(services, template_database) as database_url,
        api_service(database_url, home) as running,
    ):
        yield running


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[ApiService]:
    with api_service(database_url, tmp_path) as running:
        yield running


@pytest.fixture
def locked(database_url: str, tmp_path: Path) -> Iterator[ApiService]:
    with api_service(database_url, tmp_path, require_api_key=True) as running:
        yield running


def new_key(service: ApiService) -> str:
    with transaction(service.engine) as session:
        return api_keys.create(session, "test")


def test_key_is_needed_where_it_is_required(locked: ApiService) -> None:
    key = new_key(locked)
    basic = b64encode(f"hb:{key}".encode()).decode()

    assert re.fullmatch(r"hb_[a-z0-9]{8}_[A-Za-z0-9]{43}", key)
    missing = locked.http.get("/v1/jobs")
    assert (missing.status_code, missing.json()["code"]) == (401, "api_key_missing")
    assert missing.headers["www-authenticate"] == "Bearer"
    for headers in ({"authorization": f"Bearer {key}"}, {"x-api-key": key}, {"authorization": f"Basic {basic}"}):
        assert locked.http.get("/v1/jobs", headers=headers).status_code == 200
    assert locked.http.get("/metrics").status_code == 401
    assert locked.http.get("/healthz").status_code == 200
    assert locked.http.get("/readyz").status_code == 200


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda key: key[:-1] + ("a" if key[-1] != "a" else "b"), id="wrong-secret"),
        pytest.param(lambda key: key.replace("hb_", "hx_"), id="wrong-prefix"),
        pytest.param(lambda key: key[:-1], id="short"),
        pytest.param(lambda key: "hb_00000000_" + key[12:], id="unknown-id"),
        pytest.param(lambda key: "", id="empty"),
        pytest.param(lambda key: key[:-1] + "\u00e9", id="non-ascii"),
        pytest.param(lambda key: "k" * 60_000, id="60-kb"),
    ],
)
def test_forged_key_is_refused(locked: ApiService, forge: "type") -> None:
    """Case 61."""
    forged = str(forge(new_key(locked)))
    answer = locked.http.get("/v1/jobs", headers={"x-api-key": forged.encode()})

    assert answer.status_code in (400, 401, 431)
    if answer.status_code == 401:
        assert answer.json()["code"] == "api_key_invalid"


@pytest.mark.parametrize("column", ["revoked_at = now()", "expires_at = now() - interval '1 s'"])
def test_dead_key_is_refused(locked: ApiService, column: str) -> None:
    key = new_key(locked)
    with transaction(locked.engine) as session:
        session.execute(text(f"UPDATE api_keys SET {column}"))

    assert locked.http.get("/v1/jobs", headers={"x-api-key": key}).status_code == 401


def test_secret_is_nowhere_in_the_database(locked: ApiService) -> None:
    secret = new_key(locked).rpartition("_")[2]
    with transaction(locked.engine) as session:
        row = session.execute(text("SELECT CAST(api_keys AS text) FROM api_keys")).scalar_one()

    assert secret not in row


def test_keys_are_required_on_addresses_others_can_reach(database_url: str, tmp_path: Path) -> None:
    with api_service(database_url, tmp_path, host="0.0.0.0") as service:
        assert service.http.get("/v1/jobs").status_code == 401


def test_other_host_name_is_refused_on_a_local_service(refusing: ApiService) -> None:
    """DNS rebinding: a foreign name that leads to 127.0.0.1."""
    answer = refusing.http.get("/v1/jobs", headers={"host": "evil.example"})

    assert (answer.status_code, answer.json()["code"]) == (421, "wrong_host")
    assert refusing.http.get("/v1/jobs", headers={"host": "localhost:1234"}).status_code == 200


FOREIGN = [
    pytest.param({"sec-fetch-site": "cross-site"}, 403, id="cross-site"),
    pytest.param({"sec-fetch-site": "same-site"}, 403, id="same-site"),
    pytest.param({"origin": "https://evil.example"}, 403, id="origin"),
    pytest.param({"origin": "null"}, 403, id="null-origin"),
    pytest.param({"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1"}, 404, id="own-page"),
    pytest.param({"sec-fetch-site": "none"}, 404, id="typed"),
    pytest.param({}, 404, id="no-browser"),
]


@pytest.mark.parametrize(("headers", "status"), FOREIGN)
def test_write_that_another_site_sends_is_refused(refusing: ApiService, headers: dict[str, str], status: int) -> None:
    answer = refusing.http.post("/v1/jobs/999/cancel", headers=headers)

    assert answer.status_code == status, answer.text


def test_every_answer_has_security_headers_and_a_request_id(refusing: ApiService) -> None:
    for path in ("/v1/jobs", "/nowhere", "/docs"):
        headers = refusing.http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert len(headers["x-request-id"]) == 16


def test_body_over_the_cap_is_refused_by_its_declared_and_by_its_true_size(refusing: ApiService) -> None:
    declared = refusing.http.post("/v1/jobs", content=b"x" * 1_100_000)

    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 50_000

    counted = refusing.http.post("/v1/jobs", content=chunks())

    assert (declared.status_code, declared.json()["code"]) == (413, "body_too_large")
    assert (counted.status_code, counted.json()["code"]) == (413, "body_too_large")


def test_compressed_body_is_refused(refusing: ApiService) -> None:
    """Case 45."""
    answer = refusing.http.post("/v1/jobs", content=b"x", headers={"content-encoding": "gzip"})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_encoding")


@pytest.mark.parametrize("length", ["-5", "abc", "99999999999999999999999"])
def test_content_length_that_lies_harms_nobody(refusing: ApiService, length: str) -> None:
    """Case 44."""
    address = urlsplit(refusing.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as raw:
        raw.sendall(f"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n{{}}".encode())
        status = raw.recv(4096).split(b" ", 2)[1]

    assert status in (b"400", b"413")
    assert refusing.http.get("/healthz").status_code == 200


ERRORS = [
    pytest.param("GET", "/nowhere", 404, "not_found", id="no-route"),
    pytest.param("DELETE", "/v1/jobs", 405, "method_not_allowed", id="no-method"),
    pytest.param("GET", "/v1/jobs/7", 404, "not_found", id="no-job"),
    pytest.param("GET", "/v1/recipes/novel", 422, "unknown_recipe", id="no-recipe"),
]


@pytest.mark.parametrize(("method", "path", "status", "code"), ERRORS)
def test_every_error_is_a_problem(refusing: ApiService, method: str, path: str, status: int, code: str) -> None:
    answer = refusing.http.request(method, path)

    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"urn:hornbook:problem:{code}"
    assert problem["instance"] == path
    assert problem["detail"]


def test_database_that_is_away_means_try_again(tmp_path: Path) -> None:
    with api_service("postgresql+psycopg://nobody@127.0.0.1:1/none", tmp_path) as service:
        jobs = service.http.get("/v1/jobs")
        ready = service.http.get("/readyz")
        alive = service.http.get("/healthz")

    assert (jobs.status_code, jobs.json()["code"], jobs.headers["retry-after"]) == (503, "database_unavailable", "2")
    assert (ready.status_code, ready.json()["database"]) == (503, False)
    assert alive.status_code == 200


def test_database_without_the_schema_is_not_ready(empty_database_url: str, tmp_path: Path) -> None:
    with api_service(empty_database_url, tmp_path) as service:
        ready = service.http.get("/readyz")

    assert (ready.status_code, ready.json()["database"], ready.json()["schema_current"]) == (503, True, False)


def test_service_is_ready_without_a_broker_and_says_so(refusing: ApiService) -> None:
    ready = refusing.http.get("/readyz")

    assert (ready.status_code, ready.json()["broker"]) == (200, False)


def test_broker_is_seen_where_there_is_one(database_url: str, redis_url: str, tmp_path: Path) -> None:
    with api_service(database_url, tmp_path, redis_url=redis_url) as service:
        assert service.http.get("/readyz").json()["broker"] is True


def test_figures_are_prometheus_text(service: ApiService) -> None:
    service.corpus()
    figures = service.http.get("/metrics").text

    assert 'hornbook_units{kind="ingest",state="ready"} 1.0' in figures
    assert 'route="/v1/corpora"' in figures


def test_docs_need_nothing_from_elsewhere(refusing: ApiService) -> None:
    page = refusing.http.get("/docs")

    assert page.status_code == 200
    assert "<script" not in page.text
    assert not re.search(r"""(?:src|href)=['"](?!/)""", page.text)
    for path in ("/v1/jobs/{job_id}/events", "/v1/corpora", "/v1/exports/{export_id}"):
        assert path in page.text


def test_keys_never_travel_in_the_log(locked: ApiService, capsys: pytest.CaptureFixture[str]) -> None:
    key = new_key(locked)
    with httpx.Client(base_url=locked.url, trust_env=False) as http:
        http.get("/v1/jobs/1", headers={"x-api-key": key})
        http.get("/v1/jobs/1", headers={"x-api-key": key[:-3] + "xyz"})

    out, err = capsys.readouterr()
    assert key[12:40] not in out + err


def test_fault_of_ours_is_a_problem_with_an_id_and_no_traceback(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash() -> None:
        raise RuntimeError("the planted secret")

    def prepare(app: FastAPI) -> None:
        app.add_api_route("/crash", crash)

    with api_service(database_url, tmp_path, prepare=prepare) as service:
        answer = service.http.get("/crash")

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "internal")
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "planted" not in answer.text
    out, err = capsys.readouterr()
    assert problem["request_id"] in out + err
