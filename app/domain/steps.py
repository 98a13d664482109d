"""What happens next: services return steps, edges send them as hints once their transaction is committed.

A step that is lost costs a few seconds, never work: the reconciler finds the same from the rows.
"""

from dataclasses import dataclass

from app.domain.records import JobId


@dataclass(frozen=True)
class Refine:
    """A job may have calls ready for the LLM."""

    job_id: JobId
    pumps: int = 1
    """How many workers should hear of it."""


@dataclass(frozen=True)
class Compute:
    """There may be a CPU unit ready: ingest, fit, score, settle or export."""

    workers: int = 1


Step = Refine | Compute
