"""Lines of a batch's files: what is uploaded, and what every line that comes back means."""

import json

import pytest

from app.adapters import llm_batch_lines as wire
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.llm_outcomes import Answer, Failure, FailureCode, LlmRequest, Message, Outcome
from app.adapters.llm_profiles import named

REQUEST = LlmRequest("m", (Message("user", "Say “hi”."),), max_tokens=50, temperature=0.5, seed=3)
SAID = {
    "model": "m",
    "choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2},
}


def _line(status: int | None = 200, body: object = None, error: object = None) -> bytes:
    response = None if status is None else {"status_code": status, "request_id": "r", "body": body}
    return json.dumps({"id": "b", "custom_id": "1-1-0-77", "response": response, "error": error}).encode()


def _read(line: bytes) -> Outcome:
    found = wire.read_line(line)
    assert found is not None and found.custom_id == "1-1-0-77"
    return wire.outcome_of(found, model="m")


def test_a_request_goes_out_as_its_provider_wants_it() -> None:
    line = wire.request_line("1-1-0-77", REQUEST, named("openai"), "/v1/chat/completions")

    asked = json.loads(line)
    assert line.endswith(b"}\n") and line.count(b"\n") == 1
    assert (asked["custom_id"], asked["method"], asked["url"]) == ("1-1-0-77", "POST", "/v1/chat/completions")
    assert asked["body"]["max_completion_tokens"] == 50 and "max_tokens" not in asked["body"]
    assert asked["body"]["messages"] == [{"role": "user", "content": "Say “hi”."}]


@pytest.mark.parametrize(
    ("url", "api", "path"),
    [
        pytest.param("https://api.openai.com", "chat", "/v1/chat/completions", id="openai"),
        pytest.param("https://api.openai.com/v1", "completions", "/v1/completions", id="texts"),
        pytest.param("https://x.openai.azure.com", "chat", "/chat/completions", id="azure's deployments"),
        pytest.param("https://x.openai.azure.com/openai/v1", "chat", "/v1/chat/completions", id="azure's v1"),
    ],
)
def test_the_path_is_the_one_that_the_provider_knows(url: str, api: str, path: str) -> None:
    assert wire.request_path(parse_endpoint(url), api) == path  # type: ignore[arg-type]  # a word of the table


def test_an_answer_is_the_live_one() -> None:
    outcome = _read(_line(200, SAID))

    assert isinstance(outcome, Answer)
    assert (outcome.text, outcome.prompt_tokens, outcome.completion_tokens) == ("Hi.", 9, 2)
    assert json.loads(outcome.raw) == SAID, "what is stored can be read again as a reply"


@pytest.mark.parametrize(
    ("line", "code", "retry", "charged"),
    [
        pytest.param(_line(429, {"error": {"code": "rate_limit_exceeded"}}), "rate_limited", True, False, id="429"),
        pytest.param(_line(500, {"error": {"code": "server_error"}}), "server_error", True, False, id="500"),
        pytest.param(_line(503, None), "server_error", True, False, id="503 without a body"),
        pytest.param(_line(400, {"error": {"code": "content_filter"}}), "content_filter", False, True, id="filter"),
        pytest.param(
            _line(400, {"error": {"code": "context_length_exceeded"}}), "context_too_long", False, False, id="too long"
        ),
        pytest.param(_line(400, {"error": {"code": "x"}}), "bad_request", False, False, id="bad request"),
        pytest.param(_line(401, {"error": {"code": "invalid_api_key"}}), "unauthorized", True, False, id="key"),
        pytest.param(_line(200, {**SAID, "choices": []}), "no_choices", True, True, id="no choices"),
        pytest.param(_line(200, "prose"), "wrong_type", True, True, id="prose as a body"),
        pytest.param(_line(200, None), "wrong_type", True, True, id="no body"),
        pytest.param(_line(None, error={"code": "batch_expired"}), "batch_ended", True, False, id="expired"),
        pytest.param(_line(None, error={"code": "batch_cancelled"}), "batch_ended", True, False, id="cancelled"),
        pytest.param(_line(None, error={"code": "rate_limit_exceeded"}), "rate_limited", True, False, id="limit"),
        pytest.param(_line(None, error={"code": "invalid_request"}), "bad_request", False, False, id="invalid"),
        pytest.param(_line(None, error={"message": "prose"}), "server_error", True, False, id="an error in prose"),
        pytest.param(_line(None, error=None), "server_error", True, False, id="neither answer nor error"),
        pytest.param(_line(200, SAID)[:-30], "bad_json", True, True, id="cut"),
        pytest.param(
            b'{"custom_id": "1-1-0-77", "response": "' + b"x" * wire.MOST_LINE_BYTES,
            "body_too_large",
            False,
            True,
            id="too long a line",
        ),
    ],
)
def test_a_line_without_an_answer_has_the_meaning_of_a_live_reply(
    line: bytes, code: str, retry: bool, charged: bool
) -> None:
    outcome = _read(line)

    assert isinstance(outcome, Failure)
    assert (outcome.code, outcome.retry, outcome.charged) == (FailureCode(code), retry, charged)


@pytest.mark.parametrize("line", [b"prose", b"[]", b'{"custom_id": 7}', b'{"id": "b"}', b"\xff\xfe", b"{" * 5000])
def test_a_line_of_nobody_is_passed_over(line: bytes) -> None:
    assert wire.read_line(line) is None


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_lines_are_found_however_the_file_is_cut_into_pieces(size: int) -> None:
    content = b'{"a": 1}\r\n\n{"b": "\xe2\x80\xa8"}\nlast'
    pieces = [content[at : at + size] for at in range(0, len(content), size)]

    assert [line.rstrip() for line in wire.split_lines(pieces)] == [b'{"a": 1}', b'{"b": "\xe2\x80\xa8"}', b"last"]


def test_a_line_without_an_end_takes_no_more_memory_than_one_may() -> None:
    lines = list(wire.split_lines([b"x" * 60, b"x" * 60, b"x\nshort\n"], most=100))

    assert [len(line) for line in lines] == [100, 6]
