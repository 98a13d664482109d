"""What /v1/classifiers takes and gives."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.adapters.labelled import Fields
from app.repositories.classifiers import ClassifierRow, EvaluationRow
from app.services.classifier_sources import LabelBudget, Labelling

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]

REPORT: Any = {
    "n": 97,
    "level": 0.95,
    "good": 21,
    "own": {"all": {"n": 97, "spearman": [0.88, 0.82, 0.92], "f1_at_3": [0.71, 0.55, 0.84], "mae": [0.4, 0.35, 0.46]}},
}


class LabelledFields(BaseModel):
    """What the fields of a labelled file are called; form fields beside the file."""

    model_config = ConfigDict(extra="forbid")

    text_field: FieldName = "text"
    label_field: FieldName = "edu"
    """A number from 0 to 5, or a list of them by different labellers."""
    group_field: FieldName | None = None
    """Records with the same value stay on one side of a split."""

    def fields(self) -> Fields:
        """The same as the reader takes it."""
        return Fields(self.text_field, self.label_field, self.group_field)


class LabelledSettings(LabelledFields):
    """A classifier from a labelled file."""

    name: Name = "mine"


class LlmChoice(BaseModel):
    """Which LLM labels; the operator's unless named."""

    model_config = ConfigDict(extra="forbid")

    base_url: Annotated[str, StringConstraints(max_length=2000)] | None = None
    model: Annotated[str, StringConstraints(max_length=200)] | None = None


class LabellingRequest(BaseModel):
    """A classifier from labels that an LLM gives to a sample of a corpus."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "mine", "corpus_id": 1, "budget": {"calls": 600, "money_usd": 1.5}}],
        },
    )

    name: Name = "mine"
    corpus_id: Annotated[int, Field(ge=1, le=2**63 - 1)]
    llm: LlmChoice = LlmChoice()
    labelling: Labelling = Labelling()
    budget: LabelBudget = LabelBudget()


class ReviewsRequest(BaseModel):
    """A classifier from what people said of the texts of some jobs."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "mine", "review_jobs": [1, 4]}]})

    name: Name = "mine"
    review_jobs: Annotated[list[Annotated[int, Field(ge=1, le=2**63 - 1)]], Field(min_length=1, max_length=100)]
    """Jobs whose reviewed texts it learns from, each with its newest review."""


class JudgedRequest(BaseModel):
    """A classifier from what the judges of some jobs said of their texts."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "mine", "judged_jobs": [1, 4]}]})

    name: Name = "mine"
    judged_jobs: Annotated[list[Annotated[int, Field(ge=1, le=2**63 - 1)]], Field(min_length=1, max_length=100)]
    """Jobs whose judged texts it learns from; what a person reviewed is left out."""


class ClassifierError(BaseModel):
    """Why a classifier could not be made."""

    code: str
    detail: str


class ClassifierOut(BaseModel):
    """A version of a classifier."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 2,
                    "name": "mine",
                    "version": 1,
                    "state": "ready",
                    "in_use": True,
                    "sha256": "01" * 32,
                    "source": {"kind": "file", "file": "mine.jsonl", "sha256": "02" * 32},
                    "labels": {},
                    "card": {"training": {"n": 388, "held_out": 97}},
                    "report": REPORT,
                    "error": None,
                    "created_at": "2026-11-25T06:02:00Z",
                    "finished_at": "2026-11-25T06:02:09Z",
                }
            ]
        }
    )

    id: int
    name: str
    version: int
    state: str
    """`labelling`, `training`, `ready` or `failed`."""
    in_use: bool
    """Whether jobs submitted now pin it."""
    sha256: str | None
    """Of its weights; what jobs pin."""
    source: dict[str, Any]
    """Where its labels come from."""
    labels: dict[str, int]
    """Labels by an LLM, by state: ready, asked, done, failed."""
    card: dict[str, Any]
    report: dict[str, Any]
    """On held-out documents, beside the shipped classifier: own, other, difference, confusion, ceiling."""
    error: ClassifierError | None
    created_at: datetime
    finished_at: datetime | None


class EvaluationOut(BaseModel):
    """How a classifier does on a labelled file."""

    id: int
    state: str
    """`running`, `ready` or `failed`."""
    source: dict[str, Any]
    report: dict[str, Any]
    error: ClassifierError | None
    created_at: datetime
    finished_at: datetime | None


class Evaluations(BaseModel):
    """All reports on a classifier."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"held_out": REPORT, "evaluations": []}]})

    held_out: dict[str, Any]
    """On the documents set aside from its own labels; empty for the shipped one."""
    evaluations: list[EvaluationOut]
    """On files that came later, the youngest first."""


def _shown(source: dict[str, Any]) -> dict[str, Any]:
    """A source without the name that its file has on disk."""
    return {key: value for key, value in source.items() if not (key == "id" and "file" in source)}


def classifier_out(row: ClassifierRow, *, used: int, labels: dict[str, int]) -> ClassifierOut:
    """The schema of a classifier; `used` is the id of the one that new jobs pin."""
    return ClassifierOut(
        id=row.id,
        name=row.name,
        version=row.version,
        state=row.state,
        in_use=row.id == used,
        sha256=row.sha256,
        source=_shown(row.source),
        labels=labels,
        card=row.card,
        report=row.report,
        error=None if row.error is None else ClassifierError(**row.error),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def evaluation_out(row: EvaluationRow) -> EvaluationOut:
    """The schema of an evaluation."""
    return EvaluationOut(
        id=row.id,
        state=row.state,
        source=_shown(row.source),
        report=row.report,
        error=None if row.error is None else ClassifierError(**row.error),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
