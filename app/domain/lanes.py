"""Several endpoints and keys that answer the calls of a job: what a config may say of them, and what a job keeps.

A lane is one endpoint with one key for one model. A config names endpoints; which key goes where is the operator's
matter, so a config holds names of keys at most (D17). Knows nothing of HTTP.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Le, MaxLen, MinLen


@dataclass(frozen=True)
class EndpointShare:
    """One of several endpoints that answer the calls of a job: the operator's of this name, or one without a key."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    name: Annotated[str, MinLen(1), MaxLen(40)] | None = None
    """One of the operator's (`HORNBOOK_LLM_ENDPOINTS`), asked with its key."""
    base_url: Annotated[str, MinLen(1), MaxLen(2000)] | None = None
    """In the place of a name: asked without a key, unless it is the operator's address."""
    weight: Annotated[float, Gt(0), Le(1_000_000)] | None = None
    """3 and 1 are three calls in four and one. None: the operator's for a name, else 1."""
    model: Annotated[str, MinLen(1), MaxLen(200)] | None = None
    """What the job's model is called there, if not the same."""
    profile: Annotated[str, MaxLen(40)] | None = None
    """The kind of server; None: the operator's for a name, else `llm.profile`, else found."""
    concurrency: Annotated[int, Ge(1), Le(1024)] | None = None
    """Calls in flight there at most; None: `llm.concurrency`."""


@dataclass(frozen=True)
class Lane:
    """One endpoint with one key for one model, as a job keeps it. Keys themselves are in no job."""

    model: str
    """As the job calls it: what it is planned, priced and stored by."""
    url: str
    name: str | None = None
    """Of the operator's endpoint; None: it has none."""
    there: str | None = None
    """What the model is called there, if not the same."""
    weight: float = 1.0
    profile: str | None = None
    concurrency: int | None = None

    @property
    def id(self) -> str:
        """What workers know its health by, whichever job asks.

        >>> Lane("phi3", "http://h/v1", "east").id
        'phi3 at http://h/v1 (east)'
        """
        named = f" ({self.name})" if self.name else ""
        return f"{self.there or self.model} at {self.url}{named}"

    @property
    def stored(self) -> dict[str, object]:
        """As a job keeps it."""
        return {"id": self.id, **asdict(self)}


def read_lane(stored: Mapping[str, Any]) -> Lane:
    """A lane as `Lane.stored` wrote it."""
    return Lane(**{name: value for name, value in stored.items() if name != "id"})


def endpoint_contradictions(
    endpoints: Sequence[EndpointShare], *, base_url: str | None, models: Sequence[str | None]
) -> list[str]:
    """Why these endpoints cannot be asked, one sentence each. `models` are base URLs of several models."""
    found = []
    if endpoints and base_url is not None:
        found.append("llm.base_url and llm.endpoints are both set: name every endpoint in llm.endpoints")
    if any((one.name is None) == (one.base_url is None) for one in endpoints):
        found.append("llm.endpoints: each names either an endpoint of the operator's or a base_url")
    keys = [(one.name, (one.base_url or "").rstrip("/")) for one in endpoints]
    twice = sorted({name or url for name, url in keys if keys.count((name, url)) > 1})
    if twice:
        found.append(f"llm.endpoints names {', '.join(twice)} more than once")
    if sum(url is None for url in models) > 1 and any(one.model for one in endpoints):
        found.append("llm.endpoints renames a model, but several of llm.models are asked there")
    return found
