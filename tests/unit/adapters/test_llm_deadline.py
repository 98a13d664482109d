"""A process that stood still reads the answers that came meanwhile; a silent endpoint is still cut in time."""

import asyncio
import time

from app.adapters.llm import LlmClient
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.llm_outcomes import Answer, Failure, FailureCode, Outcome
from tests.stub_llm import StubLlm, StubOptions
from tests.stub_llm_faults import OK, Act, hang
from tests.unit.adapters.test_llm import REQUEST

DEADLINE_S, STILL_S = 0.5, 1.0


def ask_and_stand_still(act: Act) -> tuple[Outcome, float]:
    """The outcome of a call whose process stands still past the deadline, and the seconds after it woke up."""
    woken: list[float] = []

    def stand_still() -> None:
        time.sleep(STILL_S)
        woken.append(time.monotonic())

    async def run() -> tuple[Outcome, float]:
        def sent(_: object) -> Act:
            asyncio.get_running_loop().call_soon(stand_still)
            return act

        async with (
            StubLlm(StubOptions(latency_s=0.1), script=sent) as stub,
            LlmClient(parse_endpoint(stub.url), concurrency=1) as client,
        ):
            outcome = await client.complete(REQUEST, deadline_s=DEADLINE_S, request_id="call-1")
            return outcome, time.monotonic() - woken[0]

    return asyncio.run(run())


def test_an_answer_that_came_while_the_process_stood_still_is_read() -> None:
    outcome, _ = ask_and_stand_still(OK)
    assert isinstance(outcome, Answer), outcome


def test_a_silent_endpoint_gets_no_second_grace() -> None:
    outcome, waited_s = ask_and_stand_still(hang())
    assert isinstance(outcome, Failure) and outcome.code is FailureCode.timeout
    assert waited_s >= 0.4, "cut before it could read what was there"


def test_a_call_in_flight_is_cut_when_its_deadline_is_brought_forward() -> None:
    async def run() -> Outcome:
        asked = asyncio.Event()

        def silent(_: object) -> Act:
            asked.set()
            return hang()

        async with (
            StubLlm(StubOptions(), script=silent) as stub,
            LlmClient(parse_endpoint(stub.url), concurrency=2) as client,
        ):
            call = asyncio.create_task(client.complete(REQUEST, deadline_s=100, request_id="call-1"))
            async with asyncio.timeout(20):
                await asked.wait()
            # It is never put off.
            client.shorten(200)
            client.shorten(0.01)
            return await asyncio.wait_for(call, timeout=20)

    outcome = asyncio.run(run())
    assert isinstance(outcome, Failure) and outcome.code is FailureCode.timeout
