"""`hornbook llm check` by its exit code and what it says of each endpoint."""

import json
import socket

import pytest

from app.cli.exits import Exit
from app.cli.main import run
from app.settings import get_settings
from tests.integration.loop_run import StubThread


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


def test_each_of_the_operator_s_endpoints_is_asked_with_its_own_key(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with StubThread() as stub:
        listed = [
            {"name": "east", "base_url": stub.stub.url, "api_key": "sk-east"},
            {"name": "west", "base_url": stub.stub.url, "api_key": "sk-west", "model": "stub-west"},
        ]
        monkeypatch.setenv("HORNBOOK_LLM_ENDPOINTS", json.dumps(listed))
        monkeypatch.setenv("HORNBOOK_LLM_MODEL", "stub")
        get_settings.cache_clear()
        code = run(["llm", "check", "--width", "1", "--api", "completions", "--json"])
        asked = [(r.path, r.headers["authorization"], json.loads(r.body)["model"]) for r in stub.stub.requests]
    get_settings.cache_clear()
    shown = capsys.readouterr()
    found = json.loads(shown.out)["endpoints"]
    assert code == Exit.done
    assert [(one["name"], one["model"], one["answers"]) for one in found] == [
        ("east", "stub", True),
        ("west", "stub-west", True),
    ]
    assert asked == [
        ("/v1/completions", "Bearer sk-east", "stub"),
        ("/v1/completions", "Bearer sk-west", "stub-west"),
    ]
    assert "sk-" not in shown.out + shown.err and "at most 2 calls" in shown.err
