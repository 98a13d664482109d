"""Where output goes: results to standard output, everything about the way there to standard error.

Rich decides by itself what a terminal can show; into a file or a pipe go plain lines of a fixed width.
"""

import sys
from collections.abc import Mapping
from typing import TextIO

import orjson
import typer
from rich.console import Console

PLAIN_WIDTH = 110
"""Columns where nobody's window says otherwise; the table of rounds needs 100."""


def results() -> Console:
    """For what was asked for."""
    return Console(width=_width(sys.stdout), highlight=False)


def notes() -> Console:
    """For progress, remarks and errors."""
    return Console(width=_width(sys.stderr), stderr=True, highlight=False)


def _width(stream: TextIO) -> int | None:
    return None if stream.isatty() else PLAIN_WIDTH


def print_json(value: Mapping[str, object] | list[object]) -> None:
    """One JSON value on one line of standard output."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode())
