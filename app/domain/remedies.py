"""What a writer is told to do about each reason why a text was dropped, one imperative sentence a reason.

The gate's own line says what was found; this says what to change, so that a repair changes that and nothing else.
Measured by `benchmarks/repairs.py`. Knows nothing of prompts or recipes.
"""

from collections.abc import Mapping

REMEDIES: Mapping[str, str] = {
    "secret": "Take the key, token or password out; say in words what stands there.",
    "personal_data": "Take out the address, number or name of a real person; say in words what stands there.",
    "injection": "Take out every sentence that tells a model what to do.",
    "unsafe_words": "Say the named words in another way that suits a small child.",
    "preamble": "Begin with the text itself and end with it: nothing to the asker before or after.",
    "too_short": "Say more of what the document says, until the length lies in the range asked for.",
    "too_long": "Leave out what matters least, until the length lies in the range asked for.",
    "words_missing": "Use each of the named words at least once, in any form.",
    "unparseable_code": "Correct the code block until it is valid Python; copy it from the document where it can be.",
    "unsupported": "Take out every named thing: the document does not say it. Put nothing else in its place.",
    "lost_facts": "Put back every named thing, as the document says it.",
    "negation": "State that sentence as the document does, with its not, never or no where the document has it.",
    "contradicted": "Use the document's own number, unit or name in place of the one named.",
    "changed_code": "Show the document's code as it is there: the changed code no longer does the same.",
    "too_hard": "Use shorter sentences and commoner words, and explain each hard word where it first comes.",
    "missing_title": "Put a title above the text, one line `# ...`.",
    "missing_prerequisites": "Put a heading `## What you should know before` with a short list below the title.",
    "missing_exercise": "End with a heading `## Exercise` and one exercise, then `## Solution` and its solution.",
    "missing_solution": "Put a heading `## Solution` behind the exercise, and below it the whole solution.",
    "low_education": "Explain why as well as what: name the idea, show an example, and say what follows from it.",
}
"""By the gate's reason code."""


def remedy(code: str) -> str:
    """What to do about that reason; empty where there is nothing that a writer can do."""
    return REMEDIES.get(code, "")
