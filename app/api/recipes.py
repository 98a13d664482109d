"""/v1/recipes: what can be made of seeds, and recipes of one's own."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.adapters.recipe_files import read_recipe
from app.adapters.recipe_yaml import recipe_yaml
from app.api.edge import CurrentEdge, CurrentWriter, body_of
from app.api.pages import Page
from app.api.schemas.jobs import JobRequest
from app.domain.prompts import prompt_hash
from app.domain.recipes.recipe import Recipe
from app.domain.records import Kind
from app.services import recipes
from app.services.idempotency import Answer
from app.services.recipes import Known

router = APIRouter(prefix="/v1/recipes", tags=["recipes"])

BODY = {
    "required": True,
    "content": {
        "application/yaml": {"schema": {"type": "string", "description": "A recipe file: docs/recipes.md."}},
        "application/json": {"schema": {"type": "object", "description": "The same as JSON."}},
    },
}


class RecipeOut(BaseModel):
    """A recipe, and the schema of the jobs that use it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "codetextbook",
                    "title": "Textbook passages from code and prose",
                    "description": "Explains a piece of code, or rewrites a passage.",
                    "version": 1,
                    "reference": "codetextbook",
                    "sha256": "ab" * 32,
                    "prompt_sha256": "cd" * 32,
                    "ships": True,
                    "kinds": ["code", "prose"],
                    "system": "You write passages of a good textbook.",
                    "tasks": {"code": "Explain the code below.", "prose": "Rewrite the passage below."},
                    "repair": "Mend what is named here:\n{reasons}",
                    "refine": "Write a better version:\n{reasons}",
                    "passes": {"style": "Rewrite in good style.", "self_contained": "Make it run by itself."},
                    "formats": ["lesson", "dialogue"],
                    "audiences": ["a beginner programmer"],
                    "constraints": ["none", "short sentences"],
                    "instructions": {"dialogue": "A learner asks, a teacher answers."},
                    "arms": 4,
                    "length_words": [80, 600],
                    "real_share": 0.5,
                    "draws": [],
                    "features": [],
                    "openings": [],
                    "settings": {"targets": {"grade_p90": 7.5}},
                    "file": "name: codetextbook\n",
                    "job_schema": {"type": "object"},
                }
            ]
        }
    )

    name: str
    title: str
    description: str
    version: int
    reference: str
    """What a job may call it by for ever: its name, and for one that was added `name@hash`."""
    sha256: str
    """Of all that it says."""
    prompt_sha256: str
    """Of its prompts, as generations and exports name it."""
    ships: bool
    """Whether it came with Hornbook."""
    kinds: list[str]
    """The seeds it works on."""
    system: str
    tasks: dict[str, str]
    """The task line by kind of seed."""
    repair: str
    """What is said above an earlier version that was dropped."""
    refine: str
    """What is said above an earlier version that is to be bettered."""
    passes: dict[str, str]
    """What is asked of code in each pass that a job may want before it is explained; empty without code."""
    formats: list[str]
    audiences: list[str]
    constraints: list[str]
    instructions: dict[str, str]
    """What is said of a format, audience or constraint beside its name."""
    arms: int
    """Ways to ask: formats x audiences x constraints."""
    length_words: tuple[int, int]
    real_share: float
    """Share of real seed text in an export, unless the export says otherwise."""
    draws: list[str]
    """The parts of speech of which a call gets one word each; empty when it works on documents."""
    features: list[str]
    """Story features to draw from, unless a word list brings its own."""
    openings: list[str]
    """Ways to begin to draw from, unless a word list brings its own."""
    settings: dict[str, Any]
    """What its jobs do unless they say otherwise: fields of a job's config."""
    file: str
    """The recipe as a YAML file: a beginning for one of your own."""
    job_schema: dict[str, Any]
    """JSON schema of a POST /v1/jobs body, with bounds and defaults."""


def recipe_out(known: Known) -> RecipeOut:
    """The schema of a recipe."""
    recipe = known.recipe
    return RecipeOut(
        name=recipe.name,
        title=recipe.title,
        description=recipe.description,
        version=recipe.version,
        reference=known.reference,
        sha256=known.sha256,
        prompt_sha256=prompt_hash(recipe),
        ships=known.added_at is None,
        kinds=sorted(recipe.kinds),
        system=recipe.system,
        tasks={kind.value: task for kind, task in recipe.tasks.items()},
        repair=recipe.repair,
        refine=recipe.refine,
        passes={stage.value: text for stage, text in recipe.passes.items()} if Kind.code in recipe.kinds else {},
        formats=list(recipe.formats),
        audiences=list(recipe.audiences),
        constraints=list(recipe.constraints),
        instructions=recipe.instructions,
        arms=len(recipe.arms),
        length_words=recipe.length_words,
        real_share=recipe.real_share,
        draws=list(recipe.draws),
        features=list(recipe.features),
        openings=list(recipe.openings),
        settings=recipe.settings,
        file=recipe_yaml(recipe),
        job_schema=JobRequest.model_json_schema(),
    )


@router.get("", summary="List recipes")
def list_recipes(edge: CurrentEdge) -> Page[RecipeOut]:
    """Those that ship and the youngest version of each that was added, on one page."""
    return Page(items=[recipe_out(known) for known in edge.read(recipes.listed)])


@router.post("", response_model=RecipeOut, openapi_extra={"requestBody": BODY}, summary="Add a recipe")
async def add_recipe(request: Request, writer: CurrentWriter) -> JSONResponse:
    """A recipe file, YAML or JSON, as the body. Refused with every fault and its line.

    201 when it is new; 200 when this content was added before. Another content under a known name is its next version.
    """
    body = await request.body()
    recipe = await run_in_threadpool(read_recipe, body, name="recipe")
    return await run_in_threadpool(writer.respond, body, lambda session: _add(session, recipe))


def _add(session: Session, recipe: Recipe) -> Answer:
    known, new = recipes.add(session, recipe)
    return Answer(201 if new else 200, body_of(recipe_out(known)), f"/v1/recipes/{known.reference}", [])


@router.get("/{name}", summary="One recipe")
def get_recipe(edge: CurrentEdge, name: str) -> RecipeOut:
    """By name, or one version of an added one as `name@hash`."""
    return recipe_out(edge.read(lambda session: recipes.find(session, name)))
