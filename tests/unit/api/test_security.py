"""Which addresses are this machine's own, and when callers need a key."""

import pytest

from app.api.security import is_loopback, keys_required
from app.settings import Settings


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("LOCALHOST.", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_loopback_is_told_from_everything_else(host: str, own: bool) -> None:
    assert is_loopback(host) is own


@pytest.mark.parametrize(
    ("host", "asked", "needed"),
    [
        ("127.0.0.1", None, False),
        ("0.0.0.0", None, True),
        ("127.0.0.1", True, True),
        ("0.0.0.0", False, False),
    ],
)
def test_keys_are_required_where_others_can_reach(host: str, asked: bool | None, needed: bool) -> None:
    settings = Settings(_env_file=None, host=host, require_api_key=asked)  # type: ignore[call-arg]  # pydantic-settings' own

    assert keys_required(settings) is needed
