"""The check of an endpoint finds what it is, how wide it is, and whether it speaks JSON."""

import asyncio
import json

import pytest

from app.adapters.llm_check import Report, check, most_calls, most_tokens, widest
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
        stub_options = StubOptions(models=SERVERS["vllm"].models, latency_s=0.05, slots=4)
        async with StubLlm(stub_options, script=script) as stub:
            report = await check(parse_endpoint(stub.url), model="stub", api=api, width=16)
            return report, len(stub.requests)

    return asyncio.run(run())


def test_width_json_mode_and_context_are_found_within_the_bound() -> None:
    report, calls = checked(lambda r: thinking(content='{"colour": "green"}') if b"response_format" in r.body else OK)
    assert isinstance(report.answer, Answer) and report.json_mode
    assert report.seen.profile and report.seen.profile.name == "vllm" and report.seen.context_tokens == 4096
    assert calls <= most_calls(16) and most_tokens(16) > calls * 256
    # How fast a loaded machine answers is no test's business; what follows from it is.
    assert calls == 1 + sum(report.speeds) and [*report.speeds] == [1, 2, 4, 8, 16][: len(report.speeds)]
    assert report.tokens_per_s == report.speeds[report.concurrency or 0]


@pytest.mark.parametrize(
    ("speeds", "width"),
    [
        ({1: 100.0}, 1),
        ({1: 100.0, 2: 199.0, 4: 390.0, 8: 391.0}, 4),
        ({1: 100.0, 2: 119.0}, 1),
        ({1: 100.0, 2: 120.0, 4: 80.0}, 2),
    ],
)
def test_the_width_is_the_last_step_that_brought_a_fifth_more(speeds: dict[int, float], width: int) -> None:
    assert widest(speeds) == width


def test_a_base_model_is_asked_for_texts_and_not_for_json() -> None:
    report, calls = checked(lambda r: OK if r.path == "/v1/completions" else refused(400), api="completions")
    assert isinstance(report.answer, Answer) and report.json_mode is None
    assert report.concurrency in report.speeds and calls == sum(report.speeds)


def test_a_server_without_json_mode_is_told() -> None:
    report, _ = checked(lambda r: refused(400) if "response_format" in json.loads(r.body) else OK)
    assert report.json_mode is False and report.concurrency in report.speeds


def test_a_model_that_never_comes_to_an_end_answers_all_the_same() -> None:
    report, calls = checked(lambda _: named_acts()["length"])
    assert report.answers and calls > 2
    assert report.tokens_per_s is not None and report.tokens_per_s > 0


def test_an_endpoint_that_refuses_the_first_call_is_asked_no_more() -> None:
    report, calls = checked(lambda _: refused(401))
    assert calls == 1 and not report.answers and report.concurrency is None
