"""Steps are values: the same hint twice is one."""

from app.domain.records import JobId
from app.domain.steps import Compute, Refine


def test_equal_steps_are_one_in_a_dict() -> None:
    steps = [Refine(JobId(1)), Compute(), Refine(JobId(1)), Refine(JobId(2)), Compute(workers=4)]

    assert list(dict.fromkeys(steps)) == [Refine(JobId(1)), Compute(), Refine(JobId(2)), Compute(workers=4)]
