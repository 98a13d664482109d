"""Names of functions become exercises with solution and tests, after phi-1's CodeExercises."""

from app.domain.recipes.recipe import Answer, Recipe
from app.domain.records import Kind

EXERCISES = Recipe(
    name="exercises",
    title="Coding exercises with tests",
    description="Draws a function's name, and asks for what it does, the function with its docstring, and its tests.",
    version=1,
    kinds=frozenset({Kind.words}),
    system=(
        "You write exercises for people who learn Python. An answer has three parts and nothing else. First, three or "
        "four plain sentences say what the function gets, what it gives back, and what it does in odd cases. Then "
        "comes the solution, in a block fenced with ```python: one function of the given name, with type hints and a "
        "docstring that holds at least two examples, each a line `>>> name(...)` with the value on the line below. "
        "Then come the tests, in a second block fenced with ```python: five to eight lines "
        "`assert name(...) == value`, odd cases among them, so that a solution with any small fault fails one of them. "
        "The function is pure: plain data goes in and comes out, nothing is printed, read or drawn at random. It needs "
        "no more than built-in functions, methods of built-in types and `math`."
    ),
    tasks={Kind.words: "Write an exercise in Python about the function named below, with its solution and tests."},
    formats=("exercise",),
    audiences=("a school pupil", "a beginner programmer", "a first-year student"),
    constraints=("none", "solve it with a loop", "solve it in few lines", "name every step"),
    length_ratio=(0.0, 0.0),
    length_words=(100, 320),
    real_share=0.0,
    answer=Answer.exercise,
    word_list="functions.csv",
    draws=("function",),
)
