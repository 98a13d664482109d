"""The form on a job's page that changes its caps."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict

from app.dashboard.backend import CurrentBackend, RowId
from app.dashboard.generations import unset
from app.dashboard.jobs import own_form
from app.dashboard.rendering import PageRoute
from app.db.session import transaction
from app.domain.records import JobId
from app.services import jobs
from app.services.jobs import Change

router = APIRouter(include_in_schema=False, route_class=PageRoute)

Count = Annotated[int | None, BeforeValidator(unset)]
Amount = Annotated[float | None, BeforeValidator(unset)]


class BudgetForm(BaseModel):
    """What the form sends: every cap, an empty field for none."""

    model_config = ConfigDict(extra="ignore")

    calls: Count = None
    tokens: Count = None
    money_usd: Amount = None
    hours: Amount = None


@router.post("/jobs/{job_id}/budget", dependencies=[Depends(own_form)])
def change_budget(backend: CurrentBackend, job_id: RowId, wanted: Annotated[BudgetForm, Form()]) -> RedirectResponse:
    """Set the caps, then show the job with them."""
    with transaction(backend.engine) as session:
        steps = jobs.change(session, JobId(job_id), Change(budget=wanted.model_dump()), operator=backend.operator)
    backend.hints.send(steps)
    return RedirectResponse(f"/jobs/{job_id}", 303)
