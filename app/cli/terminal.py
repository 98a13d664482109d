"""Where output goes: results to standard output, everything about the way there to standard error.

Rich decides by itself what a terminal can show; into a file or a pipe go plain lines as long as they are, so that no
cell of a table is folded or cut for a window that is not there. COLUMNS, where it is set, says otherwise.
"""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

import orjson
import typer
from rich.console import Console

PLAIN_WIDTH = 100_000
"""Columns where no window ends a line."""


def results() -> Console:
    """For what was asked for."""
    return Console(width=_width(sys.stdout), highlight=False)


def notes() -> Console:
    """For progress, remarks and errors."""
    return Console(width=_width(sys.stderr), stderr=True, highlight=False)


def _width(stream: TextIO) -> int | None:
    # Rich reads COLUMNS by itself.
    return None if stream.isatty() or os.environ.get("COLUMNS", "").isdigit() else PLAIN_WIDTH


def print_json(value: Mapping[str, object] | list[object]) -> None:
    """One JSON value on one line of standard output."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode())
