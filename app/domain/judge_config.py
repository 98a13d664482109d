"""Whether and how a job asks a judge, an LLM whose word is advice, about the texts that the gates are unsure of."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Le, MaxLen, MinLen

from app.domain.gate_config import Share


@dataclass(frozen=True)
class JudgeConfig:
    """What the judge is asked, and what its answers may do (`docs/judge.md`)."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    on: bool = False
    base_url: Annotated[str, MaxLen(2000)] | None = None
    """None: the endpoint of the job's first model."""
    model: Annotated[str, MinLen(1), MaxLen(200)] | None = None
    """None: the job's first model. A model that did not write the texts judges them with less favour."""
    band: Annotated[float, Gt(0), Le(5)] = 0.5
    """Texts whose educational score lies this near to `gates.edu_min`, in points, are scored by the judge."""
    fidelity_band: Annotated[float, Gt(0), Le(1)] = 0.1
    """Texts whose fidelity precision or recall lies this near to its gate have their claims checked."""
    share: Share = 0.05
    """Share of the texts that passed outside both bands which are judged too: figures are not of bands alone."""
    most_calls: Annotated[int, Ge(1), Le(1_000_000)] = 200
    """Calls of a round; the one repair that an unreadable answer gets comes on top."""
    claims: bool = True
    """Whether claims are checked against the seed, in two calls a text."""
    drop: bool = True
    """Whether a text in the fidelity band that the judge finds contradicted is dropped: gate and judge must agree."""
    canaries: Annotated[int, Ge(0), Le(100)] = 4
    """Texts with known scores that are scored again every round; 0: none."""
    bias: Annotated[int, Ge(0), Le(1_000)] = 4
    """Texts of a round that are scored again with the parts of the prompt exchanged, and again in another dress."""
    drift: Annotated[float, Gt(0), Le(5)] = 0.75
    """Mean difference of the canaries to their first round, or to what is expected, that counts as drift, in points."""
    max_tokens: Annotated[int, Ge(64), Le(32_000)] = 1_200
    """Of an answer; models that reason first need more."""
    temperature: Annotated[float, Ge(0), Le(2)] = 0.0
