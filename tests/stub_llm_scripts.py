"""Which act the stub LLM plays for which request."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from tests.stub_llm_faults import OK, Act, hang, named_acts, rate_limited


@dataclass(frozen=True, slots=True)
class StubRequest:
    """One request as a script sees it."""

    number: int
    """Counts all chat requests from 0."""
    path: str
    headers: dict[str, str]
    body: bytes
    attempt: int
    """How often this exact body came before."""


Script = Callable[[StubRequest], Act]


def shares(
    rates: dict[str, float], *, first_attempt_only: bool = True, retry_after: str = "1", seed: int = 0
) -> Script:
    """A script that plays acts by share, drawn from the request's body and attempt: the same in every run.

    Takes the names of `named_acts`; `429` gets the given Retry-After.
    """
    acts = named_acts() | {"429": rate_limited(retry_after), "hang": hang()}

    def script(request: StubRequest) -> Act:
        if first_attempt_only and request.attempt:
            return OK
        digest = hashlib.blake2b(request.body + b"%d/%d" % (seed, request.attempt), digest_size=8).digest()
        point = int.from_bytes(digest, "big") / 2**64
        for name, rate in rates.items():
            if point < rate:
                return acts[name]
            point -= rate
        return OK

    return script
