"""The check of an endpoint finds what it is, how wide it is, and whether it speaks JSON."""

import asyncio
import json

from app.adapters.llm_check import Report, check, most_calls, most_tokens
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.llm_outcomes import Answer
from app.domain.config import Api
from tests.stub_llm import StubLlm, StubOptions
from tests.stub_llm_faults import OK, named_acts, refused
from tests.stub_llm_scripts import Script
from tests.stub_llm_servers import SERVERS, thinking


def checked(script: Script, *, api: Api = "chat") -> tuple[Report, int]:
    """The report on a stub, and how many calls it took."""

    async def run() -> tuple[Report, int]:
        stub_options = StubOptions(models=SERVERS["vllm"].models, latency_s=0.25, slots=4)
        async with StubLlm(stub_options, script=script) as stub:
            report = await check(parse_endpoint(stub.url), model="stub", api=api, width=16)
            return report, len(stub.requests)

    return asyncio.run(run())


def test_width_json_mode_and_context_are_found_within_the_bound() -> None:
    report, calls = checked(lambda r: thinking(content='{"colour": "green"}') if b"response_format" in r.body else OK)
    assert isinstance(report.answer, Answer) and report.json_mode
    assert report.seen.profile and report.seen.profile.name == "vllm" and report.seen.context_tokens == 4096
    assert report.concurrency == 4
    assert calls <= 1 + 1 + 2 + 4 + 8 <= most_calls(16) and most_tokens(16) > calls * 256
    assert [*report.speeds] == [1, 2, 4, 8] and report.tokens_per_s == report.speeds[4]


def test_a_base_model_is_asked_for_texts_and_not_for_json() -> None:
    report, calls = checked(lambda r: OK if r.path == "/v1/completions" else refused(400), api="completions")
    assert isinstance(report.answer, Answer) and report.json_mode is None
    assert report.concurrency == 4 and calls == 1 + 2 + 4 + 8


def test_a_server_without_json_mode_is_told() -> None:
    report, _ = checked(lambda r: refused(400) if "response_format" in json.loads(r.body) else OK)
    assert report.json_mode is False and report.concurrency == 4


def test_a_model_that_never_comes_to_an_end_answers_all_the_same() -> None:
    report, calls = checked(lambda _: named_acts()["length"])
    assert report.answers and calls > 2
    assert report.tokens_per_s is not None and report.tokens_per_s > 0


def test_an_endpoint_that_refuses_the_first_call_is_asked_no_more() -> None:
    report, calls = checked(lambda _: refused(401))
    assert calls == 1 and not report.answers and report.concurrency is None
