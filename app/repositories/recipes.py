"""Rows of recipes that people added."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.db.tables import Recipe


@dataclass(frozen=True)
class RecipeRow:
    """A version of a recipe as stored."""

    name: str
    version: int
    sha256: str
    body: dict[str, Any]
    created_at: datetime


COLUMNS = [getattr(Recipe, name) for name in RecipeRow.__dataclass_fields__]


def lock(session: Session) -> None:
    """Let one transaction at a time number versions."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('hornbook.recipes'))"))


def add(session: Session, name: str, *, sha256: str, body: Mapping[str, object]) -> None:
    """The next version of `name`. Call `lock` before."""
    query = text("SELECT coalesce(max(version), 0) + 1 FROM recipes WHERE name = :name")
    version = session.execute(query, {"name": name}).scalar_one()
    session.execute(insert(Recipe).values(name=name, version=version, sha256=sha256, body=dict(body)))


def of_hash(session: Session, sha256: str) -> RecipeRow | None:
    """The version with this content."""
    row = session.execute(select(*COLUMNS).where(Recipe.sha256 == sha256)).one_or_none()
    return None if row is None else RecipeRow(*row)


def versions(session: Session, name: str) -> list[RecipeRow]:
    """The versions of a name, the youngest first."""
    query = select(*COLUMNS).where(Recipe.name == name)
    return [RecipeRow(*row) for row in session.execute(query.order_by(Recipe.version.desc()))]


def latest(session: Session) -> list[RecipeRow]:
    """The youngest version of each name, by name."""
    query = select(*COLUMNS).ext(distinct_on(Recipe.name)).order_by(Recipe.name, Recipe.version.desc())
    return [RecipeRow(*row) for row in session.execute(query)]
