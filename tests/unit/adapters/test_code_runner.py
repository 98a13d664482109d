"""Real runs behind the kernel's walls; skipped where those cannot be put up."""

import os
import shutil
import sys

import pytest

from app.adapters import code_runner
from app.adapters.code_runner import CodeRunFailedError, CodeRunnerUnavailableError, Outcome, command, probe, run_calls
from app.settings import Wall

WALLS = [Wall.user, Wall.bubblewrap]


@pytest.fixture(params=WALLS)
def wall(request: pytest.FixtureRequest) -> Wall:
    asked: Wall = request.param
    why = probe(asked)
    if why:
        pytest.skip(f"{asked.value}: {why}")
    return asked


def test_values_errors_and_changed_arguments_come_back(wall: Wall) -> None:
    source = "def f(a):\n    return 6 / a\ndef h(a):\n    a.append(1)\n"

    found = run_calls(source, [("f", (2,)), ("f", (0,)), ("g", ()), ("h", ([],))], wall=wall)

    assert found == [
        Outcome("value", "3.0", "[2]"),
        Outcome("error", "ZeroDivisionError"),
        Outcome("error", "KeyError"),
        Outcome("value", "None", "[[1]]"),
    ]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        pytest.param("return os.getuid()", str(code_runner.USER_ID), id="a user of its own"),
        pytest.param("return dict(os.environ).keys() - {'LC_CTYPE', 'PWD'}", "{'PYTHONHASHSEED'}", id="no environment"),
        pytest.param("return socket.create_connection(('127.0.0.1', 1), 1)", "OSError", id="no network"),
        pytest.param("return os.write(os.memfd_create('x'), b'x' * 9)", "OSError", id="no bytes to files"),
        pytest.param("return open('/usr/x', 'w')", "refused", id="no files"),
        pytest.param("return open('/etc/shadow').read()", "refused", id="no secrets"),
        pytest.param("return len('x' * 10**9)", "MemoryError", id="memory"),
        pytest.param(f"os.kill({os.getpid()}, 0)", "ProcessLookupError", id="no other processes"),
    ],
)
def test_the_code_can_reach_nothing(wall: Wall, body: str, shown: str) -> None:
    found = run_calls(f"import os, socket\ndef f():\n    try:\n        {body}\n    except ProcessLookupError:\n"
                      "        raise\n    except OSError as e:\n        raise OSError(e.errno)\n",
                      [("f", ())], wall=wall)  # fmt: skip

    # EPERM and EACCES where the file is there and not to be touched, EROFS and ENOENT where it is not even seen.
    refused = {"PermissionError", "FileNotFoundError", "OSError"}
    assert found[0].shown in (refused if shown == "refused" else {shown})


def test_bubblewrap_shows_the_code_python_and_nothing_else_of_the_disk() -> None:
    if why := probe(Wall.bubblewrap):
        pytest.skip(f"bubblewrap: {why}")
    source = "import os\ndef f():\n    return [os.path.exists(p) for p in ('/etc', '/home', '/work', '/var', '/tmp')]\n"

    assert run_calls(source, [("f", ())], wall=Wall.bubblewrap)[0].shown == str([False] * 5)


def test_sets_are_shown_alike_by_every_process(wall: Wall) -> None:
    source = "def f():\n    return {str(n) for n in range(20)}\n"

    assert run_calls(source, [("f", ())], wall=wall) == run_calls(source, [("f", ())], wall=wall)


def test_code_without_end_is_ended(wall: Wall) -> None:
    with pytest.raises(CodeRunFailedError):
        run_calls("def f():\n    while True:\n        pass\n", [("f", ())], wall=wall, wall_s=1.0)


def test_code_that_cannot_be_loaded_is_no_answer(wall: Wall) -> None:
    with pytest.raises(CodeRunFailedError):
        run_calls("import not_there\ndef f():\n    return 1\n", [("f", ())], wall=wall)


@pytest.mark.parametrize("wall", WALLS)
def test_without_the_tools_nothing_is_run(monkeypatch: pytest.MonkeyPatch, wall: Wall) -> None:
    monkeypatch.setattr(code_runner.shutil, "which", lambda _: None)

    with pytest.raises(CodeRunnerUnavailableError):
        run_calls("def f():\n    return 1\n", [("f", ())], wall=wall)


def test_only_root_can_give_code_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_runner.os, "geteuid", lambda: 1000)

    assert "root" in code_runner.unavailable_because(Wall.user)


def test_bubblewrap_is_told_to_share_and_keep_nothing() -> None:
    argv = command(Wall.bubblewrap)

    python = argv.index(os.path.realpath(sys.executable))
    limits = argv.index(shutil.which("prlimit") or "prlimit")
    assert limits < python, "the limits stand inside the namespaces and before the code"
    outer = argv[:limits]
    assert {"--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--remount-ro"} < set(outer)
    assert outer[outer.index("--cap-drop") + 1] == "ALL" and "--share-net" not in outer
    writable = {"--bind", "--bind-try", "--dev-bind", "--dev-bind-try"}
    assert not writable & set(outer)
    bound = {outer[place + 1] for place, part in enumerate(outer) if part.startswith("--ro-bind")}
    assert os.path.realpath(sys.base_prefix) in bound
    assert not bound & {"/", "/etc", "/home", "/root", "/var", "/proc", "/sys", "/run", "/tmp"}
    assert {"--fsize=0", "--core=0", f"--cpu={code_runner.CPU_S}"} < set(argv[limits:python])
