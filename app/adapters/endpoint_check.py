"""Asks an LLM endpoint whether it is there, before a job depends on it. Costs nothing: only its list of models is read.

Any answer means reachable, since not every server lists its models; a refused key is told apart, for every call of the
job would fail the same way.
"""

import httpx

from app.adapters.llm_endpoints import Endpoint
from app.errors import InvalidInputError

CONNECT_S = 3.0
TOTAL_S = 6.0
"""Between two reads; the body is not read, so this is nearly a total."""


class LlmUnreachableError(InvalidInputError):
    """The LLM at {url} does not answer ({reason}). Start it, or point HORNBOOK_LLM_BASE_URL to one that does."""

    code = "llm_unreachable"


class LlmUnauthorizedError(InvalidInputError):
    """The LLM at {url} refuses the API key ({status}). Set HORNBOOK_LLM_API_KEY to one that may use it."""

    code = "llm_unauthorized"


class EmbeddingsUnreachableError(InvalidInputError):
    """The embeddings endpoint at {url} does not answer ({reason}). Start it, or name another in embedding.base_url."""

    code = "embeddings_unreachable"


class EmbeddingsUnauthorizedError(InvalidInputError):
    """The embeddings endpoint at {url} refuses the API key ({status}). Set HORNBOOK_EMBEDDING_API_KEY to another."""

    code = "embeddings_unauthorized"


def check_endpoint(endpoint: Endpoint) -> None:
    """Return when the LLM answers; raises LlmUnreachableError or LlmUnauthorizedError."""
    _check(endpoint, LlmUnreachableError, LlmUnauthorizedError)


def check_embeddings(endpoint: Endpoint) -> None:
    """Return when the embeddings endpoint answers; raises EmbeddingsUnreachableError or EmbeddingsUnauthorizedError."""
    _check(endpoint, EmbeddingsUnreachableError, EmbeddingsUnauthorizedError)


def _check(endpoint: Endpoint, away: type[InvalidInputError], refused: type[InvalidInputError]) -> None:
    # No redirects, no proxies from the environment: the key goes to this origin alone.
    timeout = httpx.Timeout(TOTAL_S, connect=CONNECT_S)
    try:
        with (
            httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False) as client,
            client.stream("GET", endpoint.models_url(), headers=endpoint.headers()) as response,
        ):
            status = response.status_code
    except (httpx.HTTPError, OSError) as error:
        raise away(url=endpoint.base_url, reason=type(error).__name__) from None
    if status in (401, 403):
        raise refused(url=endpoint.base_url, status=status)
