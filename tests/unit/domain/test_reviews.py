"""What a review is as a label."""

import pytest

from app.domain.education import GOOD
from app.domain.reviews import APPROVED, REJECTED, Decision, label_of


@pytest.mark.parametrize(
    ("decision", "score", "label"),
    [
        pytest.param(Decision.approve, 3.0, 3.0, id="a score counts as it is"),
        pytest.param(Decision.reject, 4.5, 4.5, id="rejected for another reason than its worth"),
        pytest.param(Decision.reject, 0.0, 0.0, id="nothing is a score too"),
        pytest.param(Decision.approve, None, APPROVED, id="approved"),
        pytest.param(Decision.reject, None, REJECTED, id="rejected"),
    ],
)
def test_a_score_is_the_label_and_a_decision_alone_one_side(
    decision: Decision, score: float | None, label: float
) -> None:
    assert label_of(decision, score) == label


def test_decisions_alone_lie_on_either_side_of_good() -> None:
    assert REJECTED < GOOD < APPROVED
