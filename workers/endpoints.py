"""What this worker process has found out of the endpoints it asks, kept from one task to the next: how each is asked,
and whether it is down.

How it is asked is found by the address, else by one look at the list of models; refusals teach the rest
(`app.adapters.llm_profiles`). Another process finds it again: it costs a request that nobody bills.
"""

from dataclasses import dataclass, field, replace

from app.adapters.llm_breaker import Breaker, RetryBudget
from app.adapters.llm_endpoints import Endpoint
from app.adapters.llm_probe import probe
from app.adapters.llm_profiles import GENERIC, Profile, by_url, named
from app.domain.config import Llm
from app.repositories.endpoint_health import Seen

_found: dict[tuple[str, str | None, str, bool], Profile] = {}
"""By address, wanted profile, model and whether answers are streamed: one model may take what another refuses."""


@dataclass
class Health:
    """How an endpoint does, as far as this process knows."""

    breaker: Breaker = field(default_factory=Breaker)
    retries: RetryBudget = field(default_factory=RetryBudget)
    told_down: bool = False
    """Whether other workers were last seen to know that it is down."""
    news_from: float = 0.0
    """What was read before this is older than what this process told."""

    def hear(self, seen: Seen, now: float) -> bool:
        """Take in what other workers know; whether they found it back."""
        back = self.told_down and not seen.down and self.breaker.probing
        if back:
            self.breaker.close()
        if seen.down and not self.breaker.probing:
            self.breaker.open(now)
        self.told_down = seen.down
        return back


_health: dict[str, Health] = {}


def health_of(lane: str) -> Health:
    """What is known of an endpoint's health, by the id of its lane (`app.domain.lanes`)."""
    return _health.setdefault(lane, Health())


async def profile_of(endpoint: Endpoint, llm: Llm, *, model: str) -> Profile:
    """How an endpoint is asked for a model; raises UnknownProfileError.

    A server that does not say what it is just now is taken for an ordinary one, until it does.
    """
    known = _found.get(_key(endpoint, llm, model))
    if known is not None:
        return known
    found = named(llm.profile) if llm.profile else by_url(endpoint) or (await probe(endpoint)).profile
    if found is None:
        return replace(GENERIC, stream=llm.stream)
    found = replace(found, stream=llm.stream)
    learn(endpoint, llm, found, model=model)
    return found


def learn(endpoint: Endpoint, llm: Llm, profile: Profile, *, model: str) -> None:
    """Ask it so from now on."""
    _found[_key(endpoint, llm, model)] = profile


def _key(endpoint: Endpoint, llm: Llm, model: str) -> tuple[str, str | None, str, bool]:
    return endpoint.base_url, llm.profile, model, llm.stream
