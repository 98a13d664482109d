"""Fenced code blocks of Markdown, found line by line, so that no text however odd takes more than linear time.

Follows CommonMark, section 4.5, for what opens and closes a fence. A fence that nothing closes runs to the end.
Knows nothing of what the blocks hold.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from textwrap import dedent

_OPENS = re.compile(r"[ \t]{0,12}(`{3,}|~{3,})[ \t]*([\w+#.-]*)([^\n]*)")


@dataclass(frozen=True, slots=True)
class Fenced:
    """A text with its code set apart."""

    prose: str
    """The lines outside of fences; each block leaves an empty line behind."""
    blocks: tuple[tuple[str, str], ...]
    """(language, source) of each block in order; the language in lower case, maybe empty."""


@lru_cache(maxsize=4)
def split_fences(markdown: str) -> Fenced:
    """The prose and the code of a text; blocks inside a list lose the list's indentation.

    Example: "Say:\\n```py\\nx = 1\\n```\\nDone." has the prose "Say:\\n\\nDone." and one block, ("py", "x = 1\\n").
    """
    if "```" not in markdown and "~~~" not in markdown:
        return Fenced(markdown, ())
    prose: list[str] = []
    blocks: list[tuple[str, str]] = []
    fence, language = "", ""
    inside: list[str] = []
    for line in markdown.split("\n"):
        if fence:
            if fence in line and _closes(line, fence):
                blocks.append((language, _source(inside)))
                fence = ""
            else:
                inside.append(line)
        elif ("```" in line or "~~~" in line) and (opened := _opening(line)):
            fence, language = opened
            inside = []
            prose.append("")
        else:
            prose.append(line)
    if fence:
        blocks.append((language, _source(inside)))
    return Fenced("\n".join(prose), tuple(blocks))


def _opening(line: str) -> tuple[str, str] | None:
    found = _OPENS.fullmatch(line)
    # An info string after backticks holds none: "```x```" is a code span, not a fence.
    if found is None or (found.group(1)[0] == "`" and "`" in found.group(3)):
        return None
    return found.group(1), found.group(2).lower()


def _closes(line: str, fence: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(fence) and not bare.strip(fence[0])


def _source(lines: list[str]) -> str:
    return dedent("\n".join(lines) + "\n") if lines else ""
