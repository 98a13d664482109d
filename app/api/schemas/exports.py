"""What exports take and give."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.domain.exporting import ExportFormat, ExportOptions, ExportSplit
from app.domain.manifest import MANIFEST_NAME
from app.repositories.exports import ExportRow
from app.services.exports import DIGEST


class ExportRequest(BaseModel):
    """What to take of a job's pool. Everything has a default."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"format": "jsonl", "real_share": 0.5, "min_edu": 2.0}]}
    )

    format: ExportFormat = ExportFormat.jsonl
    real_share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    """Share of real seed texts in the train split; the recipe's own when left out."""
    splits: Annotated[tuple[ExportSplit, ...], Field(min_length=1, max_length=3)] = tuple(ExportSplit)
    min_edu: Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)] = 0.0
    lineage: bool = True
    """Whether every line says where it comes from; the licence always stays."""
    unverified: bool = False
    """Whether exercises whose tests nobody could run are taken too."""

    def options(self) -> ExportOptions:
        """The same as the service takes it."""
        return ExportOptions(
            format=self.format,
            real_share=self.real_share,
            splits=self.splits,
            min_edu=self.min_edu,
            lineage=self.lineage,
            unverified=self.unverified,
        )


class ExportFile(BaseModel):
    """A file to download."""

    name: str
    size: int | None
    """Bytes; null for the manifest itself."""
    sha256: str
    url: str


class ExportOut(BaseModel):
    """An export."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "job_id": 1,
                    "state": "ready",
                    "options": {"format": "jsonl", "real_share": 0.5},
                    "files": [
                        {
                            "name": "data/train-00000-of-00001.jsonl",
                            "size": 182344,
                            "sha256": "3d" * 32,
                            "url": "/v1/exports/1/files/data/train-00000-of-00001.jsonl",
                        }
                    ],
                    "manifest": {"documents": 164},
                    "error": None,
                    "created_at": "2026-11-25T06:02:00Z",
                    "finished_at": "2026-11-25T06:02:01Z",
                }
            ]
        }
    )

    id: int
    job_id: int
    state: str
    """`building`, `ready` or `failed`."""
    options: dict[str, Any]
    files: list[ExportFile]
    """Empty until it is ready."""
    manifest: dict[str, Any] | None
    """Counts, digests, config, model, hashes and licences."""
    error: str | None
    created_at: datetime
    finished_at: datetime | None


def export_out(row: ExportRow) -> ExportOut:
    """The schema of an export."""
    base = f"/v1/exports/{row.id}/files"
    files: list[ExportFile] = []
    manifest = None
    if row.state == "ready" and row.manifest is not None:
        manifest = dict(row.manifest)
        digest = manifest.pop(DIGEST)
        files = [
            ExportFile(name=f["name"], size=f["bytes"], sha256=f["sha256"], url=f"{base}/{f['name']}")
            for f in manifest["files"]
        ]
        files.append(ExportFile(name=MANIFEST_NAME, size=None, sha256=digest, url=f"{base}/{MANIFEST_NAME}"))
    return ExportOut(
        id=row.id,
        job_id=row.job_id,
        state=row.state,
        options=row.options,
        files=files,
        manifest=manifest,
        error=row.error,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
