"""Runs one command as an unprivileged user, because Postgres refuses to run as root.

    python -I -S privileges.py UID GID OVERRIDE COMMAND...

A script of the standard library alone, so that it starts in milliseconds. With OVERRIDE 1 the command keeps the single
capability CAP_DAC_OVERRIDE: it reaches a project below a closed folder such as /root without any folder being opened to
the other users of the machine. It knows nothing about Postgres or Redis.
"""

import ctypes
import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path

# From linux/prctl.h and linux/capability.h.
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1


@dataclass(frozen=True)
class RunAs:
    """An unprivileged user for a database server."""

    uid: int
    gid: int
    override: bool
    """Whether a folder on the way is closed to this user."""

    def wrap(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """The command line that runs `argv` as this user."""
        here = str(Path(__file__).resolve())
        return (sys.executable, "-I", "-S", here, str(self.uid), str(self.gid), str(int(self.override)), *argv)


def run_as(data: Path, *needed: Path) -> RunAs | None:
    """Who runs a server on `data`: None means the present user. For root it is the owner of `data`, else nobody.

    `needed` are the other files that the server must reach.
    """
    if os.geteuid() != 0:
        return None
    status = data.stat()
    nobody = pwd.getpwnam("nobody")
    uid, gid = (status.st_uid, status.st_gid) if status.st_uid != 0 else (nobody.pw_uid, nobody.pw_gid)
    closed = any(not parent.stat().st_mode & 0o001 for path in (data, *needed) for parent in path.resolve().parents)
    return RunAs(uid=uid, gid=gid, override=closed)


def _keep_override(libc: ctypes.CDLL) -> None:
    bit = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    if libc.capset(header, sets) != 0 or libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0) != 0:
        sys.stderr.write("hornbook: a folder is closed to the database's user and this container withholds the right\n")


def main() -> None:
    """Become the user, then the command."""
    uid, gid, override = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1"
    libc = ctypes.CDLL(None, use_errno=True) if override and sys.platform == "linux" else None
    if libc is not None:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if libc is not None:
        _keep_override(libc)
    os.umask(0o077)
    os.execv(sys.argv[4], sys.argv[4:])


if __name__ == "__main__":
    main()
