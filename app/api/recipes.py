"""/v1/recipes: what can be made of seeds."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from app.api.pages import Page
from app.api.schemas.jobs import JobRequest
from app.domain.recipes.builtin import RECIPES, recipe_of
from app.domain.recipes.recipe import Recipe

router = APIRouter(prefix="/v1/recipes", tags=["recipes"])


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
                    "kinds": ["code", "prose"],
                    "formats": ["lesson", "dialogue"],
                    "audiences": ["a beginner programmer"],
                    "constraints": ["none", "short sentences"],
                    "arms": 4,
                    "length_words": [80, 600],
                    "real_share": 0.5,
                    "draws": [],
                    "features": [],
                    "openings": [],
                    "job_schema": {"type": "object"},
                }
            ]
        }
    )

    name: str
    title: str
    description: str
    version: int
    kinds: list[str]
    """The seeds it works on."""
    formats: list[str]
    audiences: list[str]
    constraints: list[str]
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
    job_schema: dict[str, Any]
    """JSON schema of a POST /v1/jobs body, with bounds and defaults."""


def recipe_out(recipe: Recipe) -> RecipeOut:
    """The schema of a recipe."""
    return RecipeOut(
        name=recipe.name,
        title=recipe.title,
        description=recipe.description,
        version=recipe.version,
        kinds=sorted(recipe.kinds),
        formats=list(recipe.formats),
        audiences=list(recipe.audiences),
        constraints=list(recipe.constraints),
        arms=len(recipe.arms),
        length_words=recipe.length_words,
        real_share=recipe.real_share,
        draws=list(recipe.draws),
        features=list(recipe.features),
        openings=list(recipe.openings),
        job_schema=JobRequest.model_json_schema(),
    )


@router.get("", summary="List recipes")
def list_recipes() -> Page[RecipeOut]:
    """All of them on one page."""
    return Page(items=[recipe_out(recipe) for recipe in RECIPES.values()])


@router.get("/{name}", summary="One recipe")
def get_recipe(name: str) -> RecipeOut:
    """By name."""
    return recipe_out(recipe_of(name))
