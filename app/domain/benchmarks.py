"""What a record of a benchmark holds: HumanEval, MBPP and GSM8K are told by their fields, anything else by its texts.

An item is found by any of its parts, for a copy may hold the question alone or the solution alone. Fields as published
by openai/human-eval, google-research/mbpp (also its sanitised form) and openai/grade-school-math. Knows nothing of
files or rows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.ingest import JsonValue

TEXT_FIELDS = ("text", "prompt", "question", "problem", "content", "input", "instruction")
"""Where the text of a benchmark's record may stand, looked for in this order."""
_ID_FIELDS = ("id", "task_id", "name")
_CALCULATION = re.compile(r"<<[^<>]*>>")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a benchmark."""

    benchmark: str
    id: str
    """The record's own id, else its line number."""
    parts: tuple[str, ...]
    """Texts that each give the item away: question, solution, tests."""
    code: tuple[str, ...] = ()
    """Sources whose functions are compared by shape."""


def item_of(fields: Mapping[str, JsonValue], name: str, line: int) -> Item:
    """The item of a record; `name` and `line` stand in where the record itself does not say what it is."""
    held = {key: text for key, value in fields.items() if (text := _text(value)).strip()}
    given = next((held[key].strip() for key in _ID_FIELDS if key in held and "\n" not in held[key]), str(line))
    if {"prompt", "canonical_solution", "test"} <= held.keys():
        whole = held["prompt"] + held["canonical_solution"]
        return Item("HumanEval", given, (held["prompt"], held["canonical_solution"], held["test"]), (whole,))
    if {"code", "test_list"} <= fields.keys():
        task, code = held.get("text", held.get("prompt", "")), held.get("code", "")
        return Item("MBPP", given, (task, code, held.get("test_list", "")), (code,))
    if {"question", "answer"} <= held.keys() and "####" in held["answer"]:
        answer = held["answer"]
        plain = _CALCULATION.sub("", answer)
        # A text seldom keeps the marks of the calculator; both ways of writing give the item away.
        return Item(
            "GSM8K", given, (held["question"], plain, answer) if plain != answer else (held["question"], answer)
        )
    parts = tuple(text for key, text in held.items() if key not in _ID_FIELDS)
    return Item(name, given, parts, parts)


def _text(value: JsonValue) -> str:
    """A value as text: lists line by line, nested objects not at all."""
    match value:
        case str():
            return value.replace("\r\n", "\n").replace("\r", "\n")
        case bool() | None | float() | dict():
            return ""
        case int():
            return str(value)
        case list():
            return "\n".join(_text(one) for one in value)
