"""The API's promise: its operations, its schemas with examples that hold, its stable error codes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, TypeAdapter

from app.api import classifiers, corpora, edge, events, exports, operator, pages, recipes, security, uploads
from app.api.problems import Problem
from app.api.schemas import classifiers as classifier_schemas
from app.api.schemas import corpora as corpus_schemas
from app.api.schemas import estimates as estimate_schemas
from app.api.schemas import exports as export_schemas
from app.api.schemas import findings as finding_schemas
from app.api.schemas import generations as generation_schemas
from app.api.schemas import job_answers
from app.api.schemas import jobs as job_schemas
from app.api.schemas import reviews as review_schemas
from app.api.schemas import rounds as round_schemas
from app.api.schemas import spend as spend_schemas
from app.errors import AppError
from app.main import create_app
from app.settings import Settings
from tests.api_service import MODEL, ApiService, api_service, llm_endpoint

OPERATIONS = {
    "POST /v1/corpora",
    "GET /v1/corpora",
    "GET /v1/corpora/{corpus_id}",
    "GET /v1/corpora/{corpus_id}/rejects",
    "GET /v1/recipes",
    "POST /v1/recipes",
    "GET /v1/recipes/{name}",
    "POST /v1/estimates",
    "POST /v1/jobs",
    "GET /v1/jobs",
    "GET /v1/jobs/{job_id}",
    "PATCH /v1/jobs/{job_id}",
    "POST /v1/jobs/{job_id}/pause",
    "POST /v1/jobs/{job_id}/resume",
    "POST /v1/jobs/{job_id}/cancel",
    "GET /v1/jobs/{job_id}/rounds",
    "GET /v1/jobs/{job_id}/sources",
    "GET /v1/jobs/{job_id}/spend",
    "GET /v1/jobs/{job_id}/events",
    "GET /v1/jobs/{job_id}/generations",
    "GET /v1/generations/{generation_id}",
    "GET /v1/generations/{generation_id}/findings",
    "GET /v1/generations/{generation_id}/lineage",
    "POST /v1/generations/{generation_id}/review",
    "GET /v1/jobs/{job_id}/reviews",
    "GET /v1/jobs/{job_id}/reviews/next",
    "POST /v1/jobs/{job_id}/exports",
    "GET /v1/jobs/{job_id}/exports",
    "GET /v1/exports/{export_id}",
    "GET /v1/exports/{export_id}/files/{name}",
    "POST /v1/classifiers",
    "GET /v1/classifiers",
    "GET /v1/classifiers/{classifier_id}",
    "GET /v1/classifiers/{classifier_id}/evaluation",
    "POST /v1/classifiers/{classifier_id}/evaluation",
    "GET /v1/classifiers/{classifier_id}/weights",
    "POST /v1/classifiers/{classifier_id}/use",
    "POST /v1/classifiers/{classifier_id}/resume",
    "POST /v1/classifiers/rollback",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
}

CODES = {
    "api_key_invalid",
    "api_key_missing",
    "bad_cursor",
    "bad_idempotency_key",
    "bad_json",
    "bad_llm_endpoint",
    "bad_multipart",
    "bad_price_file",
    "bad_recipe",
    "body_too_large",
    "body_too_slow",
    "classifier_not_ready",
    "conflict",
    "corpus_failed",
    "corpus_not_ready",
    "cross_site",
    "database_unavailable",
    "embeddings_endpoint_not_allowed",
    "embeddings_not_configured",
    "embeddings_unauthorized",
    "embeddings_unreachable",
    "empty_upload",
    "export_not_ready",
    "idempotency_key_reused",
    "impossible_config",
    "invalid_request",
    "invalid_text",
    "llm_endpoint_not_allowed",
    "llm_model_missing",
    "llm_not_configured",
    "llm_unauthorized",
    "llm_unreachable",
    "method_not_allowed",
    "no_allowed_licence",
    "no_records",
    "not_found",
    "not_jsonl",
    "nothing_to_draw",
    "nothing_to_roll_back",
    "nothing_to_export",
    "offline_explainer_refused",
    "offline_judge",
    "offline_labeller",
    "one_file",
    "recipe_mismatch",
    "reserved_name",
    "too_few_reviews",
    "too_few_scores",
    "too_many_parts",
    "too_many_streams",
    "unknown_benchmark",
    "unknown_price",
    "unknown_recipe",
    "unknown_recipe_version",
    "unsupported_body",
    "unsupported_encoding",
    "unsupported_media",
    "upload_stalled",
    "upload_too_large",
    "url_not_supported",
    "wrong_host",
    "wrong_state",
}
"""What scripts rely on: a code may be added here, none may go."""


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    return create_app(Settings(_env_file=None)).openapi()  # type: ignore[call-arg]  # pydantic-settings' own


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}".replace(":path}", "}"), operation


def test_operations_are_those_of_the_design(spec: dict[str, Any]) -> None:
    assert {name for name, _ in operations(spec)} == OPERATIONS


def test_every_operation_says_what_it_does(spec: dict[str, Any]) -> None:
    for name, operation in operations(spec):
        assert operation.get("summary"), name
        assert operation.get("description"), name
        assert "4XX" in operation["responses"], name


def test_every_reference_leads_somewhere(spec: dict[str, Any]) -> None:
    names = set(re.findall(r"#/components/schemas/([\w\[\]]+)", str(spec)))

    assert names - set(spec["components"]["schemas"]) == set()


SCHEMAS = (
    classifier_schemas, corpus_schemas, estimate_schemas, export_schemas, finding_schemas, generation_schemas,
    job_answers, job_schemas, review_schemas, round_schemas, spend_schemas,
)  # fmt: skip
MODELS = [
    model
    for module in (*SCHEMAS, recipes)
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == module.__name__
] + [Problem]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_examples_are_valid(model: type[BaseModel]) -> None:
    for example in model.model_json_schema().get("examples", []):
        model.model_validate(example)


ANSWERS = ["CorpusOut", "RejectOut", "JobOut", "RoundOut", "GenerationOut", "LineageOut", "ExportOut", "RecipeOut"]
ANSWERS += ["ClassifierOut", "EstimateOut", "JobSpendOut", "Evaluations", "ReviewOut", "NextOut", "FindingOut"]
ASKS = ["EstimateRequest", "JobRequest", "JobPatch", "CorpusRecords", "ExportRequest", "LabellingRequest"]
ASKS += ["ReviewRequest", "ReviewsRequest", "JudgedRequest"]


@pytest.mark.parametrize("name", [*ANSWERS, *ASKS, "Problem"])
def test_schema_has_an_example(spec: dict[str, Any], name: str) -> None:
    assert spec["components"]["schemas"][name]["examples"]


REQUESTS = [job_schemas.JobRequest, job_schemas.JobPatch, export_schemas.ExportRequest, corpus_schemas.CorpusRecords]
REQUESTS += [classifier_schemas.LabellingRequest, classifier_schemas.ReviewsRequest, classifier_schemas.JudgedRequest]
REQUESTS += [estimate_schemas.EstimateRequest, review_schemas.ReviewRequest]


@pytest.mark.parametrize("model", REQUESTS, ids=lambda model: model.__name__)
def test_request_takes_no_unknown_field_at_any_level(model: type[BaseModel]) -> None:
    schema = TypeAdapter(model).json_schema()
    for name, part in [(model.__name__, schema), *schema.get("$defs", {}).items()]:
        if part.get("type") == "object":
            assert part.get("additionalProperties") is False, name


def test_codes_that_scripts_rely_on_are_all_there() -> None:
    modules = (classifiers, corpora, edge, events, exports, operator, pages, security, uploads)
    sources = " ".join(Path(str(module.__file__)).read_text() for module in modules)
    sources += " ".join(Path("app/api/", name).read_text() for name in ("problems.py", "bodies.py"))
    raised = {kind.code for kind in _all(AppError)}

    missing = {code for code in CODES if code not in raised and f'"{code}"' not in sources}
    assert missing == set()


def _all(kind: type[AppError]) -> Iterator[type[AppError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _all(child)


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[ApiService]:
    with llm_endpoint() as url, api_service(database_url, tmp_path, llm_base_url=url, llm_model=MODEL) as running:
        yield running


def test_real_answers_hold_to_the_schema(service: ApiService, spec: dict[str, Any]) -> None:
    """Writes answer with stored JSON, which no framework checks on its way out."""
    corpus = service.http.post("/v1/corpora", json={"name": "n", "records": [{"text": "Water boils."}]})
    job = service.http.post("/v1/jobs", json={"corpus_id": corpus.json()["id"]})
    path = f"/v1/jobs/{job.json()['id']}"
    answers = [
        (corpus, "POST /v1/corpora"),
        (job, "POST /v1/jobs"),
        (service.http.patch(path, json={"priority": 1}), "PATCH /v1/jobs/{job_id}"),
        (service.http.get(path), "GET /v1/jobs/{job_id}"),
        (service.http.get(f"{path}/spend"), "GET /v1/jobs/{job_id}/spend"),
        (service.http.post(f"{path}/cancel"), "POST /v1/jobs/{job_id}/cancel"),
        (service.http.get("/v1/recipes"), "GET /v1/recipes"),
        (service.http.get("/v1/classifiers"), "GET /v1/classifiers"),
        (service.http.get("/v1/classifiers/1"), "GET /v1/classifiers/{classifier_id}"),
        (service.http.post("/v1/classifiers/1/use"), "POST /v1/classifiers/{classifier_id}/use"),
        (service.http.get("/v1/classifiers/1/evaluation"), "GET /v1/classifiers/{classifier_id}/evaluation"),
        (service.http.get("/readyz"), "GET /readyz"),
    ]
    known = dict(operations(spec))
    for answer, name in answers:
        content = known[name]["responses"][str(answer.status_code)]["content"]["application/json"]
        jsonschema.validate(answer.json(), {**content["schema"], "components": spec["components"]})
    refused = service.http.get("/v1/jobs/999")
    problem = {"$ref": "#/components/schemas/Problem", "components": spec["components"]}
    jsonschema.validate(refused.json(), problem)
