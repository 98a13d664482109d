"""How hard code of any language is to read, from its lines and names alone; for fragments that no parser takes.

Linear in seven features whose signs Buse and Weimer 2010 found (long lines, many names, brackets and indentation make
code harder, comments and blank lines easier); weights by `benchmarks/code_measures.py --fit`, non-negative least
squares on the grades readers gave 698 sources (`../shared/gold/train.jsonl`). Knows nothing of what code does.
"""

import math
import re

_NAME = re.compile(r"[A-Za-z_]\w*")
_BRANCHES = frozenset("if for while elif case except catch".split())
_COMMENT = ("#", "//", "*", "/*", '"""', "'''")
_MOST_LINE, _MOST_INDENT, _MOST_BRACKETS = 120.0, 40.0, 6.0
"""Beyond these a line is no harder, or is no line of code."""
_EASIEST, _EASE_A_GRADE = 160.0, 10.0
"""Readability = 160 - 10 x grade: grade 6 (trivial) is 100, grade 16 is 0."""
FEATURES = ("log_names", "line_length", "indent", "log_branches", "brackets", "code_share", "full_share")
WEIGHTS = (-3.5328, 1.4133, 0.0771, 0.0308, 0.5699, 0.4477, 3.7332, 1.8945)
"""Intercept and one a feature, all of them harder when higher."""


def features(source: str) -> tuple[float, ...]:
    """The `FEATURES` of a source: log of distinct names, mean length of lines, deepest indentation beyond the least,
    log of branches, opening parentheses a line, share of lines that are no comments, share of lines that are not blank.
    """
    lines = source.expandtabs(4).splitlines()
    inked = [line.rstrip() for line in lines if line.strip()] or [""]
    indents = [len(line) - len(line.lstrip()) for line in inked]
    names = _NAME.findall(source)
    comments = sum(line.lstrip().startswith(_COMMENT) for line in inked)
    return (
        math.log1p(len(set(names))),
        min(sum(map(len, inked)) / len(inked), _MOST_LINE),
        min(max(indents) - min(indents), _MOST_INDENT),
        math.log1p(sum(name in _BRANCHES for name in names)),
        min(source.count("(") / len(inked), _MOST_BRACKETS),
        1 - comments / len(inked),
        len(inked) / max(1, len(lines)),
    )


def code_grade(source: str) -> float:
    """The grade a reader would give: 6 trivial, 9 simple functions, 12 several ideas, 16 dense. In [1, 16]."""
    found = WEIGHTS[0] + sum(weight * value for weight, value in zip(WEIGHTS[1:], features(source), strict=True))
    return min(16.0, max(1.0, found))


def code_readability(source: str) -> float:
    """[0, 100], higher is easier: 160 less 10 points a grade."""
    return min(100.0, max(0.0, _EASIEST - _EASE_A_GRADE * code_grade(source)))
