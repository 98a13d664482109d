"""One call of a recipe outside any job: the prompt, the answer, and what every gate says to it.

The loop in which a person improves a recipe, and what `benchmarks/repairs.py` measures repairs with. Needs no database.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec
from pydantic import TypeAdapter

from app.adapters.llm import LlmClient
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.llm_outcomes import Failure, LlmRequest, Message
from app.adapters.models import shipped_classifier_blob
from app.adapters.sandbox import Sandbox
from app.domain import drafts, prompts, safety
from app.domain.config import Api, JobConfig
from app.domain.examining import Answered, RulesSpec, Tried
from app.domain.prompts import Draw
from app.domain.recipes.recipe import Pass, Recipe
from app.domain.text import normalise
from app.errors import AppError

DEADLINE_S = 300.0
"""A model on a laptop writes a long answer in minutes."""
JUDGE = "app.domain.examining:try_answers"


class NoAnswerError(AppError):
    """The LLM gave no usable text: {code} {detail}"""

    code = "no_answer"
    status = 502


@dataclass(frozen=True)
class Asked:
    """One call, ready to be made."""

    draw: Draw
    seed: str | None
    """As the prompt shows it; None for a story from words."""
    request: LlmRequest
    mark: str
    length: tuple[int, int]
    version: str | None = None
    """The seed's code as passes bettered it, which the prompt shows; None: it shows the seed."""
    stage: Pass | None = None
    """The pass that is asked for; None: the text itself."""


Answering = Callable[[LlmRequest], str]
"""Gives the text of an answer; raises NoAnswerError."""


def settings_of(recipe: Recipe) -> JobConfig:
    """The config of a job of this recipe that says nothing itself."""
    return TypeAdapter(JobConfig).validate_python(dict(recipe.settings))


def ask(
    recipe: Recipe,
    draw: Draw,
    seed: str | None,
    *,
    model: str,
    api: Api = "chat",
    earlier: str | None = None,
    version: str | None = None,
    stage: Pass | None = None,
) -> Asked:
    """The call a job would make, with a boundary of its own: for the text, or for a pass over the seed's code."""
    config = settings_of(recipe)
    seed = None if seed is None else safety.redact(seed, config.gates.safety)
    shown = version or seed
    words = len((shown or "").split())
    length = recipe.length_for(words)
    mark = prompts.boundary(secrets.token_bytes(16), (shown or "") + (earlier or ""))
    if stage is None:
        messages = prompts.render(recipe, draw, shown, mark=mark, length=length, earlier=earlier)
    else:
        messages = prompts.render_pass(recipe, stage, shown or "", mark=mark)
    most = recipe.answer_tokens(words) if stage is None else drafts.answer_tokens(words)
    request = LlmRequest(
        model=model,
        messages=tuple(Message(role=m.role, content=m.content) for m in messages),
        max_tokens=min(config.llm.max_tokens, most),
        temperature=config.llm.temperature,
        seed=draw.rng_seed,
        api=api,
    )
    return Asked(draw, seed, request, mark, length, version, stage)


def judge(sandbox: Sandbox, recipe: Recipe, asked: Asked, text: str) -> Tried:
    """What every gate says to an answer, in the limited child; raises SandboxCrashError and its kin."""
    rules = RulesSpec(settings_of(recipe).gates, recipe, (), asked.draw.parts)
    sandbox.set_context("classifier", shipped_classifier_blob())
    sandbox.set_context("rules", msgspec.msgpack.encode(rules))
    answered = Answered(
        text=normalise(text).strip(),
        seed_text=asked.seed,
        kind=asked.draw.kind.value,
        mark=asked.mark,
        length=asked.length,
        words=asked.draw.words,
        seed_ease=None,
        version=asked.version,
        stage=asked.stage,
    )
    result = sandbox.call_each(JUDGE, [msgspec.msgpack.encode(answered)])[0]
    if not isinstance(result, bytes):
        raise NoAnswerError(code="unbearable_text", detail=str(result))
    return msgspec.msgpack.decode(result, type=Tried)


def repair_of(draw: Draw, tried: Tried) -> Draw | None:
    """The draw that asks for a repair of an answer; None when it passed, or nothing can mend it."""
    first = next((found for found in tried.gates if found.reason is not None), None)
    if first is None or not tried.repairable:
        return None
    return replace(draw, fell_short=(f"{first.reason}: {first.detail}",))


def endpoint_answering(url: str, *, key: str | None) -> Answering:
    """Asks an OpenAI-compatible endpoint, one call at a time."""
    endpoint = parse_endpoint(url, key=key)

    async def call(request: LlmRequest) -> str:
        async with LlmClient(endpoint, concurrency=1) as client:
            outcome = await client.complete(request, deadline_s=DEADLINE_S, request_id=secrets.token_hex(8))
        if isinstance(outcome, Failure):
            raise NoAnswerError(code=outcome.code, detail=outcome.detail)
        return outcome.text

    return lambda request: asyncio.run(call(request))
