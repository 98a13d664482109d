"""What goes to an LLM endpoint and what can come back, as values.

`LlmRequest` is one call; its outcome is an `Answer` or a `Failure`, never an exception: provider trouble is data
that the pump counts, charges and shows. What every failure means (retry, pause, charge) stands in one table, POLICY,
after the reliability rules D2 to D7, D14 and D16. Knows nothing of HTTP libraries, sockets or the database.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import msgspec

from app.domain.config import Api


class Message(msgspec.Struct, frozen=True):
    """One chat message."""

    role: Literal["system", "user", "assistant"]
    content: str


class LlmRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """One completion call: the JSON that a server with no wishes of its own is sent."""

    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    """Upper limit of the answer, in tokens; set from the input's length, not the model's maximum (D12)."""
    temperature: float
    seed: int
    """The draw's rng seed, passed on so that servers that honour it repeat themselves."""
    api: Api = "chat"
    """Left out of the JSON when it is a chat."""
    response_format: dict[str, object] | None = None
    """As OpenAI writes it; sent as far as the server's profile says it has it."""

    def body(self) -> bytes:
        """The request's JSON as it goes over the wire."""
        return _ENCODER.encode(self)

    def prompt_bytes(self) -> int:
        """UTF-8 bytes of all messages, the base of the worst-case price."""
        return sum(len(message.content.encode()) for message in self.messages)


_ENCODER = msgspec.json.Encoder()
_CANONICAL = msgspec.json.Encoder(order="sorted")


def request_key(endpoint: str, request: LlmRequest, sample_ix: int) -> bytes:
    """sha256 of endpoint, full request and sample index: 32 bytes, the key of the call cache (D15).

    The sample index is part of the key, or a cache would return one text for every sample of a prompt.
    """
    canonical = _CANONICAL.encode({"endpoint": endpoint, "request": request, "sample_ix": sample_ix})
    return hashlib.sha256(canonical).digest()


class FailureCode(StrEnum):
    """Why a call gave no usable text; shown in funnels and stored with the unit, so the names are stable."""

    connect_failed = "connect_failed"
    """No connection: refused, unknown host, TLS refused. Nothing was sent."""
    no_free_connection = "no_free_connection"
    """Every connection of the pool was busy until the deadline. Nothing was sent."""
    timeout = "timeout"
    """The total deadline passed after the request was on its way."""
    disconnected = "disconnected"
    """The connection broke before a complete status line and headers."""
    incomplete_body = "incomplete_body"
    """The body ended early: short Content-Length, cut chunk, or a cut close-delimited body."""
    rate_limited = "rate_limited"
    """429 (or 503 with Retry-After is server_error): asked to slow down."""
    insufficient_quota = "insufficient_quota"
    """The account has no money or quota left; every further call fails as well."""
    unauthorized = "unauthorized"
    """401 or 403: the key is missing, wrong or not allowed this model."""
    redirected = "redirected"
    """3xx: redirects are never followed, the key belongs to one origin."""
    model_not_found = "model_not_found"
    """The endpoint does not serve this model."""
    not_found = "not_found"
    """404 without a known code: a wrong base URL. No call of this job can succeed there."""
    bad_request = "bad_request"
    """400, 422 or another 4xx: this request will never work."""
    context_too_long = "context_too_long"
    """Prompt plus max_tokens do not fit the model (413 or the provider's code)."""
    conflict = "conflict"
    """408, 409 or 425: try again."""
    server_error = "server_error"
    """5xx."""
    body_too_large = "body_too_large"
    """The (decoded) body passed the byte cap."""
    unsupported_encoding = "unsupported_encoding"
    """A Content-Encoding that was not asked for and cannot be undone safely."""
    bad_json = "bad_json"
    """The body is not one JSON document in UTF-8 (HTML, NaN, trailing data)."""
    wrong_type = "wrong_type"
    """JSON, but not the shape of a chat completion."""
    error_in_body = "error_in_body"
    """Status 200 with an error object instead of choices."""
    no_choices = "no_choices"
    """`choices` is empty or absent."""
    refusal = "refusal"
    """The model declined (`message.refusal`)."""
    content_filter = "content_filter"
    """The provider's filter stopped the prompt or the answer."""
    truncated = "truncated"
    """finish_reason `length`: half a document."""
    missing_finish_reason = "missing_finish_reason"
    """No finish_reason: cannot be told from a truncated answer."""
    unknown_finish_reason = "unknown_finish_reason"
    """A finish_reason other than stop, length and content_filter."""
    empty_content = "empty_content"
    """`content` is null, empty or white space."""
    batch_ended = "batch_ended"
    """The batch ended before it came to this request: it failed, expired or was cancelled. Nothing was made."""
    no_line = "no_line"
    """The files of a batch that was completed have no line for this request."""
    cut_by_cancel = "cut_by_cancel"
    """The job was cancelled while the call was in flight."""


class AnswerFlag(StrEnum):
    """Oddities of an accepted answer, counted but not fatal."""

    usage_missing = "usage_missing"
    """No usage: charge the reservation (D16)."""
    usage_invalid = "usage_invalid"
    """Negative, not integer, or absurdly large: treated as missing."""
    model_differs = "model_differs"
    """Another model's name than the one asked for."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a failure means for the unit, the job and the money."""

    retry: bool
    """The same request may succeed later: the unit goes back with a `not_before` (A10)."""
    charged: bool
    """The provider may bill it: usage if known, else the whole reservation (D14)."""
    pause_job: bool = False
    """No call of this job can succeed until a person acts."""


_LATER_FREE = Policy(retry=True, charged=False)
_LATER_PAID = Policy(retry=True, charged=True)
_NEVER_FREE = Policy(retry=False, charged=False)
_NEVER_PAID = Policy(retry=False, charged=True)
_PAUSE = Policy(retry=True, charged=False, pause_job=True)

POLICY: dict[FailureCode, Policy] = {
    FailureCode.connect_failed: _LATER_FREE,
    FailureCode.no_free_connection: _LATER_FREE,
    FailureCode.timeout: _LATER_PAID,
    FailureCode.disconnected: _LATER_PAID,
    FailureCode.incomplete_body: _LATER_PAID,
    FailureCode.rate_limited: _LATER_FREE,
    FailureCode.insufficient_quota: _PAUSE,
    FailureCode.unauthorized: _PAUSE,
    FailureCode.redirected: _PAUSE,
    FailureCode.model_not_found: _PAUSE,
    FailureCode.not_found: _PAUSE,
    FailureCode.bad_request: _NEVER_FREE,
    FailureCode.context_too_long: _NEVER_FREE,
    FailureCode.conflict: _LATER_FREE,
    FailureCode.server_error: _LATER_FREE,
    FailureCode.body_too_large: _NEVER_PAID,
    FailureCode.unsupported_encoding: _NEVER_PAID,
    FailureCode.bad_json: _LATER_PAID,
    FailureCode.wrong_type: _LATER_PAID,
    FailureCode.error_in_body: _LATER_PAID,
    FailureCode.no_choices: _LATER_PAID,
    FailureCode.refusal: _NEVER_PAID,
    FailureCode.content_filter: _NEVER_PAID,
    FailureCode.truncated: _NEVER_PAID,
    FailureCode.missing_finish_reason: _NEVER_PAID,
    FailureCode.unknown_finish_reason: _NEVER_PAID,
    FailureCode.empty_content: _NEVER_PAID,
    FailureCode.batch_ended: _LATER_FREE,
    FailureCode.no_line: _LATER_PAID,
    FailureCode.cut_by_cancel: _NEVER_PAID,
}


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens the provider says it counted."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete text the model finished by itself."""

    text: str
    finish_reason: str
    prompt_tokens: int
    """0 when usage_known is false."""
    completion_tokens: int
    usage_known: bool
    """False: charge the reservation in full (D16)."""
    model: str
    """The model the endpoint names, or the one asked for."""
    latency_s: float
    raw: bytes
    """The decoded body as received, stored before anything is made of it (D15)."""
    flags: tuple[AnswerFlag, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A call without a usable text."""

    code: FailureCode
    retry: bool
    pause_job: bool
    retry_after_s: float | None
    """What the endpoint asked for, capped; None: use the own back-off."""
    charged: bool
    """Charge it: `usage` if known, else the reservation in full."""
    status: int | None
    raw: bytes
    """What arrived of the body, up to the cap."""
    detail: str
    """A short, safe explanation without keys or document text."""
    latency_s: float
    usage: Usage | None = None


Outcome = Answer | Failure


def failure(
    code: FailureCode,
    *,
    detail: str,
    latency_s: float,
    status: int | None = None,
    raw: bytes = b"",
    retry_after_s: float | None = None,
    usage: Usage | None = None,
    policy: Policy | None = None,
) -> Failure:
    """A Failure with its code's policy, or the given one where a header overrides it."""
    rule = policy or POLICY[code]
    return Failure(
        code=code,
        retry=rule.retry,
        pause_job=rule.pause_job,
        retry_after_s=retry_after_s,
        charged=rule.charged,
        status=status,
        raw=raw,
        detail=detail,
        latency_s=latency_s,
        usage=usage,
    )
