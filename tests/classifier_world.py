"""Labelled records that a classifier can learn from, for tests that train one."""

import json

from tests.stub_llm_answers import Prompt

GOOD = [f"A loop repeats a step. Lesson {n} shows how: we count apples, then explain why it works." for n in range(40)]
POOR = [f'{{"key_{n}": {n}, "other": [1, 2, {n}], "path": "/var/lib/{n}"}}' for n in range(40)]


def lines(extra: tuple[str, ...] = ()) -> bytes:
    """JSONL of 80 good and poor records, some labelled twice, with `extra` lines at the end."""
    records = [{"text": text, "edu": [4, 4 + n % 2] if n % 4 == 0 else 4} for n, text in enumerate(GOOD)]
    records += [{"text": text, "edu": n % 2} for n, text in enumerate(POOR)]
    return "\n".join([*map(json.dumps, records), *extra]).encode()


def judge(prompt: Prompt) -> str:
    """What a labeller says that knows a lesson from data; of its second opinions every other one differs by a point."""
    score = 4 if "Lesson" in prompt.document else 1
    return json.dumps({"score": score + prompt.draw % 2, "reason": "It explains a step."})
