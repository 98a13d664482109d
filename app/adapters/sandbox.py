"""Runs untrusted content in a child process that may die instead of us (rules B2, E10).

One persistent child a Sandbox (a subprocess, so that it also works inside Celery's daemonic prefork children, where
multiprocessing is forbidden). A call is one frame there and one back, about 0.1 ms. When the child crashes or passes
its time it is started anew, with its context, and the caller gets an error that names what happened; in a batch only
the document that did it gets a fault. Thread-safe by a lock; a Sandbox carried over a fork starts a child of its own.
"""

import hashlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from app.adapters.sandbox_child import HEADER, MAX_FRAME_BYTES, Reply, Request
from app.adapters.sandbox_faults import (
    FaultKind,
    SandboxCrashError,
    SandboxFailedError,
    SandboxFault,
    SandboxTimeoutError,
    result_of,
)

START_S = 60.0
"""Seconds for starting Python and importing what a function needs; scikit-learn on a busy machine takes several."""

MEMORY_MB = 2048
"""Default address space. Measured: numpy, scipy and scikit-learn with one BLAS thread peak at 370 MiB of it."""

_PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
_TIME_SIGNALS = (signal.SIGXCPU, signal.SIGALRM)


class Sandbox:
    """A limited child process and the way to it."""

    def __init__(
        self, memory_mb: int = MEMORY_MB, wall_s: float = 10.0, *, child_module: str = "app.adapters.sandbox_child"
    ) -> None:
        self._memory_mb = memory_mb
        self._wall_s = wall_s
        self._child_module = child_module
        self._context: dict[str, tuple[bytes, bytes]] = {}
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._starter: ThreadPoolExecutor | None = None
        self._loaded: set[str] = set()
        self._sent: dict[str, bytes] = {}
        self.starts = 0
        """How often a child was started: 1 + the number of crashes and timeouts so far."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def set_context(self, name: str, blob: bytes) -> None:
        """Keep a blob (classifier, embedder, config) for all calls; sent once a child and once a change."""
        self._context[name] = (hashlib.sha256(blob).digest(), blob)

    def call(self, function: str, payload: bytes) -> bytes:
        """The function's result; raises SandboxCrashError, SandboxTimeoutError or SandboxFailedError."""
        with self._locked():
            self._prepare(function)
            self._send(Request("call", function, [payload], self._wall_s), self._wall_s)
            reply = self._receive(self._wall_s)
        if reply.error:
            raise SandboxFailedError(error=reply.error, detail=reply.detail)
        return reply.outputs[0]

    def call_each(self, function: str, items: list[bytes]) -> list[bytes | SandboxFault]:
        """A batch function's results, one per item; an item that kills, stalls or raises gets a fault, alone.

        The batch runs in one go. Only if that fails, items run one by one, which names the culprit at the price of one
        restart for the batch and one a culprit; the wall limit is meant per item then, for the whole batch before.
        """
        if not items:
            return []
        with self._locked():
            try:
                self._prepare(function)
                self._send(Request("batch", function, items, self._wall_s), self._wall_s)
                reply = self._receive(self._wall_s)
            except (SandboxCrashError, SandboxTimeoutError):
                return self._singly(function, items)
            if reply.error:
                return self._singly(function, items)
            return list(reply.outputs)

    def close(self) -> None:
        """End the child, if this process started one."""
        with self._locked():
            self._stop()
            if self._starter is not None:
                self._starter.shutdown()
                self._starter = None

    def _singly(self, function: str, items: list[bytes]) -> list[bytes | SandboxFault]:
        """Item by item in one stream of replies: the first one missing is the culprit's."""
        results: list[bytes | SandboxFault] = []
        while len(results) < len(items):
            self._prepare(function)
            try:
                self._send(Request("each", function, items[len(results) :], self._wall_s), self._wall_s)
                while len(results) < len(items):
                    results.append(result_of(self._receive(self._wall_s)))
            except SandboxTimeoutError as error:
                results.append(SandboxFault(FaultKind.timeout, str(error)))
            except SandboxCrashError as error:
                results.append(SandboxFault(FaultKind.crash, str(error)))
        return results

    def _locked(self) -> threading.Lock:
        """The lock, after forgetting what belongs to the process we were forked from (B12)."""
        if self._owner != os.getpid():
            self._owner = os.getpid()
            self._lock = threading.Lock()
            self._starter = None
            if self._process is not None:
                # Close our copies of its pipes, but leave the process alone: it is our parent's.
                self._process.returncode = 0
                self._close_pipes(self._process)
                self._process = None
        return self._lock

    def _prepare(self, function: str) -> None:
        """See to a running child that has the context and the function; raises if there is none to be had."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        for name, (digest, blob) in self._context.items():
            if self._sent.get(name) != digest:
                self._ask(Request("context", name, [blob]))
                self._sent[name] = digest
        if function not in self._loaded:
            self._ask(Request("load", function))
            self._loaded.add(function)

    def _ask(self, request: Request) -> None:
        self._send(request, START_S)
        reply = self._receive(START_S)
        if reply.error:
            raise SandboxFailedError(error=reply.error, detail=reply.detail)

    def _start(self) -> None:
        """Start a child from a thread of our own: PDEATHSIG fires when the starting *thread* ends, not the process."""
        self._stop()
        if self._starter is None:
            self._starter = ThreadPoolExecutor(1, thread_name_prefix="sandbox-starter")
        self._process = self._starter.submit(self._spawn).result()
        for pipe in (self._stdin, self._stdout):
            os.set_blocking(pipe.fileno(), False)
        self.starts += 1

    def _spawn(self) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "PYTHONPATH": _PACKAGE_ROOT,
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        return subprocess.Popen(
            [sys.executable, "-m", self._child_module, str(self._memory_mb), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            bufsize=0,
        )

    def _stop(self) -> int | None:
        """Kill the child, if any, and return its exit status before the kill."""
        process, self._process = self._process, None
        self._loaded.clear()
        self._sent.clear()
        if process is None:
            return None
        status = process.poll()
        process.kill()
        process.wait()
        self._close_pipes(process)
        return status

    @staticmethod
    def _close_pipes(process: subprocess.Popen[bytes]) -> None:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process is not None and self._process.stdin is not None
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process is not None and self._process.stdout is not None
        return self._process.stdout

    def _send(self, request: Request, limit_s: float) -> None:
        body = msgspec.msgpack.encode(request)
        if len(body) > MAX_FRAME_BYTES:
            raise SandboxFailedError(error="ValueError", detail="the payload is larger than a frame may be")
        view = memoryview(HEADER.pack(len(body)) + body)
        pipe = self._stdin.fileno()
        until = time.monotonic() + limit_s
        while view:
            self._wait(pipe, select.POLLOUT, until)
            try:
                view = view[os.write(pipe, view) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise self._crashed() from None

    def _receive(self, limit_s: float) -> Reply:
        until = time.monotonic() + limit_s
        (length,) = HEADER.unpack(self._read(HEADER.size, until))
        return msgspec.msgpack.decode(self._read(length, until), type=Reply)

    def _read(self, count: int, until: float) -> bytes:
        pipe = self._stdout.fileno()
        data = bytearray()
        while len(data) < count:
            self._wait(pipe, select.POLLIN, until)
            try:
                chunk = os.read(pipe, min(count - len(data), 1 << 20))
            except BlockingIOError:
                continue
            if not chunk:
                raise self._crashed()
            data += chunk
        return bytes(data)

    def _wait(self, pipe: int, event: int, until: float) -> None:
        """Until the pipe is ready; past the limit the child is killed."""
        poller = select.poll()
        poller.register(pipe, event)
        if not poller.poll(max(0.0, until - time.monotonic()) * 1000):
            self._stop()
            raise SandboxTimeoutError(wall_s=self._wall_s)

    def _crashed(self) -> SandboxCrashError | SandboxTimeoutError:
        """The error behind a child that closed its pipe."""
        assert self._process is not None
        try:
            status = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            status = 0
        self._stop()
        if -status in _TIME_SIGNALS:
            return SandboxTimeoutError(wall_s=self._wall_s)
        return SandboxCrashError(reason=signal.Signals(-status).name if status < 0 else f"exit status {status}")
