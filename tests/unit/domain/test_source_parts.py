"""Long sources cut into parts: where, how long, and that nothing is lost, by table and by property."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.part_context import context_of, title_of
from app.domain.records import Kind
from app.domain.source_parts import BYTES_PER_TOKEN, is_long, split

WORDS = "The water in the pot gets warm and then it boils. "


def texts(source: str, kind: Kind, most: int) -> list[str]:
    return [source[part.start : part.end] for part in split(source, kind, most=most)]


BOOK = (
    "# Heat\n\n"
    + WORDS * 3
    + "\n\n## Water\n\n"
    + WORDS * 4
    + "\n\n## Steam\n\n"
    + WORDS * 2
    + "\n\n```python\nx = 1.\n\ny = 2. Then\n```\n\n"
    + WORDS * 2
)
CODE = '''"""Shapes."""

import math
import os


@cached
def area(r):
    """The area.

def not_a_border(): pass
    """
    return math.pi * r * r


class Square:
    def __init__(self, a):
        self.a = a

    def area(self):
        return self.a ** 2
'''


@pytest.mark.parametrize(
    ("source", "kind", "most", "begins"),
    [
        (BOOK, Kind.prose, 1_000, ["# Heat"]),
        (BOOK, Kind.prose, 80, ["# Heat", "## Water", "## Steam"]),
        (BOOK, Kind.prose, 60, ["# Heat", "## Water", "## Steam", "The water"]),
        (WORDS * 3, Kind.prose, 30, ["The water", "The water"]),
        ("One.\n\nTwo.\n", Kind.prose, 2, ["One.", "Two."]),
        ("Title\n=====\n\nText one.\n\nOther\n-----\n\nText two.\n", Kind.prose, 8, ["Title", "Other"]),
        (CODE, Kind.code, 33, ['"""Shapes', "@cached", "class Square"]),
        (CODE, Kind.code, 26, ['"""Shapes', "@cached", "class Square", "    def area"]),
        ("", Kind.prose, 10, [""]),
    ],
    ids=["short", "sections", "fence whole", "sentences", "paragraphs", "setext", "definitions", "methods", "empty"],
)
def test_a_source_is_cut_at_its_best_borders(source: str, kind: Kind, most: int, begins: list[str]) -> None:
    made = texts(source, kind, most)

    assert "".join(made) == source
    assert len(made) == len(begins) and all(p.startswith(b) for p, b in zip(made, begins, strict=True)), made


def test_a_part_knows_the_headings_it_stands_under() -> None:
    assert [part.heading for part in split(BOOK, Kind.prose, most=80)] == [
        ("Heat",),
        ("Heat", "Water"),
        ("Heat", "Steam"),
    ]
    assert [part.heading for part in split(CODE, Kind.code, most=26)][-1] == ("class Square",)
    assert [part.heading for part in split(CODE, Kind.code, most=33)] == [(), (), ()]


def test_a_part_is_told_its_source_its_place_and_what_came_before() -> None:
    parts = split(BOOK, Kind.prose, most=80)

    told = context_of(BOOK, Kind.prose, parts, 1, title=title_of({}, "id-1", BOOK)).split("\n")

    assert told == ["Source: Heat", "Part: 2 of 3", "Under: Heat > Water", f"Just before: {WORDS.strip()}"]


def test_a_part_of_code_is_told_the_imports_it_uses_and_no_others() -> None:
    parts = split(CODE, Kind.code, most=33)

    told = [context_of(CODE, Kind.code, parts, place, title="shapes.py") for place in range(3)]

    assert told[1] == "Source: shapes.py\nPart: 2 of 3\nImported: import math"
    assert "Imported" not in told[2]


@pytest.mark.parametrize(
    ("details", "external", "text", "expected"),
    [
        ({"title": " A \n B "}, "id", "# H\n", "A B"),
        ({"file": "f.md"}, "id", "# H\ntext", "H"),
        ({"file": "f.md"}, "id", "text", "id"),
        ({"file": "f.md", "title": 3}, None, "text", "f.md"),
        ({}, None, "text", ""),
    ],
    ids=["title", "heading", "id", "file", "nothing"],
)
def test_a_source_is_called_by_what_says_most(
    details: dict[str, object], external: str | None, text: str, expected: str
) -> None:
    assert title_of(details, external, text) == expected


def test_only_long_texts_are_long() -> None:
    assert not is_long("a" * 400, 100) and is_long("a" * 401, 100) and is_long("é" * 201, 100)


SOUP = st.lists(
    st.sampled_from(
        ["# A\n", "## B\n", "\n", "word ", "Stop. ", "```\n", "def f():\n", "    x = 1\n", "é。", "'''", "---\n"]
    ),
    max_size=120,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(source=SOUP | st.text(max_size=300), kind=st.sampled_from([Kind.prose, Kind.code]), most=st.integers(1, 60))
def test_parts_joined_are_the_source_and_none_is_over_the_limit_unless_one_sentence_is(
    source: str, kind: Kind, most: int
) -> None:
    made = texts(source, kind, most)

    assert "".join(made) == source
    assert all(made) or source == ""
    for part in made:
        if len(part.encode("utf-8", "surrogatepass")) > most * BYTES_PER_TOKEN:
            inner = part.strip("\n")
            lines = [line for line in inner.splitlines() if line.strip()]
            whole = len(lines) <= 1 if kind is Kind.code else not re.search(r"[.!?]\s+[A-Z]|\n\s*\n\s*[a-zA-Z]", inner)
            assert whole, part
