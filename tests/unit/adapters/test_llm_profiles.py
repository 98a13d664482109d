"""Every kind of server is told from the others, asked as it wants, and understood."""

import asyncio
import json
from dataclasses import replace

import msgspec
import pytest

from app.adapters.llm import LlmClient
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.llm_outcomes import Answer, Failure, FailureCode, LlmRequest, Message, Outcome
from app.adapters.llm_probe import Probe, probe
from app.adapters.llm_profiles import (
    BY_NAME,
    GENERIC,
    PROFILES,
    JsonMode,
    UnknownProfileError,
    by_url,
    encode,
    named,
    plain_prompt,
)
from tests.stub_llm import StubLlm, StubOptions
from tests.stub_llm_faults import OK, Act, response
from tests.stub_llm_scripts import StubRequest
from tests.stub_llm_servers import SAID, SERVERS, Asked, Server, body, streamed, thinking, unsupported

REQUEST = LlmRequest("stub", (Message("system", "Explain."), Message("user", SAID)), 100, 0.0, 3)


def talk(server: Server, profile: str | None, *, calls: int = 1, stream: bool = False) -> tuple[Outcome, list[Asked]]:
    """The last outcome of some calls to a server, and what it was sent; the profile found unless named."""

    async def run() -> tuple[Outcome, list[Asked]]:
        options = StubOptions(models=server.models, server=server.header)
        async with StubLlm(options, script=server.script) as stub:
            endpoint = parse_endpoint(stub.url)
            found = named(profile) if profile else (await probe(endpoint)).profile
            assert found is not None
            async with LlmClient(endpoint, concurrency=1, profile=replace(found, stream=stream)) as client:
                for place in range(calls):
                    outcome = await client.complete(REQUEST, deadline_s=5, request_id=str(place))
            return outcome, [json.loads(request.body) for request in stub.requests]

    return asyncio.run(run())


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_server_is_asked_until_it_answers_and_asked_so_from_then_on(name: str) -> None:
    # Where the address tells, it is not the stub's.
    by_address = name in ("openai", "azure", "openrouter")
    outcome, sent = talk(SERVERS[name], name if by_address else None, calls=3)
    assert isinstance(outcome, Answer), outcome
    assert SAID in outcome.text and "weigh" not in outcome.text
    refused = {"openai": 1, "azure": 1, "nim": 1}
    assert len(sent) == 3 + refused.get(name, 0)


@pytest.mark.parametrize(
    ("name", "context_tokens"), [("vllm", 4096), ("llamacpp", 8192), ("nim", 2048), ("ollama", None), ("tgi", None)]
)
def test_a_server_is_told_by_its_list_of_models(name: str, context_tokens: int | None) -> None:
    server = SERVERS[name]

    async def run() -> Probe:
        async with StubLlm(StubOptions(models=server.models, server=server.header)) as stub:
            return await probe(parse_endpoint(stub.url), model="stub")

    seen = asyncio.run(run())
    assert (seen.profile, seen.context_tokens, seen.reason) == (BY_NAME[name], context_tokens, "")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://x.openai.azure.com", "azure"),
        ("https://x.openai.azure.com/openai/v1", "azure"),
        ("http://127.0.0.1:11434", "ollama"),
        ("https://integrate.api.nvidia.com/v1", "nim"),
        ("https://a.b.endpoints.huggingface.cloud", "tgi"),
        ("https://openrouter.ai/api", "openrouter"),
        ("https://notopenrouter.ai", None),
        ("http://127.0.0.1:8000", None),
    ],
)
def test_an_address_tells_the_server_or_nothing(url: str, name: str | None) -> None:
    found = by_url(parse_endpoint(url))
    assert (found.name if found else None) == name


def test_an_unknown_profile_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownProfileError, match=r"openai, azure, vllm"):
        named("gpt")


def test_every_profile_has_an_imitation() -> None:
    assert set(SERVERS) == {profile.name for profile in PROFILES}


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (streamed("Water ", "boils."), "Water boils."),
        (streamed("Water boils.", done=False), "Water boils."),
        (streamed("<think>Hm", "</think>", "\n\nWater boils."), "Water boils."),
        (OK, SAID),
    ],
    ids=["pieces", "no end mark", "reasoning", "not streamed after all"],
)
def test_a_stream_is_one_answer(act: Act, text: str) -> None:
    outcome, sent = talk(Server(answer=lambda _: act), "vllm", stream=True)
    assert isinstance(outcome, Answer) and text in outcome.text
    assert outcome.usage_known
    assert (sent[0]["stream"], sent[0]["stream_options"]) == (True, {"include_usage": True})


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (streamed("Water", finish=None, done=False), FailureCode.incomplete_body),
        (streamed("Water", finish="length"), FailureCode.truncated),
        (body(200, "data"), FailureCode.wrong_type),
        (Act((b'HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\ndata: {"c',)), FailureCode.incomplete_body),
        (Act((b"HTTP/1.1 200 X\r\ncontent-length: 14\r\n\r\ndata: <html>\n\n",)), FailureCode.bad_json),
        (Act((b'HTTP/1.1 200 X\r\ncontent-length: 26\r\n\r\ndata: {"error":{"code":1}}',)), FailureCode.error_in_body),
    ],
    ids=["cut", "length", "no stream", "cut in a piece", "html", "error"],
)
def test_a_stream_that_is_no_answer_says_why(act: Act, code: FailureCode) -> None:
    outcome, _ = talk(Server(answer=lambda _: act), "vllm", stream=True)
    assert isinstance(outcome, Failure) and outcome.code is code


def test_a_server_without_stream_options_is_asked_without_them() -> None:
    def answer(asked: Asked) -> Act:
        return unsupported("stream_options") if "stream_options" in asked else streamed(SAID, usage=False)

    outcome, sent = talk(Server(answer=answer), "generic", stream=True)
    assert isinstance(outcome, Answer) and not outcome.usage_known
    assert len(sent) == 2


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (thinking(content="Only the end of it.</think>Water boils."), "Water boils."),
        (
            thinking(content="In HTML a <think> block ends with </think>."),
            "In HTML a <think> block ends with </think>.",
        ),
        (thinking(content="<reasoning>\n</reasoning>Water boils."), "Water boils."),
    ],
    ids=["opened by the template", "about the tags", "another tag"],
)
def test_reasoning_is_no_part_of_the_answer(act: Act, text: str) -> None:
    outcome, _ = talk(Server(answer=lambda _: act), "generic")
    assert isinstance(outcome, Answer) and outcome.text == text


@pytest.mark.parametrize(
    "act",
    [
        thinking(content="<think>So long a thought that"),
        thinking(content=None, reasoning_content="So long"),
        thinking(content="", reasoning="So long"),
    ],
    ids=["unclosed", "beside null", "beside nothing"],
)
def test_reasoning_without_an_answer_is_truncated(act: Act) -> None:
    outcome, _ = talk(Server(answer=lambda _: act), "generic")
    assert isinstance(outcome, Failure) and outcome.code is FailureCode.truncated


REFUSALS = [
    ("vllm's old shape", 400, {"object": "error", "type": "BadRequestError", "code": 400}, FailureCode.bad_request),
    ("vllm's unknown model", 404, {"object": "error", "type": "NotFoundError"}, FailureCode.model_not_found),
    ("ollama's", 404, {"error": {"type": "not_found_error", "code": None}}, FailureCode.model_not_found),
    ("llama.cpp's full context", 400, {"error": {"type": "exceed_context_size_error"}}, FailureCode.context_too_long),
    ("llama.cpp loads", 503, {"error": {"code": 503, "type": "unavailable_error"}}, FailureCode.server_error),
    ("tgi's", 429, {"error": "stub", "error_type": "overloaded"}, FailureCode.rate_limited),
    ("azure's", 404, {"error": {"code": "DeploymentNotFound"}}, FailureCode.model_not_found),
    ("a flagged prompt", 403, {"error": {"code": 403, "metadata": {"reasons": ["x"]}}}, FailureCode.content_filter),
    ("no credit inside", 200, {"error": {"code": 402}}, FailureCode.insufficient_quota),
    ("a limit inside", 200, {"error": {"code": 429}}, FailureCode.rate_limited),
    ("fastapi's", 422, {"detail": "stub"}, FailureCode.bad_request),
]


@pytest.mark.parametrize(("status", "value", "code"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_refusals_of_every_shape_are_read(status: int, value: object, code: FailureCode) -> None:
    outcome, sent = talk(Server(answer=lambda _: body(status, value)), "generic")
    assert isinstance(outcome, Failure) and outcome.code is code
    assert len(sent) == 1


def test_a_gateway_s_failed_choice_may_be_asked_again() -> None:
    choice = {"message": {"content": "Wat"}, "finish_reason": "error", "error": {"code": 502}}
    outcome, _ = talk(Server(answer=lambda _: body(200, {"choices": [choice]})), "generic")
    assert isinstance(outcome, Failure) and outcome.code is FailureCode.error_in_body and outcome.retry


@pytest.mark.parametrize(
    ("usage", "completion_tokens"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 64}, 54),
        ({"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 3}, 4),
    ],
    ids=["reasoning in the total alone", "a total that is too small"],
)
def test_what_only_the_total_counts_is_billed(usage: Asked, completion_tokens: int) -> None:
    answer = {"choices": [{"message": {"content": SAID}, "finish_reason": "stop"}], "usage": usage}
    outcome, _ = talk(Server(answer=lambda _: body(200, answer)), "generic")
    assert isinstance(outcome, Answer) and outcome.completion_tokens == completion_tokens


def test_a_base_model_is_asked_to_go_on_with_a_text() -> None:
    request = LlmRequest("stub", (*REQUEST.messages, Message("assistant", "Once")), 100, 0.7, 3, "completions")

    async def run() -> tuple[Outcome, str, Asked]:
        async with (
            StubLlm() as stub,
            LlmClient(parse_endpoint(stub.url), concurrency=1, profile=named("openai")) as client,
        ):
            outcome = await client.complete(request, deadline_s=5, request_id="1")
            return outcome, stub.requests[0].path, json.loads(stub.requests[0].body)

    outcome, path, sent = asyncio.run(run())
    assert isinstance(outcome, Answer)
    assert (path, sent["prompt"], sent["max_tokens"]) == ("/v1/completions", f"Explain.\n\n{SAID}\n\nOnce", 100)
    assert "messages" not in sent and "api" not in sent
    assert plain_prompt(REQUEST.messages).endswith("\n\n")


SCHEMA: dict[str, object] = {"type": "json_schema", "json_schema": {"name": "score", "strict": True, "schema": {}}}


@pytest.mark.parametrize(
    ("json_mode", "sent"), [("schema", SCHEMA), ("object", {"type": "json_object"}), ("none", None)]
)
def test_a_wish_for_json_is_sent_as_far_as_the_server_has_it(json_mode: JsonMode, sent: object) -> None:
    wish = msgspec.structs.replace(REQUEST, response_format=SCHEMA)
    asked = json.loads(encode(wish, replace(GENERIC, json=json_mode)))
    assert asked.get("response_format") == sent
    assert json.loads(encode(REQUEST, replace(GENERIC, json=json_mode))).get("response_format") is None


@pytest.mark.parametrize("param", ["response_format", "response_format.json_schema"])
def test_a_model_without_json_schemas_is_asked_for_an_object_and_then_for_nothing(param: str) -> None:
    refusal = json.dumps({"error": {"message": "no", "param": param, "code": None}}).encode()

    def script(request: StubRequest) -> Act:
        return response(400, refusal, billed=False) if "response_format" in json.loads(request.body) else OK

    async def run() -> tuple[Outcome, list[object]]:
        async with StubLlm(script=script) as stub:
            async with LlmClient(parse_endpoint(stub.url), profile=replace(GENERIC, json="schema")) as client:
                wish = msgspec.structs.replace(REQUEST, response_format=SCHEMA)
                for place in range(2):
                    outcome = await client.complete(wish, deadline_s=5, request_id=str(place))
            return outcome, [json.loads(one.body).get("response_format", {}).get("type") for one in stub.requests]

    outcome, sent = asyncio.run(run())

    assert isinstance(outcome, Answer)
    assert sent == ["json_schema", "json_object", None, None]
