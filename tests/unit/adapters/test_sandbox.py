"""The sandbox: whatever a document does, only that document pays."""

import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.sandbox import Sandbox
from app.adapters.sandbox_faults import (
    FaultKind,
    SandboxCrashError,
    SandboxFailedError,
    SandboxFault,
    SandboxTimeoutError,
)

HERE = "tests.unit.adapters.sandbox_functions"
OBEY = f"{HERE}:obey"
OBEY_BATCH = f"{HERE}:obey_batch"
ECHO = "app.adapters.sandbox_child:echo"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(1024, 2.0, child_module=HERE) as box:
        yield box


@pytest.mark.parametrize("size", [0, 1, 70_000, 5_000_000], ids=str)
def test_payload_of_any_size_comes_back(sandbox: Sandbox, size: int) -> None:
    payload = b"\x00\xffab"[: size or 4] * (size // 4)
    assert sandbox.call(ECHO, payload) == payload


@pytest.mark.parametrize("order", ["segfault", "kill", "exit"])
def test_crash_is_named_and_the_next_call_works(sandbox: Sandbox, order: str) -> None:
    with pytest.raises(SandboxCrashError) as caught:
        sandbox.call(OBEY, order.encode())
    assert caught.value.fields["reason"] in ("SIGSEGV", "SIGKILL", "exit status 3")
    assert sandbox.call(OBEY, b"fine") == b"fine"
    assert sandbox.starts == 2


@pytest.mark.parametrize("order", ["loop", "sleep"])
def test_endless_work_is_cut_at_the_wall_limit(order: str) -> None:
    with Sandbox(1024, 0.5, child_module=HERE) as sandbox:
        sandbox.call(OBEY, b"warm")
        started = time.monotonic()
        with pytest.raises(SandboxTimeoutError):
            sandbox.call(OBEY, order.encode())
        assert time.monotonic() - started < 1.5
        assert sandbox.call(OBEY, b"fine") == b"fine"


@pytest.mark.parametrize(
    ("order", "error"),
    [("memory", "MemoryError"), ("raise", "ValueError"), ("files", "OSError"), ("write", "OSError")],
)
def test_exception_is_a_result_and_the_child_stays(sandbox: Sandbox, order: str, error: str) -> None:
    with pytest.raises(SandboxFailedError) as caught:
        sandbox.call(OBEY, order.encode())
    assert caught.value.fields["error"] == error
    assert sandbox.call(OBEY, b"fine") == b"fine"
    assert sandbox.starts == 1


def test_deeply_nested_source_never_reaches_the_parent(sandbox: Sandbox) -> None:
    with pytest.raises((SandboxFailedError, SandboxCrashError)):
        sandbox.call(OBEY, b"recursion")
    assert sandbox.call(OBEY, b"fine") == b"fine"


def test_batch_without_trouble_runs_in_one_go(sandbox: Sandbox) -> None:
    items = [b"%d" % index for index in range(100)]
    assert sandbox.call_each(OBEY_BATCH, items) == items
    assert sandbox.call_each(OBEY_BATCH, []) == []


def test_only_the_culprits_of_a_batch_get_a_fault(sandbox: Sandbox) -> None:
    items = [b"a", b"segfault", b"b", b"raise", b"memory", b"c", b"exit"]
    results = sandbox.call_each(OBEY_BATCH, items)
    kinds = [result.kind if isinstance(result, SandboxFault) else result for result in results]
    assert kinds == [b"a", FaultKind.crash, b"b", FaultKind.error, FaultKind.memory, b"c", FaultKind.crash]


def test_item_that_never_ends_gets_a_timeout_and_the_rest_results() -> None:
    with Sandbox(1024, 0.5, child_module=HERE) as sandbox:
        results = sandbox.call_each(OBEY_BATCH, [b"a", b"loop", b"b"])
    assert [results[0], results[2]] == [b"a", b"b"]
    assert isinstance(results[1], SandboxFault) and results[1].kind is FaultKind.timeout


def test_wrong_number_of_results_is_a_fault_for_every_item(sandbox: Sandbox) -> None:
    results = sandbox.call_each(f"{HERE}:wrong_count", [b"a", b"b"])
    assert all(isinstance(result, SandboxFault) and result.kind is FaultKind.error for result in results)


def test_context_survives_a_crash_and_follows_a_change(sandbox: Sandbox) -> None:
    name = f"{HERE}:context_digests"
    sandbox.set_context("model", b"one")
    before, pid = sandbox.call(name, b"").split(b";")
    with pytest.raises(SandboxCrashError):
        sandbox.call(OBEY, b"kill")
    again, other_pid = sandbox.call(name, b"").split(b";")
    sandbox.set_context("model", b"two")
    changed = sandbox.call(name, b"").split(b";")[0]
    assert before == again != changed
    assert pid != other_pid


@pytest.mark.parametrize("name", ["os:system", "builtins:eval", f"{HERE}:missing", "app.adapters.sandbox_child:serve"])
def test_function_outside_the_list_is_refused(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(SandboxFailedError):
        sandbox.call(name, b"true")


def test_environment_holds_no_secrets(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORNBOOK_LLM_API_KEY", "sk-secret")
    names = sandbox.call(f"{HERE}:environment", b"").decode().split(",")
    assert not [name for name in names if name.startswith("HORNBOOK")]


def test_printing_does_not_disturb_the_frames(sandbox: Sandbox) -> None:
    assert sandbox.call(f"{HERE}:print_and_echo", b"x") == b"x"


def test_scientific_stack_fits_the_default_memory() -> None:
    with Sandbox(wall_s=60.0, child_module=HERE) as sandbox:
        assert int(sandbox.call(f"{HERE}:science", b"")) < 2048


def test_threads_share_one_child(sandbox: Sandbox) -> None:
    wrong: list[bytes] = []

    def work(mark: bytes) -> None:
        wrong.extend(mark for _ in range(100) if sandbox.call(ECHO, mark) != mark)

    threads = [threading.Thread(target=work, args=(b"%d" % index * 1000,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert sandbox.starts == 1


def test_child_outlives_the_thread_that_first_called(sandbox: Sandbox) -> None:
    thread = threading.Thread(target=sandbox.call, args=(ECHO, b"x"))
    thread.start()
    thread.join()
    time.sleep(0.1)
    sandbox.call(ECHO, b"y")
    assert sandbox.starts == 1


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_forked_process_gets_a_child_of_its_own(sandbox: Sandbox) -> None:
    name = f"{HERE}:context_digests"
    ours = sandbox.call(name, b"")
    read, write = os.pipe()
    if (pid := os.fork()) == 0:
        theirs = sandbox.call(name, b"")
        sandbox.close()
        os.write(write, theirs)
        os._exit(0)
    os.waitpid(pid, 0)
    theirs = os.read(read, 1000)
    os.close(read)
    os.close(write)
    assert theirs and theirs != ours
    assert sandbox.call(name, b"") == ours


def daemon_work(queue: "multiprocessing.Queue[bytes]") -> None:
    """What a Celery prefork child does."""
    with Sandbox(1024, 2.0, child_module=HERE) as box:
        queue.put(box.call(ECHO, b"from a daemon"))


def test_daemonic_process_may_have_a_sandbox() -> None:
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=daemon_work, args=(queue,), daemon=True)
    process.start()
    assert queue.get(timeout=30) == b"from a daemon"
    process.join(timeout=10)
    assert process.exitcode == 0
    queue.close()


def test_child_dies_with_a_killed_parent(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import sys, threading
        from app.adapters.sandbox import Sandbox
        box = Sandbox(1024, 60.0, child_module="{HERE}")
        print(box.call("{HERE}:context_digests", b"").decode().split(";")[1], flush=True)
        box.call("{OBEY}", b"loop")
    """)
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.2)
        parent.kill()
    until = time.monotonic() + 5
    while _running(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _running(child)


def _running(pid: int) -> bool:
    """Alive and not a zombie that nobody reaps."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
