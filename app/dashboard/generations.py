"""A job's generations, filtered and in pages, and one beside its seed with all it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from app.dashboard import wording
from app.dashboard.backend import MAX_ID, CurrentBackend, RowId
from app.dashboard.rendering import PageRoute, render
from app.domain.config import JobConfig
from app.domain.gate_config import Gates
from app.domain.parts import read_parts
from app.domain.recipes.recipe import Part
from app.domain.records import GenerationId, JobId, Verdict
from app.domain.reviews import MOST_NOTE_CHARS
from app.repositories import findings, generations_read, jobs, reviews, rounds
from app.repositories.findings import FindingRow
from app.repositories.generations_read import Filter, GenerationRow
from app.repositories.jobs import JobRow
from app.repositories.reviews import ReviewRow
from app.services import generations as service
from app.services import jobs as jobs_service
from app.services.generations import Lineage, scored
from app.services.jobs import JobView
from app.services.planning import arm_of
from app.services.rounds import config_of

router = APIRouter(include_in_schema=False, route_class=PageRoute)

PAGE = 20
EXCERPT = 320
EDUCATION = frozenset({"edu_score", "edu_raw", "edu_audit", "uncertain"})
"""Scores that say nothing of what is made from words."""
"""Characters of a text in the list."""


def unset(value: object) -> object:
    """A field of a form that was left empty asks for nothing."""
    return None if isinstance(value, str) and not value.strip() else value


Wanted = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]


class ListQuery(BaseModel):
    """The filter form."""

    model_config = ConfigDict(extra="ignore")

    round: Annotated[Annotated[int, Field(ge=0, le=1_000)] | None, BeforeValidator(unset)] = None
    verdict: Annotated[Verdict | None, BeforeValidator(unset)] = None
    reason: Annotated[Wanted | None, BeforeValidator(unset)] = None
    flagged: Annotated[bool | None, BeforeValidator(unset)] = None
    """Whether judge and gates come to the opposite."""
    text: Annotated[Wanted | None, BeforeValidator(unset)] = None
    after: Annotated[int, Field(ge=0, le=MAX_ID)] = 0
    """The last generation of the page before."""

    def filter(self) -> Filter:
        """The same as the repository takes it."""
        return Filter(
            round=self.round, verdict=self.verdict, reason=self.reason, contains=self.text, flagged=self.flagged
        )

    def chosen(self) -> dict[str, str]:
        """What was asked for, without the place."""
        return {k: str(v) for k, v in self.model_dump(exclude={"after"}).items() if v is not None}


@dataclass(frozen=True)
class ScoreView:
    """One of a text's scores beside the bound it was held to."""

    label: str
    value: str
    bound: str


@router.get("/jobs/{job_id}/generations")
def list_page(backend: CurrentBackend, job_id: RowId, wanted: Annotated[ListQuery, Query()]) -> HTMLResponse:
    """In the order they came."""

    def read(session: Session) -> tuple[list[GenerationRow], list[int], JobRow]:
        job = jobs.get(session, job_id)
        numbers = [row.number for row in rounds.of_job(session, job_id) if row.number]
        found = generations_read.page(session, job_id, wanted.filter(), cursor=wanted.after or None, limit=PAGE + 1)
        return found, numbers, job

    rows, numbers, job = backend.read(read)
    asked = config_of(job).parts
    chosen = wanted.chosen()
    more = urlencode({**chosen, "after": rows[PAGE - 1].id}) if len(rows) > PAGE else None
    return render(
        "generations.html",
        scored=scored,
        job_id=job_id,
        recipe=job.recipe,
        rows=rows[:PAGE],
        titles={row.id: title_of(row, asked) for row in rows[:PAGE]},
        numbers=numbers,
        wanted=wanted,
        verdicts=list(Verdict),
        filtered=bool(chosen),
        first=urlencode(chosen) if wanted.after else None,
        more=more,
        excerpt=EXCERPT,
    )


@router.get("/generations/{generation_id}")
def generation_page(backend: CurrentBackend, generation_id: RowId) -> HTMLResponse:
    """Beside its seed, with its lineage and every score."""

    def read(session: Session) -> tuple[Lineage, JobView, list[ReviewRow], list[FindingRow]]:
        found = service.lineage(session, GenerationId(generation_id))
        said = reviews.of_generation(session, generation_id, limit=PAGE)
        judged = findings.of_generation(session, generation_id)
        return found, jobs_service.view(session, JobId(found.generation.job_id)), said, judged

    lineage, view, said, judged = backend.read(read)
    row = lineage.generation
    return render(
        "generation.html",
        lineage=lineage,
        row=row,
        why=service.why(row),
        title=title_of(row, view.config.parts),
        arm=arm_words(row.arm),
        scores=score_views(row, view.config),
        draw={k: v for k, v in row.draw.items() if k not in ("arm", "word_seeds")},
        view=view,
        reviews=said,
        findings=judged,
        most_note=MOST_NOTE_CHARS,
    )


def title_of(row: GenerationRow, asked: Sequence[Part]) -> str:
    """The title of a text that was asked for one; empty where there is none."""
    return read_parts(row.text).title if Part.heading in asked and row.verdict != Verdict.draft else ""


def arm_words(arm: str) -> list[tuple[str, str]]:
    """A prompt arm part by part. Example: `lesson/a school pupil/none` has the format lesson."""
    parts = arm_of(arm)
    named = (("format", parts.format), ("audience", parts.audience), ("constraint", parts.constraint))
    return [(name, part) for name, part in named if part]


def score_views(row: GenerationRow, config: JobConfig) -> list[ScoreView]:
    """The scores a gate wrote, in the order of the gates, and how much the pool repeats the text."""
    bounds = _bounds(config.gates)
    views = [
        ScoreView(wording.SCORES.get(name, wording.plain(name).capitalize()), _shown(value), bounds.get(name, ""))
        for name, value in sorted(row.scores.items(), key=_place)
        if scored(row) or name not in EDUCATION
    ]
    if row.redundancy is not None:
        views.append(ScoreView("Redundancy in the pool", f"{row.redundancy:.3f}", ""))
    return views


def _place(score: tuple[str, Any]) -> tuple[int, str]:
    # The database orders the keys of an object by their length, which tells nobody anything.
    name = score[0]
    return (list(wording.SCORES).index(name) if name in wording.SCORES else len(wording.SCORES), name)


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, int | float) else str(value)


def _bounds(gates: Gates) -> dict[str, str]:
    return {
        "fidelity_precision": f"≥ {gates.fidelity_precision:g}",
        "fidelity_recall": f"≥ {gates.fidelity_recall:g}",
        "ease": f"≥ {gates.ease_min:g}, or {gates.ease_gain:g} above its seed",
        "edu_score": f"≥ {gates.edu_min:g}",
    }
