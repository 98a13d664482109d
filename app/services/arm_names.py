"""Prompt arms by the names they are stored under."""

from functools import lru_cache

from app.domain.arms import Arm


@lru_cache(maxsize=4_096)
def arm_of(name: str) -> Arm:
    """The arm of that name; few come up, over and over."""
    style, audience, constraint = [*name.split("/"), "", ""][:3]
    return Arm(style, audience, constraint)
