"""The protocol as a real server speaks it, and as the stub imitates it: the same questions, the same answers."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.adapters.llm import LlmClient
from app.adapters.llm_check import Report, check
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.llm_outcomes import Answer, Failure, FailureCode, LlmRequest, Message, Outcome
from app.adapters.llm_probe import probe
from app.adapters.llm_profiles import BY_NAME
from app.domain.config import Api
from tests.integration.loop_run import StubThread
from tests.real_llm.server import Served
from tests.stub_llm_servers import SERVERS

PROFILE = BY_NAME["llama-cpp-python"]
CONTEXT = 512


@pytest.fixture(scope="module", params=["imitation", "real"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    if request.param == "real":
        yield request.getfixturevalue("stories")
        return
    server = SERVERS["llama-cpp-python"]
    with StubThread() as endpoint:
        endpoint.stub.options = replace(endpoint.stub.options, models=server.models, server=server.header, slots=1)
        endpoint.stub.script = server.script
        yield Served(endpoint.stub.url, "stub")


def request(served: Served, api: Api = "completions", *, tokens: int = 40, **over: object) -> LlmRequest:
    made = LlmRequest(served.model, (Message("assistant", "Once upon a time"),), tokens, 0.0, 3, api)
    return replace_request(made, **over)


def replace_request(made: LlmRequest, **over: object) -> LlmRequest:
    values = {name: getattr(made, name) for name in made.__struct_fields__} | over
    return LlmRequest(**values)


def ask(served: Served, *asked: LlmRequest, stream: bool = False, deadline_s: float = 60) -> list[Outcome]:
    """All at once; the client is closed afterwards."""

    async def run() -> list[Outcome]:
        profile = replace(PROFILE, stream=stream)
        async with LlmClient(parse_endpoint(served.url), concurrency=8, profile=profile) as client:
            calls = [client.complete(one, deadline_s=deadline_s, request_id=str(n)) for n, one in enumerate(asked)]
            return list(await asyncio.gather(*calls))

    return asyncio.run(run())


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("api", ["completions", "chat"])
def test_an_answer_that_is_cut_is_told_with_its_tokens(served: Served, api: Api, stream: bool) -> None:
    (outcome,) = ask(served, request(served, api, tokens=16), stream=stream)

    assert isinstance(outcome, Failure) and outcome.code is FailureCode.truncated and outcome.charged
    # This server's streams tell no usage: the reservation is charged.
    assert (outcome.usage is None) is stream
    if outcome.usage is not None:
        assert outcome.usage.completion_tokens == 16 and outcome.usage.prompt_tokens > 0


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_answer_that_ends_by_itself_is_an_answer(served: Served, stream: bool) -> None:
    asked = [request(served, tokens=480, temperature=0.7, seed=seed) for seed in range(3)]

    answers = [outcome for outcome in ask(served, *asked, stream=stream) if isinstance(outcome, Answer)]

    assert answers and all(len(one.text.split()) > 10 for one in answers)
    assert all(one.model == served.model and one.usage_known is not stream for one in answers)


def test_the_same_request_has_the_same_answer_and_calls_at_once_are_all_answered(served: Served) -> None:
    outcomes = ask(served, *[request(served, tokens=480)] * 8)

    assert all(isinstance(outcome, Answer) for outcome in outcomes)
    assert len({outcome.text for outcome in outcomes if isinstance(outcome, Answer)}) == 1


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("api", ["completions", "chat"])
def test_a_prompt_beyond_the_context_is_refused_once_and_for_nothing(served: Served, api: Api, stream: bool) -> None:
    long = (Message("user", "a word " * 3 * CONTEXT),)

    (outcome,) = ask(served, request(served, api, messages=long), stream=stream)

    assert isinstance(outcome, Failure) and outcome.code is FailureCode.context_too_long
    assert (outcome.retry, outcome.charged, outcome.status) == (False, False, 400)


def test_a_call_that_is_given_up_ends_at_once_and_the_next_is_answered(served: Served) -> None:
    started = time.monotonic()
    (cut,) = ask(served, request(served, tokens=480), deadline_s=0.001)
    took_s = time.monotonic() - started
    (after,) = ask(served, request(served, tokens=480))

    assert isinstance(cut, Failure) and cut.retry
    assert took_s < 1.0
    assert isinstance(after, Answer)


def test_the_list_of_models_tells_what_it_is_and_that_a_model_is_not_served(served: Served) -> None:
    seen = asyncio.run(probe(parse_endpoint(served.url), model=served.model))
    other = asyncio.run(probe(parse_endpoint(served.url), model="another"))

    assert (seen.reachable, seen.reason, seen.profile, seen.models) == (True, "", PROFILE, (served.model,))
    assert "another is not served" in other.reason and served.model in other.reason


def test_a_model_it_does_not_serve_is_answered_by_the_one_it_has(served: Served) -> None:
    (outcome,) = ask(served, request(served, tokens=480, model="another"))

    assert isinstance(outcome, Answer) and outcome.model == "another"


def test_a_check_measures_it(served: Served) -> None:
    report: Report = asyncio.run(check(parse_endpoint(served.url), model=served.model, api="completions", width=4))

    assert report.seen.profile == PROFILE and report.answers
    assert report.concurrency in (1, 2, 4) and report.tokens_per_s is not None and report.tokens_per_s > 10
    assert report.json_mode is None, "there is none for completions"
