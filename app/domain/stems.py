"""The words of weight of a text in lower case, as stems: enough to know a word whatever its ending.

Small words (articles, pronouns, auxiliaries, plain adverbs) have no stem. A number is a word as it is written, without
its commas. Knows nothing of sentences.
"""

import re
from functools import lru_cache

TOKEN = re.compile(r"[a-zß-ÿ]+|\d[\d.,]*\d|\d")
"""A word or a number."""
_SMALL = frozenset(
    "the and for any its all are was but has had can you one who how why they them this that these those with from "
    "what will may our out his her she him been being have does did just only also even very much more most than "
    "then there their would could should when where which while into about some such a an is it to of in on at by "
    "be as or if so he we i us me my do no up am were must need many still often now both each other too own since "
    "because s t ve re ll not never cannot lot way thing things people".split()
)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Five letters without a last s, or a number without commas; empty for a small word.

    >>> stem("bridges"), stem("2,850"), stem("about")
    ('bridg', '2850', '')
    """
    if word in _SMALL:
        return ""
    return word[:5].rstrip("s") if word[0] > "9" else word.replace(",", "")


def stems_in(lower: str) -> list[str]:
    """Stems of the words of weight, in order."""
    return [found for word in TOKEN.findall(lower) if (found := stem(word))]


def stems_at(lower: str) -> list[tuple[str, int]]:
    """The same with the character each begins at."""
    return [(found, match.start()) for match in TOKEN.finditer(lower) if (found := stem(match[0]))]
