"""A streamed set: threads and batch sizes change nothing, the fitted sample is the same however the stream is cut."""

import numpy as np
import pytest

from app.domain.measuring import Measured
from app.domain.ruler import FIT_TEXTS, fit_ruler
from app.services.measuring import Batch, draw_texts, measure_stream

WORDS = "river bridge clock garden engine letter island market storm planet stone cloud paper window bread".split()


def text_of(place: int) -> str:
    rng = np.random.default_rng(place)
    return f"Text {place}: " + " ".join(WORDS[i] for i in rng.integers(0, len(WORDS), 20)) + "."


TEXTS = [text_of(place) for place in range(300)]


def batches(texts: list[str], size: int) -> list[Batch]:
    return [Batch(texts[low : low + size]) for low in range(0, len(texts), size)]


def silent(_count: int) -> None:
    pass


def streamed(size: int, threads: int) -> Measured:
    ruler = fit_ruler(TEXTS, rng_seed=0)
    with measure_stream(batches(TEXTS, size), ruler, tell=silent, threads=threads) as found:
        return found.measured(found.lzma_bytes())


def test_threads_change_no_bit() -> None:
    assert streamed(16, 3) == streamed(16, 1)


def test_batch_size_changes_no_measure() -> None:
    one, other = streamed(300, 2), streamed(7, 2)

    assert one.values == pytest.approx(other.values) and one.spectrum == other.spectrum
    for name in one.limits:
        assert one.limits[name] == pytest.approx(other.limits[name]), name


def test_every_batch_is_told() -> None:
    told: list[int] = []
    with measure_stream(batches(TEXTS, 128), fit_ruler(TEXTS, rng_seed=0), tell=told.append):
        pass

    assert told == [128, 128, 44]


def test_a_long_stream_is_sampled_evenly_whatever_its_batches() -> None:
    many = [str(place) for place in range(3 * FIT_TEXTS)]
    drawn = draw_texts(batches(many, 256), rng_seed=1, tell=silent)

    assert drawn == draw_texts(batches(many, 1_000), rng_seed=1, tell=silent)
    assert len(drawn) == FIT_TEXTS and np.mean([int(text) for text in drawn]) == pytest.approx(7_500, rel=0.05)


def test_a_short_stream_is_taken_whole_and_in_order() -> None:
    assert draw_texts(batches(TEXTS, 64), rng_seed=1, tell=silent) == TEXTS
