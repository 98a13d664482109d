"""`hornbook llm check` by its exit code."""

import json
import socket

import pytest

from app.cli.exits import Exit
from app.cli.main import run


def test_an_endpoint_that_is_away_ends_the_check_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        code = run(["llm", "check", "--llm", url, "--model", "stub", "--json"])
    shown = capsys.readouterr()
    facts = json.loads(shown.out)
    assert code == Exit.environment
    assert (facts["reachable"], facts["answers"]) == (False, False) and "Start the server" in facts["note"]
    assert "at most" in shown.err
