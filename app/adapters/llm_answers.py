"""Which replies of an LLM endpoint are answers, and what every other reply is.

Strict by rule D2: an answer is a 2xx, one complete JSON document under the byte cap, a choice that finished with
`stop` and a non-empty text. Everything else has a code of its own and a place in the policy table. Status codes follow
D6: the error's machine code decides, never its prose. Knows nothing of sockets; the client hands in what it read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from app.adapters.llm_limits import retry_after_s
from app.adapters.llm_outcomes import (
    POLICY,
    Answer,
    AnswerFlag,
    Failure,
    FailureCode,
    Outcome,
    Policy,
    Usage,
    failure,
)

MAX_PLAUSIBLE_TOKENS = 10_000_000
"""A usage above this is a fault of the server, not a bill."""

_DETAIL_CHARS = 200

_QUOTA_CODES = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "access_terminated"}
)
_CONTEXT_CODES = frozenset({"context_length_exceeded", "string_above_max_length", "request_too_large"})
_FILTER_CODES = frozenset({"content_filter", "content_policy_violation"})
_MODEL_CODES = frozenset({"model_not_found", "deploymentnotfound", "invalid_model"})
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


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] | None = None
    model: str | None = None
    usage: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Error(msgspec.Struct):
    code: str | int | None = None
    type: str | None = None


class _ErrorBody(msgspec.Struct):
    error: _Error | None = None


_COMPLETION = msgspec.json.Decoder(_Completion)
_USAGE = msgspec.json.Decoder(_Usage | None)
_ERROR = msgspec.json.Decoder(_ErrorBody)


def read_reply(reply: Reply, *, model: str) -> Outcome:
    """The outcome of a complete reply to a request for `model`; never raises on its content."""
    if 200 <= reply.status < 300:
        return _read_success(reply, model)
    return read_refused(reply)


def _read_success(reply: Reply, model: str) -> Outcome:
    try:
        completion = _COMPLETION.decode(reply.body)
    except msgspec.ValidationError as error:
        return fail(reply, FailureCode.wrong_type, f"not a chat completion: {error}")
    except (ValueError, RecursionError) as error:
        return not_json(reply, error)
    usage, flags = _usage(completion.usage)
    if not completion.choices:
        if bytes(completion.error) not in (b"null", b""):
            return fail(reply, FailureCode.error_in_body, "an error object with status 200", usage)
        return fail(reply, FailureCode.no_choices, "choices is empty or missing", usage)
    choice = completion.choices[0]
    problem = _problem(choice)
    if problem is not None:
        return fail(reply, problem[0], problem[1], usage)
    named = (completion.model or model).replace("\x00", "")
    if not _same_model(named, model):
        flags = (*flags, AnswerFlag.model_differs)
    return Answer(
        text=choice.message.content or "",
        finish_reason=choice.finish_reason or "",
        prompt_tokens=usage.prompt_tokens if usage else 0,
        completion_tokens=usage.completion_tokens if usage else 0,
        usage_known=usage is not None,
        model=named[:_DETAIL_CHARS],
        latency_s=reply.latency_s,
        raw=reply.body,
        flags=flags,
    )


def _problem(choice: _Choice) -> tuple[FailureCode, str] | None:
    """Why a choice is not an answer; the filter first, as it may come with any content."""
    reason = choice.finish_reason
    if reason == "content_filter":
        return FailureCode.content_filter, "stopped by the provider's filter"
    if choice.message.refusal:
        return FailureCode.refusal, "the model declined"
    if reason == "length":
        return FailureCode.truncated, "the answer reached max_tokens"
    if reason is None:
        return FailureCode.missing_finish_reason, "finish_reason is missing"
    if reason != "stop":
        return FailureCode.unknown_finish_reason, f"finish_reason is {reason[:40]!r}"
    if not (choice.message.content or "").strip():
        return FailureCode.empty_content, "the content is empty"
    return None


def not_json(reply: Reply, error: Exception) -> Failure:
    """Bad JSON, or a body that only its closing ended: there a cut is the likelier cause (T23 b)."""
    if "content-length" not in reply.headers and "transfer-encoding" not in reply.headers:
        return fail(reply, FailureCode.incomplete_body, "the body ended by close and does not parse")
    kind = type(error).__name__
    return fail(reply, FailureCode.bad_json, f"the body is not JSON ({kind})")


def _usage(raw: msgspec.Raw) -> tuple[Usage | None, tuple[AnswerFlag, ...]]:
    """The bill, if the server gave one that can be believed."""
    try:
        usage = _USAGE.decode(raw)
    except (ValueError, RecursionError):
        return None, (AnswerFlag.usage_invalid,)
    if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return None, (AnswerFlag.usage_missing,)
    if not all(0 <= tokens <= MAX_PLAUSIBLE_TOKENS for tokens in (usage.prompt_tokens, usage.completion_tokens)):
        return None, (AnswerFlag.usage_invalid,)
    return Usage(usage.prompt_tokens, usage.completion_tokens), ()


def _same_model(named: str, asked: str) -> bool:
    """Servers add dates, tags and paths (gpt-x to gpt-x-2026-01-01, phi3 to phi3:mini): one contains the other."""
    left, right = named.lower(), asked.lower()
    return left in right or right in left


def read_refused(reply: Reply) -> Failure:
    """The failure behind a status other than 2xx."""
    codes = _error_codes(reply.body)
    code = _refusal_code(reply.status, codes)
    policy = POLICY[code]
    if reply.status in (502, 504):
        # A gateway gave up on a call that may well have run and been billed behind it (D14).
        policy = replace(policy, charged=True)
    wait = retry_after_s(reply.headers, now=reply.now)
    named = "".join(filter(str.isprintable, sorted(codes)[0][:40])) if codes else "no error code"
    return failure(
        code,
        detail=f"HTTP {reply.status} ({named})",
        latency_s=reply.latency_s,
        status=reply.status,
        raw=reply.body,
        retry_after_s=wait,
        policy=_obey_should_retry(policy, reply.headers.get("x-should-retry")),
    )


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
    """The machine codes of an error body, lower case: `error.code` and `error.type`."""
    try:
        error = _ERROR.decode(body).error
    except (ValueError, RecursionError):
        return frozenset()
    if error is None:
        return frozenset()
    return frozenset(str(value).lower() for value in (error.code, error.type) if value is not None)


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
