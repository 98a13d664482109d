"""What /v1/jobs/{id}/sources gives."""

from pydantic import BaseModel

from app.repositories.sources import CoverageRow


class SourceOut(BaseModel):
    """A long document that was split, and how much of it the job's pool covers."""

    seed_id: int
    sha256: str
    title: str | None
    external_id: str | None
    file: str | None
    parts: int
    taking_part: int
    """Parts that may be asked for; the others were left out in round 0, each for a reason of its own."""
    covered: int
    """Parts with a text in the pool."""
    coverage: float | None
    """Of the words of the parts that take part, the share in covered ones, [0, 1]; null where no part does."""
    fact_coverage: float | None
    """Likewise, each covered part weighed by the share of its facts that its most faithful text keeps."""


def source_out(row: CoverageRow) -> SourceOut:
    """The schema of a long source."""
    return SourceOut(
        seed_id=row.id,
        sha256=row.sha256.hex(),
        title=row.title,
        external_id=row.external_id,
        file=row.file,
        parts=row.parts,
        taking_part=row.taking_part,
        covered=row.covered,
        coverage=row.coverage,
        fact_coverage=row.fact_coverage,
    )
