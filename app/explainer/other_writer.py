"""Modest words about source that is not Python 3: only what its characters show."""
# ruff: noqa: E501  # a template reads best on one line

import re
from collections import Counter

from app.explainer.voice import Voice, counted, listed

_NAME = re.compile(r"\b[A-Za-z_][A-Za-z0-9_]{2,30}\b")
_SIGNS = (
    ("C or C++", re.compile(r"^\s*#include\s*[<\"]", re.MULTILINE)),
    ("Java", re.compile(r"^\s*(public|private) (static |final )*(class|void|int|String)\b", re.MULTILINE)),
    ("JavaScript or TypeScript", re.compile(r"\b(const|let) \w+ =|=> \{|\bfunction \w+\(")),
    ("SQL", re.compile(r"^\s*(SELECT|CREATE TABLE|INSERT INTO)\b", re.MULTILINE | re.IGNORECASE)),
    ("HTML or XML", re.compile(r"^\s*<(!DOCTYPE|\?xml|html|div|[a-z]+ [a-z]+=)", re.MULTILINE | re.IGNORECASE)),
    ("a shell script", re.compile(r"^#!/bin/(ba)?sh|^\s*(fi|esac|done)$", re.MULTILINE)),
    ("Python 2", re.compile(r"^\s*print [\"'\w]|^\s*except \w+, \w+:", re.MULTILINE)),
    ("Python", re.compile(r"^\s*(def|class) \w+.*:|^\s*(import|from) \w+", re.MULTILINE)),
    ("JSON", re.compile(r"^\s*[\[{][\s\S]*\"\w+\"\s*:")),
    ("a settings file", re.compile(r"^\[[\w. -]+\]\s*$|^\w[\w-]*:\s", re.MULTILINE)),
)
_MAX_READ = 20_000
_MAX_SHOWN = 45
_COMMENT = re.compile(r"/\*(.{1,600}?)\*/|(?://|#|--) ([^\n]{10,200})$", re.MULTILINE | re.DOTALL)
_COMMON = frozenset({
    "the", "and", "for", "not", "with", "this", "that", "from", "int", "void", "return", "class", "def", "import", "self",
    "if", "else", "let", "const", "var", "function", "public", "static", "end",
})  # fmt: skip


def describe(voice: Voice, source: str) -> str:
    """A short description: size, likely language, frequent names, the lines that open it."""
    text = source[:_MAX_READ]
    lines = text.rstrip("\n").split("\n")
    full = [line for line in lines if line.strip()]
    if not full:
        return voice.say("[the document|the file] is empty, so there is nothing to [explain|describe].")
    names = [name for name, _ in Counter(n for n in _NAME.findall(text) if n.lower() not in _COMMON).most_common(6)]
    kind = next((name for name, sign in _SIGNS if sign.search(text)), "")
    size = (
        "it has $n, and $f of them [hold|carry] text." if len(source) <= _MAX_READ else "its first part alone has $n."
    )
    parts = [voice.say(*_NAMED, s=listed([f"`{name}`" for name in names[:5]]))] if names else []
    parts += [voice.say(*_GUESSED, k=kind)] if kind else []
    parts.append(voice.say(size, n=counted(len(lines), "line"), f=str(len(full))))
    parts += _remarks(voice, text)
    body = "\n".join(line.rstrip() for line in lines).strip("\n")
    shown = f"\n\n```text\n{body}\n```\n\n" if len(lines) <= _MAX_SHOWN and "```" not in text and kind else " "
    return " ".join(parts) + shown + _question(voice, text, names)


_NAMED = (
    "$s [are names that appear|can be read] in this text.",
    "[names such as|words like] $s [appear|turn up] here.",
    "this text [mentions|holds] $s.",
)
_GUESSED = (
    "it looks like $k, though that is only a guess from its [look|signs].",
    "[judging by its look|by its signs] it may be $k.",
)


def _remarks(voice: Voice, text: str) -> list[str]:
    """What the comments say, quoted."""
    found = [
        " ".join(re.sub(r"(?m)^\s*\*", "", part).split()) for pair in _COMMENT.findall(text) for part in pair if part
    ]
    plain = [remark for remark in found if 4 <= len(remark.split()) <= 60 and not re.search(r"[“”`]", remark)][:3]
    return [
        voice.say("a comment [says|reads]: “$r”", "[in a comment stands|one remark is]: “$r”", r=remark)
        for remark in plain
    ]


def _question(voice: Voice, text: str, names: list[str]) -> str:
    if not names:
        return ""
    count = len(re.findall(rf"\b{re.escape(names[0])}\b", text))
    return voice.say(
        "[question|exercise]: how often does `$m` appear as a whole word? Answer: $c.",
        "[count|find] `$m` as a whole word: it is there $t.",
        m=names[0], c=count, t=counted(count, "time"),
    )  # fmt: skip
