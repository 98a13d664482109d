"""Is the LLM endpoint there, does it take our key, does it serve the model? For `doctor` and before a job is accepted.

One GET of the list of models, no completion, no cost. Every answer that is not "yes" comes as a sentence that says what
to do. Servers without a model list count as reachable: only a call can tell more.
"""

import asyncio
from dataclasses import dataclass, replace

import httpx
import msgspec

from app.adapters.llm import tls_of
from app.adapters.llm_endpoints import Endpoint
from app.adapters.llm_profiles import Profile, by_answer, by_url

PROBE_S = 5.0
MAX_LIST_BYTES = 4 * 1024 * 1024
_SHOWN_MODELS = 8


@dataclass(frozen=True, slots=True)
class Probe:
    """What the endpoint showed."""

    reachable: bool
    """It answers as an LLM endpoint and did not refuse the key."""
    reason: str
    """Empty when all is well, else what is wrong and what to do."""
    models: tuple[str, ...] = ()
    """Model names it lists, as far as it does."""
    profile: Profile | None = None
    """What kind of server it is, by its address or by what it said; None: it said nothing."""
    context_tokens: int | None = None
    """Of the model that was asked for, where the server tells."""


class _Meta(msgspec.Struct):
    n_ctx: int | None = None
    n_ctx_train: int | None = None


class _Model(msgspec.Struct):
    id: str


class _Facts(msgspec.Struct):
    """What servers tell of a model beside its name."""

    id: str
    owned_by: str | None = None
    max_model_len: int | None = None
    """vLLM, NIM."""
    context_length: int | None = None
    """OpenRouter."""
    meta: _Meta | None = None
    """llama.cpp."""

    def context_tokens(self) -> int | None:
        """Prompt plus answer that it takes."""
        meta = self.meta or _Meta()
        return self.max_model_len or self.context_length or meta.n_ctx or meta.n_ctx_train


class _Models(msgspec.Struct):
    data: list[_Model]


class _AllFacts(msgspec.Struct):
    data: list[_Facts]


async def probe(endpoint: Endpoint, *, model: str | None = None, deadline_s: float = PROBE_S) -> Probe:
    """Ask the endpoint for its models; never raises for its state."""
    url = endpoint.models_url()
    try:
        async with (
            asyncio.timeout(deadline_s),
            httpx.AsyncClient(verify=tls_of(endpoint), trust_env=False, timeout=deadline_s) as client,
            client.stream("GET", url, headers=endpoint.headers()) as response,
        ):
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_LIST_BYTES:
                    return Probe(False, f"{url} answers with an endless list. Is this an LLM endpoint?")
            seen = _read(response.status_code, bytes(body), url, model)
            return _told(seen, endpoint, bytes(body), response.headers.get("server", ""), model)
    except (TimeoutError, httpx.TimeoutException):
        return Probe(False, f"{url} did not answer within {deadline_s:g} s. Is the server up and the address right?")
    except httpx.ConnectError as error:
        return Probe(False, _unreachable(endpoint, error))
    except (httpx.HTTPError, OSError) as error:
        return Probe(False, f"{url} broke the connection ({type(error).__name__}). Is this an HTTP server?")


def _unreachable(endpoint: Endpoint, error: httpx.ConnectError) -> str:
    text = str(error).lower()
    if "certificate" in text or "ssl" in text:
        return f"TLS with {endpoint.base_url} failed. Check the certificate, or use http:// for a local server."
    if "name or service" in text or "getaddrinfo" in text or "resolution" in text:
        return f"The host of {endpoint.base_url} is unknown. Check HORNBOOK_LLM_BASE_URL."
    return f"Nothing listens at {endpoint.base_url}. Start the server, or correct HORNBOOK_LLM_BASE_URL."


def _read(status: int, body: bytes, url: str, model: str | None) -> Probe:
    if status in (401, 403):
        return Probe(False, f"{url} refused the key (HTTP {status}). Set HORNBOOK_LLM_API_KEY to a valid key.")
    if 300 <= status < 400:
        return Probe(False, f"{url} redirects (HTTP {status}). Set HORNBOOK_LLM_BASE_URL to the final address.")
    if status >= 500:
        return Probe(False, f"{url} is in trouble (HTTP {status}). Look at the server's log, or try again later.")
    if status in (404, 405, 501):
        return Probe(True, f"{url} lists no models (HTTP {status}), so the model's name could not be checked.")
    if status != 200:
        return Probe(False, f"{url} answered HTTP {status}. Is this an OpenAI-compatible endpoint?")
    try:
        models = tuple(found.id for found in msgspec.json.decode(body, type=_Models).data)
    except (ValueError, RecursionError):
        return Probe(False, f"{url} does not answer like an OpenAI-compatible endpoint. Check HORNBOOK_LLM_BASE_URL.")
    if model is not None and models and not _served(model, models):
        shown = ", ".join(models[:_SHOWN_MODELS]) + (", ..." if len(models) > _SHOWN_MODELS else "")
        return Probe(
            True, f"Model {model} is not served at {url}, which has: {shown}. Load it, or name another.", models
        )
    return Probe(True, "", models)


def _told(seen: Probe, endpoint: Endpoint, body: bytes, server: str, model: str | None) -> Probe:
    """The probe with what the server told beside names, where it is readable: nothing depends on it."""
    if not seen.reachable:
        return seen
    try:
        facts = msgspec.json.decode(body, type=_AllFacts).data
    except (ValueError, RecursionError):
        facts = []
    found = by_url(endpoint) or by_answer([(fact.id, fact.owned_by or "") for fact in facts], server)
    sizes = [fact.context_tokens() for fact in facts if model is None or fact.id in (model, f"{model}:latest")]
    return replace(seen, profile=found, context_tokens=sizes[0] if len(sizes) == 1 else None)


def _served(model: str, models: tuple[str, ...]) -> bool:
    """Ollama lists `phi3:latest` for what is asked for as `phi3`."""
    return model in models or f"{model}:latest" in models
