"""No failure leaves a task, for Celery ends the whole worker at some of them."""

import asyncio

import pytest

from workers.base import contained


class OddError(Exception):
    """Neither pickled nor printed."""

    def __reduce__(self) -> str:
        raise TypeError

    def __str__(self) -> str:
        raise RecursionError

    __repr__ = Exception.__repr__


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RecursionError(), ValueError("x"), OSError(), SystemExit(3), asyncio.CancelledError(), OddError()],
    ids=repr,
)
def test_a_failure_is_contained(error: BaseException) -> None:
    @contained
    def task(number: int, *, name: str) -> None:
        raise error

    task(1, name="x")


def test_a_person_may_still_interrupt() -> None:
    @contained
    def task() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        task()


def test_a_task_gets_its_arguments_and_keeps_its_name() -> None:
    seen: list[object] = []

    @contained
    def task(number: int, *, name: str) -> None:
        seen.extend((number, name))

    task(7, name="x")

    assert seen == [7, "x"] and task.__name__ == "task"
