"""Exports over HTTP: asked for, and downloaded by the names of their manifest alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from app.adapters.exports import export_folder
from app.db.session import transaction
from app.repositories import exports
from app.services.exports import DIGEST
from tests.api_rows import add_generation, add_round, make_ready
from tests.api_service import MODEL, ApiService, api_service, llm_endpoint

DATA = b'{"text": "A fine text."}\n' * 100
NAME = "data/train-00000-of-00001.jsonl"
MANIFEST = b'{"documents": 100}\n'


@dataclass
class Exported:
    """A service with a job whose pool holds one text."""

    service: ApiService
    job_id: int

    def ready(self) -> int:
        """An export as the worker leaves it; its id."""
        export_id = int(self.service.http.post(f"/v1/jobs/{self.job_id}/exports").json()["id"])
        digest = sha256(MANIFEST).hexdigest()
        folder = export_folder(self.service.settings.storage_dir, export_id) / digest
        (folder / "data").mkdir(parents=True)
        (folder / NAME).write_bytes(DATA)
        (folder / "manifest.json").write_bytes(MANIFEST)
        files = [{"name": NAME, "bytes": len(DATA), "sha256": sha256(DATA).hexdigest()}]
        with transaction(self.service.engine) as session:
            exports.finish(session, export_id, manifest={"documents": 100, "files": files, DIGEST: digest})
        return export_id


@pytest.fixture
def exported(database_url: str, tmp_path: Path) -> Iterator[Exported]:
    with llm_endpoint() as url, api_service(database_url, tmp_path, llm_base_url=url, llm_model=MODEL) as service:
        job = service.job()
        with transaction(service.engine) as session:
            (seed,) = make_ready(session, job["corpus_id"], ["Water boils."])
            add_generation(session, job["id"], add_round(session, job["id"]), seed, body="A fine text.", ordinal=0)
        yield Exported(service, job["id"])


def test_export_is_asked_for_and_listed(exported: Exported) -> None:
    http = exported.service.http
    answer = http.post(f"/v1/jobs/{exported.job_id}/exports", json={"format": "parquet", "real_share": 0.25})

    export = answer.json()
    assert (answer.status_code, export["state"], export["files"]) == (202, "building", [])
    assert answer.headers["location"] == f"/v1/exports/{export['id']}"
    assert (export["options"]["format"], export["options"]["real_share"]) == ("parquet", 0.25)
    assert http.get(f"/v1/jobs/{exported.job_id}/exports").json()["items"] == [export]
    early = http.get(f"/v1/exports/{export['id']}/files/manifest.json")
    assert (early.status_code, early.json()["code"]) == (409, "export_not_ready")


def test_ready_export_names_its_files_with_digests(exported: Exported) -> None:
    export = exported.service.http.get(f"/v1/exports/{exported.ready()}").json()

    assert export["state"] == "ready"
    assert export["manifest"]["documents"] == 100
    assert [(file["name"], file["size"]) for file in export["files"]] == [(NAME, len(DATA)), ("manifest.json", None)]
    assert export["files"][1]["sha256"] == sha256(MANIFEST).hexdigest()


def test_file_comes_whole_or_by_range_and_never_to_be_rendered(exported: Exported) -> None:
    http, url = exported.service.http, f"/v1/exports/{exported.ready()}/files/{NAME}"
    whole, part = http.get(url), http.get(url, headers={"range": "bytes=10-19"})
    beyond = http.get(url, headers={"range": "bytes=999999-"})

    assert (whole.status_code, whole.content) == (200, DATA)
    assert (part.status_code, part.content) == (206, DATA[10:20])
    assert beyond.status_code == 416
    assert whole.headers["content-type"] == "application/octet-stream"
    assert whole.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "%2e%2e%2fmanifest.json", "..%2f..%2fx", "/etc/passwd", "data", "nothing", "a%00b"],
)
def test_only_names_of_the_manifest_lead_anywhere(exported: Exported, name: str) -> None:
    answer = exported.service.http.get(f"/v1/exports/{exported.ready()}/files/{name}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_pool_without_a_text_has_nothing_to_export(exported: Exported) -> None:
    other = exported.service.job(rng_seed=9)
    answer = exported.service.http.post(f"/v1/jobs/{other['id']}/exports", json={})

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_export")


@pytest.mark.parametrize("body", [{"real_share": 2}, {"format": "csv"}, {"splits": []}, {"colour": 1}])
def test_bad_option_is_refused(exported: Exported, body: dict[str, object]) -> None:
    answer = exported.service.http.post(f"/v1/jobs/{exported.job_id}/exports", json=body)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, next(iter(body)))
