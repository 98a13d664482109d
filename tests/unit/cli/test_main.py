"""The command as a whole: every command loads, errors are one line, exit codes are stable."""

import errno
from pathlib import Path

import pytest

from app.cli.exits import Exit, StoppedError, exit_code_of, report
from app.cli.main import COMMANDS, run
from app.client_http import HornbookApiError
from app.embedded.errors import PortTakenError
from app.errors import AppError, InvalidInputError


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert f"hornbook {name}" in capsys.readouterr().out


def test_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("hornbook 0.")


def test_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["refien"]) == Exit.usage
    assert "refine" in capsys.readouterr().err


def test_a_recipe_without_a_list_of_its_own_needs_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["refine", "--recipe", "tinystories", "--out", str(tmp_path)]) == Exit.usage
    assert "Name the files to refine: tinystories has no word list of its own." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (HornbookApiError("service_unreachable", "d", 0), Exit.environment),
        (HornbookApiError("unavailable", "d", 503), Exit.environment),
        (HornbookApiError("invalid_request", "d", 422), Exit.refused),
        (HornbookApiError("not_found", "d", 404), Exit.refused),
        (InvalidInputError(reason="r"), Exit.usage),
        (PortTakenError(host="127.0.0.1", port=1), Exit.environment),
        (StoppedError("r", Exit.unfinished), Exit.unfinished),
    ],
    ids=["away", "busy", "invalid", "missing", "bad-file", "port", "stopped"],
)
def test_exit_code_tells_who_has_to_act(error: AppError, code: Exit) -> None:
    assert exit_code_of(error) is code


def test_error_is_shown_literally_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(StoppedError("no [bold] /tmp/[x].jsonl", Exit.usage)) is Exit.usage
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "error: no [bold] /tmp/[x].jsonl\n")


def test_error_of_the_system_names_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(PermissionError(errno.EACCES, "Permission denied", "/root/out")) is Exit.environment
    assert capsys.readouterr().err == "error: /root/out: Permission denied\n"
