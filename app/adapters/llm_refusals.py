"""What a refusal of an LLM endpoint means: which failure stands behind its status and its error codes.

By rule D6 the error's machine code decides, never its prose. Servers wrap errors in several ways, all of which are read
here. Knows nothing of sockets; the client hands in what it read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from app.adapters.llm_limits import retry_after_s
from app.adapters.llm_outcomes import POLICY, Failure, FailureCode, Policy, Usage, failure

_DETAIL_CHARS = 200

_QUOTA_CODES = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "access_terminated"}
)
_CONTEXT_CODES = frozenset(
    {"context_length_exceeded", "exceed_context_size_error", "string_above_max_length", "request_too_large"}
)
_FILTER_CODES = frozenset({"content_filter", "content_policy_violation"})
_MODEL_CODES = frozenset({"model_not_found", "deploymentnotfound", "invalid_model", "notfounderror", "not_found_error"})
"""The last two are vLLM's and Ollama's; both say of an unknown path something else."""
_KEY_CODES = frozenset({"invalid_api_key", "account_deactivated"})


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP response as the client read it."""

    status: int
    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes
    """Decoded, under the cap."""
    latency_s: float
    now: float
    """Unix time of its arrival, for Retry-After dates."""
    url: str = ""
    """Where a refusal came from; never with a key."""


class _Metadata(msgspec.Struct):
    reasons: list[str] | None = None


class _Error(msgspec.Struct):
    code: str | int | None = None
    type: str | None = None
    metadata: _Metadata | None = None


class _ErrorBody(msgspec.Struct):
    """OpenAI's `error` object; vLLM's older bodies are that object itself; TGI's `error` is prose beside a type."""

    error: _Error | str | None = None
    error_type: str | None = None
    code: str | int | None = None
    type: str | None = None


_ERROR = msgspec.json.Decoder(_ErrorBody)


def read_refused(reply: Reply) -> Failure:
    """The failure behind a status other than 2xx."""
    codes = _error_codes(reply.body)
    code = _refusal_code(reply.status, codes)
    policy = POLICY[code]
    if reply.status in (502, 504):
        # A gateway gave up on a call that may well have run and been billed behind it (D14).
        policy = replace(policy, charged=True)
    wait = retry_after_s(reply.headers, now=reply.now)
    # Some put the status into the code: what else is said tells more.
    said = sorted(codes, key=lambda code: (code.isdigit(), code))
    named = "".join(filter(str.isprintable, said[0][:40])) if said else "no error code"
    return failure(
        code,
        detail=f"HTTP {reply.status} ({named}){_advice(code, reply.url)}",
        latency_s=reply.latency_s,
        status=reply.status,
        raw=reply.body,
        retry_after_s=wait,
        policy=_obey_should_retry(policy, reply.headers.get("x-should-retry")),
    )


def _advice(code: FailureCode, url: str) -> str:
    """What a person should look at; empty where only the code counts."""
    if not url:
        return ""
    if code is FailureCode.not_found:
        return f": there is nothing at {url}. Correct the base URL: for most servers it ends in /v1 and nothing else"
    if code in (FailureCode.model_not_found, FailureCode.unauthorized, FailureCode.redirected):
        return f" at {url}"
    return ""


def _obey_should_retry(policy: Policy, header: str | None) -> Policy:
    """The server's word on retrying; a paused job waits for a person whatever it says."""
    if policy.pause_job or header not in ("true", "false"):
        return policy
    return replace(policy, retry=header == "true")


_STATUS_CODES = {
    401: FailureCode.unauthorized,
    402: FailureCode.insufficient_quota,
    403: FailureCode.unauthorized,
    404: FailureCode.not_found,
    408: FailureCode.conflict,
    409: FailureCode.conflict,
    413: FailureCode.context_too_long,
    425: FailureCode.conflict,
    429: FailureCode.rate_limited,
}


def _refusal_code(status: int, codes: frozenset[str]) -> FailureCode:
    if codes & _QUOTA_CODES:
        return FailureCode.insufficient_quota
    if codes & _KEY_CODES:
        return FailureCode.unauthorized
    if 400 <= status < 500:
        for known, code in (
            (_MODEL_CODES, FailureCode.model_not_found),
            (_CONTEXT_CODES, FailureCode.context_too_long),
            (_FILTER_CODES, FailureCode.content_filter),
        ):
            if codes & known:
                return code
    if 300 <= status < 400:
        return FailureCode.redirected
    if status >= 500:
        return FailureCode.server_error
    return _STATUS_CODES.get(status, FailureCode.bad_request)


def _error_codes(body: bytes) -> frozenset[str]:
    """The machine codes of an error body, lower case, of whichever shape it is."""
    try:
        whole = _ERROR.decode(body)
    except (ValueError, RecursionError):
        return frozenset()
    found: list[str | int | None] = [whole.error_type, whole.code, whole.type]
    if isinstance(error := whole.error, _Error):
        found += [error.code, error.type]
        if error.metadata is not None and error.metadata.reasons:
            # OpenRouter's moderation: a 403 that is about this prompt and not about the key.
            found.append("content_filter")
    return frozenset(str(value).lower() for value in found if value is not None)


def fail(reply: Reply, code: FailureCode, detail: str, usage: Usage | None = None) -> Failure:
    """The failure that a reply is, with its status, body and bill."""
    return failure(
        code,
        detail=detail[:_DETAIL_CHARS],
        latency_s=reply.latency_s,
        status=reply.status,
        raw=reply.body,
        usage=usage,
    )
