"""What an LLM endpoint can do, found by a few dozen small calls for `hornbook llm check`, before a job depends on it.

One call for the answer and its speed, one for JSON mode, then steps of ever more calls at a time until more of them
bring no more answers a second or the endpoint refuses.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from app.adapters.llm import LlmClient
from app.adapters.llm_endpoints import Endpoint
from app.adapters.llm_outcomes import Answer, FailureCode, LlmRequest, Message, Outcome
from app.adapters.llm_probe import Probe, probe
from app.adapters.llm_profiles import GENERIC, Profile
from app.domain.config import Api

MAX_TOKENS = 256
"""Room for a short answer behind some reasoning; a call uses a tenth of it mostly."""
STEPS = (2, 4, 8, 16, 32, 64)
WORTH_IT = 1.2
"""A step that brings less than that many times the answers a second of the last is past the endpoint's width."""
_ASKED = "In two short sentences, explain to a child why rain falls. This is question number {}."
_JSON = 'Answer with a JSON object of the form {"colour": "..."} that names the colour of grass.'


@dataclass(frozen=True, slots=True)
class Report:
    """What was found; None: not known."""

    seen: Probe
    answer: Outcome | None = None
    """Of the first call; None when the endpoint is away."""
    json_mode: bool | None = None
    """Whether it takes `response_format` and then answers with JSON."""
    concurrency: int | None = None
    """Calls at a time that still brought more answers a second; up to the largest step tried."""
    tokens_per_s: float | None = None
    """At that width."""
    speeds: Mapping[int, float] = field(default_factory=dict)
    """{calls at a time: tokens a second}, each step that was answered in full."""

    @property
    def answers(self) -> bool:
        """Whether it wrote something; base models mostly go on until they are cut."""
        return self.answer is not None and _written(self.answer) is not None


def most_calls(width: int) -> int:
    """Upper bound of the calls of a check up to `width` of them at a time."""
    return 2 + sum(step for step in STEPS if step <= width)


def most_tokens(width: int) -> int:
    """Upper bound of the tokens such a check uses; a call's prompt has 60 at most."""
    return most_calls(width) * (MAX_TOKENS + 60)


async def check(endpoint: Endpoint, *, model: str, api: Api, width: int, profile: Profile | None = None) -> Report:
    """Ask the endpoint what it is and a few questions; never raises for its state."""
    seen = await probe(endpoint, model=model)
    if not seen.reachable:
        return Report(seen)
    found = profile or seen.profile or GENERIC
    async with LlmClient(endpoint, concurrency=max(2, width), profile=found) as client:
        first = await client.complete(_request(model, api, 0), deadline_s=60, request_id="check-0")
        written = _written(first)
        if written is None:
            return Report(seen, first)
        as_json = await _json_mode(client, model) if api == "chat" else None
        speeds = {1: written / max(first.latency_s, 1e-6)}
        await _step_up(client, model, api, width, speeds)
    calls = widest(speeds)
    return Report(seen, first, as_json, calls, speeds[calls], speeds)


async def _step_up(client: LlmClient, model: str, api: Api, width: int, speeds: dict[int, float]) -> None:
    """Ask more and more at a time for as long as that brings more; `speeds` gets what every step brought."""
    for step in (step for step in STEPS if step <= width):
        found = await _speed(client, model, api, step)
        if found is None:
            return
        speeds[step] = found
        if widest(speeds) != step:
            return


def widest(speeds: Mapping[int, float]) -> int:
    """Calls at a time beyond which more bring no more answers a second."""
    best, *steps = speeds
    for step in steps:
        if speeds[step] < WORTH_IT * speeds[best]:
            break
        best = step
    return best


def _request(model: str, api: Api, number: int) -> LlmRequest:
    return LlmRequest(model, (Message("user", _ASKED.format(number)),), MAX_TOKENS, 0.7, number, api)


async def _json_mode(client: LlmClient, model: str) -> bool:
    asked = LlmRequest(model, (Message("user", _JSON),), MAX_TOKENS, 0.0, 1, response_format={"type": "json_object"})
    came = await client.complete(asked, deadline_s=60, request_id="check-json")
    if not isinstance(came, Answer):
        return False
    try:
        return isinstance(msgspec.json.decode(came.text), dict)
    except ValueError:
        return False


async def _speed(client: LlmClient, model: str, api: Api, calls: int) -> float | None:
    """Tokens a second of so many calls at a time; None when one of them was refused."""
    begun = time.monotonic()
    asks = [_request(model, api, 100 * calls + place) for place in range(calls)]
    came = await asyncio.gather(*(client.complete(ask, deadline_s=60, request_id=f"check-{ask.seed}") for ask in asks))
    written = [tokens for tokens in map(_written, came) if tokens is not None]
    if len(written) < calls:
        return None
    return sum(written) / (time.monotonic() - begun)


def _written(outcome: Outcome) -> int | None:
    """Tokens of an answer, also of one that was cut at its limit; None when there is none."""
    if isinstance(outcome, Answer):
        return outcome.completion_tokens
    if outcome.code is FailureCode.truncated:
        return outcome.usage.completion_tokens if outcome.usage else MAX_TOKENS
    return None
