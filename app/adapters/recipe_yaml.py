"""A recipe written as the YAML file that `recipe_files` reads back into the same."""

import yaml

from app.domain.recipes.recipe import Answer, Pass, Recipe
from app.domain.records import Kind

SETTINGS = ("gates", "targets")
"""What stands beside the defaults in a recipe's file, though jobs know both as settings."""


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML comes without types
    """Writes texts of several lines as such."""


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text_node)


def recipe_yaml(recipe: Recipe) -> str:
    """The recipe as a file that `read_recipe` reads back into the same."""
    settings = dict(recipe.settings)
    said: dict[str, object] = {
        "name": recipe.name,
        "title": recipe.title,
        "description": recipe.description,
        "prompts": {
            "system": recipe.system,
            "tasks": {kind.value: recipe.tasks[kind] for kind in sorted(recipe.tasks)},
            "repair": recipe.repair,
            "refine": recipe.refine,
            **_passes_said(recipe),
        },
        "arms": _arms_said(recipe),
        "length": {"words": list(recipe.length_words), "of_seed": list(recipe.length_ratio)},
        **({} if recipe.answer is Answer.text else {"answer": recipe.answer.value}),
        **({} if recipe.word_list is None else {"word_list": recipe.word_list}),
        "for_children": recipe.for_children,
        "max_grade": recipe.max_grade,
        "real_share": recipe.real_share,
    }
    said |= {name: settings.pop(name) for name in SETTINGS if name in settings}
    if settings:
        said["defaults"] = settings
    return str(yaml.dump(said, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100))


def _passes_said(recipe: Recipe) -> dict[str, str]:
    """The wording of passes, where the recipe explains code."""
    return {stage.value: recipe.passes[stage] for stage in Pass} if Kind.code in recipe.kinds else {}


def _arms_said(recipe: Recipe) -> dict[str, object]:
    parts = {"formats": recipe.formats, "audiences": recipe.audiences, "constraints": recipe.constraints}
    told = recipe.instructions
    said: dict[str, object] = {
        name: [{value: told[value]} if value in told else value for value in values] for name, values in parts.items()
    }
    drawn = {
        "draws": recipe.draws,
        "features": recipe.features,
        "openings": recipe.openings,
        "stock_openings": recipe.stock_openings,
    }
    return said | {name: list(values) for name, values in drawn.items() if values}
