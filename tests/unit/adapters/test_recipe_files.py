"""A recipe file and the recipe in it; each fault names file, line, field, what is wrong and what is allowed."""

import json
from dataclasses import replace

import pytest

from app.adapters.recipe_files import RecipeFileError, read_recipe
from app.adapters.recipe_yaml import recipe_yaml
from app.domain.recipes.builtin import RECIPES
from app.domain.recipes.recipe import Pass, Recipe, recipe_hash
from app.domain.records import Kind

GOOD = """\
name: plain-words
prompts:
  system: You explain.
  tasks:
    code: Explain the code below as a {format}.
  repair: |
    Mend it:
    {reasons}
arms:
  formats: [lesson, worked example]
  audiences:
    - a beginner: Somebody who wrote ten programs.
length:
  words: [60, 300]
targets:
  grade_p90: 7
defaults:
  max_rounds: 2
"""


def read(text: str) -> Recipe:
    return read_recipe(text.encode(), name="my.yaml")


def test_a_file_says_all_of_a_recipe() -> None:
    recipe = read(GOOD)

    assert (recipe.name, recipe.title, recipe.kinds) == ("plain-words", "plain-words", {Kind.code})
    assert recipe.repair == "Mend it:\n{reasons}" and "{reasons}" in recipe.refine
    assert (recipe.formats, recipe.constraints) == (("lesson", "worked example"), ("none",))
    assert recipe.instructions == {"a beginner": "Somebody who wrote ten programs."}
    assert recipe.settings == {"targets": {"grade_p90": 7}, "max_rounds": 2}


@pytest.mark.parametrize("shipped", RECIPES.values(), ids=RECIPES)
def test_a_written_recipe_is_read_back_as_the_same(shipped: Recipe) -> None:
    mine = replace(
        shipped,
        name="mine",
        version=1,
        instructions={shipped.formats[0]: "Like: this, {so}."},
        settings={"targets": {"ease_mean": 60.0}, "llm": {"temperature": 0.2}},
    )

    assert read(recipe_yaml(mine)) == mine


def test_json_means_the_same_as_yaml() -> None:
    document = {
        "name": "plain-words",
        "prompts": {"system": "You explain.", "tasks": {"code": "Explain the code."}},
        "arms": {"formats": ["lesson"], "audiences": ["all"]},
        "length": {"words": [60, 300]},
    }
    as_yaml = "name: plain-words\nprompts: {system: You explain., tasks: {code: Explain the code.}}\n"
    as_yaml += "arms: {formats: [lesson], audiences: [all]}\nlength: {words: [60, 300]}\n"

    assert read(json.dumps(document, indent="\t")) == read(as_yaml)


def test_the_hash_is_of_what_is_said_not_of_how_it_is_written() -> None:
    assert recipe_hash(read(GOOD)) == recipe_hash(read("# a remark\n" + GOOD.replace("[60, 300]", "[ 60, 300 ]")))
    assert recipe_hash(read(GOOD)) != recipe_hash(read(GOOD.replace("grade_p90: 7", "grade_p90: 8")))
    assert recipe_hash(read(GOOD)) == recipe_hash(replace(read(GOOD), version=9))


FAULTS = {
    "unknown field": ("  system:", "  sytsem:", "my.yaml:3: prompts.sytsem: is no field here. Did you mean system?"),
    "missing field": ("  words: [60, 300]", "  of_seed: [1, 2]", "my.yaml:13: length.words: is missing"),
    "unknown target": ("grade_p90: 7", "grade: 7", "my.yaml:16: targets.grade: is no field here"),
    "out of bounds": ("grade_p90: 7", "grade_p90: 70", "my.yaml:16: targets.grade_p90: Input should be less than"),
    "not a number": (
        "max_rounds: 2",
        "max_rounds: many",
        "my.yaml:18: defaults.max_rounds: Input should be a",
    ),
    "missing slot": ("    {reasons}\n", "    all\n", "my.yaml:6: prompts.repair: lacks the slot {reasons}"),
    "unknown slot": ("{format}", "{style}", "my.yaml:5: prompts.tasks.code: has the slot {style}, which nothing fills"),
    "attribute in a slot": ("{format}", "{format.upper}", "my.yaml:5: prompts.tasks.code: has the slot {format.upper}"),
    "open brace": ("{format}", "{format", "my.yaml:5: prompts.tasks.code: has a brace that opens"),
    "contradictory targets": (
        "grade_p90: 7",
        "distinct3_low: 1.2",
        "my.yaml:16: targets.distinct3_low: can never hold: targets.distinct3_low 1.2 is above targets.distinct3_high",
    ),
    "shares over one": (
        "  max_rounds: 2",
        "  planning: {quota_share: 0.9}",
        "my.yaml:18: defaults.planning.quota_share: can never hold",
    ),
    "duplicate arm": ("worked example", "Lesson", "my.yaml:10: arms.formats[1]: 'Lesson' stands there twice (entry 1)"),
    "name with a slash": ("worked example", "a/b", "my.yaml:10: arms.formats[1]: 'a/b' is no name"),
    "yes is no name": ("worked example", "yes", "my.yaml:10: arms.formats[1]: must be a name"),
    "impossible length": ("[60, 300]", "[300, 60]", "my.yaml:14: length.words: [300, 60] leaves no room"),
    "length over max_tokens": (
        "[60, 300]",
        "[60, 3000]",
        "my.yaml:14: length.words: 3000 words do not fit into",
    ),
    "shipped name": ("plain-words", "rephrase", "my.yaml:1: name: 'rephrase' is a recipe that ships"),
    "bad name": ("plain-words", "Plain Words", "my.yaml:1: name: must be 2 to 40 small letters"),
    "unknown kind": ("    code:", "    poem:", "my.yaml:5: prompts.tasks.poem: 'poem' is no kind of seed"),
    "a marker": ("You explain.", "You explain <<<this>>>.", "my.yaml:3: prompts.system: holds '<<<'"),
    "an endpoint": ("  max_rounds: 2", "  llm: {base_url: http://x}", "my.yaml:18: defaults.llm.base_url: is no field"),
    "unknown pass": ("  max_rounds: 2", "  passes: [style, speed]", "my.yaml:18: defaults.passes[1]: Input should be"),
    "a pass twice": ("  max_rounds: 2", "  passes: [style, style]", "my.yaml:18: defaults.passes: can never hold"),
    "unknown part": ("  max_rounds: 2", "  parts: [titel]", "my.yaml:18: defaults.parts[0]: Input should be 'title'"),
    "an empty pass": ("  repair:", "  style: ' '\n  repair:", "my.yaml:6: prompts.style: is empty"),
    "twice": ("  max_rounds: 2", "  max_rounds: 2\n  max_rounds: 3", "my.yaml:19: names 'max_rounds' twice"),
}


@pytest.mark.parametrize(("old", "new", "told"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_file_line_and_field(old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(RecipeFileError) as refused:
        read(GOOD.replace(old, new))

    assert told in str(refused.value)


def test_all_faults_are_told_at_once_in_order_of_lines() -> None:
    with pytest.raises(RecipeFileError) as refused:
        read(GOOD.replace("{format}", "{x}").replace("{reasons}", "").replace("[60, 300]", "[9, 300]"))

    assert [line.split(":")[1] for line in str(refused.value).splitlines()] == ["14"]
    with pytest.raises(RecipeFileError) as refused:
        read(GOOD.replace("{format}", "{x}").replace("{reasons}", "").replace("[60, 300]", "[90, 30]"))
    assert [line.split(":")[1] for line in str(refused.value).splitlines()] == ["5", "6", "14"]


def test_a_list_is_no_recipe() -> None:
    with pytest.raises(RecipeFileError, match=r"my.yaml:1: must be fields with values: name, title"):
        read("- a\n- b\n")


def test_passes_without_code_and_parts_of_stories_are_told_with_their_line() -> None:
    prose = GOOD.replace("    code:", "    prose:").replace("  max_rounds: 2", "  passes: [style]")
    stories = GOOD.replace("    code:", "    words:").replace("  max_rounds: 2", "  parts: [title]")

    with pytest.raises(RecipeFileError, match=r"my\.yaml:18: defaults\.passes: better the code of seeds"):
        read(prose)
    with pytest.raises(RecipeFileError, match=r"my\.yaml:18: defaults\.parts: are of explanations"):
        read(stories)


def test_the_wording_of_passes_is_the_recipes_own() -> None:
    mine = read(
        GOOD.replace("  repair:", "  style: Make it neat.\n  repair:").replace("max_rounds: 2", "passes: [style]")
    )

    assert mine.passes[Pass.style] == "Make it neat." and mine.settings["passes"] == ["style"]
    assert recipe_hash(mine) != recipe_hash(read(GOOD)) and read(recipe_yaml(mine)) == mine
