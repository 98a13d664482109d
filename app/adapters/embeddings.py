"""Vectors of texts from any OpenAI-compatible `/v1/embeddings` endpoint, as rows of one array.

Used by tools that a person waits for: a busy or failing server is asked again a few times, then the call raises with
the reason. Texts are cut to what models take. Nothing is centred here; `app.domain.ruler` does that.
"""

import random
import time
from collections.abc import Sequence

import httpx
import numpy as np
import orjson
from numpy.typing import NDArray

from app.adapters.llm_endpoints import Endpoint, parse_endpoint
from app.domain.ruler import Encoder
from app.errors import InvalidInputError, TransientError
from app.settings import Settings

TEXTS_A_CALL = 64
ATTEMPTS = 5
MOST_WAIT_S = 30.0
MAX_BODY_BYTES = 64_000_000
MOST_NUMBER = 1e15
"""No encoder gives such numbers, and their squares still fit."""
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


class EmbeddingsUnavailableError(TransientError):
    """The embedding endpoint {url} gave no vectors: {reason}."""

    code = "embeddings_unavailable"


class BadEmbeddingsError(InvalidInputError):
    """The embedding endpoint {url} gave no usable vectors: {reason}."""

    code = "bad_embeddings"


class EmbeddingClient:
    """One model at one endpoint; may be called from several threads."""

    def __init__(self, endpoint: Endpoint, model: str, *, chars: int, deadline_s: float) -> None:
        self._url = endpoint.embeddings_url(model)
        self._model = model
        self._chars = chars
        # No redirects and no variables of the environment: the key is for this origin only.
        self._http = httpx.Client(headers=dict(endpoint.headers()), timeout=deadline_s, trust_env=False)
        self._dims: int | None = None

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows (n, dims) in the order of the texts; raises EmbeddingsUnavailableError and BadEmbeddingsError."""
        parts = [texts[low : low + TEXTS_A_CALL] for low in range(0, len(texts), TEXTS_A_CALL)]
        rows = [self._rows(part) for part in parts]
        return np.concatenate(rows) if rows else np.zeros((0, self._dims or 1), np.float32)

    def _rows(self, texts: Sequence[str]) -> NDArray[np.float32]:
        # An empty input is refused by most servers.
        body = {"model": self._model, "input": [text[: self._chars] or " " for text in texts]}
        rows = self._read(self._ask(orjson.dumps(body)), len(texts))
        if self._dims not in (None, rows.shape[1]):
            raise BadEmbeddingsError(
                url=self._url, reason=f"{rows.shape[1]} numbers, where it gave {self._dims} before"
            )
        self._dims = rows.shape[1]
        return rows

    def _ask(self, body: bytes) -> bytes:
        """The body of a good answer."""
        reason = ""
        for attempt in range(ATTEMPTS):
            found, wait_s = self._try(body)
            if isinstance(found, bytes):
                return found
            reason = found
            if attempt + 1 < ATTEMPTS:
                time.sleep(min(MOST_WAIT_S, wait_s if wait_s is not None else random.uniform(0.5, 1.0) * 2**attempt))
        raise EmbeddingsUnavailableError(url=self._url, reason=f"{reason}, {ATTEMPTS} times")

    def _try(self, body: bytes) -> tuple[bytes | str, float | None]:
        """(the body, or why there is none; seconds to wait as the server asks). Raises for what will not pass."""
        try:
            with self._http.stream(
                "POST", self._url, content=body, headers={"content-type": "application/json"}
            ) as got:
                found = bytearray()
                for chunk in got.iter_bytes():
                    found += chunk
                    if len(found) > MAX_BODY_BYTES:
                        raise BadEmbeddingsError(url=self._url, reason="the answer is larger than 64 MB")
        except (httpx.TransportError, httpx.DecodingError) as error:
            return type(error).__name__, None
        if got.status_code == 200:
            return bytes(found), None
        reason = f"HTTP {got.status_code}"
        if got.status_code in _AGAIN:
            after = got.headers.get("retry-after", "")
            return reason, float(after) if after.isdecimal() else None
        raise BadEmbeddingsError(url=self._url, reason=f"{reason}: {bytes(found[:200]).decode('utf-8', 'replace')}")

    def _read(self, body: bytes, count: int) -> NDArray[np.float32]:
        try:
            data = orjson.loads(body)["data"]
            rows = {int(row["index"]): row["embedding"] for row in data}
            found = np.array([rows[place] for place in range(count)], dtype=np.float64)
        except (ValueError, TypeError, KeyError) as error:
            raise BadEmbeddingsError(url=self._url, reason=f"not what was asked for ({type(error).__name__})") from None
        if found.ndim != 2 or not found.shape[1] or len(data) != count or not (np.abs(found) < MOST_NUMBER).all():
            raise BadEmbeddingsError(url=self._url, reason="not one vector of finite numbers for each text")
        return found.astype(np.float32)


def encoder_of(settings: Settings, *, base_url: str | None = None, model: str | None = None) -> Encoder | None:
    """The encoder that was asked for or is set; None means Hornbook's own vectors. Raises BadEndpointError."""
    url = base_url or settings.embedding_base_url
    if url is None:
        return None
    named = model or settings.embedding_model
    if named is None:
        raise InvalidInputError(reason="an embedding endpoint needs a model: --embedding-model NAME")
    key = settings.embedding_api_key
    endpoint = parse_endpoint(url, key=key.get_secret_value() if key else None)
    chars, deadline_s = settings.embedding_chars, settings.embedding_deadline_s
    return EmbeddingClient(endpoint, named, chars=chars, deadline_s=deadline_s).encode
