"""Runs Python functions for real, walled off by the kernel. Opt-in: nothing in the service calls it by itself.

The default way to compare code is the allow-listed interpreter, which runs nothing. This is for operators who want
more and accept the risk: a Linux with util-linux, as root, so that the code can be given away to a user of its own,
in namespaces without network, with no environment, no new privileges and hard limits. Where any of that is
missing it refuses instead of running with less. What everybody may read stays readable, and empty files can be made
where everybody may write. Never imported by the web edge: an import contract sees to it.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import AppError

USER_ID = 61_000
"""A user that owns nothing and has no other process: systemd's list of ids calls 60,578 to 61,183 unused. Not `nobody`,
whose processes servers often are; one could end the other's."""
MEMORY_BYTES = 512 * 1024 * 1024
CPU_S = 2
WALL_S = 5.0
MAX_OUTPUT_BYTES = 1_000_000
_TOOLS = ("unshare", "setpriv", "prlimit")

_CHILD = """
import ast, json, sys
asked = json.load(sys.stdin)
names = {"__name__": "lesson"}
out = sys.stdout
sys.stdout = sys.stderr = open("/dev/null", "w")
found = []
try:
    exec(compile(asked["source"], "lesson", "exec"), names)
    for name, arguments in asked["calls"]:
        try:
            found.append(["value", repr(names[name](*ast.literal_eval(arguments)))[:10000]])
        except Exception as error:
            found.append(["error", type(error).__name__])
except BaseException as error:
    found = [["error", type(error).__name__]] * len(asked["calls"])
out.write(json.dumps(found))
out.flush()
"""


class CodeRunnerUnavailableError(AppError):
    """Code cannot be run for real here: {why}."""

    code = "code_runner_unavailable"
    status = 503


class CodeRunFailedError(AppError):
    """The code did not end as it should: {why}."""

    code = "code_run_failed"
    status = 422


@dataclass(frozen=True)
class Outcome:
    """How one call ended."""

    kind: str
    """`value` or `error`."""
    shown: str
    """repr of the result, or the exception's name."""


def unavailable_because() -> str:
    """Why nothing can be run here; empty when it can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "it needs Linux and root, to give the code to a user of its own"
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    return f"{', '.join(missing)} not found" if missing else ""


def run_calls(source: str, calls: Sequence[tuple[str, tuple[object, ...]]], *, wall_s: float = WALL_S) -> list[Outcome]:
    """How each call of `source`'s functions ends; arguments are plain data.

    Raises CodeRunnerUnavailableError where the walls cannot be put up, CodeRunFailedError when the code passes a limit.
    """
    why = unavailable_because()
    if why:
        raise CodeRunnerUnavailableError(why=why)
    asked = json.dumps({"source": source, "calls": [[name, repr(arguments)] for name, arguments in calls]}).encode()
    # The process group goes with its leader: --kill-child ends whatever the code has started.
    with subprocess.Popen(
        _command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
    ) as child:
        try:
            shown, _ = child.communicate(asked, timeout=wall_s)
        except subprocess.TimeoutExpired:
            child.kill()
            raise CodeRunFailedError(why=f"it took over {wall_s:g} s") from None
    return _read(shown[:MAX_OUTPUT_BYTES], child.returncode, len(calls))


def _command() -> list[str]:
    """Outermost first: namespaces, limits, user, Python without site packages."""
    tools = {tool: shutil.which(tool) or tool for tool in _TOOLS}
    limits = [f"--cpu={CPU_S}", f"--as={MEMORY_BYTES}", "--fsize=0", "--nofile=32", "--nproc=16", "--core=0"]
    user = [f"--reuid={USER_ID}", f"--regid={USER_ID}", "--clear-groups", "--no-new-privs"]
    return [
        *(tools["unshare"], "--net", "--ipc", "--uts", "--pid", "--mount", "--fork", "--kill-child"),
        *(tools["prlimit"], *limits),
        *(tools["setpriv"], *user, "--inh-caps=-all", "--bounding-set=-all"),
        *(os.path.realpath(sys.executable), "-I", "-S", "-c", _CHILD),
    ]


def _read(shown: bytes, status: int, count: int) -> list[Outcome]:
    try:
        rows = json.loads(shown)
        found = [Outcome(str(kind), str(text)) for kind, text in rows]
    except (ValueError, TypeError):
        raise CodeRunFailedError(why=f"no answer, exit status {status}") from None
    if len(found) != count:
        raise CodeRunFailedError(why="it answered something else")
    return found
