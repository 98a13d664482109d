"""A filtered corpus of code and prose becomes explanations: the main recipe, after phi-1's CodeTextbook."""

from app.domain.recipes.recipe import Recipe
from app.domain.records import Kind

CODETEXTBOOK = Recipe(
    name="codetextbook",
    title="Textbook passages from code and prose",
    description="Explains a piece of code, or rewrites a passage, for a named audience in a named format.",
    version=2,
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
    instructions={
        "worked example": "Take one case with values of the document and work it out, saying at each step why.",
        "dialogue": "A learner asks one short question at a time, a teacher answers it.",
        "questions and answers": "Each question is one that a reader of the document would really ask.",
        "step-by-step trace": "Follow one run or one case in numbered steps, with the values after each.",
        "common mistakes": "For each mistake: what goes wrong, why, and what the document does instead.",
        "analogy first": "Begin with one everyday likeness, then the document itself, then where the likeness ends.",
        "everyday example": "Show it on one thing of daily life, without new facts about the document's subject.",
        "define every term": "Say in one short sentence what each term means where it first comes.",
        "end with an exercise": "One exercise that the text is enough for, then its solution.",
    },
)
