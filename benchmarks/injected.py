"""Real text cut from this Python's own library and packages, and near-duplicates of known kind injected into it.

Sources, stubs, documentation and licences as they stand, in pieces of 700 to 4,000 characters: the same on every run
of one machine, much alike on another. Edits are those of `docs/benchmarks.md`.
"""

import random
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

SUFFIXES = frozenset({".py", ".pyi", ".md", ".rst", ".txt"})
PIECE_CHARS = (700, 4_000)
LARGEST_FILE = 1 << 20
_WORD = re.compile(r"[A-Za-z_]{3,}")


@dataclass(frozen=True)
class Injected:
    """A set with its doubles."""

    texts: list[str]
    doubles: list[tuple[int, int, str]]
    """(place of the original, place of the edited copy, kind of edit)."""


def pieces(count: int) -> list[str]:
    """The first `count` distinct pieces by path; fewer where less is installed."""
    return list(islice(_pieces(), count))


def _pieces() -> Iterator[str]:
    rng = random.Random("pieces")
    seen: set[str] = set()
    for folder in dict.fromkeys((sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))):
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix not in SUFFIXES or not path.is_file() or path.stat().st_size > LARGEST_FILE:
                continue
            text = path.read_text(encoding="utf-8", errors="ignore")
            while len(text) >= PIECE_CHARS[0]:
                size = rng.randint(*PIECE_CHARS) if rng.random() < 0.5 else rng.randint(PIECE_CHARS[0], 2_000)
                piece, text = text[:size], text[size:]
                if len(piece) >= PIECE_CHARS[0] and len(piece.split()) > 20 and piece not in seen:
                    seen.add(piece)
                    yield piece


def inject(texts: list[str], share: float = 0.1) -> Injected:
    """The texts, of which a share also stand there edited, all in a random order."""
    rng = random.Random("inject")
    originals = rng.sample(range(len(texts)), int(share * len(texts)))
    kinds = sorted(EDITS)
    copies = [(place, kinds[number % len(kinds)]) for number, place in enumerate(originals)]
    whole = texts + [EDITS[kind](texts[place], rng) for place, kind in copies]
    order = list(range(len(whole)))
    rng.shuffle(order)
    now = {old: new for new, old in enumerate(order)}
    doubles = [(now[place], now[len(texts) + number], kind) for number, (place, kind) in enumerate(copies)]
    return Injected([whole[old] for old in order], doubles)


def _words_replaced(text: str, rng: random.Random) -> str:
    found = list(_WORD.finditer(text))
    for match in sorted(rng.sample(found, min(len(found), rng.randint(1, 4))), key=lambda m: -m.start()):
        text = text[: match.start()] + rng.choice(found).group() + "x" + text[match.end() :]
    return text


def _name_changed(text: str, rng: random.Random) -> str:
    name = rng.choice(_WORD.findall(text))
    return re.sub(rf"\b{name}\b", f"{name}_new", text)


def _line_changed(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    place = rng.randrange(len(lines))
    if rng.random() < 0.5 and len(lines) > 5:
        del lines[place]
    else:
        lines.insert(place, f"one more line of number {rng.randrange(1000)} here")
    return "\n".join(lines)


def _spaced(text: str, rng: random.Random) -> str:
    return re.sub(r"[ \t]+", lambda found: found.group() + " " * rng.randrange(3), text).replace("\n", "\n\n")


def _header_added(text: str, rng: random.Random) -> str:
    return f"Copyright {rng.randrange(1990, 2026)} by the authors of this file. All rights reserved to them.\n\n{text}"


EDITS = {
    "words": _words_replaced,
    "name": _name_changed,
    "line": _line_changed,
    "space": _spaced,
    "header": _header_added,
}
