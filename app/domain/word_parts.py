"""What a line of a word list may be: a word of a part of speech, a function's name, or a phrase that steers a story.

`word,part` a line. Words and names are drawn, one of each part that a recipe asks for; phrases (`feature`, `opening`)
take the place of the recipe's own.
"""

from collections.abc import Mapping
from keyword import iskeyword, issoftkeyword

PARTS: Mapping[str, str] = {
    "noun": "noun",
    "n": "noun",
    "verb": "verb",
    "v": "verb",
    "adjective": "adjective",
    "adj": "adjective",
    "function": "function",
    "feature": "feature",
    "opening": "opening",
}
"""{as written: part}."""
PHRASES = ("feature", "opening")
"""Parts that may hold spaces."""
MOST_PHRASES = 40
"""Features of one list that are drawn from; all choices of three of them are 9,880."""
_MOST_CHARS = 64
_MOST_PHRASE_CHARS = 120


def fits(word: str, part: str) -> bool:
    """Whether a word may stand for a part: a name is a Python identifier, a phrase may hold spaces, a word may not.

    Example: `plot twist` fits `feature` and not `noun`; `count_vowels` fits `function`, `2nd` and `while` do not.
    """
    if part in PHRASES:
        return 0 < len(word) <= _MOST_PHRASE_CHARS and word.isprintable() and "," not in word
    if not 0 < len(word) <= _MOST_CHARS or not word.isprintable() or " " in word:
        return False
    if part == "function":
        return word.isidentifier() and word.isascii() and not iskeyword(word) and not issoftkeyword(word)
    return True
