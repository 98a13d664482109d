"""What reviews look like, and the text to review next."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.schemas.generations import EXAMPLE, GenerationOut, generation_out
from app.domain.reviews import MOST_NOTE_CHARS, Decision, Opinion
from app.repositories.reviews import ReviewRow
from app.services.reviews import Suggestion

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_NOTE_CHARS, pattern=r"^[^\x00]*$")]


class ReviewRequest(BaseModel):
    """A person's verdict on a generation."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"decision": "reject", "score": 2.5, "note": "The second step is wrong."}]},
    )

    decision: Decision
    score: Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)] | None = None
    """Educational value as the reader sees it, 0 to 5; a classifier learns it as it is."""
    note: Note = ""

    def opinion(self) -> Opinion:
        """The same as the service takes it."""
        return Opinion(self.decision, self.score, self.note)


class ReviewOut(BaseModel):
    """A review. Reviews are only added: of a generation the newest counts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 3,
                    "job_id": 1,
                    "generation_id": 42,
                    "decision": "reject",
                    "score": 2.5,
                    "note": "The second step is wrong.",
                    "reviewer": None,
                    "created_at": "2026-11-30T06:00:20Z",
                }
            ]
        }
    )

    id: int
    job_id: int
    generation_id: int
    decision: Decision
    score: float | None
    note: str
    reviewer: str | None
    """The id of the API key it came with; null where no key is asked for."""
    created_at: datetime


class NextOut(BaseModel):
    """The text whose review says most."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"generation": EXAMPLE, "edu_min": 3.0, "distance": 0.1, "disagreement": 0.62, "flagged": False}
            ]
        }
    )

    generation: GenerationOut | None
    """Null when every text that is worth it has been reviewed."""
    edu_min: float
    """The job's least educational score."""
    distance: float | None
    """Of the text's score from it."""
    disagreement: float | None
    """Of the text's score from the audit model's, where that scored it."""
    flagged: bool
    """Whether the job's judge came to the opposite of the gates about it."""


def review_out(row: ReviewRow) -> ReviewOut:
    """The schema of a review."""
    return ReviewOut(**{name: getattr(row, name) for name in ReviewOut.model_fields})


def next_out(found: Suggestion) -> NextOut:
    """The schema of a suggestion."""
    text, why = found.generation, found.why
    return NextOut(
        generation=None if text is None else generation_out(text),
        edu_min=found.edu_min,
        distance=None if why is None else why.distance,
        disagreement=None if why is None else why.disagreement,
        flagged=why is not None and why.flagged,
    )
