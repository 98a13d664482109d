"""What is wrong with a recipe that its fields' types cannot tell: slots, arms, lengths, targets that cannot hold.

A fault names the field by its path in the recipe file, so that whoever read the file can name the line. Knows
nothing of files.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from string import Formatter

from app.domain.config import JobConfig, contradictions, unfit
from app.domain.recipes.builtin import RECIPES
from app.domain.recipes.recipe import Recipe

Path = tuple[str | int, ...]

TASK_SLOTS = ("format", "audience", "constraint", "least", "most")
"""May stand in a task; the prompt names them in lines of their own too."""
REASON_SLOTS = ("reasons",)
"""Must stand in the wording of a repair and of a refinement."""
FORBIDDEN_IN_NAMES = "\n\r,:/"
"""An arm's name is stored as format/audience/constraint and stands in a line of the prompt."""
MOST_ARMS = 5_000
TOKENS_PER_WORD = 1.3
"""Least that English text takes: with fewer tokens allowed no answer of that length can come."""
MARKER = "<<<"
"""Opens the slot of a document; in a recipe's own words it would look like one."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong."""

    path: Path
    """Field names and places in lists, from the outermost on."""
    message: str
    """What is wrong, and what would be right."""

    @property
    def field(self) -> str:
        """Example: `arms.formats[2]`."""
        parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path]
        return "".join(parts).removeprefix(".")


def check_recipe(recipe: Recipe, config: JobConfig) -> list[Fault]:
    """All faults; empty for a recipe that can be used. `config` has the recipe's settings over the defaults."""
    checks: Sequence[Callable[[Recipe], Iterator[Fault]]] = (_name, _texts, _tasks, _wordings, _arms, _length)
    found = [fault for check in checks for fault in check(recipe)]
    unused = [Fault(("defaults", field), why) for field, why in unfit(config, recipe).items()]
    return [*found, *_room(recipe, config), *_targets(config), *unused]


def _name(recipe: Recipe) -> Iterator[Fault]:
    if recipe.name in RECIPES:
        yield Fault(("name",), f"{recipe.name!r} is a recipe that ships; give yours another name")


def _texts(recipe: Recipe) -> Iterator[Fault]:
    said: dict[Path, str] = {("prompts", "system"): recipe.system, ("prompts", "repair"): recipe.repair}
    said[("prompts", "refine")] = recipe.refine
    said |= {("prompts", "tasks", kind.value): task for kind, task in recipe.tasks.items()}
    said |= {("prompts", stage.value): task for stage, task in recipe.passes.items()}
    for path, text in said.items():
        if not text.strip():
            yield Fault(path, "is empty; say what the LLM should do")
        if MARKER in text:
            yield Fault(path, f"holds {MARKER!r}, which marks a document; write it otherwise")
        if any(ord(char) < 32 and char not in "\n\t" for char in text):
            yield Fault(path, "holds a control character; only line breaks and tabs are allowed")


def _tasks(recipe: Recipe) -> Iterator[Fault]:
    for kind, task in recipe.tasks.items():
        path: Path = ("prompts", "tasks", kind.value)
        if "\n" in task.strip():
            yield Fault(path, "must be one line; long instructions go into prompts.system")
        yield from _slots(path, task, allowed=TASK_SLOTS)


def _wordings(recipe: Recipe) -> Iterator[Fault]:
    for name, text in (("repair", recipe.repair), ("refine", recipe.refine)):
        yield from _slots(("prompts", name), text, allowed=REASON_SLOTS, needed=REASON_SLOTS)


def _slots(path: Path, text: str, *, allowed: Sequence[str], needed: Sequence[str] = ()) -> Iterator[Fault]:
    """Slots are `{name}` and nothing else: no attributes, no formats."""
    known = ", ".join(f"{{{name}}}" for name in allowed)
    try:
        parts = [(slot, form, turn) for _, slot, form, turn in Formatter().parse(text) if slot is not None]
    except ValueError as error:
        yield Fault(path, f"has a brace that opens or closes no slot ({error}); slots are {known}, a brace is {{{{")
        return
    for slot, form, turn in parts:
        if slot not in allowed or form or turn:
            yield Fault(path, f"has the slot {{{slot}}}, which nothing fills; slots are {known}, a brace is {{{{")
    for slot in needed:
        if slot not in {found for found, _, _ in parts}:
            yield Fault(path, f"lacks the slot {{{slot}}}: put it where the reasons shall stand")


def _arms(recipe: Recipe) -> Iterator[Fault]:
    parts = {"formats": recipe.formats, "audiences": recipe.audiences, "constraints": recipe.constraints}
    for name, values in (*parts.items(), ("features", recipe.features)):
        yield from _names(("arms", name), values)
        if name in parts and not values:
            yield Fault(("arms", name), "is empty; name at least one")
    count = len(recipe.formats) * len(recipe.audiences) * len(recipe.constraints)
    if count > MOST_ARMS:
        yield Fault(("arms",), f"make {count:,} combinations, at most {MOST_ARMS:,} can be told apart; name fewer")


def _names(path: Path, values: Sequence[str]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for place, value in enumerate(values):
        at: Path = (*path, place)
        if not value.strip() or value != value.strip() or set(value) & set(FORBIDDEN_IN_NAMES):
            yield Fault(at, f"{value!r} is no name: one line without , : / and without spaces at its ends")
        elif value.casefold() in first:
            yield Fault(at, f"{value!r} stands there twice (entry {first[value.casefold()] + 1}); leave one out")
        first.setdefault(value.casefold(), place)


def _length(recipe: Recipe) -> Iterator[Fault]:
    low, high = recipe.length_words
    if low >= high:
        yield Fault(("length", "words"), f"[{low}, {high}] leaves no room: the second must be larger than the first")
    least, most = recipe.length_ratio
    if least > most:
        yield Fault(("length", "of_seed"), f"[{least:g}, {most:g}] is upside down: the first is the least share")


def _room(recipe: Recipe, config: JobConfig) -> Iterator[Fault]:
    high, room = recipe.length_words[1], config.llm.max_tokens
    if high * TOKENS_PER_WORD > room:
        why = f"{high} words do not fit into llm.max_tokens {room}, so every long answer would be cut"
        yield Fault(("length", "words"), f"{why}; ask for fewer words, or set defaults.llm.max_tokens to {high * 2}")


def _targets(config: JobConfig) -> Iterator[Fault]:
    for sentence in contradictions(config):
        path: Path = tuple(sentence.split(" ")[0].split("."))
        if path[0] not in ("targets", "gates"):
            path = ("defaults", *path)
        yield Fault(path, f"can never hold: {sentence}")
