"""Texts that people wrote, from the data beside the project, for the benchmarks of measures; absent data is said so.

Web pages (`edu-llm`), excerpts of books and articles for schools (`clear`), and documentation and code (`gold`).
"""

import gzip
import json
from pathlib import Path

from tests.shared import SHARED

WEB, BOOKS = "data/edu-llm/edu_llm.jsonl.gz", "data/clear/clear.jsonl.gz"
GOLD = ("gold/train.jsonl", "gold/test.jsonl")


def texts(name: str) -> list[str]:
    """The distinct texts of a set, in order."""
    path = Path(SHARED / name)
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(dict.fromkeys(json.loads(line)["text"] for line in raw.splitlines()))


def all_texts() -> list[str]:
    """The texts of every set."""
    return [text for name in (WEB, BOOKS, *GOLD) for text in texts(name)]


def there() -> bool:
    """The data is there."""
    return (SHARED / WEB).exists()
