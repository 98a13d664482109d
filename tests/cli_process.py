"""The `hornbook` command as a user starts it: a process of its own, away from this repository's `.env`."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


def environment(**settings: str) -> dict[str, str]:
    """This process's own, without anything that says where Hornbook is, plus `HORNBOOK_<settings>`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HORNBOOK_")}
    return (
        kept | {f"HORNBOOK_{name.upper()}": value for name, value in settings.items()} | {"PYTHONPATH": str(REPOSITORY)}
    )


def hornbook(*argv: object, cwd: Path, env: Mapping[str, str], timeout_s: float = 120) -> Done:
    """Run one command line to its end."""
    line = [sys.executable, "-m", "app.cli.main", *map(str, argv)]
    done = subprocess.run(line, cwd=cwd, env=dict(env), capture_output=True, text=True, timeout=timeout_s, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def unread(*argv: object, cwd: Path, env: Mapping[str, str], timeout_s: float = 120) -> Done:
    """Run one command line whose output nobody reads any more, as after `| head` has seen enough."""
    line = [sys.executable, "-m", "app.cli.main", *map(str, argv)]
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            line, cwd=cwd, env=dict(env), stdout=write_end, stderr=subprocess.PIPE, text=True, timeout=timeout_s
        )
    finally:
        os.close(write_end)
    return Done(done.returncode, "", done.stderr)
