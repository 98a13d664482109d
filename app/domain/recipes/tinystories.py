"""A word list becomes children's stories, three words and some features a story, after TinyStories."""

from app.domain.recipes.recipe import Recipe
from app.domain.records import Kind

TINYSTORIES = Recipe(
    name="tinystories",
    title="Children's stories from a word list",
    description="Draws a noun, a verb and an adjective and some features, and asks for a short story with all of them.",
    version=1,
    kinds=frozenset({Kind.words}),
    system=(
        "You tell short stories to small children. You use only words that a child of four knows. Things happen in "
        "order, one leads to the next, and the story comes to an end."
    ),
    tasks={Kind.words: "Write a story that uses each of the words given, in any form."},
    formats=("story",),
    audiences=("a small child",),
    constraints=("none", "short sentences"),
    length_ratio=(0.0, 0.0),
    length_words=(80, 250),
    real_share=0.0,
    features=("dialogue", "plot twist", "bad ending", "moral", "foreshadowing", "conflict"),
    for_children=True,
    max_grade=6.0,
)
