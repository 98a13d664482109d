"""A filtered corpus of code and prose becomes explanations: the main recipe, after phi-1's CodeTextbook."""

from app.domain.recipes.recipe import Recipe
from app.domain.records import Kind

CODETEXTBOOK = Recipe(
    name="codetextbook",
    title="Textbook passages from code and prose",
    description="Explains a piece of code, or rewrites a passage, for a named audience in a named format.",
    version=1,
    kinds=frozenset({Kind.code, Kind.prose}),
    system=(
        "You write passages of a good textbook. You explain ideas plainly, in the order a learner needs them, and you "
        "say why things are done. You state only what the given document supports: keep its numbers, names and "
        "conditions, and add no facts of your own. When you show code, it is code of the document, in a fenced block."
    ),
    tasks={
        Kind.code: "Explain the code below so that the reader understands what it does, how it works and why.",
        Kind.prose: "Rewrite the passage below so that the reader understands and remembers what it says.",
    },
    formats=(
        "lesson",
        "worked example",
        "dialogue",
        "questions and answers",
        "step-by-step trace",
        "common mistakes",
        "analogy first",
    ),
    audiences=(
        "a ten-year-old",
        "a school pupil",
        "a beginner programmer",
        "a first-year student",
        "a career changer",
    ),
    constraints=("none", "short sentences", "everyday example", "define every term", "end with an exercise"),
    length_ratio=(0.5, 2.0),
    length_words=(80, 600),
    real_share=0.5,
)
