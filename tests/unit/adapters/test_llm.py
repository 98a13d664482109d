"""The LLM client against a stub over real HTTP: T19 to T24 of the reliability rules."""

import asyncio
import resource
import socket
import time

import msgspec
import pytest

from app.adapters.llm import LlmClient
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.llm_outcomes import (
    POLICY,
    Answer,
    AnswerFlag,
    Failure,
    FailureCode,
    LlmRequest,
    Message,
    Outcome,
)
from tests.stub_llm import StubLlm
from tests.stub_llm_faults import (
    OK,
    Act,
    bad_200s,
    drip,
    half_responses,
    hang,
    http_date,
    rate_limited,
    refused,
    response,
)

CAP = 1_000_000
REQUEST = LlmRequest(
    "stub", (Message("system", "Explain."), Message("user", "Water boils at 100 degrees.")), 100, 0.7, 3
)


def ask(act: Act, *, deadline_s: float = 5.0, key: str | None = None, request: LlmRequest = REQUEST) -> Outcome:
    """The outcome of one call to a stub that plays one act."""

    async def run() -> Outcome:
        async with (
            StubLlm(script=lambda _: act) as stub,
            LlmClient(parse_endpoint(stub.url, key=key), concurrency=1, max_body_bytes=CAP) as client,
        ):
            return await client.complete(request, deadline_s=deadline_s, request_id="call-1")

    return asyncio.run(run())


def fail(act: Act, *, deadline_s: float = 5.0) -> Failure:
    """The failure of one call."""
    outcome = ask(act, deadline_s=deadline_s)
    assert isinstance(outcome, Failure), outcome
    return outcome


def test_good_answer_carries_text_usage_and_raw_body() -> None:
    outcome = ask(OK)
    assert isinstance(outcome, Answer)
    assert "Water boils at 100 degrees." in outcome.text
    assert outcome.finish_reason == "stop"
    assert outcome.usage_known and outcome.prompt_tokens > 0 and outcome.completion_tokens > 0
    assert msgspec.json.decode(outcome.raw)["choices"][0]["message"]["content"] == outcome.text
    assert outcome.flags == ()


BAD_200 = {
    "length": FailureCode.truncated,
    "filtered": FailureCode.content_filter,
    "filtered_with_text": FailureCode.content_filter,
    "null_finish": FailureCode.missing_finish_reason,
    "weird_finish": FailureCode.unknown_finish_reason,
    "tool_calls": FailureCode.unknown_finish_reason,
    "empty_choices": FailureCode.no_choices,
    "no_choices": FailureCode.no_choices,
    "null_content": FailureCode.empty_content,
    "blank_content": FailureCode.empty_content,
    "refusal": FailureCode.refusal,
    "number_content": FailureCode.wrong_type,
    "list_content": FailureCode.wrong_type,
    "choices_object": FailureCode.wrong_type,
    "error_object": FailureCode.error_in_body,
    "array": FailureCode.wrong_type,
    "html": FailureCode.bad_json,
    "empty_body": FailureCode.bad_json,
    "trailing": FailureCode.bad_json,
    "nan": FailureCode.bad_json,
    "lone_surrogate": FailureCode.bad_json,
    "bad_utf8": FailureCode.bad_json,
    "deep": FailureCode.wrong_type,
    "cut_json": FailureCode.bad_json,
    "gzip_bomb": FailureCode.body_too_large,
    "brotli": FailureCode.unsupported_encoding,
    "huge_declared": FailureCode.body_too_large,
    "huge_chunked": FailureCode.body_too_large,
}
ODD_200 = {
    "gzip_good": (),
    "wrong_model": (AnswerFlag.model_differs,),
    "usage_missing": (AnswerFlag.usage_missing,),
    "usage_negative": (AnswerFlag.usage_invalid,),
    "usage_huge": (AnswerFlag.usage_invalid,),
    "usage_text": (AnswerFlag.usage_invalid,),
}


@pytest.mark.parametrize("name", sorted(bad_200s()))
def test_every_odd_200_has_its_own_outcome(name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = ask(bad_200s()[name])
    if name in ODD_200:
        assert isinstance(outcome, Answer)
        assert outcome.flags == ODD_200[name]
        assert outcome.usage_known == (not any("usage" in flag for flag in outcome.flags))
    else:
        assert isinstance(outcome, Failure)
        assert outcome.code is BAD_200[name]
        assert outcome.charged
        assert len(outcome.raw) <= CAP
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.parametrize(("name", "tokens"), [("length", (10, 4)), ("refusal", (10, 4)), ("html", None)])
def test_failure_keeps_a_known_bill(name: str, tokens: tuple[int, int] | None) -> None:
    usage = fail(bad_200s()[name]).usage
    assert (usage and (usage.prompt_tokens, usage.completion_tokens)) == tokens


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("short_length", FailureCode.incomplete_body),
        ("closed_early", FailureCode.incomplete_body),
        ("cut_chunk", FailureCode.incomplete_body),
        ("no_last_chunk", FailureCode.incomplete_body),
        ("cut_in_character", FailureCode.incomplete_body),
        ("cut_headers", FailureCode.disconnected),
        ("closed_at_once", FailureCode.disconnected),
        ("not_http", FailureCode.disconnected),
    ],
)
def test_half_response_is_charged_and_retried(name: str, code: FailureCode) -> None:
    outcome = fail(half_responses()[name])
    assert (outcome.code, outcome.retry, outcome.charged) == (code, True, True)


@pytest.mark.parametrize("act", [hang(), drip(0.05), drip(0.2)], ids=["hang", "drip", "slow drip"])
def test_silent_and_dripping_endpoints_end_at_the_deadline(act: Act) -> None:
    started = time.monotonic()
    outcome = fail(act, deadline_s=0.5)
    assert 0.45 < time.monotonic() - started < 1.5
    assert (outcome.code, outcome.retry, outcome.charged) == (FailureCode.timeout, True, True)


REFUSED = [
    (refused(400), FailureCode.bad_request, False, False),
    (refused(400, code="context_length_exceeded"), FailureCode.context_too_long, False, False),
    (refused(400, code="content_filter"), FailureCode.content_filter, False, False),
    (refused(401, code="invalid_api_key"), FailureCode.unauthorized, True, True),
    (refused(402), FailureCode.insufficient_quota, True, True),
    (refused(403), FailureCode.unauthorized, True, True),
    (refused(404), FailureCode.not_found, True, True),
    (refused(404, code="model_not_found"), FailureCode.model_not_found, True, True),
    (refused(408), FailureCode.conflict, True, False),
    (refused(409), FailureCode.conflict, True, False),
    (refused(413), FailureCode.context_too_long, False, False),
    (refused(418), FailureCode.bad_request, False, False),
    (refused(422), FailureCode.bad_request, False, False),
    (refused(425), FailureCode.conflict, True, False),
    (refused(429), FailureCode.rate_limited, True, False),
    (refused(429, code="insufficient_quota"), FailureCode.insufficient_quota, True, True),
    (refused(500), FailureCode.server_error, True, False),
    (refused(502), FailureCode.server_error, True, False),
    (refused(503), FailureCode.server_error, True, False),
    (refused(504), FailureCode.server_error, True, False),
    (refused(500, ("x-should-retry", "false")), FailureCode.server_error, False, False),
    (refused(400, ("x-should-retry", "true")), FailureCode.bad_request, True, False),
    (refused(401, ("x-should-retry", "false")), FailureCode.unauthorized, True, True),
]


@pytest.mark.parametrize(("act", "code", "retry", "pause"), REFUSED, ids=[f"{a.name}-{c}" for a, c, _, _ in REFUSED])
def test_status_table(act: Act, code: FailureCode, retry: bool, pause: bool) -> None:
    outcome = fail(act)
    assert (outcome.code, outcome.retry, outcome.pause_job) == (code, retry, pause)
    assert outcome.charged == (act.name in ("502", "504") or code is FailureCode.content_filter)


@pytest.mark.parametrize(
    ("act", "wait_s"),
    [
        (rate_limited("2"), 2.0),
        (rate_limited("0.5"), 0.5),
        (rate_limited(None, millis="700"), 0.7),
        (rate_limited(http_date(1e9 + 3), date=http_date(1e9)), 3.0),
        (rate_limited("-1"), None),
        (rate_limited("nan"), None),
        (rate_limited("1e12"), 120.0),
        (rate_limited(http_date(1e9)), None),
        (rate_limited(None), None),
    ],
    ids=["2", "0.5", "ms", "date", "negative", "nan", "huge", "past", "absent"],
)
def test_retry_after_reaches_the_caller(act: Act, wait_s: float | None) -> None:
    assert fail(act).retry_after_s == wait_s


def test_a_wrong_path_names_the_address_and_what_to_try() -> None:
    plain = response(404, b"404 page not found", billed=False)
    outcome = fail(plain)
    assert (outcome.code, outcome.pause_job, outcome.charged) == (FailureCode.not_found, True, False)
    assert "/v1/chat/completions" in outcome.detail and "ends in /v1" in outcome.detail


def test_redirect_is_not_followed_and_the_key_stays_here() -> None:
    async def run() -> tuple[Outcome, int]:
        async with StubLlm() as thief, StubLlm(script=lambda _: moved(thief.url)) as stub:
            async with LlmClient(parse_endpoint(stub.url, key="sk-planted"), concurrency=1) as client:
                outcome = await client.complete(REQUEST, deadline_s=2, request_id="1")
            return outcome, len(thief.requests)

    def moved(url: str) -> Act:
        return refused(307, ("location", f"{url}/chat/completions"))

    outcome, stolen = asyncio.run(run())
    assert isinstance(outcome, Failure)
    assert (outcome.code, outcome.pause_job, stolen) == (FailureCode.redirected, True, 0)


def test_nobody_listening_is_not_charged() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    async def run() -> Outcome:
        async with LlmClient(parse_endpoint(f"http://127.0.0.1:{port}"), concurrency=1) as client:
            return await client.complete(REQUEST, deadline_s=2, request_id="1")

    outcome = asyncio.run(run())
    assert isinstance(outcome, Failure)
    assert (outcome.code, outcome.retry, outcome.charged) == (FailureCode.connect_failed, True, False)


def test_every_failure_code_has_a_policy() -> None:
    assert set(POLICY) == set(FailureCode)
