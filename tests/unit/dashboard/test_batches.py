"""A batch in words."""

from typing import Any

import pytest

from app.dashboard.batches import batch_words

SENT: dict[str, Any] = {
    "id": 3,
    "state": "sent",
    "provider_id": "batch_abc",
    "status": "in_progress",
    "requests": 1200,
    "answered": 340,
    "failed": 0,
    "error": None,
    "sent_at": "2026-11-30T09:05:01Z",
}


@pytest.mark.parametrize(
    ("over", "words"),
    [
        pytest.param({}, "batch batch_abc, sent 2026-11-30 09:05 UTC: in progress, 340 of 1,200 answered", id="sent"),
        pytest.param(
            {"failed": 2, "error": "rate_limited: HTTP 429"},
            "batch batch_abc, sent 2026-11-30 09:05 UTC: in progress, 340 of 1,200 answered, 2 failed"
            " (rate_limited: HTTP 429)",
            id="with trouble",
        ),
        pytest.param({"state": "new", "sent_at": None}, "batch 3: 1,200 calls, not sent yet", id="new"),
    ],
)
def test_a_batch_says_where_it_is(over: dict[str, Any], words: str) -> None:
    assert batch_words(SENT | over) == words
