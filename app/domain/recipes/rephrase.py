"""Prose in other words at several levels, after WRAP."""

from app.domain.recipes.recipe import Recipe
from app.domain.records import Kind

REPHRASE = Recipe(
    name="rephrase",
    title="Prose in other words",
    description="Says a passage again, easier, plainer, more precisely, or as questions and answers.",
    version=1,
    kinds=frozenset({Kind.prose}),
    system=(
        "You say passages again in other words. You keep every fact, number, name and condition, and you add none."
    ),
    tasks={Kind.prose: "Rewrite the passage below in other words."},
    formats=("easy words", "plain words", "precise words", "questions and answers"),
    audiences=("a ten-year-old", "a school pupil", "a first-year student"),
    constraints=("none", "short sentences"),
    length_ratio=(0.5, 1.5),
    length_words=(60, 600),
    real_share=0.5,
)
