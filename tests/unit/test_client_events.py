"""Server-sent events out of lines."""

import pytest

from app.client_events import Event, parse_events

CASES = [
    pytest.param([], [], id="nothing"),
    pytest.param([": comment", ""], [], id="comment"),
    pytest.param(["retry: 1000", ""], [], id="retry"),
    pytest.param(["id: 7", "event: a", 'data: {"n": 1}', ""], [Event(7, "a", {"n": 1})], id="whole"),
    pytest.param(["event: progress", "data: {}", ""], [Event(None, "progress", {})], id="without-id"),
    pytest.param(["data: {", "data: }", ""], [Event(None, "message", {})], id="two-lines"),
    pytest.param(["data:{}", ""], [Event(None, "message", {})], id="no-space"),
    pytest.param(["id: 1", "event: a", "data: {"], [], id="cut-off"),
]


@pytest.mark.parametrize(("lines", "events"), CASES)
def test_lines_become_events(lines: list[str], events: list[Event]) -> None:
    assert list(parse_events(iter(lines))) == events
