"""A batch in words: where it is, since when, and how much of it was answered."""

from collections.abc import Mapping
from typing import Any

from app.dashboard.wording import plain


def batch_words(batch: Mapping[str, Any]) -> str:
    """One line about a batch as the API gives it.

    >>> batch_words({"id": 3, "state": "new", "requests": 1200, "error": None})
    'batch 3: 1,200 calls, not sent yet'
    """
    trouble = f" ({batch['error']})" if batch["error"] else ""
    if batch["state"] == "new":
        return f"batch {batch['id']}: {batch['requests']:,} calls, not sent yet{trouble}"
    sent = str(batch["sent_at"])[:16].replace("T", " ")
    failed = f", {batch['failed']:,} failed" if batch["failed"] else ""
    how = plain(batch["status"] or "sent")
    answered = f"{batch['answered']:,} of {batch['requests']:,} answered{failed}"
    return f"batch {batch['provider_id']}, sent {sent} UTC: {how}, {answered}{trouble}"
