"""The supervisor with small programs in place of servers and workers."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.embedded.errors import StartFailedError
from app.embedded.process import Child, Guard, ProcessSpec
from app.embedded.supervisor import Supervisor
from tests.integration.test_embedded import until

SLEEP = (sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)")
DEAF = (
    *SLEEP[:-1],
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
)
PARENT = (*SLEEP[:-1], "import subprocess, time; subprocess.Popen(['sleep', '600']); time.sleep(600)")
BROKEN = (*SLEEP[:-1], "raise SystemExit('no such setting')")


@pytest.fixture
def guard() -> Iterator[Guard]:
    """A guard that ends what a failed test leaves behind."""
    made = Guard()
    yield made
    made.stop()


@pytest.fixture
def supervisor(tmp_path: Path, guard: Guard) -> Iterator[Supervisor]:
    """A supervisor whose logs go to the test's folder."""
    made = Supervisor(lambda spec: Child(spec, logs=tmp_path, guard=guard), guard, lambda: None)
    yield made
    made.stop()


def ended(pid: int) -> bool:
    """Whether a process is gone or only waits to be collected."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_killed_process_is_restarted_and_the_rest_of_its_group_ended(supervisor: Supervisor) -> None:
    supervisor.start([ProcessSpec("worker", PARENT)])
    pid = supervisor.pids()["worker"]
    until(lambda: len(psutil.Process(pid).children()) == 1)
    [grandchild] = psutil.Process(pid).children()
    os.kill(pid, signal.SIGKILL)
    until(lambda: supervisor.pids().get("worker", pid) != pid)
    until(lambda: ended(grandchild.pid))


def test_process_that_keeps_ending_is_reported_with_its_last_words(supervisor: Supervisor) -> None:
    def broken() -> bool:
        try:
            supervisor.check("api")
        except StartFailedError as error:
            return "no such setting" in str(error) and "api did not start" in str(error)
        return False

    supervisor.start([ProcessSpec("api", BROKEN)])
    until(broken)


def test_process_deaf_to_its_signal_is_ended_after_its_grace(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start([ProcessSpec("deaf", DEAF, grace_s=0.3)])
    pid = supervisor.pids()["deaf"]
    until(lambda: "deaf" in (tmp_path / "deaf.log").read_text())
    supervisor.stop()
    assert ended(pid)


def test_second_signal_takes_the_grace_away(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start([ProcessSpec("deaf", DEAF, grace_s=60)])
    until(lambda: "deaf" in (tmp_path / "deaf.log").read_text())
    hurry = threading.Event()
    threading.Timer(0.2, hurry.set).start()
    begun = time.monotonic()
    supervisor.stop(hurry=hurry)
    assert time.monotonic() - begun < 10


def test_killed_guard_is_replaced_by_one_that_knows_the_list(guard: Guard, tmp_path: Path) -> None:
    child = Child(ProcessSpec("worker", SLEEP), logs=tmp_path, guard=guard)
    child.start()
    assert child.pid is not None
    # The session's own databases may have a guard too; ours is the youngest.
    guards = [process for process in psutil.Process().children() if "guard.py" in " ".join(process.cmdline())]
    killed = max(guards, key=lambda process: process.create_time())
    killed.kill()
    until(lambda: ended(killed.pid))
    guard.revive()
    guard.stop()
    assert ended(child.pid)
    child.end()


def test_command_that_does_not_exist_is_no_silent_failure(supervisor: Supervisor) -> None:
    with pytest.raises(OSError, match="no-such-program"):
        supervisor.start([ProcessSpec("ghost", ("/no-such-program",))])
