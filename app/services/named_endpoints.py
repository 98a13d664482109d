"""The operator's several endpoints and keys, which jobs know by their names."""

from dataclasses import dataclass

from app.adapters.llm_endpoints import Endpoint
from app.errors import InvalidInputError


class UnknownEndpointError(InvalidInputError):
    """llm.endpoints: there is no endpoint {name}; HORNBOOK_LLM_ENDPOINTS names {known}."""

    code = "unknown_endpoint"


@dataclass(frozen=True)
class NamedEndpoint:
    """One of several endpoints or keys of the operator's."""

    name: str
    endpoint: Endpoint
    url: str
    """Its base URL as configured."""
    weight: float = 1.0
    model: str | None = None
    profile: str | None = None
    concurrency: int | None = None
