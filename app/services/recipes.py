"""Which recipes there are: those that ship and those that people added, and which one a job means."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from app.domain.config import JobConfig
from app.domain.recipes.builtin import RECIPES, UnknownRecipeError, builtin_recipe
from app.domain.recipes.recipe import Recipe, recipe_hash, recipe_json
from app.errors import InvalidInputError
from app.repositories import recipes
from app.repositories.recipes import RecipeRow

LEAST_PREFIX = 8
"""Hex digits that name a version."""


class UnknownVersionError(InvalidInputError):
    """Recipe {name!r} has no version whose hash begins with {prefix!r}; its versions: {known}."""

    code = "unknown_recipe_version"


@dataclass(frozen=True)
class Known:
    """A recipe with what names it."""

    recipe: Recipe
    sha256: str
    """Of its content."""
    added_at: datetime | None
    """None: it ships."""

    @property
    def reference(self) -> str:
        """What a job may call it by for ever."""
        return self.recipe.name if self.added_at is None else f"{self.recipe.name}@{self.sha256[:16]}"


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Recipe]:
    return TypeAdapter(Recipe)


def _known(row: RecipeRow) -> Known:
    recipe = _adapter().validate_python({**row.body, "version": row.version})
    return Known(recipe, row.sha256, row.created_at)


def _builtin(recipe: Recipe) -> Known:
    return Known(recipe, recipe_hash(recipe), None)


def shipped(name: str) -> Known:
    """A recipe that ships; raises UnknownRecipeError."""
    return _builtin(builtin_recipe(name))


def from_file(recipe: Recipe) -> Known:
    """A recipe that nobody added yet, as if somebody just had."""
    return Known(recipe, recipe_hash(recipe), datetime.now(UTC))


def add(session: Session, recipe: Recipe) -> tuple[Known, bool]:
    """The recipe as stored, and whether it was new; the same content again is the same version."""
    digest = recipe_hash(recipe)
    recipes.lock(session)
    new = recipes.of_hash(session, digest) is None
    if new:
        recipes.add(session, recipe.name, sha256=digest, body=recipe_json(recipe))
    row = recipes.of_hash(session, digest)
    assert row is not None
    return _known(row), new


def listed(session: Session) -> list[Known]:
    """Those that ship, then the youngest version of each that was added."""
    return [*map(_builtin, RECIPES.values()), *map(_known, recipes.latest(session))]


def find(session: Session, reference: str) -> Known:
    """The recipe that `name` or `name@hash` means, the youngest version without a hash.

    Raises UnknownRecipeError or UnknownVersionError.
    """
    name, at, prefix = reference.partition("@")
    if name in RECIPES and not at:
        return _builtin(RECIPES[name])
    versions = recipes.versions(session, name)
    if not versions:
        known = sorted({*RECIPES, *(row.name for row in recipes.latest(session))})
        raise UnknownRecipeError(name=reference, known=", ".join(known))
    chosen = [row for row in versions if row.sha256.startswith(prefix)] if len(prefix) >= LEAST_PREFIX or not at else []
    if not chosen or (at and len(chosen) > 1):
        shown = ", ".join(f"{row.version} is {row.sha256[:16]}" for row in versions[:10])
        raise UnknownVersionError(name=name, prefix=prefix, known=shown)
    return _known(chosen[0])


def of_job(config: JobConfig) -> Known:
    """The recipe that a job keeps."""
    return from_file(config.own_recipe) if config.own_recipe else shipped(config.recipe)


def pinned(config: JobConfig, known: Known) -> JobConfig:
    """The config of a job that keeps this recipe, whatever becomes of its name."""
    return replace(config, recipe=known.recipe.name, own_recipe=None if known.added_at is None else known.recipe)


def overlaid(under: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """`under` with what `over` says instead, group by group."""
    merged = dict(under)
    for name, value in over.items():
        below = merged.get(name)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            value = overlaid(below, value)
        merged[name] = value
    return merged


def named_settings(settings: Mapping[str, object], above: str = "") -> list[tuple[str, object]]:
    """Each setting by its dotted name. Example: {"targets": {"grade_p90": 8}} is [("targets.grade_p90", 8)]."""
    found: list[tuple[str, object]] = []
    for name, value in settings.items():
        found += named_settings(value, f"{above}{name}.") if isinstance(value, Mapping) else [(above + name, value)]
    return found
