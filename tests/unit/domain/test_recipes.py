"""The recipes that ship keep the rules that planning, prompts and gates rely on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.recipes.builtin import RECIPES, UnknownRecipeError, builtin_recipe
from app.domain.recipes.codetextbook import CODETEXTBOOK
from app.domain.recipes.recipe import Recipe
from app.domain.records import Kind

EVERY = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
OPENINGS = {
    Kind.code: "Explain the code",
    Kind.prose: "Rewrite the passage",
    Kind.words: ("Write a story", "Write an exercise"),
}


@EVERY
def test_every_kind_a_recipe_takes_has_its_task_line(recipe: Recipe) -> None:
    assert set(recipe.tasks) == set(recipe.kinds)
    for kind, task in recipe.tasks.items():
        assert task.startswith(OPENINGS[kind]) and "\n" not in task


@EVERY
def test_arms_are_all_combinations_with_names_of_their_own(recipe: Recipe) -> None:
    expected = len(recipe.formats) * len(recipe.audiences) * len(recipe.constraints)

    assert len({arm.name for arm in recipe.arms}) == len(recipe.arms) == expected
    assert "none" in recipe.constraints


@EVERY
def test_names_fit_the_lines_of_a_prompt(recipe: Recipe) -> None:
    for name in (*recipe.formats, *recipe.audiences, *recipe.constraints, *recipe.features, *recipe.openings):
        assert name == name.strip() and not set(name) & set("\n,:/")


def test_a_seeds_length_sets_the_words_to_ask_for() -> None:
    assert CODETEXTBOOK.length_for(200) == (100, 400)
    assert CODETEXTBOOK.length_for(10) == (80, 160)
    assert CODETEXTBOOK.length_for(100_000)[1] == 600


@EVERY
@given(words=st.integers(0, 10**6))
def test_lengths_lie_in_the_recipes_range_and_leave_room(recipe: Recipe, words: int) -> None:
    low, high = recipe.length_for(words)

    assert 0 < low < high <= recipe.length_words[1]
    assert recipe.answer_tokens(words) > high


def test_recipes_are_found_by_name_and_others_refused_with_the_known_ones() -> None:
    assert builtin_recipe("tinystories") is RECIPES["tinystories"]
    with pytest.raises(UnknownRecipeError, match="codetextbook, exercises, rephrase, tinystories"):
        builtin_recipe("nope")


def test_a_draw_is_asked_for_in_the_recipes_whole_range() -> None:
    assert RECIPES["tinystories"].length_for(0) == (80, 250)
    assert RECIPES["exercises"].length_for(0) == (100, 320)
