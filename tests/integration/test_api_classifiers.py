"""Classifiers over HTTP: made from a labelled file by a worker, judged, chosen, rolled back, pinned by jobs."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from app.adapters.models import shipped_classifier
from app.domain.education import load_classifier
from tests.api_service import MODEL, ApiService, api_service, llm_endpoint
from tests.classifier_world import lines
from workers import compute

BAD = ("{broken", '{"text": "x", "edu": 7}', '{"text": 5, "edu": 1}')


@dataclass
class Made:
    """A service whose worker is this process."""

    service: ApiService

    def post(self, content: bytes, path: str = "", **fields: str) -> Any:
        """Upload a labelled file."""
        form = {"file": ("mine.jsonl", content)}
        return self.service.http.post(f"/v1/classifiers{path}", files=form, data=fields)

    def trained(self, content: bytes, **fields: str) -> dict[str, Any]:
        """A classifier once its worker is done with it."""
        answer = self.post(content, **fields)
        assert answer.status_code == 202, answer.text
        compute.compute()
        found: dict[str, Any] = self.service.http.get(answer.headers["location"]).json()
        return found

    def get(self, path: str) -> Any:
        """JSON at a path."""
        return self.service.http.get(f"/v1/classifiers{path}").json()


@pytest.fixture
def made(worker: Engine, database_url: str, tmp_path: Path) -> Iterator[Made]:
    with llm_endpoint() as url, api_service(database_url, tmp_path, llm_base_url=url, llm_model=MODEL) as service:
        yield Made(service)


def test_labelled_file_becomes_a_classifier_with_a_held_out_report(made: Made) -> None:
    ready = made.trained(lines(BAD))

    assert (ready["state"], ready["name"], ready["version"], ready["in_use"]) == ("ready", "mine", 1, False)
    assert ready["source"]["file"] == "mine.jsonl"
    assert "id" not in ready["source"]
    training, report = ready["card"]["training"], ready["report"]
    assert (training["n"], training["held_out"], report["n"]) == (64, 16, 16)
    assert training["skipped"] == {"bad_json": 1, "bad_label": 1, "missing_text": 1}
    assert training["skipped_lines"][0] == {"line": 81, "code": "bad_json"}
    assert report["own"]["all"]["f1_at_3"][0] > 0.9
    assert set(report["own"]) == set(report["other"]) == {"all", "code", "prose"} or set(report["own"]) == {"all"}
    assert report["other_sha256"] == shipped_classifier().sha256
    assert report["ceiling"]["n"] == 10
    assert report["other_saw_it"] is False
    blob = made.service.http.get(f"/v1/classifiers/{ready['id']}/weights").content
    assert sha256(blob).hexdigest() == ready["sha256"] == load_classifier(blob).sha256


def test_same_labels_make_the_same_weights_and_a_new_version(made: Made) -> None:
    first, second = made.trained(lines()), made.trained(lines())
    assert (first["sha256"], first["version"], second["version"]) == (second["sha256"], 1, 2)
    assert made.trained(lines(), name="other")["version"] == 1


def test_too_few_labels_fail_with_the_lines_that_could_not_be_used(made: Made) -> None:
    few = b"\n".join(lines().split(b"\n")[:10] + [line.encode() for line in BAD])
    failed = made.trained(few)
    assert failed["state"] == "failed"
    assert failed["error"]["code"] == "unusable_labels"
    assert "10 usable labelled documents; at least 65" in failed["error"]["detail"]
    assert "line 11 bad_json, line 12 bad_label, line 13 missing_text" in failed["error"]["detail"]
    refused = made.service.http.post(f"/v1/classifiers/{failed['id']}/use")
    assert (refused.status_code, refused.json()["code"]) == (409, "classifier_not_ready")


def test_jobs_pin_what_is_used_and_rollback_returns(made: Made) -> None:
    http, mine = made.service.http, made.trained(lines())
    before = made.service.job(rng_seed=1)["classifier_sha256"]
    assert http.post(f"/v1/classifiers/{mine['id']}/use").json()["in_use"]
    during = made.service.job(rng_seed=2)
    assert http.post("/v1/classifiers/rollback").json()["name"] == "shipped"
    after = made.service.job(rng_seed=3)["classifier_sha256"]

    assert (before, during["classifier_sha256"], after) == (shipped_classifier().sha256, mine["sha256"], before)
    assert http.get(f"/v1/jobs/{during['id']}").json()["classifier_sha256"] == mine["sha256"]
    again = http.post("/v1/classifiers/rollback")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_roll_back")
    assert [row["name"] for row in made.get("")["items"] if row["in_use"]] == ["shipped"]


def test_evaluation_leaves_out_what_the_classifier_was_made_from(made: Made) -> None:
    mine = made.trained(lines())
    fresh = tuple(f'{{"text": "Lesson {n}: we add numbers and explain why it works.", "edu": 4}}' for n in range(5))
    answer = made.post(lines((*fresh, "{broken")), f"/{mine['id']}/evaluation")
    compute.compute()
    found = made.get(f"/{mine['id']}/evaluation")

    assert (answer.status_code, answer.json()["state"]) == (202, "running")
    assert found["held_out"] == mine["report"]
    (only,) = found["evaluations"]
    assert (only["state"], only["report"]["n"], only["report"]["left_out"]) == ("ready", 5, 80)
    assert only["report"]["skipped"] == {"bad_json": 1}


def test_evaluation_without_a_new_document_says_so(made: Made) -> None:
    mine = made.trained(lines())
    made.post(lines(), f"/{mine['id']}/evaluation")
    compute.compute()
    (only,) = made.get(f"/{mine['id']}/evaluation")["evaluations"]
    assert (only["state"], only["error"]["code"]) == ("failed", "unusable_labels")
    assert "80 were among the documents" in only["error"]["detail"]
    assert made.get(f"/{mine['id']}")["state"] == "ready"


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "no file": ({"files": {"other": (None, "x")}}, 422, "invalid_request"),
    "two files": ({"files": [("file", ("a", b"{}")), ("file", ("b", b"{}"))]}, 422, "one_file"),
    "the shipped name": ({"files": {"file": ("a", b"{}")}, "data": {"name": "shipped"}}, 422, "reserved_name"),
    "unknown field": ({"files": {"file": ("a", b"{}")}, "data": {"colour": "red"}}, 422, "invalid_request"),
    "plain text": ({"content": b"x", "headers": {"content-type": "text/plain"}}, 415, "unsupported_body"),
    "broken json": ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "bad_json"),
    "no corpus": ({"json": {"corpus_id": 999}}, 404, "not_found"),
    "sample too small": ({"json": {"corpus_id": 1, "labelling": {"sample": 10}}}, 422, "invalid_request"),
    "offline explainer": (
        {"json": {"corpus_id": 1, "llm": {"model": "offline-explainer"}}}, 422, "offline_labeller",
    ),
    "money without a price": (
        {"json": {"corpus_id": 1, "budget": {"money_usd": 1}}}, 422, "unknown_price",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("request_", "status", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_at_once_and_nothing_stays(
    made: Made, request_: dict[str, Any], status: int, code: str, tmp_path: Path
) -> None:
    if code == "unknown_price":
        made.service.corpus()
        compute.compute()
    stored = _stored(tmp_path)
    answer = made.service.http.post("/v1/classifiers", **request_)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert [row["name"] for row in made.get("")["items"]] == ["shipped"]
    assert _stored(tmp_path) == stored


def _stored(home: Path) -> list[str]:
    return sorted(str(path) for path in (home / "files").rglob("*") if path.is_file())


def test_repeated_upload_with_its_key_makes_one_classifier(made: Made, tmp_path: Path) -> None:
    form, key = {"file": ("mine.jsonl", lines())}, {"idempotency-key": "k1"}
    first = made.service.http.post("/v1/classifiers", files=form, headers=key)
    files = _stored(tmp_path)
    second = made.service.http.post("/v1/classifiers", files=form, headers=key)
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert _stored(tmp_path) == files
