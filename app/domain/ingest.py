"""Whether one parsed object becomes a record of the corpus, and if not, under which code it is rejected.

Pure checks of values that some reader already parsed: types, numbers, depth, text, identity. The codes are
stable, because scripts and the dashboard count by them. Knows nothing of files or formats.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.records import Kind
from app.domain.text import TextFault, check_text, guess_kind, normalise, sha256, text_flags

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]

MAX_DEPTH = 64
"""Levels of nesting in one record. Python's own parser gives up near 1,000; nobody's metadata needs 64."""
MAX_NAME_CHARS = 255
"""Characters of an external id or a licence, which the database indexes."""
MAX_EXACT_INT = 2**64
"""Integers of this size and more have no exact place in Parquet or in the JSON writers of the export."""
EXCERPT_CHARS = 80
_PLAIN = b"\t\n" + bytes(range(0x20, 0x7F))
