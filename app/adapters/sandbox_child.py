"""The child process in which untrusted content is parsed and scored, under hard limits (rules B2, E10).

Started by `app.adapters.sandbox` as `python -m app.adapters.sandbox_child`; frames of msgpack come in on stdin and go
out on the former stdout. It runs only the functions in ALLOWED, by dotted name. Memory, CPU, file size and file
descriptors are limited by the kernel, so that the worst a document can do is end this process; the parent then knows
which document it was. It holds no secrets, opens no sockets and knows nothing of the database.

A plain function is `fn(payload: bytes, context: Mapping[str, bytes]) -> bytes`; a batch function is
`fn(items: list[bytes], context: Mapping[str, bytes]) -> list[bytes]`, with results that do not depend on the
neighbours. Context blobs are the same objects from call to call, so an lru_cache on the blob is a cheap way to keep
what was loaded.
"""

import ctypes
import gc
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, BinaryIO

import msgspec

ALLOWED: tuple[str, ...] = (
    "app.adapters.sandbox_child:echo",
    "app.domain.examining:examine_seeds",
    "app.domain.examining:examine_answers",
    "app.domain.examining:find_contamination",
    "app.domain.examining:try_answers",
    "app.adapters.real_runs:examine_answers",
)
"""Dotted names of the functions that may run here, `module:function`; nothing else can be asked for."""

HEADER = struct.Struct("<I")
"""A frame is its length as 4 bytes, little-endian, then msgpack."""

MAX_FRAME_BYTES = 512 * 1024 * 1024
OPEN_FILES = 64
_PR_SET_PDEATHSIG = 1


class Request(msgspec.Struct, array_like=True):
    """What the parent asks: `context` stores a blob, `load` imports, `call`, `batch` and `each` run a function."""

    op: str
    name: str
    items: list[bytes] = []
    limit_s: float = 0.0


class Reply(msgspec.Struct, array_like=True):
    """What the child answers: outputs, or the class of an exception and its first line."""

    outputs: list[bytes]
    error: str = ""
    detail: str = ""


def echo(payload: bytes, context: Mapping[str, bytes]) -> bytes:
    """The payload itself: measures the way there and back."""
    return payload


def main() -> None:
    """Serve the product's functions until the parent is gone."""
    serve(ALLOWED)


def serve(allowed: tuple[str, ...]) -> None:
    """Answer requests for `allowed` functions until stdin ends. Arguments: memory in MiB and the parent's pid."""
    memory_mb, parent = int(sys.argv[1]), int(sys.argv[2])
    _limit_process(memory_mb, parent)
    requests = sys.stdin.buffer
    # What a library prints must not end up between frames: fd 1 becomes /dev/null, frames get their own.
    replies = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "wb") as null:  # noqa: PTH123 - a device, not a path of ours
        os.dup2(null.fileno(), 1)
    # A batch makes thousands of short-lived tuples a text; at Python's threshold of 700 they are walked over and over.
    gc.set_threshold(50_000, 20, 20)
    session = _Session(allowed)
    decoder = msgspec.msgpack.Decoder(Request)
    while (frame := _read_frame(requests)) is not None:
        session.answer(decoder.decode(frame), replies)


def _limit_process(memory_mb: int, parent: int) -> None:
    """Die with the parent, and set what the kernel enforces."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # The parent died before the line above took hold.
        os._exit(0)
    memory = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _limit_request(limit_s: float) -> None:
    """Arm the clocks of one request: CPU and wall. Both end the process, even inside C code and without the parent."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + int(limit_s) + 2, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_REAL, limit_s + 1.0)


class _Session:
    """Context blobs and the functions loaded so far."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self._allowed = frozenset(allowed)
        self._context: dict[str, bytes] = {}
        self._functions: dict[str, Callable[..., Any]] = {}

    def answer(self, request: Request, replies: BinaryIO) -> None:
        """Run one request; `each` writes a frame per item, so that the parent sees how far it got."""
        if request.op == "context":
            self._context[request.name] = request.items[0]
            _write_frame(replies, Reply([]))
            return
        if request.op == "load":
            _write_frame(replies, self._load(request.name))
            return
        if request.op == "each":
            for item in request.items:
                _limit_request(request.limit_s)
                _write_frame(replies, self._run(request.name, [item], batch=True))
        else:
            _limit_request(request.limit_s)
            _write_frame(replies, self._run(request.name, request.items, batch=request.op == "batch"))
        signal.setitimer(signal.ITIMER_REAL, 0.0)

    def _load(self, name: str) -> Reply:
        """Import a function's module ahead of the first call, outside the clocks of a request."""
        if name not in self._allowed:
            return Reply([], "NotAllowed", name)
        module, _, function = name.partition(":")
        # Python may run this very file as __main__; its own functions must not be imported a second time.
        found = sys.modules[__name__] if __spec__ is not None and module == __spec__.name else import_module(module)
        self._functions[name] = getattr(found, function)
        return Reply([])

    def _run(self, name: str, items: list[bytes], *, batch: bool) -> Reply:
        try:
            function = self._functions[name]
            if not batch:
                return Reply([function(items[0], self._context)])
            outputs = function(items, self._context)
        except Exception as error:  # noqa: BLE001 - whatever a document provokes is that document's result
            return Reply([], type(error).__name__, str(error).split("\n")[0][:200])
        if len(outputs) != len(items):
            return Reply([], "WrongCount", f"{len(outputs)} results for {len(items)} items")
        return Reply(outputs)


def _read_frame(stream: BinaryIO) -> bytes | None:
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (length,) = HEADER.unpack(header)
    if length > MAX_FRAME_BYTES:
        return None
    body = stream.read(length)
    return body if len(body) == length else None


def _write_frame(stream: BinaryIO, reply: Reply) -> None:
    body = msgspec.msgpack.encode(reply)
    stream.write(HEADER.pack(len(body)))
    stream.write(body)
    stream.flush()


if __name__ == "__main__":
    main()
