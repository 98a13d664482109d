"""The explainer's own record of what it would have billed, against which ledgers are checked.

One JSON line a billed request, on disk before the answer leaves: a client killed while it waits has still been
billed. Prices are USD per million tokens, which is micro-USD per token.
"""

import hashlib
import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Price:
    """What tokens cost, in USD per million tokens."""

    per_prompt: float = 0.0
    """Input tokens."""
    per_completion: float = 0.0
    """Output tokens."""

    def cost_micro(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Whole micro-USD, rounded up. 100 tokens in at 0.15 and 50 out at 0.60 cost 45."""
        return math.ceil(round(prompt_tokens * self.per_prompt + completion_tokens * self.per_completion, 6))


@dataclass(frozen=True)
class Bill:
    """One billed request."""

    call_id: str
    """X-Request-Id, else a hash of the body."""
    unit: str | None
    """X-Hornbook-Unit, when the client sends it."""
    cost: int
    """Micro-USD."""
    key: str
    """First 12 hex digits of the API key's sha256; empty without a key."""
    prompt_tokens: int
    """Estimated tokens in."""
    completion_tokens: int
    """Estimated tokens out."""


def write_bill(path: Path, bill: Bill) -> None:
    """Append one line and wait until it is on disk; a single O_APPEND write, so processes may share the file."""
    line = json.dumps(asdict(bill), separators=(",", ":")).encode() + b"\n"
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)


def key_hash(key: str) -> str:
    """A stable name for an API key that does not reveal it."""
    return hashlib.sha256(key.encode()).hexdigest()[:12] if key else ""
