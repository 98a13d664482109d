"""llama-cpp-python's server as a process of its own: how the tests find it, start it and end it."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

REPOSITORY = Path(__file__).resolve().parents[2]
CACHED = REPOSITORY / ".venv-llama" / "bin" / "python"
"""Where `make real-llm` puts it."""
NAMED = "HORNBOOK_TEST_LLAMA_PYTHON"
"""Names another Python that has `llama_cpp.server` and `gguf`."""
MISSING = (
    "no llama-cpp-python here: `make real-llm` builds it once (five to ten minutes on two cores) and runs these tests, "
    f"or {NAMED} names a Python that has llama-cpp-python[server] and gguf"
)
START_S = 60.0


def llama_python() -> Path | None:
    """The Python that serves; None when there is none. A named one must be there."""
    named = os.environ.get(NAMED)
    if named:
        return Path(named)
    return CACHED if CACHED.exists() else None


@dataclass(frozen=True)
class Served:
    """A server that answers."""

    url: str
    model: str


@contextmanager
def serving(python: Path, gguf: Path, *, model: str, context: int, log: Path) -> Iterator[Served]:
    """The server of one model file, from when it answers; streams are not cut short by later calls."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(python), "-m", "llama_cpp.server", "--model", str(gguf), "--model_alias", model]
    command += ["--n_ctx", str(context), "--n_threads", "1", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--interrupt_requests", "false"]
    # Nothing of this process's Python is the server's, which has an environment of its own.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=env) as process:
        try:
            url = f"http://127.0.0.1:{port}/v1"
            _wait(process, url, log)
            yield Served(url, model)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/models", trust_env=False, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")
