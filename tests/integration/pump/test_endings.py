"""However a pump ends, everything it claimed is stored or given back, and nothing keeps it from ending."""

import asyncio
import time

import pytest

from app.db.session import retrying
from app.services import jobs as people
from tests.integration.pump.world import World
from tests.stub_llm import StubLlm, StubOptions
from tests.stub_llm_faults import OK, refused


async def _asked(stub: StubLlm) -> None:
    """Return once the endpoint was asked something."""
    async with asyncio.timeout(20):
        while not stub.requests:  # noqa: ASYNC110 - the stub has no event for it
            await asyncio.sleep(0.01)


def _break_claims(world: World) -> None:
    """Every claim fails from now on. Not to be called in the event loop, which the pump and the endpoint share."""
    world.query("""
        CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'broken'; END $$""")
    world.query("CREATE TRIGGER broken BEFORE INSERT ON reservations FOR EACH ROW EXECUTE FUNCTION broken()")


def test_a_slice_that_ends_with_calls_waiting_loses_none_that_was_made(world: World) -> None:
    async def run() -> int:
        async with StubLlm(StubOptions(latency_s=0.4)) as stub:
            world.endpoint = stub.url
            job = await asyncio.to_thread(world.job, 40)
            desk = await world.pump(job, slice_s=0.6, ceiling=4)
            assert desk.held_tokens() == []
            states = world.states(job)
            assert set(states) == {"done", "ready"}
            assert world.open_reservations(job) == 0
            return len(stub.requests) - states["done"]

    assert asyncio.run(run()) == 0


def test_answers_that_cannot_be_stored_end_the_pump_at_once(world: World) -> None:
    async def run() -> None:
        async with StubLlm(StubOptions(latency_s=0.02)) as stub:
            world.endpoint = stub.url
            job = await asyncio.to_thread(world.job, 40)
            world.query("ALTER TABLE llm_calls ADD CONSTRAINT broken CHECK (latency_s < 0) NOT VALID")
            # A pump that went on would hold its units until its slice is over.
            pump = world.pump(job, slice_s=600, ceiling=4)
            with pytest.raises(Exception, match="broken"):
                await asyncio.wait_for(pump, 200)
            assert len(stub.requests) <= 40

    asyncio.run(run())


def test_a_claim_that_fails_ends_the_pump_and_keeps_what_was_answered(world: World) -> None:
    async def run() -> None:
        async with StubLlm(StubOptions(latency_s=0.3)) as stub:
            world.endpoint = stub.url
            job = await asyncio.to_thread(world.job, 60)
            # No call is cut here, however slow the machine: a cut one is charged and asked again, which is not lost.
            pump = asyncio.create_task(world.pump(job, slice_s=60, ceiling=4, deadline_s=60))
            await _asked(stub)
            await asyncio.to_thread(_break_claims, world)
            with pytest.raises(Exception, match="broken"):
                await asyncio.wait_for(pump, 60)
            states = world.states(job)
            assert states["done"] == len(stub.requests), states

    asyncio.run(run())


def test_a_paused_job_is_asked_nothing_more(world: World) -> None:
    async def run() -> None:
        async with StubLlm(StubOptions(latency_s=0.3)) as stub:
            world.endpoint = stub.url
            job = await asyncio.to_thread(world.job, 60)
            pump = asyncio.create_task(world.pump(job, slice_s=20, ceiling=4))
            await _asked(stub)
            retrying(world.engine, lambda s: people.pause(s, job))
            begun, asked = time.monotonic(), len(stub.requests)
            await pump
            assert time.monotonic() - begun < 5
            assert len(stub.requests) < asked + 16
            assert world.open_reservations(job) == 0

    asyncio.run(run())


def test_a_cancelled_job_s_calls_are_cut_within_a_second_and_charged(world: World) -> None:
    async def run() -> None:
        async with StubLlm(StubOptions(latency_s=30)) as stub:
            world.endpoint = stub.url
            job = await asyncio.to_thread(world.job, 30)
            pump = asyncio.create_task(world.pump(job, slice_s=60, ceiling=4, deadline_s=60))
            async with asyncio.timeout(20):
                while len(stub.requests) < 4:  # noqa: ASYNC110 - the stub has no event for it
                    await asyncio.sleep(0.01)
            await asyncio.to_thread(retrying, world.engine, lambda s: people.cancel(s, job))
            await asyncio.wait_for(pump, 10)
            assert len(stub.requests) == 4
            assert world.open_reservations(job) == 0
            budget = world.query("SELECT spent_calls, reserved_calls FROM budgets WHERE job_id = :j", j=job)[0]
            assert tuple(budget) == (4, 0)
            # What was claimed and not asked for is ready again; the reconciler cancels it.
            states = world.states(job)
            assert states["cut_by_cancel"] == 4 and "leased" not in states

    asyncio.run(run())


def test_a_refused_key_stops_the_pump_and_the_job(world: World) -> None:
    async def run() -> None:
        async with StubLlm(script=lambda _: refused(401)) as stub:
            world.endpoint = stub.url
            job = await asyncio.to_thread(world.job, 60)
            await world.pump(job, slice_s=20, ceiling=4)
            assert len(stub.requests) < 48
            assert world.query("SELECT state FROM jobs WHERE id = :j", j=job)[0].state == "paused"
            assert world.states(job) == {"ready": 60}
            assert world.open_reservations(job) == 0

    asyncio.run(run())


def test_a_unit_given_back_for_a_moment_keeps_the_pump_awake(world: World) -> None:
    async def run() -> None:
        async with StubLlm(script=lambda r: OK if r.attempt > 1 else refused(429, ("retry-after-ms", "300"))) as stub:
            world.endpoint = stub.url
            job = await asyncio.to_thread(world.job, 1)
            await world.pump(job, slice_s=10, ceiling=4)
            assert world.states(job) == {"done": 1}

    asyncio.run(run())


def test_a_long_pause_of_the_endpoint_is_no_worker_s_to_sleep_through(world: World) -> None:
    async def run() -> None:
        async with StubLlm(script=lambda _: refused(429, ("retry-after", "3600"))) as stub:
            world.endpoint = stub.url
            job = await asyncio.to_thread(world.job, 30)
            begun = time.monotonic()
            await world.pump(job, slice_s=20, ceiling=4)
            assert time.monotonic() - begun < 10
            paused = world.query("SELECT extract(epoch FROM not_before - now()) AS s FROM endpoints")
            assert paused[0].s > 60
            assert world.states(job) == {"ready": 30}

    asyncio.run(run())
