"""The recipes that ship."""

from app.domain.recipes.codetextbook import CODETEXTBOOK
from app.domain.recipes.exercises import EXERCISES
from app.domain.recipes.recipe import Recipe
from app.domain.recipes.rephrase import REPHRASE
from app.domain.recipes.tinystories import TINYSTORIES
from app.errors import InvalidInputError

RECIPES = {recipe.name: recipe for recipe in (CODETEXTBOOK, TINYSTORIES, EXERCISES, REPHRASE)}


class UnknownRecipeError(InvalidInputError):
    """There is no recipe {name!r}; there are {known}."""

    code = "unknown_recipe"


def recipe_of(name: str) -> Recipe:
    """The recipe of that name; raises UnknownRecipeError."""
    if name not in RECIPES:
        raise UnknownRecipeError(name=name, known=", ".join(sorted(RECIPES)))
    return RECIPES[name]
