"""Labelled records that a classifier can learn from, for tests that train one."""

import json
from collections.abc import Iterator
from itertools import count, islice

from app.domain.records import Split, split_of
from app.domain.text import sha256
from tests.stub_llm_answers import Prompt


def _for_work(texts: Iterator[str]) -> list[str]:
    """Forty texts that are neither for audit nor for eval: no LLM is asked about the others."""
    return list(islice((one for one in texts if split_of(sha256(one)) is Split.work), 40))


GOOD = _for_work(
    f"A loop repeats a step. Lesson {n} shows how: we count apples, then explain why it works." for n in count()
)
POOR = _for_work(f'{{"key_{n}": {n}, "other": [1, 2, {n}], "path": "/var/lib/{n}"}}' for n in count())


def lines(extra: tuple[str, ...] = ()) -> bytes:
    """JSONL of 80 good and poor records, some labelled twice, with `extra` lines at the end."""
    records = [{"text": text, "edu": [4, 4 + n % 2] if n % 4 == 0 else 4} for n, text in enumerate(GOOD)]
    records += [{"text": text, "edu": n % 2} for n, text in enumerate(POOR)]
    return "\n".join([*map(json.dumps, records), *extra]).encode()


def judge(prompt: Prompt) -> str:
    """What a labeller says that knows a lesson from data; of its second opinions every other one differs by a point."""
    score = 4 if "Lesson" in prompt.document else 1
    return json.dumps({"score": score + prompt.draw % 2, "reason": "It explains a step."})
