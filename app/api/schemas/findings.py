"""What the judge said of a text."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from app.repositories.findings import FindingRow


class ClaimOut(BaseModel):
    """A claim of a text, held against its seed."""

    claim: str
    quote: str
    """The words of the text that make it; it holds them, or the claim would not be here."""
    verdict: str
    """`supported`, `contradicted` or `not_found`; where the seed holds no such quote, always `not_found`."""
    seed_quote: str
    """The words that the judge says the seed has."""
    quoted: bool
    """Whether the seed has them."""


class FindingOut(BaseModel):
    """An answer of the judge. It advises: no text is kept, or dropped, by its word alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "task": "score",
                    "part_order": "rubric_first",
                    "style": "plain",
                    "score": 2,
                    "reason": "It tells facts and explains none of them.",
                    "claims": [],
                    "model": "gpt-4.1-mini",
                    "disagrees": True,
                    "created_at": "2026-11-30T16:00:20Z",
                }
            ]
        }
    )

    task: str
    """`score`, or `verify` of claims."""
    part_order: str
    """`rubric_first`, or `text_first` to see whether the order of the prompt changes the score."""
    style: str
    """`plain`, or `dressed` to see whether airs change it."""
    score: int | None
    """0 to 5, of a score."""
    reason: str
    """The judge's own words."""
    claims: list[ClaimOut]
    model: str
    """As the endpoint named itself."""
    disagrees: bool
    """Whether the gates came to the opposite."""
    created_at: datetime


def finding_out(row: FindingRow) -> FindingOut:
    """The schema of a finding."""
    same = {name: getattr(row, name) for name in FindingOut.model_fields if name != "claims"}
    return FindingOut(**same, claims=[ClaimOut(**claim) for claim in row.claims])
