"""A stub LLM endpoint that keeps its own bill: the judge of budgets and of "nothing lost" in tests and benchmarks.

A bare asyncio protocol (no framework: it shares two cores with what it measures). It serves `/v1/chat/completions`,
`/v1/completions`, `/v1/embeddings` and `/v1/models` for any model, with latency, jitter, a number of slots and scripted
faults (`tests.stub_llm_faults`), and writes one JSON line per request it would bill, on disk (fsync, grouped over a few
milliseconds) before the answer goes out. In a test: `async with StubLlm(script=...) as stub: stub.url`. As a process:
`python -m tests.stub_llm --port 0 --log FILE`, which prints its port; `GET /stats` returns the counters.
"""

import argparse
import asyncio
import hashlib
import json
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from tests.stub_embeddings import embeddings
from tests.stub_llm_answers import Prompt, lesson, read_prompt
from tests.stub_llm_batches import StubBatches
from tests.stub_llm_faults import OK, Act
from tests.stub_llm_http import NOT_FOUND, Connection, ok
from tests.stub_llm_scripts import Script, StubRequest, shares

FSYNC_EVERY_S = 0.003
"""Bill lines of this many seconds share one fsync."""


@dataclass(frozen=True, slots=True)
class StubOptions:
    """How the stub behaves."""

    latency_s: float = 0.0
    jitter_s: float = 0.0
    slots: int = 64
    """Requests worked on at a time; more wait, as in a real server's queue."""
    log: Path | None = None
    input_micro_per_mtok: int = 150_000
    output_micro_per_mtok: int = 600_000
    model: str = "stub"
    models: object = None
    """The list of models; None: `model` alone, with no word on who owns it."""
    server: str = ""
    """Its Server header."""
    answer: Callable[[Prompt], str] = lesson


class StubLlm:
    """The server; `async with` starts and stops it in the running loop."""

    def __init__(self, options: StubOptions | None = None, *, script: Script | None = None, port: int = 0) -> None:
        self.options = options or StubOptions()
        self.script = script or (lambda _request: OK)
        self.port = port
        self.requests: list[StubRequest] = []
        self.embed_script: Script = lambda _request: OK
        self.embed_requests: list[StubRequest] = []
        self.batches = StubBatches(self._answer, self._charge)
        self.keep_requests = True
        self.counts: dict[str, int] = {}
        self.billed_micro = 0
        self.busy_s = 0.0
        self.first_at = 0.0
        self.last_at = 0.0
        self.max_in_flight = 0
        self._number = 0
        self._in_flight = 0
        self._attempts: dict[bytes, int] = {}
        self._rng = random.Random(7)
        self._bill: list[bytes] = []
        self._flushed: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[asyncio.Transport] = set()

    @property
    def url(self) -> str:
        """The base URL to hand to a client."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._slots = asyncio.Semaphore(self.options.slots)
        self._log: IO[bytes] | None = self.options.log.open("ab") if self.options.log else None
        self._server = await loop.create_server(
            lambda: Connection(self.start, self._connections), "127.0.0.1", self.port, backlog=4096
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for transport in list(self._connections):
            transport.abort()
        if self._log:
            self._flush()
            self._log.close()
        await asyncio.sleep(0)

    def stats(self) -> dict[str, object]:
        """Counters for benchmarks: busy slot-seconds, span from first request to last answer, acts by name."""
        return {
            "requests": self._number,
            "acts": self.counts,
            "billed_micro": self.billed_micro,
            "busy_s": self.busy_s,
            "span_s": self.last_at - self.first_at,
            "max_in_flight": self.max_in_flight,
            "repeated": sum(1 for count in self._attempts.values() if count > 1),
        }

    def start(self, connection: Connection, path: str, headers: dict[str, str], body: bytes) -> None:
        """Serve one request in a task of its own."""
        task = asyncio.get_running_loop().create_task(self._serve(connection, path, headers, body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: Connection, path: str, headers: dict[str, str], body: bytes) -> None:
        bare = path.split("?")[0]
        if bare == "/stats":
            connection.reply(ok(json.dumps(self.stats()).encode()))
        elif bare.endswith("/models"):
            listed = self.options.models or {"object": "list", "data": [{"id": self.options.model}]}
            connection.reply(ok(json.dumps(listed).encode(), server=self.options.server))
        elif bare.endswith("/completions"):
            await self._complete(connection, path, headers, body)
        elif bare.endswith("/embeddings"):
            await self._embed(connection, path, headers, body)
        elif "/files" in bare or "/batches" in bare:
            await self.batches.serve(connection, path, headers, body)
        else:
            connection.reply(NOT_FOUND)

    async def _complete(self, connection: Connection, path: str, headers: dict[str, str], body: bytes) -> None:
        key = hashlib.blake2b(body, digest_size=16).digest()
        request = StubRequest(self._number, path, headers, body, self._attempts.get(key, 0))
        self._number += 1
        self._attempts[key] = request.attempt + 1
        if self.keep_requests:
            self.requests.append(request)
        self.first_at = self.first_at or time.monotonic()
        await self._play(connection, request, self.script(request))

    async def _embed(self, connection: Connection, path: str, headers: dict[str, str], body: bytes) -> None:
        """As any request, but counted by itself: scripts of chats go by the number of the chat."""
        key = hashlib.blake2b(body, digest_size=16).digest()
        request = StubRequest(len(self.embed_requests), path, headers, body, self._attempts.get(key, 0))
        self._attempts[key] = request.attempt + 1
        self.embed_requests.append(request)
        await self._play(connection, request, self.embed_script(request))

    async def _play(self, connection: Connection, request: StubRequest, act: Act) -> None:
        self.counts[act.name] = self.counts.get(act.name, 0) + 1
        if act.instant:
            await connection.play(act)
            return
        async with self._slots:
            await self._work(connection, request, act)

    async def _work(self, connection: Connection, request: StubRequest, act: Act) -> None:
        """Hold a slot, bill, answer."""
        started = time.monotonic()
        self._in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self._in_flight)
        try:
            answer, usage = self._answer(request)
            if act.billed:
                self._charge(request, act, usage)
            options = self.options
            jitter = self._rng.uniform(-options.jitter_s, options.jitter_s) if options.jitter_s else 0.0
            await asyncio.sleep(max(0.0, options.latency_s + jitter - (time.monotonic() - started)))
            if self._flushed is not None:
                await asyncio.shield(self._flushed)
            if act.hang:
                await connection.gone
            elif act.pieces:
                await connection.play(act)
            else:
                connection.reply(ok(answer))
        finally:
            self._in_flight -= 1
            self.last_at = time.monotonic()
            self.busy_s += self.last_at - started

    def _answer(self, request: StubRequest) -> tuple[bytes, tuple[int, int]]:
        """The completion's or the embeddings' JSON and its usage."""
        asked = json.loads(request.body)
        if request.path.split("?")[0].endswith("/embeddings"):
            return embeddings(asked)
        chat = "messages" in asked
        messages = asked["messages"] if chat else [{"content": asked["prompt"]}]
        text = self.options.answer(read_prompt(messages, int(asked.get("seed") or 0)))
        usage = (sum(len(message["content"]) for message in messages) // 4, len(text) // 4 + 1)
        said: dict[str, object] = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
        choice = {"index": 0, **said, "finish_reason": "stop"}
        whole = {
            "id": "stub",
            "object": "chat.completion",
            "model": asked.get("model", "stub"),
            "choices": [choice],
            "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)},
        }
        return json.dumps(whole).encode(), usage

    def _charge(self, request: StubRequest, act: Act, usage: tuple[int, int], *, divisor: int = 1) -> None:
        """One line of the bill; it reaches the disk before the answer leaves."""
        options = self.options
        prices = (options.input_micro_per_mtok // divisor, options.output_micro_per_mtok // divisor)
        total = usage[0] * prices[0] + usage[1] * prices[1]
        cost = -(-total // 1_000_000)
        self.billed_micro += cost
        if self._log is None:
            return
        line = {
            "call_id": request.headers.get("x-request-id", str(request.number)),
            "unit": hashlib.blake2b(request.body, digest_size=8).hexdigest(),
            "cost_micro": cost,
            "usage": usage,
            "act": act.name,
            "at": time.time(),
        }
        self._bill.append(json.dumps(line).encode() + b"\n")
        if self._flushed is None:
            loop = asyncio.get_running_loop()
            self._flushed = loop.create_future()
            loop.call_later(FSYNC_EVERY_S, self._flush)

    def _flush(self) -> None:
        flushed, self._flushed = self._flushed, None
        lines, self._bill = self._bill, []
        if lines and self._log is not None:
            self._log.write(b"".join(lines))
            self._log.flush()
            os.fsync(self._log.fileno())
        if flushed is not None and not flushed.done():
            flushed.set_result(None)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Stub LLM endpoint")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--jitter-ms", type=float, default=0.0)
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--retry-after", default="1")
    parser.add_argument("--every-attempt", action="store_true", help="faults also on repeats of a request")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=SHARE", help="e.g. 429=0.1 (repeatable)")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    rates = {name: float(share or 1) for name, _, share in (fault.partition("=") for fault in arguments.fault)}
    script = shares(
        rates,
        first_attempt_only=not arguments.every_attempt,
        retry_after=arguments.retry_after,
        seed=arguments.seed,
    )
    options = StubOptions(
        latency_s=arguments.latency_ms / 1000,
        jitter_s=arguments.jitter_ms / 1000,
        slots=arguments.slots,
        log=arguments.log,
    )
    async with StubLlm(options, script=script, port=arguments.port) as stub:
        stub.keep_requests = False
        sys.stdout.write(f"{stub.port}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_run(_arguments()))
