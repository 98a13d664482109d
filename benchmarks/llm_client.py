"""The bare LLM client against a 200 ms, 64-slot endpoint, beside one plain httpx client on the same work.

    python -m benchmarks.llm_client [--prompts 2000] [--slots 64] [--latency-ms 200] [--fault 429=0.1]

Prints wall time over the ideal (prompts x latency / slots), the share of slot-seconds used as the endpoint saw it, and
CPU per request of the client process. A 429 goes back to the queue by timer and frees its slot, as in the pump. The
baseline retries too, but with one httpx client of as many connections as slots.
"""

import argparse
import asyncio
import hashlib
import json
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from app.adapters.llm import LlmClient
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.llm_limits import AdaptiveDeadline, Aimd
from app.adapters.llm_outcomes import Answer, FailureCode, LlmRequest, Message

Ask = Callable[[int, LlmRequest], Awaitable[float | None]]
"""Makes one call: None when answered, else the seconds after which to ask again."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One run."""

    name: str
    wall_s: float
    cpu_ms: float
    utilisation: float
    repeats: int


def requests(count: int) -> list[LlmRequest]:
    """Prompts of about 2 kB."""
    made = []
    for index in range(count):
        words = " ".join(hashlib.sha256(b"%d/%d" % (index, part)).hexdigest() for part in range(30))
        made.append(LlmRequest("stub", (Message("system", "Explain."), Message("user", words)), 400, 0.7, index))
    return made


async def drive(work: list[LlmRequest], slots: int, ask: Ask) -> int:
    """Keep `slots` calls in flight until every prompt is answered; returns the number of repeats."""
    queue: asyncio.Queue[tuple[int, LlmRequest]] = asyncio.Queue()
    for item in enumerate(work):
        queue.put_nowait(item)
    left, repeats = len(work), 0
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def worker() -> None:
        nonlocal left, repeats
        while True:
            index, request = await queue.get()
            wait = await ask(index, request)
            if wait is None:
                left -= 1
                if not left:
                    done.set()
            else:
                repeats += 1
                loop.call_later(wait, queue.put_nowait, (index, request))

    workers = [asyncio.create_task(worker()) for _ in range(slots)]
    await done.wait()
    for task in workers:
        task.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    return repeats


async def sharded(url: str, work: list[LlmRequest], slots: int) -> int:
    """Our client."""
    deadline, aimd, rng = AdaptiveDeadline(floor_s=0.6, cap_s=5.0), Aimd(ceiling=slots), random.Random(0)
    async with LlmClient(parse_endpoint(url), concurrency=slots) as client:

        async def ask(index: int, request: LlmRequest) -> float | None:
            epoch = aimd.epoch
            outcome = await client.complete(request, deadline_s=deadline.current_s, request_id=str(index))
            if isinstance(outcome, Answer):
                deadline.observe(outcome.latency_s)
                aimd.record(overloaded=False, epoch=epoch)
                return None
            if not outcome.retry:
                raise RuntimeError(outcome.detail)
            if outcome.code is FailureCode.timeout:
                deadline.observe_timeout()
            aimd.record(overloaded=True, epoch=epoch)
            return rng.uniform(0.0, 0.1) if outcome.retry_after_s is None else outcome.retry_after_s

        repeats = await asyncio.wait_for(drive(work, slots, ask), timeout=300)
        sys.stdout.write(f"  limit at the end {aimd.limit}, deadline {deadline.current_s:.2f} s\n")
        return repeats


async def one_client(url: str, work: list[LlmRequest], slots: int) -> int:
    """One httpx.AsyncClient with as many connections as slots."""
    limits = httpx.Limits(max_connections=slots, max_keepalive_connections=slots)
    async with httpx.AsyncClient(limits=limits, timeout=5.0) as client:

        async def ask(index: int, request: LlmRequest) -> float | None:
            try:
                response = await client.post(f"{url}/chat/completions", content=request.body())
            except httpx.HTTPError:
                return 0.05
            if response.status_code != 200:
                return float(response.headers.get("retry-after", "1"))
            return None if response.json()["choices"][0]["message"]["content"] else 0.05

        return await asyncio.wait_for(drive(work, slots, ask), timeout=300)


def measure(
    name: str, run: Callable[[str, list[LlmRequest], int], Awaitable[int]], options: argparse.Namespace
) -> Figures:
    """One run against a fresh endpoint process."""
    command = [sys.executable, "-m", "tests.stub_llm", "--latency-ms", str(options.latency_ms)]
    command += ["--slots", str(options.slots), "--jitter-ms", str(options.jitter_ms)]
    for fault in options.fault:
        command += ["--fault", fault]
    work = requests(options.prompts)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stub:
        assert stub.stdout is not None
        url = f"http://127.0.0.1:{int(stub.stdout.readline())}/v1"
        try:
            wall, cpu = time.perf_counter(), time.process_time()
            repeats = asyncio.run(_await(run(url, work, options.slots)))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            with urllib.request.urlopen(url.removesuffix("/v1") + "/stats") as answer:
                stats = json.load(answer)
        finally:
            stub.terminate()
    busy = stats["busy_s"] / (options.slots * stats["span_s"])
    return Figures(name, wall, cpu * 1000 / stats["requests"], busy, repeats)


async def _await(work: Awaitable[int]) -> int:
    return await work


def main() -> None:
    """Run both and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--prompts", type=int, default=2000)
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=200.0)
    parser.add_argument("--jitter-ms", type=float, default=0.0)
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("--no-baseline", action="store_true")
    options = parser.parse_args()
    ideal = options.prompts * options.latency_ms / 1000 / options.slots
    print(f"{options.prompts} prompts, {options.slots} slots, {options.latency_ms} ms: ideal {ideal:.2f} s")
    runs = [measure("hornbook, pools of 4", sharded, options)]
    if not options.no_baseline:
        runs.append(measure("one httpx client", one_client, options))
    for run in runs:
        print(
            f"{run.name:22} wall {run.wall_s:6.2f} s = {run.wall_s / ideal:4.2f} x ideal,"
            f" slots busy {run.utilisation:5.1%}, CPU {run.cpu_ms:5.2f} ms/request, repeats {run.repeats}"
        )


if __name__ == "__main__":
    main()
