"""Recipes: which there are, and what each tells the LLM."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.dashboard.backend import CurrentBackend
from app.dashboard.rendering import PageRoute, render
from app.domain.prompts import prompt_hash
from app.services import recipes as service

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/recipes")
def list_page(backend: CurrentBackend) -> HTMLResponse:
    """Those that ship and the youngest version of each that was added."""
    return render("recipes.html", rows=backend.read(service.listed))


@router.get("/recipes/{reference}")
def recipe_page(backend: CurrentBackend, reference: str) -> HTMLResponse:
    """One of them, by name or as `name@hash`."""
    known = backend.read(lambda session: service.find(session, reference))
    recipe = known.recipe
    parts = {"Formats": recipe.formats, "Audiences": recipe.audiences, "Constraints": recipe.constraints}
    return render(
        "recipe.html",
        known=known,
        recipe=recipe,
        parts=parts,
        prompt_sha256=prompt_hash(recipe),
        kinds=sorted(recipe.kinds),
        settings=service.named_settings(recipe.settings),
    )
