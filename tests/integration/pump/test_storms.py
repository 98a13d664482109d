"""T18 and T25: an endpoint that refuses everybody is pressed no harder for it, one that is away is left alone."""

import asyncio
import time

from tests.integration.pump.world import World
from tests.stub_llm import StubLlm
from tests.stub_llm_faults import OK, refused
from tests.stub_llm_scripts import StubRequest
from workers.endpoints import Health


def test_t18_a_storm_of_429s_is_waited_out_and_held_against_no_unit(world: World) -> None:
    async def run() -> None:
        over = 0.0

        def script(_request: StubRequest) -> object:
            nonlocal over
            over = over or time.monotonic() + 1.5
            return OK if time.monotonic() > over else refused(429, ("retry-after-ms", "200"))

        async with StubLlm(script=script) as stub:  # type: ignore[arg-type]
            world.endpoint = stub.url
            job = await asyncio.to_thread(world.job, 24)
            await world.pump(job, slice_s=30, ceiling=16)
            assert world.states(job) == {"done": 24}
            # The first wave and a few windows, then one call a pause.
            assert stub.counts["429"] < 24 + 16 + 20 + 1.5 / 0.2

    asyncio.run(run())


def test_t25_an_endpoint_that_is_down_is_left_alone_until_it_is_back(world: World) -> None:
    async def run() -> None:
        async with StubLlm() as gone:
            world.endpoint = gone.url
        job, health = await asyncio.to_thread(world.job, 24), Health()
        begun = time.monotonic()
        await world.pump(job, slice_s=20, ceiling=4, health=health)
        assert time.monotonic() - begun < 10
        assert world.states(job) == {"ready": 24} and world.open_reservations(job) == 0
        assert health.breaker.probing
        event = world.query("SELECT data FROM events WHERE kind = 'endpoint.down'")[0].data
        assert event["next_try_s"] == 1 and "connection" in event["reason"]

        world.query("UPDATE endpoints SET not_before = NULL")
        world.query("UPDATE units SET not_before = now()")
        async with StubLlm(port=gone.port) as stub:
            await world.pump(job, slice_s=20, ceiling=4, health=health)
            assert world.states(job) == {"done": 24} and len(stub.requests) == 24
        assert not health.breaker.probing
        assert len(world.query("SELECT id FROM events WHERE kind LIKE 'endpoint.%'")) == 2

    asyncio.run(run())
