"""The graded texts that the ease model is fitted to, and the folds that its choices were made on.

Web pages of `../shared/gold/train.jsonl`; excerpts of FineWeb-Edu pages (ODC-By) in `../shared/data/edu-llm`, graded
for this project and kept as references; and passages written for it. CLEAR and OneStopEnglish are no part of it.
"""

import gzip
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared"


class Graded(NamedTuple):
    """A text and the school grade a reader gave it."""

    text: str
    grade: float
    part: str
    """`gold`, `pages` or `passages`."""


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a JSONL file, plain or gzip."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def graded_texts() -> list[Graded]:
    """All of them, in a fixed order."""
    return [*_gold(), *_pages(), *_passages()]


def _gold() -> Iterator[Graded]:
    for row in rows(SHARED / "gold" / "train.jsonl"):
        if row["kind"] == "web":
            yield Graded(row["text"], float(row["grade"]), "gold")


def _pages() -> Iterator[Graded]:
    pages = {row["id"]: row["text"] for row in rows(SHARED / "data" / "edu-llm" / "edu_llm.jsonl.gz")}
    for row in rows(HERE / "pages.jsonl"):
        text = pages[row["page"]][row["start"] : row["end"]]
        if sha256(text.encode()).hexdigest() != row["sha256"]:
            raise ValueError(f"{row['page']} is not the page that was graded")
        yield Graded(text, row["grade"], "pages")


def _passages() -> Iterator[Graded]:
    for line in (HERE / "passages.txt").read_text(encoding="utf-8").splitlines():
        grade, text = line.split(" | ", maxsplit=1)
        yield Graded(text, float(grade), "passages")
