"""The form under a text with which a person approves or rejects it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.dashboard.backend import CurrentBackend, RowId
from app.dashboard.generations import unset
from app.dashboard.jobs import own_form
from app.dashboard.rendering import PageRoute
from app.db.session import transaction
from app.domain.records import GenerationId
from app.domain.reviews import MOST_NOTE_CHARS, Decision, Opinion
from app.services import reviews as service

router = APIRouter(include_in_schema=False, route_class=PageRoute)


def _lines(value: object) -> object:
    """A browser sends line ends as two characters and counts them as one."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


class ReviewForm(BaseModel):
    """What the form sends."""

    model_config = ConfigDict(extra="ignore")

    decision: Decision
    score: Annotated[Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)] | None, BeforeValidator(unset)] = None
    note: Annotated[
        str,
        BeforeValidator(_lines),
        StringConstraints(strip_whitespace=True, max_length=MOST_NOTE_CHARS, pattern=r"^[^\x00]*$"),
    ] = ""


@router.post("/generations/{generation_id}/review", dependencies=[Depends(own_form)])
def review(
    request: Request, backend: CurrentBackend, generation_id: RowId, said: Annotated[ReviewForm, Form()]
) -> RedirectResponse:
    """Store it, then show the text with it."""
    opinion = Opinion(said.decision, said.score, said.note)
    reviewer = request.scope.get("api_key_id")
    with transaction(backend.engine) as session:
        service.review(session, GenerationId(generation_id), opinion, reviewer=reviewer)
    return RedirectResponse(f"/generations/{generation_id}#review", 303)
