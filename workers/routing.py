"""One client an endpoint for a job whose models live at several; a call goes to the one of its model."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

from app.adapters.llm import LlmClient
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.llm_outcomes import LlmRequest, Outcome
from app.services.asking import JobContext
from app.settings import Settings
from workers import endpoints


class Caller(Protocol):
    """What a pump asks."""

    async def complete(self, request: LlmRequest, *, deadline_s: float, request_id: str) -> Outcome:
        """The outcome of one call; never raises for what the endpoint does."""


class Router:
    """Sends each call to the client of its model."""

    def __init__(self, clients: Mapping[str, LlmClient]) -> None:
        self._clients = clients

    async def complete(self, request: LlmRequest, *, deadline_s: float, request_id: str) -> Outcome:
        """The outcome of one call."""
        return await self._clients[request.model].complete(request, deadline_s=deadline_s, request_id=request_id)


@asynccontextmanager
async def callers(context: JobContext, settings: Settings, ceiling: int) -> AsyncIterator[Caller]:
    """What asks the job's models, each endpoint with room for all slots, as shares may put them there for a while."""
    async with AsyncExitStack() as stack:
        by_url: dict[str, LlmClient] = {}
        for model in context.job.model_names:
            url = context.url_for(settings, model)
            if url not in by_url:
                by_url[url] = await stack.enter_async_context(_client(context, settings, model, ceiling=ceiling))
        if len(by_url) == 1:
            yield next(iter(by_url.values()))
        else:
            yield Router({model: by_url[context.url_for(settings, model)] for model in context.job.model_names})


@asynccontextmanager
async def _client(context: JobContext, settings: Settings, model: str, *, ceiling: int) -> AsyncIterator[LlmClient]:
    """One that asks as the endpoint is known to want it; what its refusals teach is kept for the next task."""
    endpoint = parse_endpoint(context.url_for(settings, model), key=context.key_for(settings, model))
    llm, cap = context.config.llm, settings.llm_max_body_bytes
    profile = await endpoints.profile_of(endpoint, llm, model=model)
    async with LlmClient(endpoint, concurrency=ceiling, max_body_bytes=cap, profile=profile) as client:
        yield client
    endpoints.learn(endpoint, llm, client.profile, model=model)
