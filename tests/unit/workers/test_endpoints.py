"""A refine task asks its endpoint as that kind of server wants, and learns what it refuses once a process."""

import asyncio

from app.adapters.llm_endpoints import parse_endpoint
from app.domain.config import Llm
from tests.stub_llm import StubLlm, StubOptions
from tests.stub_llm_servers import SERVERS
from workers import endpoints


def test_what_a_server_is_and_refuses_is_asked_once() -> None:
    async def run() -> None:
        server = SERVERS["nim"]
        async with StubLlm(StubOptions(models=server.models), script=server.script) as stub:
            endpoint, llm = parse_endpoint(stub.url), Llm(stream=True)
            found = await endpoints.profile_of(endpoint, llm, model="stub")
            assert (found.name, found.stream) == ("nim", True)
            stub.options = StubOptions(models={"data": []})
            assert await endpoints.profile_of(endpoint, llm, model="stub") is found
            assert (await endpoints.profile_of(endpoint, Llm(), model="stub")).name == "generic"

    asyncio.run(run())


def test_a_server_that_is_away_is_asked_again_what_it_is() -> None:
    async def run() -> tuple[str, str]:
        async with StubLlm() as gone:
            endpoint = parse_endpoint(gone.url)
        before = await endpoints.profile_of(endpoint, Llm(), model="stub")
        async with StubLlm(StubOptions(models=SERVERS["vllm"].models), port=gone.port):
            after = await endpoints.profile_of(endpoint, Llm(), model="stub")
        return before.name, after.name

    assert asyncio.run(run()) == ("generic", "vllm")
