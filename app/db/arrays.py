"""Array parameters in Postgres' own notation.

psycopg looks every item up in its type map, which takes ten times as long; a round writes dozens of items a document.
"""

from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any


def array(values: Iterable[int | float | bool | str | bytes | None]) -> str:
    """For `CAST(:name AS type[])`; floats keep every bit, and None becomes NULL.

    >>> array([1, None, 2.5])
    '{1,NULL,2.5}'
    """
    return f"{{{','.join([_WRITERS[type(value)](value) for value in values])}}}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


_WRITERS: dict[type, Callable[[Any], str]] = {
    int: str,
    float: repr,
    bool: lambda value: "t" if value else "f",
    str: _quoted,
    bytes: lambda value: f'"\\\\x{value.hex()}"',
    NoneType: lambda _: "NULL",
}
