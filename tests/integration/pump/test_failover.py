"""Several endpoints and keys for a job: shares by weight, failover at once, return after a look, nothing paid twice."""

import asyncio
import json
import time
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import pytest

from app.adapters.llm_endpoints import parse_endpoint
from app.db.session import retrying
from app.domain.config import ModelShare
from app.domain.lanes import EndpointShare
from app.domain.records import JobId
from app.services import jobs as people
from app.services.named_endpoints import NamedEndpoint
from tests.integration.pump.world import World
from tests.stub_llm import StubLlm, StubOptions
from tests.stub_llm_faults import OK, Act, refused
from tests.stub_llm_scripts import StubRequest
from workers.endpoints import Health


async def _job(world: World, *stubs: StubLlm, calls: int = 24, **llm: Any) -> JobId:
    """A job over these endpoints."""
    shares = tuple(EndpointShare(base_url=stub.url, weight=float(place + 1)) for place, stub in enumerate(stubs))
    return await asyncio.to_thread(world.job, calls, endpoints=shares, **llm)


def _answered_by(world: World) -> Counter[str]:
    rows = world.query("SELECT lane, count(*) AS n FROM llm_calls WHERE ok GROUP BY lane")
    return Counter({str(row.lane): int(row.n) for row in rows})


def _events(world: World, kind: str) -> list[dict[str, object]]:
    return [row.data for row in world.query("SELECT data FROM events WHERE kind = :kind ORDER BY id", kind=kind)]


def test_calls_are_shared_out_by_weight_and_say_who_answered(world: World) -> None:
    async def run() -> None:
        async with StubLlm(StubOptions(latency_s=0.02)) as one, StubLlm(StubOptions(latency_s=0.02)) as two:
            job = await _job(world, one, two, calls=30)
            await world.pump(job, slice_s=60, ceiling=6)
            assert world.states(job) == {"done": 30}
            asked = {f"stub at {one.url}": len(one.requests), f"stub at {two.url}": len(two.requests)}
            assert _answered_by(world) == asked and [*asked.values()] == [10, 20]

    asyncio.run(run())


def test_an_endpoint_that_nobody_listens_at_leaves_all_calls_to_the_other(world: World) -> None:
    async def run() -> None:
        async with StubLlm() as gone:
            pass
        async with StubLlm(StubOptions(latency_s=0.02)) as well:
            job = await _job(world, well, gone)
            begun = time.monotonic()
            await world.pump(job, slice_s=60, ceiling=4)
            assert world.states(job) == {"done": 24}
            assert time.monotonic() - begun < 30 and len(well.requests) == 24
        (down,) = _events(world, "endpoint.down")
        assert down["endpoint"] == f"stub at {gone.url}" and "connection" in str(down["reason"])
        seen = world.query("SELECT url FROM endpoints WHERE down_since IS NOT NULL")
        assert [row.url for row in seen] == [f"stub at {gone.url}"]

    asyncio.run(run())


def test_an_endpoint_that_is_back_has_its_share_again_after_one_look(world: World) -> None:
    async def run() -> None:
        ill = True
        script = lambda _: refused(503) if ill else OK  # noqa: E731
        async with StubLlm(StubOptions(latency_s=0.2)) as one, StubLlm(script=script) as two:
            job, healths = await _job(world, one, two, calls=60), dict[str, Health]()
            pump = asyncio.create_task(world.pump(job, slice_s=90, ceiling=4, healths=healths))
            async with asyncio.timeout(60):
                while not (health := healths.get(f"stub at {two.url}")) or not health.breaker.probing:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            ill, tried = False, len(two.requests)
            await pump
            assert world.states(job) == {"done": 60}
            assert len(two.requests) > tried + 1 and not health.breaker.probing
            assert len(_events(world, "endpoint.down")) == len(_events(world, "endpoint.up")) == 1

    asyncio.run(run())


def _named(stub: StubLlm, *names: str) -> tuple[NamedEndpoint, ...]:
    keys = {"east": "sk-east", "west": "sk-west"}
    return tuple(NamedEndpoint(name, parse_endpoint(stub.url, key=keys[name]), stub.url) for name in names)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(refused(401), id="a refused key"),
        pytest.param(refused(429, code="insufficient_quota"), id="an empty account"),
        pytest.param(refused(429, ("retry-after", "3600")), id="a long pause"),
    ],
)
def test_one_key_of_an_origin_does_not_stop_the_other(world: World, answer: Act) -> None:
    def script(request: StubRequest) -> Act:
        return answer if request.headers["authorization"] == "Bearer sk-west" else OK

    async def run() -> None:
        async with StubLlm(StubOptions(latency_s=0.02), script=script) as stub:
            world.endpoint, world.named = stub.url, _named(stub, "east", "west")
            job = await asyncio.to_thread(world.job, 24)
            await world.pump(job, slice_s=60, ceiling=4)
            assert world.states(job) == {"done": 24}
            assert world.query("SELECT state FROM jobs WHERE id = :j", j=job)[0].state == "running"
            assert _answered_by(world) == {f"stub at {stub.url} (east)": 24}
            # Its slots' first calls, and then nobody asks it.
            assert sum(r.headers["authorization"] == "Bearer sk-west" for r in stub.requests) <= 4
            assert "sk-" not in str(world.query("SELECT * FROM jobs")), "no job holds a key"

    asyncio.run(run())


def test_a_job_whose_keys_are_all_refused_waits_for_a_person_and_goes_on_at_once(world: World) -> None:
    valid: set[str] = set()

    def script(request: StubRequest) -> Act:
        return OK if request.headers["authorization"] in valid else refused(401)

    async def run() -> None:
        async with StubLlm(script=script) as stub:
            world.endpoint, world.named = stub.url, _named(stub, "east", "west")
            job, healths = await asyncio.to_thread(world.job, 12), dict[str, Health]()
            await world.pump(job, slice_s=60, ceiling=4, healths=healths)
            found = world.query("SELECT state, note FROM jobs WHERE id = :j", j=job)[0]
            assert found.state == "paused" and "(east)" in found.note and "(west)" in found.note
            assert world.states(job) == {"ready": 12} and world.open_reservations(job) == 0
            assert len(stub.requests) <= 2 * 4

            valid.add("Bearer sk-west")
            await asyncio.to_thread(retrying, world.engine, lambda s: people.resume(s, job))
            world.query("UPDATE units SET not_before = now()")
            await world.pump(job, slice_s=60, ceiling=4, healths=healths)
            assert world.states(job) == {"done": 12}

    asyncio.run(run())


def test_an_answer_of_one_endpoint_is_never_paid_again_at_another(world: World) -> None:
    async def run() -> None:
        async with StubLlm() as one, StubLlm() as two:
            job = await _job(world, one, two, calls=12)
            await world.pump(job, slice_s=60, ceiling=4)
            paid = len(one.requests) + len(two.requests)
            # As after the loss of a worker between an answer and its verdict.
            world.query("DELETE FROM generations")
            world.query("UPDATE units SET state = 'ready', finished_at = NULL WHERE kind = 'rewrite'")
            await world.pump(job, slice_s=60, ceiling=4)
            assert world.states(job) == {"done": 12}
            assert len(one.requests) + len(two.requests) == paid == 12

    asyncio.run(run())


def test_a_second_worker_does_not_press_what_the_first_found_down(world: World) -> None:
    async def run() -> None:
        async with StubLlm(script=lambda _: refused(503)) as stub:
            world.endpoint = stub.url
            job = await asyncio.to_thread(world.job, 40)
            await world.pump(job, slice_s=30, ceiling=16)
            first = len(stub.requests)
            assert world.query("SELECT not_before > down_since AS ok FROM endpoints")[0].ok
            world.query("UPDATE units SET not_before = now()")
            world.query("UPDATE endpoints SET not_before = now() + interval '1 min'")
            await world.pump(job, slice_s=30, ceiling=16)
            assert len(stub.requests) == first, "the pause holds for every worker"
            world.query("UPDATE endpoints SET not_before = now()")
            # Its health is its own, so all it knows is what the first one told.
            await world.pump(job, slice_s=30, ceiling=16)
            assert len(stub.requests) == first + 1

    asyncio.run(run())


def test_a_worker_at_work_hears_within_a_second_that_the_endpoint_is_down(world: World) -> None:
    async def run() -> None:
        async with StubLlm(StubOptions(latency_s=0.2)) as stub:
            world.endpoint = stub.url
            job = await asyncio.to_thread(world.job, 60)
            pump = asyncio.create_task(world.pump(job, slice_s=60, ceiling=2))
            async with asyncio.timeout(30):
                while not stub.requests:  # noqa: ASYNC110 - the stub has no event for it
                    await asyncio.sleep(0.01)
            lane = f"stub at {stub.url}"
            told = "INSERT INTO endpoints (url, not_before, down_since) VALUES (:lane, now() + interval '20 s', now())"
            await asyncio.to_thread(world.query, told, lane=lane)
            asked = len(stub.requests)
            await asyncio.wait_for(pump, 20)
            assert len(stub.requests) < asked + 12
            assert world.open_reservations(job) == 0 and "leased" not in world.states(job)

    asyncio.run(run())


def test_a_cancelled_job_s_calls_are_cut_at_every_endpoint(world: World) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            stubs = [await stack.enter_async_context(StubLlm(StubOptions(latency_s=30))) for _ in range(2)]
            job = await _job(world, *stubs, calls=30)
            pump = asyncio.create_task(world.pump(job, slice_s=60, ceiling=4, deadline_s=60))
            async with asyncio.timeout(30):
                while sum(len(stub.requests) for stub in stubs) < 4:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            await asyncio.to_thread(retrying, world.engine, lambda s: people.cancel(s, job))
            await asyncio.wait_for(pump, 10)
            assert all(stub.requests for stub in stubs)
            assert world.open_reservations(job) == 0 and world.states(job)["cut_by_cancel"] == 4

    asyncio.run(run())


def test_a_model_that_its_endpoint_does_not_know_leaves_its_calls_to_the_other(world: World) -> None:
    def script(request: StubRequest) -> Act:
        return refused(404, code="model_not_found") if json.loads(request.body)["model"] == "none" else OK

    async def run() -> None:
        async with StubLlm(script=script) as stub:
            world.endpoint = stub.url
            models = (ModelShare("stub"), ModelShare("none"))
            job = await asyncio.to_thread(world.job, 24, models=models)
            await world.pump(job, slice_s=60, ceiling=4)
            assert world.states(job) == {"done": 24}
            assert _answered_by(world) == {f"stub at {stub.url}": 24}
        (told,) = _events(world, "model.unknown")
        assert told["model"] == "none" and told["models"] == ["stub"]
        assert world.query("SELECT state FROM jobs WHERE id = :j", j=job)[0].state == "running"

    asyncio.run(run())
