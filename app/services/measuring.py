"""A set of any size measured from a stream, in memory that hardly grows with it: 280 bytes a document.

The stream is read twice: once to draw the texts that the ruler is fitted on, once to measure. Reading and merging is
this thread's work, hashing and counting that of a few others or of processes; the sums of batches are merged in the
order they came, so that no bit of the result depends on threads or processes.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no stubs

from app.adapters.shingle_file import ShingleFile
from app.domain import diversity, measuring
from app.domain.diversity import Ints
from app.domain.diversity_sums import Bounds, DiversitySums
from app.domain.measuring import Measured
from app.domain.ruler import FIT_CHARS, FIT_TEXTS, Part, Ruler, Summed, sum_up
from app.domain.set_sample import ranks

SumUp = Callable[[Iterable[Part], Ruler, Callable[[], Bounds]], Iterator[Summed]]
"""`ruler.sum_up` of each part in order, wherever it is done; the bounds are asked for when a part begins."""
THREADS = 2
AHEAD = 2
"""Batches a thread has waiting at most."""


@dataclass(frozen=True)
class Batch:
    """Some texts of a stream; texts of one family are all in one batch."""

    texts: Sequence[str]
    families: Ints | None = None
    """None: each text is a family of its own."""


@dataclass
class Streamed:
    """The sums of a set and what confirms its near-duplicates, a file: to be used in a `with`."""

    sums: DiversitySums
    shingles: ShingleFile

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.shingles.__exit__(None, None, None)

    def lzma_bytes(self) -> int:
        """Bytes that its LZMA ratio can be read on."""
        size = sum(len(text.text) + 1 for text in self.sums.sample.texts() if text.alone)
        return min(size, diversity.SAMPLE_BYTES)

    def measured(self, lzma_bytes: int, *, wording_limits: bool = True) -> Measured:
        """The whole vector with limits; without those of wording and copies in half the time."""
        return measuring.measured(
            self.sums, self.shingles.jaccard, wording_limits=wording_limits, lzma_bytes=lzma_bytes
        )


def draw_texts(batches: Iterable[Batch], *, rng_seed: int, tell: Callable[[int], None]) -> list[str]:
    """At most 5,000 texts of a stream to fit a ruler on, the same ones however it is cut; `tell` hears each count."""
    drawn: list[tuple[int, int, str]] = []
    count = 0
    for batch in batches:
        rank = ranks(np.arange(count, count + len(batch.texts)), rng_seed).tolist()
        most = drawn[FIT_TEXTS - 1][0] if len(drawn) >= FIT_TEXTS else None
        fresh = [
            (rank[place], count + place, text[:FIT_CHARS])
            for place, text in enumerate(batch.texts)
            if most is None or rank[place] < most
        ]
        if fresh:
            drawn = sorted(drawn + fresh)[:FIT_TEXTS]
        count += len(batch.texts)
        tell(len(batch.texts))
    return [text for _, _, text in sorted(drawn, key=lambda item: item[1])]


def in_threads(
    parts: Iterable[Part], ruler: Ruler, bounds: Callable[[], Bounds], threads: int = THREADS
) -> Iterator[Summed]:
    """The sums of each part, by threads: for a set too small to start processes for, or an encoder that waits."""
    waiting: deque[Future[Summed]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for part in parts:
            waiting.append(pool.submit(sum_up, ruler, part, bounds()))
            if len(waiting) > AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def measure_stream(
    batches: Iterable[Batch], ruler: Ruler, *, tell: Callable[[int], None], by: SumUp = in_threads
) -> Streamed:
    """The sums of a stream; ids are places in it, from 0. `tell` hears the size of every batch that is done."""
    found = Streamed(ruler.sums(), ShingleFile())
    # The parts are the parallelism: one more inside a product of 256 rows costs more than it saves.
    with threadpool_limits(limits=1):
        for done in by(_parts(batches), ruler, found.sums.bounds):
            found.sums.merge(done.sums)
            found.shingles.append(done.shingles)
            tell(done.sums.n)
    return found


def _parts(batches: Iterable[Batch]) -> Iterator[Part]:
    count = 0
    for batch in batches:
        ids = np.arange(count, count + len(batch.texts))
        yield Part(ids, ids if batch.families is None else batch.families, batch.texts)
        count += len(ids)
