"""Lines of code that are a seed's but for their operators: what can be said of code that nobody can run."""

import re
from collections import defaultdict
from collections.abc import Sequence

_OPERATOR = re.compile(
    r"(?<![-+*/%&|^<>=!])(?:[=!]==?|[<>]=?|(?:\*\*|//|&&|\|\||[-+*/%&|^])=?)(?![-+*/%&|^<>=])"
    r"|\b(?:and|or|not in|in|is not|is|not)\b"
)
_COMMENT = re.compile(r"(?:#|//).*$")
_NAME = re.compile(r"[^\W\d]\w*")
_SHOWN = 60


def changed_lines(seed: str, loose: Sequence[str], blocks: Sequence[str]) -> list[str]:
    """Lines of the `loose` blocks that are a line of the seed but for operators; no block shows that line as it is."""
    lines = {_plain(line): line.strip() for line in seed.split("\n")}
    shapes: dict[str, set[str]] = defaultdict(set)
    for plain in lines:
        shapes[_OPERATOR.sub("?", plain)].add(plain)
    shown = {_plain(line) for other in blocks for line in other.split("\n")}
    return [
        f"the line `{line.strip()[:_SHOWN]}` is `{lines[min(originals)][:_SHOWN]}` in the seed"
        for line in dict.fromkeys(line for block in loose for line in block.split("\n"))
        if (plain := _plain(line)) not in lines
        and len(_NAME.findall(plain)) > 1
        and (originals := shapes.get(_OPERATOR.sub("?", plain)))
        and not originals & shown
    ]


def _plain(line: str) -> str:
    bare = _COMMENT.sub("", line).replace("'", '"')
    return " ".join(_OPERATOR.sub(lambda found: f" {found[0]} ", bare).split())
