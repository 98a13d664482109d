"""A set of any size measured from a stream, in memory that hardly grows with it: 280 bytes a document.

The stream is read twice: once to draw the texts that the ruler is fitted on, once to measure. Reading and adding up is
this thread's work, hashing and counting that of a few others; batches are added in the order they came, so that the
result does not depend on the threads.
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
from app.domain.diversity_sums import DiversitySums
from app.domain.measuring import Measured
from app.domain.ruler import FIT_CHARS, FIT_TEXTS, Measurable, Ruler, apply
from app.domain.set_sample import ranks

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


def measure_stream(
    batches: Iterable[Batch], ruler: Ruler, *, tell: Callable[[int], None], threads: int = THREADS
) -> Streamed:
    """The sums of a stream; ids are places in it, from 0. `tell` hears the size of every batch that is done."""
    found = Streamed(ruler.sums(), ShingleFile())
    # The threads here are the parallelism: one more inside a product of 256 rows costs more than it saves.
    with threadpool_limits(limits=1):
        for done in _applied(batches, ruler, threads):
            found.sums.add(done.docs)
            found.shingles.append(done.shingles)
            tell(len(done.docs.ids))
    return found


def _applied(batches: Iterable[Batch], ruler: Ruler, threads: int) -> Iterator[Measurable]:
    count = 0
    waiting: deque[Future[Measurable]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for batch in batches:
            ids = np.arange(count, count + len(batch.texts))
            families = ids if batch.families is None else batch.families
            waiting.append(pool.submit(apply, ruler, batch.texts, ids, families))
            count += len(ids)
            if len(waiting) > AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
