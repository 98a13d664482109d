"""Records of the three known benchmarks by their fields, and of any other."""

import pytest

from app.domain.benchmarks import Item, item_of
from app.domain.ingest import JsonValue

HUMAN_EVAL: dict[str, JsonValue] = {
    "task_id": "HumanEval/7",
    "prompt": "def twice(x):\n",
    "canonical_solution": "    return 2 * x\n",
    "test": "assert twice(1) == 2",
    "entry_point": "twice",
}
MBPP: dict[str, JsonValue] = {
    "task_id": 9,
    "text": "Write it.",
    "code": "a = 1\r\nb = 2",
    "test_list": ["assert a", "assert b"],
    "test_setup_code": "",
}
SANITISED: dict[str, JsonValue] = {"task_id": 9, "prompt": "Write it.", "code": "a = 1", "test_list": []}
GSM8K: dict[str, JsonValue] = {"question": "How many?", "answer": "It is 2+2=<<2+2=4>>4.\n#### 4"}


@pytest.mark.parametrize(
    ("fields", "item"),
    [
        pytest.param(
            HUMAN_EVAL,
            Item(
                "HumanEval",
                "HumanEval/7",
                ("def twice(x):\n", "    return 2 * x\n", "assert twice(1) == 2"),
                ("def twice(x):\n    return 2 * x\n",),
            ),
            id="HumanEval",
        ),
        pytest.param(
            MBPP, Item("MBPP", "9", ("Write it.", "a = 1\nb = 2", "assert a\nassert b"), ("a = 1\nb = 2",)), id="MBPP"
        ),
        pytest.param(
            GSM8K,
            Item("GSM8K", "3", ("How many?", "It is 2+2=4.\n#### 4", "It is 2+2=<<2+2=4>>4.\n#### 4")),
            id="GSM8K",
        ),
        pytest.param(
            {"id": "q1", "text": "One.", "hints": ["Two.", "Three."], "points": 5, "meta": {"a": "b"}, "empty": None},
            Item("own", "q1", ("One.", "Two.\nThree.", "5"), ("One.", "Two.\nThree.", "5")),
            id="any",
        ),
        pytest.param(
            {"question": "Why?", "answer": "So."}, Item("own", "3", ("Why?", "So."), ("Why?", "So.")), id="qa"
        ),
        pytest.param({}, Item("own", "3", (), ()), id="empty"),
    ],
)
def test_a_record_is_told_by_its_fields(fields: dict[str, JsonValue], item: Item) -> None:
    assert item_of(fields, "own", 3) == item


def test_sanitised_mbpp_is_mbpp_too() -> None:
    assert item_of(SANITISED, "own", 3).parts[0] == "Write it." and item_of(SANITISED, "own", 3).benchmark == "MBPP"
