"""Processes that sum up: the same bits as threads, and a named error when one is lost."""

import os
import signal
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from app.adapters.measuring_processes import MeasuringProcesses, MeasuringProcessLostError
from app.domain.diversity_sums import Bounds
from app.domain.ruler import Part, Ruler, fit_ruler
from app.services.measuring import Batch, measure_stream

WORDS = "river bridge clock garden engine letter island market storm planet stone cloud paper window bread".split()
TEXTS = [" ".join(np.random.default_rng(place).choice(WORDS, 30)) for place in range(200)]
BATCHES = [Batch(TEXTS[low : low + 16]) for low in range(0, 200, 16)]


@pytest.fixture(scope="module")
def ruler() -> Ruler:
    return fit_ruler(TEXTS, rng_seed=0)


@pytest.fixture(scope="module")
def processes() -> Iterator[MeasuringProcesses]:
    with MeasuringProcesses(2) as found:
        yield found


def silent(_count: int) -> None:
    pass


def test_processes_change_no_bit(ruler: Ruler, processes: MeasuringProcesses) -> None:
    with (
        measure_stream(BATCHES, ruler, tell=silent) as threads,
        measure_stream(BATCHES, ruler, tell=silent, by=processes.sum_up) as others,
    ):
        assert others.measured(10_000) == threads.measured(10_000)


def test_a_second_ruler_replaces_the_first(ruler: Ruler, processes: MeasuringProcesses) -> None:
    part = Part(np.arange(16), np.arange(16), TEXTS[:16])
    other = fit_ruler(TEXTS[:100], rng_seed=1)

    for one in (ruler, other):
        (found,) = processes.sum_up([part], one, Bounds)
        with measure_stream([Batch(TEXTS[:16])], one, tell=silent) as expected:
            assert found.sums.vendi2() == expected.sums.vendi2()


def test_a_killed_process_is_named(ruler: Ruler) -> None:
    def parts() -> Iterator[Part]:
        for place in range(3):
            yield Part(np.array([place]), np.array([place]), ["one text"])
            for process in psutil.Process().children(recursive=True):
                if process.pid not in before:
                    os.kill(process.pid, signal.SIGKILL)

    with MeasuringProcesses(1) as processes:
        list(processes.sum_up([], ruler, Bounds))
        before = {process.pid for process in psutil.Process().children(recursive=True)}
        with MeasuringProcesses(1) as doomed, pytest.raises(MeasuringProcessLostError, match="memory"):
            list(doomed.sum_up(parts(), ruler, Bounds))
