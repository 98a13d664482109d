"""/v1/estimates: what a job would use, before it is submitted."""

from datetime import UTC, datetime

from fastapi import APIRouter

from app.api.edge import CurrentEdge
from app.api.operator import operator_of
from app.api.schemas.estimates import EstimateOut, EstimateRequest, estimate_out
from app.services import estimating, recipes

router = APIRouter(prefix="/v1/estimates", tags=["jobs"])


@router.post("", summary="Estimate a job")
def estimate_job(edge: CurrentEdge, wanted: EstimateRequest) -> EstimateOut:
    """Calls, tokens, money and time with limits, and the cap that would end it first; refused like the job itself.

    Nothing is stored and no model is asked, not even whether it is there.
    """
    known = edge.read(lambda s: recipes.find(s, wanted.recipe))
    operator, config = operator_of(edge.settings), wanted.config(known)
    found = edge.read(
        lambda s: estimating.estimate_job(
            s, config, operator, seeds=wanted.asked(), slots=edge.settings.llm_concurrency
        )
    )
    return estimate_out(config.recipe, found, today=datetime.now(UTC).date())
