"""The ways in which a seed can be asked for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Arm:
    """How a seed is asked for."""

    format: str
    audience: str
    constraint: str

    @property
    def name(self) -> str:
        """The arm in one line, as stored with a generation."""
        return f"{self.format}/{self.audience}/{self.constraint}"
