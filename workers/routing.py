"""Whom a job's pump asks: a lane for each of its endpoints, keys and models, with a client for each address and key."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from app.adapters.llm import LlmClient
from app.adapters.llm_endpoints import Endpoint, parse_endpoint
from app.domain import lanes as domain
from app.domain.config import Llm
from app.services.asking import JobContext
from app.settings import Settings
from workers import endpoints
from workers.lanes import Group, Lane


@asynccontextmanager
async def groups(context: JobContext, settings: Settings, ceiling: int, *, workers: int) -> AsyncIterator[list[Group]]:
    """The lanes of each of the job's models; one lane alone has room for all slots.

    `workers` pumps share what an endpoint allows in flight.
    """
    async with AsyncExitStack() as stack:
        by_model: dict[str, list[Lane]] = {}
        for one in context.lanes:
            most = ceiling if one.concurrency is None else max(1, min(ceiling, one.concurrency // workers))
            endpoint = parse_endpoint(context.url_for(settings, one), key=context.key_for(settings, one))
            client = await stack.enter_async_context(_client(context, settings, one, endpoint, ceiling=most))
            lane = Lane(
                client,
                one.id,
                ceiling=most,
                deadline_s=settings.llm_deadline_s,
                health=endpoints.health_of(one.id),
                weight=one.weight,
                there=one.there,
            )
            by_model.setdefault(one.model, []).append(lane)
        yield [Group(lanes, model=model) for model, lanes in by_model.items()]


@asynccontextmanager
async def _client(
    context: JobContext, settings: Settings, lane: domain.Lane, endpoint: Endpoint, *, ceiling: int
) -> AsyncIterator[LlmClient]:
    """One that asks as the endpoint is known to want it; what its refusals teach is kept for the next task."""
    llm: Llm = replace(context.config.llm, profile=lane.profile or context.config.llm.profile)
    model, cap = lane.there or lane.model, settings.llm_max_body_bytes
    profile = await endpoints.profile_of(endpoint, llm, model=model)
    async with LlmClient(endpoint, concurrency=ceiling, max_body_bytes=cap, profile=profile) as client:
        yield client
    endpoints.learn(endpoint, llm, client.profile, model=model)
