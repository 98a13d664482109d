"""`hornbook recipes`: what can be made of seeds. The built-in ones, so no service is needed."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.api.recipes import RecipeOut, recipe_out
from app.cli.terminal import print_json, results
from app.domain.recipes.builtin import RECIPES, recipe_of

app = typer.Typer(help="What can be made of seeds.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def _recipes() -> None:
    """What can be made of seeds."""


@app.command("list")
def list_recipes(as_json: AsJson = False) -> None:
    """All recipes."""
    rows = [recipe_out(recipe) for recipe in RECIPES.values()]
    if as_json:
        for row in rows:
            print_json(row.model_dump(mode="json"))
        return
    table = Table("name", "works on", "what it does", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row.name, ", ".join(row.kinds), Text(row.description))
    results().print(table)


@app.command()
def show(name: str, as_json: AsJson = False) -> None:
    """One recipe; with --json also the schema of its jobs, which names every field that --set takes."""
    row = recipe_out(recipe_of(name))
    if as_json:
        print_json(row.model_dump(mode="json"))
    else:
        _show(row)


def _show(row: RecipeOut) -> None:
    say = results()
    say.print(f"[bold]{row.title}[/] ({row.name}, version {row.version})")
    say.print(row.description, markup=False)
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("works on", ", ".join(row.kinds))
    for name, values in (
        ("draws one of each", row.draws),
        ("formats", row.formats),
        ("audiences", row.audiences),
        ("constraints", row.constraints),
        ("features", row.features),
        ("begins with", row.openings),
    ):
        if values:
            table.add_row(name, Text(", ".join(values)))
    table.add_row("ways to ask", str(row.arms))
    table.add_row("length", f"{row.length_words[0]} to {row.length_words[1]} words")
    table.add_row("real text in exports", f"{row.real_share:.0%}")
    say.print(table)
