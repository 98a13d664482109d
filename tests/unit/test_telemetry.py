"""No secret and no control character reaches a log, whoever writes the line."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from app import telemetry
from app.telemetry import configure_logging

SECRETS = {
    "bearer": ("Authorization: Bearer abc.def-123", "abc.def-123"),
    "openai key": ("key sk-proj-abcdefgh12345678 was refused", "sk-proj-abcdefgh12345678"),
    "our key": ("hb_a1b2c3d4_SECRETsecret123 is revoked", "SECRETsecret123"),
    "url": ("postgresql://hornbook:hunter2@127.0.0.1/db", "hunter2"),
}


@pytest.fixture(autouse=True)
def _undone() -> Iterator[None]:
    """The configuration is that of a whole process, so it is undone."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(("line", "secret"), SECRETS.values(), ids=SECRETS.keys())
def test_a_secret_is_redacted_in_our_lines_and_in_those_of_libraries(
    capsys: pytest.CaptureFixture[str], line: str, secret: str
) -> None:
    configure_logging("INFO")

    structlog.get_logger("ours").info("endpoint.refused", detail=line)
    logging.getLogger("theirs").info("%s", line)

    said = capsys.readouterr().err
    assert said.count("[redacted]") == 2 and secret not in said


def test_a_line_is_one_json_object_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")

    structlog.get_logger("ours").warning("unit.fenced", unit=5, text="a\nb\x1b[31m\u202e")

    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert (event["event"], event["level"], event["unit"]) == ("unit.fenced", "warning", 5)
    assert event["text"].startswith("a") and "\x1b" not in event["text"] and "\u202e" not in event["text"]


def test_a_library_cannot_forge_a_second_line_with_controls(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")

    logging.getLogger("theirs").info("name %s", "x\r\x1b[2J\x00y")

    said = capsys.readouterr().err
    assert said.endswith("y\n") and not set("\r\x1b\x00") & set(said)


def test_quiet_levels_and_chatty_libraries_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("WARNING")

    structlog.get_logger("ours").info("not.said")
    logging.getLogger("httpx").info("GET https://user:key@host/path")

    assert capsys.readouterr().err == ""


def test_a_librarys_wrong_log_call_stops_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")

    logging.getLogger("theirs").info("100% sure, %s", "yes")

    assert "sure" in capsys.readouterr().err


def test_a_secret_in_a_traceback_is_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")

    try:
        raise ValueError("Bearer abc.def-123")
    except ValueError:
        logging.getLogger("theirs").exception("failed")
        structlog.get_logger("ours").exception("failed")

    said = capsys.readouterr().err
    assert said.count("[redacted]") == 4 and "abc.def-123" not in said


def test_every_figure_has_a_name_of_ours() -> None:
    figures = [telemetry.REQUESTS, telemetry.CALLS, telemetry.CALL_SECONDS, telemetry.UNITS, telemetry.FENCED]

    assert all(figure._name.startswith("hornbook_") for figure in figures)
