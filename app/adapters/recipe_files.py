"""Recipes of one's own: a YAML or JSON file read into a Recipe and written from one, each fault with its line.

`docs/recipes.md` describes the file for whoever writes one. What the fields' types cannot tell is checked by
`app.domain.recipe_checks`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal, get_type_hints

from annotated_types import Ge, Le, Len
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from app.adapters.recipe_yaml import SETTINGS
from app.adapters.yaml_lines import BadYamlError, Document, Where, read_document
from app.domain.config import Budget, JobConfig, Llm, Planning, Sources, Targets
from app.domain.draws import SPOKEN
from app.domain.gate_config import Gates
from app.domain.recipe_checks import Fault, check_recipe
from app.domain.recipes.recipe import REFINE, REPAIR, SELF_CONTAINED, STYLE, Answer, Part, Pass, Recipe
from app.domain.records import Kind
from app.errors import InvalidInputError

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=8_000)]
Named = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Parts = Annotated[list[Named | Annotated[dict[Named, Text], Len(1, 1)]], Len(1, 200)]
"""Names; a name with a text after its colon is explained to the LLM by it."""
STRICT = ConfigDict(extra="forbid", strict=False, allow_inf_nan=False)
ENTRY = (
    "must be a name of at most 60 characters, alone or with what is said of it (`name: text`); "
    "put yes, no and numbers in quotes"
)
NAME = "must be 2 to 40 small letters, digits and hyphens, a letter first, not "


Drawn = Literal["noun", "verb", "adjective", "function"]


class RecipeFileError(InvalidInputError):
    """{reason}"""

    code = "bad_recipe"


class PromptsIn(BaseModel):
    """What the LLM is told."""

    model_config = STRICT

    system: Text
    tasks: Annotated[dict[Kind, Text], Len(1)]
    repair: Text = REPAIR
    refine: Text = REFINE
    style: Text = STYLE
    self_contained: Text = SELF_CONTAINED


class ArmsIn(BaseModel):
    """The ways to ask."""

    model_config = STRICT

    formats: Parts
    audiences: Parts
    constraints: Parts = ["none"]  # pydantic copies it
    draws: Annotated[list[Drawn], Len(0, 4)] = Field(default_factory=list)
    features: Annotated[list[Named], Len(0, 200)] = Field(default_factory=list)
    openings: Annotated[list[Named], Len(0, 200)] = Field(default_factory=list)
    stock_openings: Annotated[list[Named], Len(0, 200)] = Field(default_factory=list)


class LengthIn(BaseModel):
    """How long answers are."""

    model_config = STRICT

    words: tuple[Annotated[int, Ge(10), Le(20_000)], Annotated[int, Ge(20), Le(20_000)]]
    of_seed: tuple[Annotated[float, Ge(0), Le(20)], Annotated[float, Ge(0), Le(20)]] = (0.5, 2.0)


class LlmIn(BaseModel):
    """How the model is asked; which one and where is each job's own affair, so that no recipe sends texts elsewhere."""

    model_config = STRICT

    temperature: Annotated[float, Ge(0), Le(2)] = Llm.temperature
    max_tokens: Annotated[int, Ge(16), Le(32_000)] = Llm.max_tokens
    context_tokens: Annotated[int, Ge(512), Le(10_000_000)] = Llm.context_tokens


class DefaultsIn(BaseModel):
    """What its jobs do unless they say otherwise."""

    model_config = STRICT

    max_rounds: Annotated[int, Ge(1), Le(100)] = 6
    draws: Annotated[int, Ge(1), Le(100_000_000)] = 300
    passes: Annotated[list[Pass], Len(0, 2)] = Field(default_factory=list)
    parts: Annotated[list[Part], Len(0, 3)] = Field(default_factory=list)
    budget: Budget = Field(default_factory=Budget)
    planning: Planning = Field(default_factory=Planning)
    llm: LlmIn = Field(default_factory=LlmIn)
    sources: Sources = Field(default_factory=Sources)


class RecipeFile(BaseModel):
    """A recipe as people write it."""

    model_config = STRICT

    name: Name
    title: Annotated[str, StringConstraints(max_length=200)] = ""
    description: Annotated[str, StringConstraints(max_length=2_000)] = ""
    prompts: PromptsIn
    arms: ArmsIn
    length: LengthIn
    answer: Answer = Answer.text
    word_list: Literal["functions.csv"] | None = None
    """A list that ships; a user's own comes as the seeds."""
    for_children: bool = False
    max_grade: Annotated[float, Ge(1), Le(20)] = 14.0
    real_share: Annotated[float, Ge(0), Le(1)] = 0.5
    gates: Gates = Field(default_factory=Gates)
    targets: Targets = Field(default_factory=Targets)
    defaults: DefaultsIn = Field(default_factory=DefaultsIn)


def read_recipe(body: bytes, *, name: str) -> Recipe:
    """The recipe in a YAML or JSON file called `name`; raises RecipeFileError with every fault and its line."""
    try:
        document = read_document(body)
    except BadYamlError as error:
        raise _refused(name, [(error.line, "", error.message)]) from None
    if not isinstance(document.value, dict):
        raise _refused(name, [(1, "", f"must be fields with values: {', '.join(RecipeFile.model_fields)}")])
    try:
        said = RecipeFile.model_validate(document.value)
    except ValidationError as error:
        raise _refused(name, [_told(document, fault) for fault in error.errors(include_url=False)]) from None
    recipe = _recipe(said, document.value)
    config = TypeAdapter(JobConfig).validate_python(dict(recipe.settings))
    faults = check_recipe(recipe, config)
    if faults:
        raise _refused(name, [(document.line_of(fault.path), fault.field, fault.message) for fault in faults])
    return recipe


def _told(document: Document, error: ErrorDetails) -> tuple[int, str, str]:
    """Line, field and message of one of pydantic's errors, in a recipe writer's words."""
    path = _path_in(document, error["loc"])
    line, field, kind = document.line_of(path), Fault(path, "").field, error["type"]
    if kind == "missing":
        return line, field, "is missing"
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return line, field, _unknown(path)
    if path == ("name",) and kind == "string_pattern_mismatch":
        return (
            line,
            field,
            NAME + _short(error["input"]),
        )
    if path[:1] == ("arms",) and len(path) > 2:
        return line, Fault(path[:3], "").field, ENTRY
    if path[:2] == ("prompts", "tasks") and kind == "enum":
        return line, field, f"{path[-1]!r} is no kind of seed; there are {', '.join(Kind)}"
    return line, field, f"{error['msg']}, not {_short(error['input'])}"


def _path_in(document: Document, loc: Sequence[str | int]) -> Where:
    """The path without what pydantic adds to it: names of a union's branches, `[key]`."""
    path: Where = ()
    for place, part in enumerate(loc):
        if (*path, part) in document.lines or place == len(loc) - 1:
            path = (*path, part) if part != "[key]" else path
    return path


def _unknown(path: Where) -> str:
    allowed = _names_at(path[:-1])
    near = get_close_matches(str(path[-1]), allowed, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"is no field here.{hint} Allowed: {', '.join(allowed)}"


def _names_at(path: Where) -> list[str]:
    """The fields that may stand below `path`."""
    model: object = RecipeFile
    for part in path:
        model = get_type_hints(model).get(str(part))
    if isinstance(model, type) and issubclass(model, BaseModel):
        return list(model.model_fields)
    return [field.name for field in fields(model)] if isinstance(model, type) and is_dataclass(model) else []


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _refused(name: str, found: Sequence[tuple[int, str, str]]) -> RecipeFileError:
    told = sorted({(line, field, message) for line, field, message in found})
    lines = [f"{name}:{line}: {field + ': ' if field else ''}{message}" for line, field, message in told]
    errors = [{"field": f"line {line}: {field}".rstrip(": "), "message": message} for line, field, message in told]
    return RecipeFileError(reason="\n".join(lines), errors=errors)


def _recipe(said: RecipeFile, given: Mapping[str, Any]) -> Recipe:
    settings = {name: given[name] for name in SETTINGS if name in given}
    settings |= given.get("defaults") or {}
    parts = said.arms
    told = dict(_explained([*parts.formats, *parts.audiences, *parts.constraints]))
    return Recipe(
        name=said.name,
        title=said.title or said.name,
        description=said.description,
        version=1,
        kinds=frozenset(said.prompts.tasks),
        system=said.prompts.system.strip(),
        tasks={kind: task.strip() for kind, task in said.prompts.tasks.items()},
        formats=_named(parts.formats),
        audiences=_named(parts.audiences),
        constraints=_named(parts.constraints),
        length_ratio=said.length.of_seed,
        length_words=said.length.words,
        real_share=said.real_share,
        answer=said.answer,
        word_list=said.word_list,
        draws=tuple(parts.draws) or (SPOKEN if Kind.words in said.prompts.tasks else ()),
        features=tuple(parts.features),
        openings=tuple(parts.openings),
        stock_openings=tuple(parts.stock_openings),
        for_children=said.for_children,
        max_grade=said.max_grade,
        repair=said.prompts.repair.strip(),
        refine=said.prompts.refine.strip(),
        passes={
            Pass.style: said.prompts.style.strip(),
            Pass.self_contained: said.prompts.self_contained.strip(),
        },
        instructions=told,
        settings=settings,
    )


def _named(values: Sequence[str | dict[str, str]]) -> tuple[str, ...]:
    return tuple(value if isinstance(value, str) else next(iter(value)) for value in values)


def _explained(values: Sequence[str | dict[str, str]]) -> Iterator[tuple[str, str]]:
    """(name, its explanation in one line) of the entries that have one."""
    for value in values:
        if isinstance(value, dict):
            yield from ((name, " ".join(text.split())) for name, text in value.items())
