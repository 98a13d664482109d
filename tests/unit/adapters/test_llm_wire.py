"""The LLM client's pools, what it sends, the call key, and the stub's own bill."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import pytest

from app.adapters.llm import LlmClient
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.llm_outcomes import Answer, Failure, FailureCode, LlmRequest, Message, Outcome, request_key
from app.adapters.llm_profiles import GENERIC
from app.adapters.llm_request_ids import readable_id, wire_id
from tests.stub_llm import StubLlm, StubOptions
from tests.stub_llm_faults import OK, hang, named_acts

REQUEST = LlmRequest(
    "stub", (Message("system", "Explain."), Message("user", "Water boils at 100 degrees.")), 100, 0.7, 3
)


def on_stub(
    work: Callable[[StubLlm, LlmClient], Awaitable[None]], options: StubOptions | None = None, *, concurrency: int = 64
) -> None:
    """Run against a stub whose script is set by the work."""

    async def run() -> None:
        async with (
            StubLlm(options) as stub,
            LlmClient(parse_endpoint(stub.url, key="sk-planted"), concurrency=concurrency) as client,
        ):
            await work(stub, client)

    asyncio.run(run())


def test_pools_work_after_many_cut_calls() -> None:
    async def work(stub: StubLlm, client: LlmClient) -> None:
        stub.script = lambda _: hang()
        calls = [client.complete(REQUEST, deadline_s=1.5, request_id=str(index)) for index in range(64)]
        cut = await asyncio.gather(*calls)
        assert {outcome.code for outcome in cut if isinstance(outcome, Failure)} == {FailureCode.timeout}
        stub.script = lambda _: OK
        calls = [client.complete(REQUEST, deadline_s=5, request_id=str(index)) for index in range(64)]
        assert all(isinstance(outcome, Answer) for outcome in await asyncio.gather(*calls))

    on_stub(work)


def test_cancelled_calls_leave_no_connection_behind() -> None:
    async def work(stub: StubLlm, client: LlmClient) -> None:
        # Every pass of the event loop is a place where a cancellation can land; some lie right behind a connection's
        # making, where httpcore forgets it.
        for passes in range(60):
            tasks = [asyncio.create_task(client.complete(REQUEST, deadline_s=5, request_id="x")) for _ in range(16)]
            for _ in range(passes):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        calls = [client.complete(REQUEST, deadline_s=5, request_id="y") for _ in range(16)]
        assert all(isinstance(outcome, Answer) for outcome in await asyncio.gather(*calls))

    on_stub(work, StubOptions(latency_s=0.02), concurrency=16)


def test_too_many_calls_for_the_pools_wait_and_are_not_charged_when_cut() -> None:
    async def work(stub: StubLlm, client: LlmClient) -> None:
        # The waiting four have the shorter deadline: a cut call would hand its connection on to them.
        deadlines = [4.0] * 8 + [1.5] * 4
        calls = [client.complete(REQUEST, deadline_s=limit, request_id="r") for limit in deadlines]
        outcomes = await asyncio.gather(*calls)
        waiting = [outcome for outcome in outcomes if isinstance(outcome, Failure) and not outcome.charged]
        assert [outcome.code for outcome in waiting] == [FailureCode.no_free_connection] * 4

    on_stub(work, StubOptions(latency_s=5.0), concurrency=8)


def test_request_on_the_wire(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def work(stub: StubLlm, client: LlmClient) -> None:
        await client.complete(REQUEST, deadline_s=5, request_id=readable_id(1, 2, 3, 4))
        (seen,) = stub.requests
        assert seen.path == "/v1/chat/completions"
        assert seen.headers["authorization"] == "Bearer sk-planted"
        assert seen.headers["x-request-id"] == "00000001-0002-0000-0003-000000000004"
        assert msgspec.json.decode(seen.body) == {
            "model": "stub",
            "messages": [{"role": message.role, "content": message.content} for message in REQUEST.messages],
            "max_tokens": 100,
            "temperature": 0.7,
            "seed": 3,
        }

    on_stub(work)
    assert "sk-planted" not in caplog.text
    assert "sk-planted" not in repr(parse_endpoint("http://h", key="sk-planted"))


def test_stub_bills_on_disk_what_it_worked_for(tmp_path: Path) -> None:
    log = tmp_path / "bill.jsonl"

    async def work(stub: StubLlm, client: LlmClient) -> None:
        for name in ("ok", "429", "length", "hang"):
            stub.script = lambda _, name=name: named_acts()[name]  # type: ignore[misc]
            await client.complete(REQUEST, deadline_s=2.0, request_id=name)

    on_stub(work, StubOptions(log=log))
    lines = [msgspec.json.decode(line) for line in log.read_bytes().splitlines()]
    assert [line["call_id"] for line in lines] == [wire_id(name) for name in ("ok", "length", "hang")]
    assert all(line["cost_micro"] > 0 for line in lines)


def test_request_key_depends_on_everything_and_on_nothing_else() -> None:
    base = request_key("http://a/v1", REQUEST, 0)
    others = [
        request_key("http://b/v1", REQUEST, 0),
        request_key("http://a/v1", REQUEST, 1),
        *(
            request_key("http://a/v1", msgspec.structs.replace(REQUEST, **change), 0)
            for change in ({"model": "m"}, {"max_tokens": 101}, {"temperature": 0.8}, {"seed": 4}, {"messages": ()})
        ),
    ]
    assert len(base) == 32
    assert len({base, *others}) == len(others) + 1
    assert base == request_key("http://a/v1", msgspec.structs.replace(REQUEST), 0)


def test_fault_of_our_own_is_raised_and_not_taken_for_the_provider() -> None:
    broken = replace(GENERIC, headers=(("x-title", "two\nlines"),))

    async def run() -> None:
        async with StubLlm() as stub, LlmClient(parse_endpoint(stub.url), concurrency=1, profile=broken) as client:
            with pytest.raises(httpx.LocalProtocolError):
                await client.complete(REQUEST, deadline_s=2, request_id="r")

    asyncio.run(run())


def test_stub_runs_as_a_process_and_plays_named_faults() -> None:
    command = [sys.executable, "-m", "tests.stub_llm", "--fault", "429=1", "--retry-after", "7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            base = f"http://127.0.0.1:{int(process.stdout.readline())}"
            outcomes = asyncio.run(_twice(base))
            stats = httpx.get(f"{base}/stats", trust_env=False).json()
        finally:
            process.terminate()
    assert isinstance(outcomes[0], Failure) and outcomes[0].retry_after_s == 7.0
    assert isinstance(outcomes[1], Answer)
    assert stats["acts"] == {"rate_limited": 1, "ok": 1}


async def _twice(base: str) -> list[Outcome]:
    async with LlmClient(parse_endpoint(base), concurrency=1) as client:
        return [await client.complete(REQUEST, deadline_s=5, request_id="r") for _ in range(2)]
