"""`hornbook recipes`: what can be made of seeds, and recipes of one's own. Only `add` needs a service."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app.adapters.recipe_files import read_recipe
from app.api.recipes import RecipeOut, recipe_out
from app.cli.service import running, service
from app.cli.terminal import print_json, results
from app.domain.recipes.builtin import RECIPES
from app.services.recipes import from_file, named_settings, shipped

app = typer.Typer(help="What can be made of seeds, and recipes of your own.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
File = Annotated[Path, typer.Argument(help="A recipe in YAML or JSON: docs/recipes.md.", exists=True, dir_okay=False)]
NARROW = 76
"""Columns below which a table of recipes leaves a word a line for what each does."""
ENDINGS = (".yaml", ".yml", ".json")


@app.callback()
def _recipes() -> None:
    """What can be made of seeds, and recipes of your own."""


def is_file(recipe: str) -> bool:
    """Whether a recipe is named by its file; a name has no dot and no slash."""
    return recipe.endswith(ENDINGS) or "/" in recipe or "\\" in recipe


def read_file(path: Path) -> RecipeOut:
    """The recipe in a file, as it would be once added; raises RecipeFileError with the lines."""
    return recipe_out(from_file(read_recipe(path.read_bytes(), name=str(path))))


def look_up(name: str) -> RecipeOut:
    """The recipe of that name: shipped, in a file, or known to the service that runs."""
    if is_file(name):
        return read_file(Path(name))
    if name in RECIPES:
        return recipe_out(shipped(name))
    with running() as client:
        if client is None:
            return recipe_out(shipped(name))
        return RecipeOut.model_validate(client.recipe(name))


@app.command("list")
def list_recipes(as_json: AsJson = False) -> None:
    """All recipes: those that ship, and those added to the service that runs."""
    with running() as client:
        rows = _shipped() if client is None else [RecipeOut.model_validate(row) for row in client.recipes()]
    if as_json:
        for row in rows:
            print_json(row.model_dump(mode="json"))
        return
    say = results()
    if say.width < NARROW:
        for row in rows:
            say.print(Text.assemble((row.name, "bold"), f" version {row.version}, on {', '.join(row.kinds)}"))
            say.print(Padding(Text(row.description or row.title), (0, 0, 0, 2), expand=False))
        return
    table = Table("name", "version", "works on", "what it does", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row.name, str(row.version), ", ".join(row.kinds), Text(row.description or row.title))
    say.print(table)


def _shipped() -> list[RecipeOut]:
    return [recipe_out(shipped(name)) for name in RECIPES]


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A name, name@hash, or a recipe file.")],
    as_json: AsJson = False,
    as_yaml: Annotated[bool, typer.Option("--yaml", help="Print it as a file, to begin one of your own.")] = False,
) -> None:
    """One recipe with its prompts; with --json also the schema of its jobs, which names all that --set takes."""
    row = look_up(name)
    if as_yaml:
        typer.echo(row.file, nl=False)
    elif as_json:
        print_json(row.model_dump(mode="json"))
    else:
        _show(row)


def _show(row: RecipeOut) -> None:
    say = results()
    say.print(Text(f"{row.title} ({row.name}, version {row.version})", style="bold"))
    say.print(row.description, markup=False)
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=say.width >= NARROW)
    table.add_column(overflow="fold")
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
    for name, value in named_settings(row.settings):
        table.add_row("sets", Text(f"{name} = {value}"))
    table.add_row("recipe sha256", row.sha256)
    table.add_row("prompt sha256", row.prompt_sha256)
    say.print(table)
    _show_prompts(say, row)


def _show_prompts(say: Console, row: RecipeOut) -> None:
    tasks = [(f"Task for {kind}", task) for kind, task in row.tasks.items()]
    told = [(f"On {name!r}", text) for name, text in row.instructions.items()]
    passes = [(f"Pass: {stage}", text) for stage, text in row.passes.items()]
    said = [("Repair", row.repair), ("Refinement", row.refine), *passes]
    for title, text in [("System", row.system), *tasks, *told, *said]:
        say.print()
        say.print(Text(title, style="bold"))
        say.print(Text(text))


@app.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Check a recipe file; every fault is told with its line. Needs no service."""
    row = read_file(file)
    if as_json:
        print_json({"name": row.name, "sha256": row.sha256, "prompt_sha256": row.prompt_sha256, "arms": row.arms})
        return
    kinds = " and ".join(row.kinds)
    results().print(Text(f"{file}: {row.name} works on {kinds} in {row.arms} ways; nothing is wrong with it."))
    results().print(Text(f"Try it on one seed: hornbook recipes try {file} --seed FILE"))


@app.command()
def add(file: File, as_json: AsJson = False) -> None:
    """Add a recipe to the service; a changed file becomes the name's next version, jobs keep theirs."""
    read_file(file)
    with service() as at:
        row = at.client.add_recipe(file)
    if as_json:
        print_json(row)
    else:
        results().print(Text(f"Recipe {row['name']} version {row['version']}: {row['reference']}"))
        results().print(Text(f"Use it: hornbook refine FILES --out DIR --recipe {row['name']}"))
