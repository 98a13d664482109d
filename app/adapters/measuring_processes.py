"""Processes that sum up the batches of a large set, so that all cores work; what they answer is what a thread would.

They come from a fork server, which imports what they need while the caller still reads and fits; no process is forked
from one that has threads. A process ends by itself when its caller does. Knows nothing of files, order or merging.
"""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.forkserver import ensure_running
from types import TracebackType
from typing import Self

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no stubs

from app.domain.diversity_sums import Bounds
from app.domain.ruler import Part, Ruler, Summed, sum_up
from app.errors import AppError

_END_S = 5.0


class MeasuringProcessLostError(AppError):
    """A process that measured documents ended (exit code {exit_code}). When it was killed, memory may have run out: \
free some, or split the file."""

    code = "measuring_process_lost"


class MeasuringProcesses:
    """Some processes that sum up parts of a set by `ruler.sum_up`. To be used in a `with`."""

    def __init__(self, count: int) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload(["__main__", __name__])
        ensure_running()
        self._children = [_Child(context) for _ in range(count)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for child in self._children:
            child.end()

    def sum_up(self, parts: Iterable[Part], ruler: Ruler, bounds: Callable[[], Bounds]) -> Iterator[Summed]:
        """The sums of each part, in order; the ruler must not hold an encoder of the caller's.

        Raises MeasuringProcessLostError when a process ends before its time.
        """
        # All ways are read and written by one thread: with one a process, each of a dozen reads an answer waited for
        # the interpreter's lock, and the processes stood still half of the time.
        for child in self._children:
            child.learn(ruler)
        busy: deque[_Child] = deque()
        for part in parts:
            done = None
            if len(busy) < len(self._children):
                child = self._children[len(busy)]
            else:
                child = busy.popleft()
                done = child.answer()
            child.ask(part, bounds())
            busy.append(child)
            if done is not None:
                yield done
        while busy:
            yield busy.popleft().answer()


class _Child:
    """One process, started when it has something to learn."""

    def __init__(self, context: ForkServerContext) -> None:
        self._context = context
        self._running: tuple[ForkServerProcess, Connection] | None = None
        self._ruler: Ruler | None = None

    def learn(self, ruler: Ruler) -> None:
        if self._running is None:
            ours, theirs = self._context.Pipe()
            process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._running = process, ours
        if ruler is not self._ruler:
            self._send(ruler)
            self._ruler = ruler

    def ask(self, part: Part, bounds: Bounds) -> None:
        self._send((part, bounds))

    def answer(self) -> Summed:
        with self._way() as way:
            found: Summed = way.recv()
        return found

    def _send(self, what: object) -> None:
        with self._way() as way:
            way.send(what)

    @contextmanager
    def _way(self) -> Iterator[Connection]:
        assert self._running is not None, "learn comes first"
        process, way = self._running
        try:
            yield way
        except (EOFError, OSError) as error:
            process.join(_END_S)
            raise MeasuringProcessLostError(exit_code=process.exitcode) from error

    def end(self) -> None:
        if self._running is not None:
            process, way = self._running
            way.close()
            process.join(_END_S)


def _serve(way: Connection) -> None:
    """What a process does: a ruler is kept, a part is answered, the caller's end is its own."""
    # Ctrl-C reaches the whole group; the caller alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ruler: Ruler | None = None
    with threadpool_limits(limits=1), suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            asked: Ruler | tuple[Part, Bounds] = way.recv()
            if isinstance(asked, Ruler):
                ruler = asked
            elif ruler is not None:
                way.send(sum_up(ruler, *asked))
