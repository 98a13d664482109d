"""Where an LLM lives: base URL, path scheme, key, as one validated value.

Serves any OpenAI-compatible server (`llm_profiles` has how each wants to be asked) and Azure's deployments. Users paste
base URLs with and without `/v1`, with a trailing slash, or the full path of the call; all mean the same. A key is sent
to this endpoint's origin only (D17): URLs cannot carry one, redirects are not followed, and `repr` does not show it.
Opens no connection.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from app.domain.config import Api
from app.errors import InvalidInputError

AZURE_HOSTS = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
AZURE_API_VERSION = "2024-10-21"
"""Azure's stable version of the deployments API, used when the operator names none."""

_VERSION_SEGMENT = re.compile(r"v\d+\w*\Z")
_CALL_SUFFIXES = ("/chat/completions", "/completions", "/embeddings", "/models")


class BadEndpointError(InvalidInputError):
    """HORNBOOK_LLM_BASE_URL is not usable: {reason}. Expected something like http://127.0.0.1:11434/v1."""

    code = "bad_llm_endpoint"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One origin that answers chat completions."""

    base_url: str
    """Scheme, host and path prefix without a trailing slash; never with a key."""
    azure: bool
    """True: Azure's deployment paths."""
    api_version: str | None = None
    """Azure's `api-version`."""
    api_key_header: bool = False
    """True: the key goes into `api-key`, as Azure wants, instead of a Bearer header."""
    key: str | None = field(default=None, repr=False)

    def completion_url(self, model: str, api: Api = "chat") -> str:
        """URL of a completion by this model; safe to log."""
        return self._call_url(model, "chat/completions" if api == "chat" else "completions")

    def embeddings_url(self, model: str) -> str:
        """URL of vectors by this model; safe to log."""
        return self._call_url(model, "embeddings")

    def _call_url(self, model: str, call: str) -> str:
        if self.azure:
            return f"{self.base_url}/deployments/{quote(model, safe='')}/{call}?api-version={self.api_version}"
        return f"{self.base_url}/{call}"

    def models_url(self) -> str:
        """URL of the list of models; safe to log."""
        return self.url_of("models")

    def url_of(self, path: str) -> str:
        """URL of what belongs to no model, such as `files`; safe to log."""
        query = f"?api-version={self.api_version}" if self.azure else ""
        return f"{self.base_url}/{path}{query}"

    def headers(self) -> list[tuple[str, str]]:
        """Headers of every call, the key among them: for this endpoint's own origin only."""
        headers = [("accept", "application/json"), ("accept-encoding", "identity"), ("user-agent", "hornbook")]
        if self.key and self.api_key_header:
            headers.append(("api-key", self.key))
        elif self.key:
            headers.append(("authorization", f"Bearer {self.key}"))
        return headers


def parse_endpoint(base_url: str, *, key: str | None = None, api_version: str | None = None) -> Endpoint:
    """The endpoint a base URL means; raises BadEndpointError.

    >>> parse_endpoint("http://127.0.0.1:11434/").completion_url("phi3:mini")
    'http://127.0.0.1:11434/v1/chat/completions'
    """
    url = base_url.strip()
    parts = _checked(url)
    host = parts[1].lower()
    path = _without_call_suffix(parts[2].rstrip("/"))
    on_azure = host.split(":")[0].endswith(AZURE_HOSTS)
    checked_key = _checked_key(key)
    origin = f"{parts[0]}://{host}"
    if api_version is not None or (on_azure and not path.endswith("/v1")):
        path = path.split("/openai")[0] + "/openai"
        version = quote(api_version or AZURE_API_VERSION, safe="")
        return Endpoint(origin + path, azure=True, api_version=version, api_key_header=True, key=checked_key)
    if not any(_VERSION_SEGMENT.match(segment) for segment in path.split("/")):
        path += "/v1"
    return Endpoint(origin + path, azure=False, api_key_header=on_azure, key=checked_key)


def _checked(url: str) -> tuple[str, str, str]:
    """(scheme, host[:port], path) of an acceptable base URL."""
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or parts.port > 0
    except ValueError as error:
        raise BadEndpointError(reason=f"it cannot be parsed ({error})") from None
    if parts.scheme not in ("http", "https"):
        raise BadEndpointError(reason="it must start with http:// or https://")
    if not parts.hostname or not port_ok or not parts.netloc.isascii() or not parts.netloc.isprintable():
        raise BadEndpointError(reason="it has no usable host name")
    if "@" in parts.netloc:
        raise BadEndpointError(reason="it holds a user name or password; put the key into HORNBOOK_LLM_API_KEY")
    if parts.query or parts.fragment:
        raise BadEndpointError(reason="it has a query or fragment; the key belongs into HORNBOOK_LLM_API_KEY")
    if not parts.path.isascii() or not parts.path.isprintable() or " " in parts.path:
        raise BadEndpointError(reason="its path holds characters that must be percent-encoded")
    return parts.scheme, parts.netloc, parts.path


def _checked_key(key: str | None) -> str | None:
    """The key without surrounding white space, None when empty; refuses what cannot stand in a header."""
    stripped = (key or "").strip()
    if not stripped:
        return None
    if not stripped.isascii() or not stripped.isprintable():
        raise BadEndpointError(reason="the API key holds characters that no header can carry")
    return stripped


def _without_call_suffix(path: str) -> str:
    """The prefix of a pasted full call path."""
    for suffix in _CALL_SUFFIXES:
        if path.endswith(suffix):
            return path[: -len(suffix)]
    return path
