"""The documents that the benchmarks work on: the same in every run, about 1 kB each, hardly two of them alike.

Prose is paragraphs of the example corpus with three words of ten exchanged for others of its words: to a machine it
reads much as its source does, and 20,000 documents are no near-duplicates of each other. Code is functions of this
Python's standard library as they stand.
"""

import ast
import json
import random
import re
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path

from app.domain.text import sentences

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "seeds.jsonl"
EXCHANGED = 0.3
"""Share of words exchanged: a shingle of five words survives one time in six."""
SENTENCES_A_RUN = 4
FUNCTION_LINES = range(6, 36)
_WORD = re.compile(r"\b[a-z]{4,}\b")


@lru_cache(maxsize=1)
def _sources() -> tuple[list[list[str]], list[str]]:
    records = [json.loads(line) for line in EXAMPLES.read_text(encoding="utf-8").splitlines()]
    texts = [sentences(record["text"]) for record in records if record["kind"] == "prose"]
    vocabulary = sorted({word for text in texts for sentence in text for word in _WORD.findall(sentence)})
    return [text for text in texts if len(text) >= SENTENCES_A_RUN], vocabulary


def prose(place: int, chars: int = 900) -> str:
    """Document number `place`, a little over `chars` long."""
    texts, words = _sources()
    rng = random.Random(f"prose/{place}")
    parts: list[str] = []
    while sum(map(len, parts)) < chars:
        text = rng.choice(texts)
        start = rng.randrange(len(text) - SENTENCES_A_RUN + 1)
        run = " ".join(text[start : start + SENTENCES_A_RUN])
        parts.append(_WORD.sub(lambda found: rng.choice(words) if rng.random() < EXCHANGED else found.group(), run))
    return "\n\n".join(parts)


def prose_documents(count: int) -> list[str]:
    """The first `count` documents."""
    return [prose(place) for place in range(count)]


def code_documents(count: int) -> list[str]:
    """The first `count` functions of 6 to 35 lines in the standard library, by file name; fewer where it is smaller."""
    return list(islice(_functions(Path(sysconfig.get_path("stdlib"))), count))


def _functions(folder: Path) -> Iterator[str]:
    seen: set[str] = set()
    for path in sorted(folder.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
                text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
                if node.end_lineno - node.lineno + 1 in FUNCTION_LINES and text not in seen:
                    seen.add(text)
                    yield text
