"""Where the data beside the project lies, for the tests that compare with it; they skip with a message without it."""

from pathlib import Path

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
