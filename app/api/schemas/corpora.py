"""What /v1/corpora takes and gives."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.domain.records import Kind
from app.repositories.corpora import CorpusRow, RejectRow
from app.services.corpora import CorpusOptions

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
FieldName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Licence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255, pattern=r"^[^\x00]*$")]
Format = Annotated[str, StringConstraints(pattern=r"^(jsonl|csv|text|code)$")]


class CorpusSettings(BaseModel):
    """How a corpus is to be read; as form fields beside the files, or in the JSON body."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    """Shown in lists; the first file's name when left out."""
    text_field: FieldName = "text"
    id_field: FieldName = "id"
    licence_field: FieldName = "licence"
    licence: Licence | None = None
    """Of every record that states none itself."""
    kind: Kind | None = None
    """`code`, `prose` or `words`, when it is the same for all records."""
    format: Format | None = None
    """For file names that do not tell."""

    def options(self) -> CorpusOptions:
        """The same as the service takes it."""
        return CorpusOptions(
            text_field=self.text_field,
            id_field=self.id_field,
            licence_field=self.licence_field,
            licence=self.licence,
            kind=self.kind,
            format=self.format,
        )


class CorpusRecords(CorpusSettings):
    """A small corpus in the request itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "two functions",
                    "records": [
                        {"id": "a", "text": "def double(x):\n    return 2 * x\n"},
                        {"id": "b", "text": "Water boils at 100 degrees Celsius at sea level."},
                    ],
                }
            ]
        }
    )

    name: Name
    records: list[dict[str, Any]] = Field(default_factory=list, max_length=100_000)
    """Objects like the lines of a JSONL file."""
    url: str | None = None
    """Not accepted yet."""


class CorpusFile(BaseModel):
    """One file a corpus was read from."""

    name: str
    """As its sender called it."""
    size: int
    sha256: str


class CorpusError(BaseModel):
    """Why a corpus could not be read."""

    code: str
    detail: str


class CorpusOut(BaseModel):
    """A corpus; `read` = `stored` + `duplicates` + `rejected` once it is ready."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "name": "seeds.jsonl",
                    "state": "ready",
                    "content_sha256": "9f" * 32,
                    "files": [{"name": "seeds.jsonl", "size": 48213, "sha256": "1c" * 32}],
                    "options": {"text_field": "text", "id_field": "id", "licence_field": "licence"},
                    "read": 123,
                    "stored": 120,
                    "duplicates": 2,
                    "rejected": 1,
                    "kinds": {"code": 70, "prose": 50},
                    "error": None,
                    "created_at": "2026-11-25T06:00:00Z",
                    "finished_at": "2026-11-25T06:00:02Z",
                }
            ]
        }
    )

    id: int
    name: str
    state: str
    """`ingesting`, `ready` or `failed`."""
    content_sha256: str
    files: list[CorpusFile]
    options: dict[str, str]
    read: int
    stored: int
    duplicates: int
    rejected: int
    kinds: dict[str, int]
    """Seeds by kind."""
    error: CorpusError | None
    created_at: datetime
    finished_at: datetime | None


class RejectOut(BaseModel):
    """A record that did not become a seed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"file": "seeds.jsonl", "line": 17, "code": "bad_json", "excerpt": '{"text": "cut of'}]
        }
    )

    file: str
    line: int
    """From 1; 0 when the fault is the file's as a whole."""
    code: str
    excerpt: str
    """The first 80 characters, safe to show."""


def corpus_out(row: CorpusRow) -> CorpusOut:
    """The schema of a stored corpus."""
    error = row.error and CorpusError(code=str(row.error.get("code", "")), detail=str(row.error.get("detail", "")))
    return CorpusOut(
        id=row.id,
        name=row.name,
        state=row.state,
        content_sha256=row.content_sha256.hex(),
        files=[CorpusFile(name=f["name"], size=f["size"], sha256=f["sha256"]) for f in row.files],
        options={key: str(value) for key, value in row.options.items()},
        read=row.read,
        stored=row.stored,
        duplicates=row.duplicates,
        rejected=row.rejected,
        kinds=row.kinds,
        error=error or None,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def reject_out(row: RejectRow) -> RejectOut:
    """The schema of a stored reject."""
    return RejectOut(file=row.file, line=row.line, code=row.code, excerpt=row.excerpt)
