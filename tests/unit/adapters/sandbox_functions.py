"""Functions that misbehave on purpose, and a sandbox child that allows them."""

import ast
import ctypes
import hashlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from app.adapters import sandbox_child

_HERE = "tests.unit.adapters.sandbox_functions"
ALLOWED = (
    "app.adapters.sandbox_child:echo",
    *(
        f"{_HERE}:{name}"
        for name in ("obey", "obey_batch", "context_digests", "science", "environment", "wrong_count", "print_and_echo")
    ),
)


def _loop() -> None:
    while True:
        pass


def _write() -> None:
    Path("/tmp/hornbook-sandbox-canary").write_bytes(b"x" * 10)


def _raise() -> None:
    raise ValueError("bad document")


HARM: dict[str, Callable[[], object]] = {
    "segfault": lambda: ctypes.string_at(0),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "exit": lambda: os._exit(3),
    "loop": _loop,
    "sleep": lambda: time.sleep(600),
    "memory": lambda: bytearray(16 * 1024**3),
    "recursion": lambda: ast.parse("-" * 6500 + "4"),
    "write": _write,
    "raise": _raise,
    "files": lambda: [socket.socket() for _ in range(200)],
}


def obey(payload: bytes, context: Mapping[str, bytes]) -> bytes:
    """Do the harm the payload names, if it names one."""
    HARM.get(payload.decode(), lambda: None)()
    return payload


def obey_batch(items: list[bytes], context: Mapping[str, bytes]) -> list[bytes]:
    """`obey` for a batch."""
    return [obey(item, context) for item in items]


def context_digests(payload: bytes, context: Mapping[str, bytes]) -> bytes:
    """Names and digests of the context, and whose process this is."""
    found = ",".join(f"{name}={hashlib.sha256(blob).hexdigest()[:8]}" for name, blob in sorted(context.items()))
    return f"{found};{os.getpid()}".encode()


def science(payload: bytes, context: Mapping[str, bytes]) -> bytes:
    """Import and use the scientific stack; returns the peak address space in MiB."""
    import numpy as np  # noqa: PLC0415 - the import is what is tested
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415
    from sklearn.linear_model import SGDClassifier  # noqa: PLC0415

    rng = np.random.default_rng(0)
    data = rng.normal(size=(2000, 512))
    TruncatedSVD(64).fit(data)
    SGDClassifier().fit(data, np.arange(2000) % 2)
    peak = next(line for line in Path("/proc/self/status").read_text().split("\n") if line.startswith("VmPeak"))
    return str(int(peak.split()[1]) // 1024).encode()


def environment(payload: bytes, context: Mapping[str, bytes]) -> bytes:
    """Names of the environment's variables."""
    return ",".join(sorted(os.environ)).encode()


def wrong_count(items: list[bytes], context: Mapping[str, bytes]) -> list[bytes]:
    """One result too few."""
    return items[1:]


def print_and_echo(payload: bytes, context: Mapping[str, bytes]) -> bytes:
    """Write to stdout, as careless libraries do."""
    sys.stdout.write("noise")
    sys.stdout.flush()
    return payload


if __name__ == "__main__":
    sandbox_child.serve(ALLOWED)
