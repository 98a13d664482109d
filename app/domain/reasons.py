"""Why a candidate was dropped by the gates that look at one document, and which of it a model can mend."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a candidate was dropped, or what a review should look at."""

    secret = "secret"
    """Held a key, a token or a password."""
    personal_data = "personal_data"
    """Held an e-mail address, a phone number or an IP address."""
    injection = "injection"
    """Gave orders to a model."""
    unsafe_words = "unsafe_words"
    """A text for children with words that are not for them."""
    preamble = "preamble"
    """Speaks to the asker before or after the text."""
    refusal = "refusal"
    """Declines instead of writing."""
    prompt_echo = "prompt_echo"
    """Repeats the instructions or the boundary."""
    language = "language"
    """Not in the seed's writing."""
    too_short = "too_short"
    too_long = "too_long"
    repetition = "repetition"
    """Says the same again and again."""
    words_missing = "words_missing"
    """A story without one of its words."""
    unparseable_code = "unparseable_code"
    """A Python block that is none."""
    complex_code = "complex_code"
    """Harder code than any learner's, and harder than its seed's."""
    missing_title = "missing_title"
    """Asked for a title, and does not begin with one."""
    missing_prerequisites = "missing_prerequisites"
    """Asked to say what the reader should know before, and does not."""
    missing_exercise = "missing_exercise"
    """Asked for an exercise at its end, and has none."""
    missing_solution = "missing_solution"
    """Has an exercise without its solution."""
    no_code = "no_code"
    """A draft that is not one block of Python."""
    lost_functions = "lost_functions"
    """A draft without a function or class of its seed."""
    no_better_style = "no_better_style"
    """A draft of the style pass that is in no part better, or in one worse."""
    unresolved_names = "unresolved_names"
    """A draft of the self-contained pass that uses names which nothing gives."""
    foreign_imports = "foreign_imports"
    """Likewise one that imports what is not in Python's standard library."""
    exercise_format = "exercise_format"
    """An exercise that is not what to do, a function and its tests."""
    wrong_function = "wrong_function"
    """An exercise without the function it was asked for."""
    few_examples = "few_examples"
    few_tests = "few_tests"
    failed_tests = "failed_tests"
    """A solution that fails its own tests or examples."""
    weak_tests = "weak_tests"
    """Tests that wrong versions of the solution pass."""
    contaminated = "contaminated"
    """Holds an item of a benchmark."""
    unsupported = "unsupported"
    """Says what its seed does not."""
    lost_facts = "lost_facts"
    """Leaves out too much of its seed."""
    negation = "negation"
    """Turns a statement round."""
    contradicted = "contradicted"
    """States another number, unit or name where its seed has one."""
    changed_code = "changed_code"
    """Its code no longer does what its seed's does."""
    too_hard = "too_hard"
    """Neither easy enough nor easier than its seed."""
    low_education = "low_education"
    """Teaches too little."""
    judge_contradicted = "judge_contradicted"
    """Its fidelity was near the limit and the judge showed words of the seed that say otherwise."""


REPAIRABLE = frozenset(
    {
        Reason.secret,
        Reason.personal_data,
        Reason.injection,
        Reason.unsafe_words,
        Reason.preamble,
        Reason.too_short,
        Reason.too_long,
        Reason.words_missing,
        Reason.unparseable_code,
        Reason.unsupported,
    }
    | {Reason.exercise_format, Reason.wrong_function, Reason.few_examples, Reason.few_tests}
    | {Reason.failed_tests, Reason.weak_tests}
    | {Reason.missing_title, Reason.missing_prerequisites, Reason.missing_exercise, Reason.missing_solution}
    | {Reason.lost_facts, Reason.negation, Reason.contradicted, Reason.changed_code}
    | {Reason.too_hard, Reason.low_education}
)
"""Reasons that a model told of them can mend."""
