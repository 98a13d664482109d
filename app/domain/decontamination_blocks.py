"""The blocks of a text in which somebody may have put a benchmark's item: paragraphs, fenced code, and the whole.

MinHash compares wholes with wholes; a text ten times as long as the item in it is not alike. Knows nothing of items.
"""

import re

from app.domain.fences import split_fences

LEAST_WORDS = 8
MOST_BLOCKS = 300
"""Of one text; the rest of a longer one is looked at by its runs of words alone."""
_BLANK = re.compile(r"\n[ \t]*\n")


def blocks_of(text: str) -> list[str]:
    """The whole text, what its fences hold, the rest of it, and its paragraphs; those of under eight words left out."""
    fenced = split_fences(text)
    parts = [text, *(source for _, source in fenced.blocks)]
    if fenced.blocks:
        parts.append(fenced.prose)
    parts += _BLANK.split(fenced.prose)[:MOST_BLOCKS]
    unique = dict.fromkeys(part for part in parts if len(part.split(maxsplit=LEAST_WORDS)) >= LEAST_WORDS)
    return list(unique)[:MOST_BLOCKS]
