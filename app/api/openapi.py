"""Completes the OpenAPI document with schemas that FastAPI cannot see, as no route's signature names them."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from app.api.problems import Problem
from app.api.schemas.classifiers import JudgedRequest, LabellingRequest, ReviewsRequest
from app.api.schemas.corpora import CorpusRecords

UNSEEN: tuple[type[BaseModel], ...] = (Problem, CorpusRecords, LabellingRequest, ReviewsRequest, JudgedRequest)


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` hold the unseen schemas too."""
    make = app.openapi

    def described() -> dict[str, Any]:
        spec = make()
        schemas = spec.setdefault("components", {}).setdefault("schemas", {})
        for model in UNSEEN:
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            for name, part in {**schema.pop("$defs", {}), model.__name__: schema}.items():
                schemas.setdefault(name, part)
        return spec

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
