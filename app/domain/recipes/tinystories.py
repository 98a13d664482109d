"""A word list becomes children's stories, three words and some features a story, after TinyStories."""

from app.domain.recipes.recipe import Recipe
from app.domain.records import Kind

TINYSTORIES = Recipe(
    name="tinystories",
    title="Children's stories from a word list",
    description="Draws a noun, a verb and an adjective, some features and a way to begin, and asks for a short story.",
    version=2,
    kinds=frozenset({Kind.words}),
    system=(
        "You tell short stories to small children. You use only words that a child of four knows. Things happen in "
        "order, one leads to the next, and the story comes to an end. No two of your stories begin alike: you never "
        "fall back on a stock phrase such as “Once upon a time”."
    ),
    tasks={Kind.words: "Write a story that uses each of the words given, in any form."},
    formats=("story",),
    audiences=("a small child",),
    constraints=("none", "short sentences"),
    length_ratio=(0.0, 0.0),
    length_words=(80, 250),
    real_share=0.0,
    draws=("noun", "verb", "adjective"),
    features=("dialogue", "plot twist", "bad ending", "moral", "foreshadowing", "conflict"),
    openings=(
        "somebody speaking",
        "a sound",
        "a question",
        "the weather",
        "the time of day",
        "the place where it happens",
        "somebody doing something",
        "somebody waking up",
        "somebody who wants something",
        "what somebody likes",
        "something that happens every week",
        "where somebody lives",
    ),
    stock_openings=(
        "once upon a time",
        "once there was",
        "once there lived",
        "there once was",
        "there once lived",
        "a long time ago",
        "long long ago",
        "long ago",
        "one day",
        "one sunny day",
        "in a land far",
        "far far away",
        "in a small village",
        "in a small town",
        "in a faraway",
    ),
    for_children=True,
    max_grade=6.0,
)
