"""What the Parquet reader and its child process say to each other. Free of pyarrow, which only the child loads."""

from typing import Any

import msgspec


class Request(msgspec.Struct, frozen=True):
    """What the parent wants to know."""

    text_field: str
    max_columns: int
    max_bytes: int
    """Decoded bytes of the whole file."""
    memory_bytes: int
    cpu_s: int


class Frame(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of the answer: rows, or the one fault that ends it."""

    rows: list[dict[str, Any]] = []
    """JSON values; msgspec knows no recursive alias."""
    fault: str = ""
    """Code of a CorpusFileError."""
    detail: str = ""
    done: bool = False
    """All rows have been sent; an answer that ends without it is a crash."""
