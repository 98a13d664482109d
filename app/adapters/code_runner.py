"""Runs Python functions for real, walled off by the kernel. Opt-in by HORNBOOK_CODE_RUNNER, and off.

The default way to compare code is the allow-listed interpreter, which runs nothing; this is for functions that it does
not know how to run, where an operator wants more and accepts the risk. Only a worker's limited child calls it, never
the web edge: an import contract sees to that. Two ways to put the walls up:

`user`: as root with util-linux, so that the code can be given away to a user of its own, in namespaces without network.
What everybody may read stays readable, and empty files can be made where everybody may write.
`bubblewrap`: by `bwrap`, without root where user namespaces are allowed. The code sees Python and its libraries and
nothing else of the disk.

Both: no environment, no capabilities, hard limits. Where any of that is missing it refuses instead of running with
less.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.errors import AppError
from app.settings import Wall

USER_ID = 61_000
"""A user that owns nothing and has no other process: systemd's list of ids calls 60,578 to 61,183 unused. Not `nobody`,
whose processes servers often are; one could end the other's."""
MEMORY_BYTES = 512 * 1024 * 1024
CPU_S = 2
WALL_S = 30.0
"""For code that waits. What computes is ended by the CPU limit, so that a busy machine decides no verdict."""
MAX_OUTPUT_BYTES = 1_000_000
_TOOLS = {Wall.user: ("unshare", "setpriv", "prlimit"), Wall.bubblewrap: ("bwrap", "prlimit")}
_LIMITS = (f"--cpu={CPU_S}", f"--as={MEMORY_BYTES}", "--fsize=0", "--nofile=32", "--nproc=16", "--core=0")
_ENVIRONMENT = {"PYTHONHASHSEED": "0"}
"""Sets are shown in one order by every process."""
_LIBRARIES = ("/usr", "/lib", "/lib64", "/bin")

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
            given = list(ast.literal_eval(arguments))
            found.append(["value", repr(names[name](*given))[:10000], repr(given)[:10000]])
        except Exception as error:
            found.append(["error", type(error).__name__, ""])
except BaseException:
    # What cannot even be loaded says nothing about its functions.
    found = None
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
    after: str = ""
    """repr of the list of arguments as the call left them."""


def unavailable_because(wall: Wall) -> str:
    """Why nothing can be run here; empty when the tools are there. `probe` runs something."""
    if not sys.platform.startswith("linux"):
        return "it needs Linux"
    if wall is Wall.user and os.geteuid() != 0:
        return "it needs root, to give the code to a user of its own"
    missing = [tool for tool in _TOOLS[wall] if shutil.which(tool) is None]
    return f"{', '.join(missing)} not found" if missing else ""


@lru_cache(maxsize=4)
def probe(wall: Wall) -> str:
    """Why a function cannot be run here, found out by running one, once a process; empty when it can."""
    try:
        found = run_calls("def f():\n    return 1\n", [("f", ())], wall=wall)
    except (CodeRunnerUnavailableError, CodeRunFailedError) as error:
        hint = "; are user namespaces allowed?" if wall is Wall.bubblewrap else ""
        return f"{error}{hint}"
    return "" if found == [Outcome("value", "1", "[]")] else "a function that returns 1 did not"


def run_calls(
    source: str, calls: Sequence[tuple[str, tuple[object, ...]]], *, wall: Wall, wall_s: float = WALL_S
) -> list[Outcome]:
    """How each call of `source`'s functions ends; arguments are plain data.

    Raises CodeRunnerUnavailableError where the walls cannot be put up, CodeRunFailedError when the code passes a limit.
    """
    why = unavailable_because(wall)
    if why:
        raise CodeRunnerUnavailableError(why=why)
    asked = json.dumps({"source": source, "calls": [[name, repr(arguments)] for name, arguments in calls]}).encode()
    # The namespace goes with its leader, which ends whatever the code has started.
    with subprocess.Popen(
        command(wall),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_ENVIRONMENT,
        cwd="/",
    ) as child:
        try:
            shown, _ = child.communicate(asked, timeout=wall_s)
        except subprocess.TimeoutExpired:
            child.kill()
            raise CodeRunFailedError(why=f"it took over {wall_s:g} s") from None
    return _read(shown[:MAX_OUTPUT_BYTES], child.returncode, len(calls))


def command(wall: Wall) -> list[str]:
    """The program with its walls, outermost first, and Python without site packages last."""
    tools = {tool: shutil.which(tool) or tool for tool in _TOOLS[wall]}
    # Not -I, which would not hear of the hash seed.
    python = [os.path.realpath(sys.executable), "-P", "-s", "-S", "-c", _CHILD]
    limits = [tools["prlimit"], *_LIMITS]
    if wall is Wall.user:
        user = [f"--reuid={USER_ID}", f"--regid={USER_ID}", "--clear-groups", "--no-new-privs"]
        return [
            *(tools["unshare"], "--net", "--ipc", "--uts", "--pid", "--mount", "--fork", "--kill-child"),
            *limits,
            *(tools["setpriv"], *user, "--inh-caps=-all", "--bounding-set=-all"),
            *python,
        ]
    seen = dict.fromkeys([*_LIBRARIES, os.path.realpath(sys.base_prefix)])
    return [
        *(tools["bwrap"], "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"),
        *(part for name, value in _ENVIRONMENT.items() for part in ("--setenv", name, value)),
        *("--uid", str(USER_ID), "--gid", str(USER_ID)),
        *(part for path in seen for part in ("--ro-bind-try", path, path)),
        *("--proc", "/proc", "--dev", "/dev", "--remount-ro", "/", "--chdir", "/"),
        *limits,
        *python,
    ]


def _read(shown: bytes, status: int, count: int) -> list[Outcome]:
    try:
        rows = json.loads(shown)
        found = [Outcome(str(kind), str(text), str(after)) for kind, text, after in rows]
    except (ValueError, TypeError):
        raise CodeRunFailedError(why=f"no answer, exit status {status}") from None
    if len(found) != count:
        raise CodeRunFailedError(why="it answered something else")
    return found
