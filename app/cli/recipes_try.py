"""`hornbook recipes try`: one seed through a recipe, and every gate's verdict. Needs no service."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table
from rich.text import Text

from app.adapters.recipe_files import read_recipe
from app.adapters.sandbox import Sandbox
from app.cli.documents import Reading, read_records
from app.cli.exits import Exit, StoppedError
from app.cli.recipes import app, is_file
from app.cli.terminal import notes, print_json, results
from app.domain.arms import Arm
from app.domain.config import Api
from app.domain.examining import Tried
from app.domain.ingest import Record
from app.domain.pricing import OFFLINE_MODEL
from app.domain.prompts import Draw
from app.domain.recipes.builtin import builtin_recipe
from app.domain.recipes.recipe import Part, Pass, Recipe
from app.domain.records import Kind
from app.explainer.completion import complete, read_chat
from app.services import trying
from app.services.trying import Answering, Asked, NoAnswerError
from app.settings import get_settings

MOST_WORDS = 100_000
"""Of a word list that are read."""
JUDGE_S = 60.0
Step = tuple[Asked, str, Tried]
_Name = TypeVar("_Name", Pass, Part)


@app.command("try")
def try_recipe(  # noqa: PLR0913  # one argument an option
    recipe: Annotated[str, typer.Argument(help="A recipe that ships, or a recipe file.")],
    seed: Annotated[Path, typer.Option(help="A file of seeds; the first that fits is taken.")],
    number: Annotated[int, typer.Option(min=1, help="Take this one of the seeds that fit.")] = 1,
    arm: Annotated[str | None, typer.Option(metavar="F/A/C", help="Format/audience/constraint [drawn].")] = None,
    llm: Annotated[str | None, typer.Option(metavar="URL", help="Any OpenAI-compatible endpoint.")] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="The model to ask there.")] = None,
    api: Annotated[Api, typer.Option(help="completions for base models, as llm.api of a job.")] = "chat",
    rng_seed: Annotated[int, typer.Option(min=0, help="Another draw.")] = 0,
    field: Annotated[str, typer.Option(help="Field or column that holds the text.")] = "text",
    passes: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Passes over code first: style,self_contained [the recipe's].")
    ] = None,
    parts: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Parts to ask for: title,prerequisites,exercise [the recipe's].")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask for one text and show prompt, answer and every gate's verdict; without --llm the offline explainer answers.

    What fell short is asked to be repaired once, as a job would in its next round.
    """
    said = read_recipe(Path(recipe).read_bytes(), name=recipe) if is_file(recipe) else builtin_recipe(recipe)
    answering, named = _answering(llm, model)
    draw, text = _draw(said, seed, number, field, random.Random(rng_seed))
    draw = replace(draw, arm=draw.arm if arm is None else _arm(said, arm), parts=_named("parts", parts, Part, said))
    asked_first = _named("passes", passes, Pass, said) if draw.kind is Kind.code else ()
    with Sandbox(wall_s=JUDGE_S) as sandbox:
        before, version = _pass_steps(sandbox, said, answering, draw, text, model=named, api=api, passes=asked_first)
        steps = _steps(sandbox, said, answering, trying.ask(said, draw, text, model=named, api=api, version=version))
    shown = [*((step[0].stage or "", step) for step in before), *zip(("Asked", "Repaired"), steps, strict=False)]
    if as_json:
        print_json(
            {
                "recipe": said.name,
                "model": named,
                "arm": draw.arm.name,
                **({"passes": [{"pass": step[0].stage, **_json(*step)} for step in before]} if before else {}),
                "tries": [_json(*step) for step in steps],
            }
        )
        return
    for name, step in shown:
        _show(name.capitalize().replace("_", "-"), *step)


def _answering(llm: str | None, model: str | None) -> tuple[Answering, str]:
    if llm is None and model is not None:
        raise StoppedError("--model names a model of an endpoint: name that too, with --llm URL.", Exit.usage)
    if llm is None:
        notes().print("The offline explainer answers; --llm URL --model NAME asks a model.", style="yellow")
        return lambda request: complete(read_chat(request.body())).text, OFFLINE_MODEL
    settings = get_settings()
    chosen = model or settings.llm_model
    if chosen is None:
        raise StoppedError("--llm names an endpoint: name the model to ask there too, with --model NAME.", Exit.usage)
    # The operator's key goes to the operator's endpoint alone.
    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key and llm == settings.llm_base_url else None
    return trying.endpoint_answering(llm, key=key), chosen


def _draw(recipe: Recipe, seed: Path, number: int, field: str, rng: random.Random) -> tuple[Draw, str | None]:
    """A draw and its seed's text; of a word list a word of each part of speech."""
    only = Kind.words if recipe.kinds == {Kind.words} else None
    records = (record for record in read_records(seed, Reading(field, kind=only)) if record.kind in recipe.kinds)
    chosen, rng_seed = rng.choice(recipe.arms), rng.randrange(2**31 - 1)
    if only is not None:
        features = rng.sample(recipe.features, k=min(2, len(recipe.features)))
        words = _words(list(islice(records, MOST_WORDS)), recipe.draws, rng)
        opening = rng.choice(recipe.openings) if recipe.openings else ""
        return Draw(chosen, only, rng_seed, words, tuple(features), opening), None
    found = next(islice(records, number - 1, None), None)
    if found is None:
        kinds = " or ".join(sorted(recipe.kinds))
        raise StoppedError(f"{seed} holds fewer than {number} seeds of the kind {kinds} that it works on.", Exit.usage)
    return Draw(chosen, found.kind, rng_seed), found.text


def _words(records: list[Record], draws: Sequence[str], rng: random.Random) -> tuple[str, ...]:
    parts: dict[str, list[str]] = defaultdict(list)
    for record in records:
        parts[str(record.metadata.get("part") or draws[0])].append(record.text)
    return tuple(rng.choice(parts[part]) for part in draws if part in parts)


def _arm(recipe: Recipe, name: str) -> Arm:
    found = next((arm for arm in recipe.arms if arm.name == name), None)
    if found is None:
        shown = "; ".join(" ".join(map(repr, part)) for part in (recipe.formats, recipe.audiences, recipe.constraints))
        raise StoppedError(f"--arm {name}: expected format/audience/constraint of {shown}", Exit.usage)
    return found


def _named(option: str, given: str | None, kind: type[_Name], recipe: Recipe) -> tuple[_Name, ...]:
    """The passes or parts that an option names, or else the recipe's own."""
    if given is None:
        own: tuple[_Name, ...] = getattr(trying.settings_of(recipe), option)
        return own
    names = [name.strip() for name in given.split(",") if name.strip()]
    unknown = [name for name in names if name not in set(kind)]
    if unknown or len(set(names)) < len(names):
        raise StoppedError(f"--{option} {given}: expected some of {', '.join(kind)}, each once", Exit.usage)
    return tuple(kind(name) for name in names)


def _pass_steps(
    sandbox: Sandbox,
    recipe: Recipe,
    answering: Answering,
    draw: Draw,
    seed: str | None,
    *,
    model: str,
    api: Api,
    passes: Sequence[Pass],
) -> tuple[list[Step], str | None]:
    """Each pass with its verdict, and the code that is in force after them; None: the seed's."""
    version, steps = None, []
    for stage in passes:
        asked = trying.ask(recipe, draw, seed, model=model, api=api, version=version, stage=stage)
        text = answering(asked.request)
        tried = trying.judge(sandbox, recipe, asked, text)
        steps.append((asked, text, tried))
        version = tried.code if tried.gates[0].reason is None else version
    return steps, version


def _steps(sandbox: Sandbox, recipe: Recipe, answering: Answering, asked: Asked) -> list[Step]:
    """The answer with its verdicts, and the same of a repair where one may help."""
    text = answering(asked.request)
    tried = trying.judge(sandbox, recipe, asked, text)
    again = trying.repair_of(asked.draw, tried)
    if again is None:
        return [(asked, text, tried)]
    request = asked.request
    repair = trying.ask(
        recipe, again, asked.seed, model=request.model, api=request.api, earlier=text, version=asked.version
    )
    try:
        mended = answering(repair.request)
    except NoAnswerError as error:
        # What was answered is worth seeing all the same.
        notes().print(f"A repair was asked for as well. {error}", style="yellow", soft_wrap=True)
        return [(asked, text, tried)]
    return [(asked, text, tried), (repair, mended, trying.judge(sandbox, recipe, repair, mended))]


def _json(asked: Asked, text: str, tried: Tried) -> dict[str, object]:
    return {
        "prompt": [{"role": message.role, "content": message.content} for message in asked.request.messages],
        "answer": text,
        "passes": all(found.reason is None for found in tried.gates),
        "gates": [
            {"gate": g.gate, "reason": g.reason, "detail": g.detail, "scores": g.scores, "limits": g.limits}
            for g in tried.gates
        ],
    }


def _show(name: str, asked: Asked, text: str, tried: Tried) -> None:
    say = results()
    for message in asked.request.messages:
        say.rule(f"{name}: {message.role}", align="left")
        say.print(Text(message.content))
    say.rule("Answer", align="left")
    say.print(Text(text))
    table = Table("gate", "score", "value", "limit", "verdict", box=None, pad_edge=False)
    for found in tried.gates:
        verdict = "passes" if found.reason is None else f"{found.reason}: {found.detail}"
        style = "green" if found.reason is None else "red"
        bounded = [score for score in found.scores if score in found.limits] or [""]
        for place, score in enumerate(bounded):
            value = f"{found.scores[score]:.2f}" if score else ""
            cells = (found.gate, Text(verdict, style=style)) if place == 0 else ("", Text(""))
            table.add_row(cells[0], score, value, found.limits.get(score, ""), cells[1])
    say.rule("Gates", align="left")
    say.print(table)
