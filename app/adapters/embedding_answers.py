"""Which replies of an `/v1/embeddings` endpoint are vectors; every other reply is a failure, as in `llm_answers`.

Strict by rule D2: one complete JSON document, one row of finite numbers for each text, all of one length. Knows
nothing of sockets.
"""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.adapters.llm_answers import MAX_PLAUSIBLE_TOKENS, not_json
from app.adapters.llm_outcomes import Failure, FailureCode, Usage
from app.adapters.llm_refusals import Reply, fail, read_refused

MOST_DIMS = 4_096
"""Numbers a text: what the pool sums takes the square of it, here 128 MB."""
MOST_NUMBER = 1e15
"""No model gives such numbers, and their squares still fit."""


class EmbeddingRequest(msgspec.Struct, frozen=True):
    """Texts to be embedded, in one call."""

    model: str
    input: tuple[str, ...]

    def body(self) -> bytes:
        """The request's JSON as it goes over the wire."""
        return msgspec.json.encode(self)


@dataclass(frozen=True, slots=True)
class Vectors:
    """A row for each text, in the order of the texts."""

    rows: NDArray[np.float32]
    """(n, dims), as the model gives them."""
    prompt_tokens: int
    """0 when usage_known is false."""
    usage_known: bool
    """False: charge the reservation in full (D16)."""
    latency_s: float


class _Row(msgspec.Struct):
    index: int
    embedding: list[float]


class _Embeddings(msgspec.Struct):
    data: list[_Row] | None = None
    usage: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    total_tokens: int | None = None


_EMBEDDINGS = msgspec.json.Decoder(_Embeddings)
_USAGE = msgspec.json.Decoder(_Usage | None)


def read_vectors(reply: Reply, *, texts: int) -> Vectors | Failure:
    """What a complete reply to a request for `texts` vectors brought; never raises on its content."""
    if not 200 <= reply.status < 300:
        return read_refused(reply)
    try:
        answer = _EMBEDDINGS.decode(reply.body)
    except msgspec.ValidationError as error:
        return fail(reply, FailureCode.wrong_type, f"no embeddings: {error}")
    except (ValueError, RecursionError) as error:
        return not_json(reply, error)
    tokens = _tokens(answer.usage)
    usage = None if tokens is None else Usage(tokens, 0)
    if answer.data is None:
        named = bytes(answer.error) not in (b"null", b"")
        code = FailureCode.error_in_body if named else FailureCode.wrong_type
        return fail(reply, code, "an error object with status 200" if named else "data is missing", usage)
    rows = _rows(answer.data, texts)
    if isinstance(rows, str):
        return fail(reply, FailureCode.wrong_type, rows, usage)
    return Vectors(rows, tokens or 0, tokens is not None, reply.latency_s)


def _rows(data: list[_Row], texts: int) -> NDArray[np.float32] | str:
    """The rows in the order of the texts, or what is wrong with them."""
    by_index = {row.index: row.embedding for row in data}
    if len(data) != texts or set(by_index) != set(range(texts)):
        return f"{len(data)} vectors for {texts} texts"
    lengths = {len(row) for row in by_index.values()}
    if len(lengths) != 1 or not 0 < max(lengths) <= MOST_DIMS:
        return f"vectors of {min(lengths)} to {max(lengths)} numbers; 1 to {MOST_DIMS}, all the same, can be used"
    found = np.array([by_index[place] for place in range(texts)], dtype=np.float64)
    if not (np.abs(found) < MOST_NUMBER).all():
        return "numbers that are not finite"
    return found.astype(np.float32)


def _tokens(raw: msgspec.Raw) -> int | None:
    """The bill, if the server gave one that can be believed."""
    try:
        usage = _USAGE.decode(raw)
    except (ValueError, RecursionError):
        return None
    tokens = None if usage is None else usage.prompt_tokens if usage.prompt_tokens is not None else usage.total_tokens
    return tokens if tokens is not None and 0 <= tokens <= MAX_PLAUSIBLE_TOKENS else None
