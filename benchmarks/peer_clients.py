"""One peer's way of asking an endpoint for many completions; run by `benchmarks.peers` in an environment that has it.

    PYTHON benchmarks/peer_clients.py PEER URL PROMPTS SLOTS

Imports nothing of Hornbook. Prints one JSON object: wall and CPU seconds of the calls, and how many were answered. Each
peer is asked the way its own documentation shows, with as many calls at a time as the endpoint has slots, a time-out of
5 s where it takes one, and its own retries.
"""

import asyncio
import contextlib
import hashlib
import importlib
import json
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable

TIMEOUT_S = 5.0
ANSWER_TOKENS = 400


def prompts(count: int) -> list[str]:
    """About 2 kB each, none twice."""
    return [" ".join(hashlib.sha256(b"%d/%d" % (i, part)).hexdigest() for part in range(30)) for i in range(count)]


async def _all(ask: Callable[[str], Awaitable[object]], asked: list[str], slots: int) -> int:
    """Every prompt, `slots` at a time behind a semaphore; returns how many were answered."""
    gate = asyncio.Semaphore(slots)

    async def one(prompt: str) -> bool:
        async with gate:
            # A peer that gives up has lost the prompt, whatever it raises.
            with contextlib.suppress(Exception):
                return bool(await ask(prompt))
        return False

    return sum(await asyncio.gather(*map(one, asked)))


def openai(url: str, asked: list[str], slots: int) -> int:
    """`AsyncOpenAI` behind a semaphore, two retries."""
    from openai import AsyncOpenAI

    async def run() -> int:
        async with AsyncOpenAI(base_url=url, api_key="none", timeout=TIMEOUT_S) as client:

            async def ask(prompt: str) -> object:
                answer = await client.chat.completions.create(
                    model="stub", messages=[{"role": "user", "content": prompt}], max_tokens=ANSWER_TOKENS
                )
                return answer.choices[0].message.content

            return await _all(ask, asked, slots)

    return asyncio.run(run())


def litellm(url: str, asked: list[str], slots: int) -> int:
    """`acompletion` behind a semaphore, two retries."""
    import litellm as library

    library.suppress_debug_info = True

    async def ask(prompt: str) -> object:
        answer = await library.acompletion(
            model="openai/stub",
            messages=[{"role": "user", "content": prompt}],
            api_base=url,
            api_key="none",
            max_tokens=ANSWER_TOKENS,
            timeout=TIMEOUT_S,
            num_retries=2,
        )
        return answer.choices[0].message.content

    return asyncio.run(_all(ask, asked, slots))


def aiohttp(url: str, asked: list[str], slots: int) -> int:
    """A bare session and orjson, as little as can be done; asks again after Retry-After with the slot held."""
    import aiohttp as library
    import orjson

    async def run() -> int:
        connector = library.TCPConnector(limit=slots)
        timeout = library.ClientTimeout(total=TIMEOUT_S)
        async with library.ClientSession(connector=connector, timeout=timeout) as session:

            async def ask(prompt: str) -> object:
                body = {"model": "stub", "messages": [{"role": "user", "content": prompt}], "max_tokens": ANSWER_TOKENS}
                for _ in range(3):
                    with contextlib.suppress(TimeoutError):
                        async with session.post(f"{url}/chat/completions", data=orjson.dumps(body)) as answer:
                            if answer.status == 200:
                                return orjson.loads(await answer.read())["choices"][0]["message"]["content"]
                            await asyncio.sleep(float(answer.headers.get("retry-after", "1")))
                return None

            return await _all(ask, asked, slots)

    return asyncio.run(run())


def distilabel(url: str, asked: list[str], slots: int) -> int:
    """A pipeline of one `TextGeneration` step in batches of the endpoint's slots."""
    from distilabel.models import OpenAILLM
    from distilabel.pipeline import Pipeline
    from distilabel.steps import LoadDataFromDicts
    from distilabel.steps.tasks import TextGeneration

    llm = OpenAILLM(
        model="stub", base_url=url, api_key="none", timeout=int(TIMEOUT_S), generation_kwargs={"max_new_tokens": 400}
    )
    with Pipeline() as pipeline:
        load = LoadDataFromDicts(data=[{"instruction": prompt} for prompt in asked], batch_size=slots)
        load >> TextGeneration(llm=llm, input_batch_size=slots)
    found = pipeline.run(use_cache=False)["default"]["train"]
    return sum(text is not None for text in found["generation"])


PEERS: dict[str, tuple[Callable[[str, list[str], int], int], tuple[str, ...]]] = {
    "aiohttp": (aiohttp, ("aiohttp", "orjson")),
    "openai": (openai, ("openai",)),
    "litellm": (litellm, ("litellm",)),
    "distilabel": (distilabel, ("distilabel.models", "distilabel.pipeline", "distilabel.steps.tasks")),
}
"""{name: (how it asks, what it imports)}."""


def main() -> None:
    """Ask and print."""
    name, url, count, slots = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    logging.disable(logging.ERROR)
    asked = prompts(count)
    peer, modules = PEERS[name]
    for module in modules:
        # Not part of asking; litellm alone takes seconds.
        importlib.import_module(module)
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    answered = peer(url, asked, slots)
    figures = {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": sum(os.times()[:4]) - cpu,
        "answered": answered,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
