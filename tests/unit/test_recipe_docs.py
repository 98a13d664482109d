"""docs/recipes.md: its worked example is a recipe, and its table names every field."""

import re
from pathlib import Path

from app.adapters.recipe_files import RecipeFile, read_recipe
from app.domain.prompts import Draw, render
from app.domain.records import Kind

PAGE = (Path(__file__).parents[2] / "docs/recipes.md").read_text()


def example() -> str:
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_worked_example_is_a_recipe_whose_prompt_says_what_it_says() -> None:
    recipe = read_recipe(example().encode(), name="plain-words.yaml")

    draw = Draw(recipe.arms[2], Kind.code, rng_seed=0, fell_short=("lost_facts: left out: 21",))
    message = render(recipe, draw, "x = 1", mark="0a1b2c3d", length=(80, 160), earlier="Old.")[1].content

    assert message.startswith("Task: Explain the code below as a dialogue for a beginner programmer, so that")
    assert "On the format: A learner asks one question at a time and a teacher answers it." in message
    assert "Mend this and nothing else:\nFell short: lost_facts: left out: 21\nTo mend it: Put back" in message
    assert recipe.settings["targets"] == {"grade_p90": 9}


def test_the_table_names_every_field() -> None:
    named = {name.split(".")[0] for name in re.findall(r"`([a-z_.]+)`", PAGE.partition("| field |")[2])}

    assert set(RecipeFile.model_fields) <= named
