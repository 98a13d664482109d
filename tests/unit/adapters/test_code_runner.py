"""Real runs behind the kernel's walls; skipped where those cannot be put up."""

import pytest

from app.adapters import code_runner
from app.adapters.code_runner import CodeRunFailedError, CodeRunnerUnavailableError, Outcome, run_calls


@pytest.fixture
def walls() -> None:
    try:
        run_calls("def f():\n    return 1\n", [("f", ())])
    except (CodeRunnerUnavailableError, CodeRunFailedError) as error:
        pytest.skip(f"no code can be run for real here: {error}")


@pytest.mark.usefixtures("walls")
def test_values_and_errors_come_back() -> None:
    found = run_calls("def f(a):\n    return 6 / a\n", [("f", (2,)), ("f", (0,)), ("g", ())])

    assert found == [Outcome("value", "3.0"), Outcome("error", "ZeroDivisionError"), Outcome("error", "KeyError")]


@pytest.mark.usefixtures("walls")
@pytest.mark.parametrize(
    ("body", "shown"),
    [
        pytest.param("return os.getuid()", str(code_runner.USER_ID), id="a user of its own"),
        pytest.param("return dict(os.environ).keys() - {'LC_CTYPE'}", "set()", id="no environment"),
        pytest.param("return socket.create_connection(('127.0.0.1', 1), 1)", "OSError", id="no network"),
        pytest.param("return os.write(os.memfd_create('x'), b'x' * 9)", "OSError", id="no bytes to files"),
        pytest.param("return open('/usr/x', 'w')", "PermissionError", id="no files"),
        pytest.param("return open('/etc/shadow').read()", "PermissionError", id="no secrets"),
        pytest.param("return len('x' * 10**9)", "MemoryError", id="memory"),
    ],
)
def test_the_code_can_reach_nothing(body: str, shown: str) -> None:
    found = run_calls(f"import os, socket\ndef f():\n    try:\n        {body}\n    except OSError as e:\n        "
                      "raise (e if isinstance(e, PermissionError) else OSError())\n", [("f", ())])  # fmt: skip

    assert found[0].shown == shown


@pytest.mark.usefixtures("walls")
def test_code_without_end_is_ended() -> None:
    with pytest.raises(CodeRunFailedError):
        run_calls("def f():\n    while True:\n        pass\n", [("f", ())], wall_s=1.0)


def test_without_the_walls_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_runner.shutil, "which", lambda _: None)

    with pytest.raises(CodeRunnerUnavailableError):
        run_calls("def f():\n    return 1\n", [("f", ())])
