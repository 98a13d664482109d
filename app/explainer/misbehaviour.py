"""How the explainer's server misbehaves on demand, so that tests can see what a client does about it.

Every share is a probability a request, drawn from one generator seeded by `rng_seed`: the sequence of faults is the
same in every run, while a retry of the same call gets a fresh draw. Knows nothing of HTTP.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from app.errors import InvalidInputError


class Fault(StrEnum):
    """What goes wrong with one request."""

    none = "none"
    """It is answered."""
    too_many = "too_many"
    """429 with Retry-After; not billed."""
    server_error = "server_error"
    """500; not billed."""
    hang = "hang"
    """Accepted and billed, never answered."""
    cut = "cut"
    """Billed; the body stops in the middle, still with status 200."""
    garbage = "garbage"
    """Billed; status 200 with a body that is no chat completion."""


@dataclass(frozen=True)
class Misbehaviour:
    """The faults to show; the default is to behave."""

    latency_ms: float = 0.0
    """Time an answer takes, at least (milliseconds)."""
    jitter_ms: float = 0.0
    """Up to this much more, uniformly (milliseconds)."""
    slots: int = 0
    """Requests served at once; 0 means no limit."""
    overload: str = "reject"
    """Over the slots: `reject` answers 429, `queue` waits for a slot."""
    retry_after_s: float = 1.0
    """Retry-After of every 429 (seconds)."""
    rate429: float = 0.0
    """Share of requests answered 429 whatever the load."""
    rate500: float = 0.0
    """Share of requests answered 500."""
    hang: float = 0.0
    """Share of requests never answered."""
    cut: float = 0.0
    """Share of answers cut in the middle."""
    garbage: float = 0.0
    """Share of answers that are no completion."""
    rng_seed: int = 0
    """Seed of the draws."""

    def draw(self, rng: random.Random) -> Fault:
        """The fault of the next request; always consumes one number of `rng`."""
        at = rng.random()
        shares = (
            (Fault.too_many, self.rate429),
            (Fault.server_error, self.rate500),
            (Fault.hang, self.hang),
            (Fault.cut, self.cut),
            (Fault.garbage, self.garbage),
        )
        for fault, share in shares:
            if at < share:
                return fault
            at -= share
        return Fault.none

    def delay_s(self, rng: random.Random) -> float:
        """Seconds the next answer takes."""
        return (self.latency_ms + (rng.random() * self.jitter_ms if self.jitter_ms else 0.0)) / 1000


def changed(base: Misbehaviour, given: Mapping[str, object]) -> Misbehaviour:
    """`base` with the named fields replaced; unknown names and bad values raise InvalidInputError."""
    known = {field.name: type(getattr(base, field.name)) for field in fields(base)}
    values: dict[str, int | float | str] = {}
    for name, value in given.items():
        kind = known.get(name)
        if kind is None:
            raise InvalidInputError(reason=f"there is no misbehaviour called {name!r}")
        try:
            values[name] = kind(value)
        except (TypeError, ValueError) as error:
            raise InvalidInputError(reason=f"{name} must be a {kind.__name__}") from error
    made = replace(base, **values)  # type: ignore[arg-type]  # each value was made by its field's own type
    _check(made)
    return made


def _check(made: Misbehaviour) -> None:
    shares = (made.rate429, made.rate500, made.hang, made.cut, made.garbage)
    if not all(0 <= share <= 1 for share in shares) or sum(shares) > 1 + 1e-9:
        raise InvalidInputError(reason="shares lie between 0 and 1 and sum to at most 1")
    if made.overload not in ("reject", "queue"):
        raise InvalidInputError(reason="overload is reject or queue")
    numbers = (made.latency_ms, made.jitter_ms, made.retry_after_s, made.slots)
    if not all(0 <= number < 1e9 for number in numbers):
        raise InvalidInputError(reason="latency, jitter, retry_after_s and slots are finite and not negative")
