"""Ends the embedded processes when their supervisor is gone, however it went.

    python -I -S guard.py        reads `add GROUP SIGNAL PHASE` and `drop GROUP` lines from its standard input

The pipe closes when the supervisor ends, also by kill -9: then every group still listed gets its signal, the lowest
phase first (the workers before the databases they use), and SIGKILL after a grace. A clean stop drops every group
before, so that nothing is left to do. A script of the standard library alone; portable, unlike a parent-death signal,
and reaching grandchildren such as Celery's pool.
"""

import os
import signal
import sys
import time

# Long enough for Postgres' fast shutdown with its checkpoint; workers are safe to kill (leases).
GRACE_S = {0: 3.0, 1: 20.0}


def send(group: int, number: int) -> bool:
    """Signal a process group; whether it still exists."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        # macOS answers so for a group of zombies.
        return False
    return True


def end(groups: dict[int, tuple[int, int]], phase: int) -> None:
    """Stop the groups of one phase: politely, then by force."""
    mine = {group for group, (_, its_phase) in groups.items() if its_phase == phase}
    for group in mine:
        send(group, groups[group][0])
    deadline = time.monotonic() + GRACE_S.get(phase, 5.0)
    while mine and time.monotonic() < deadline:
        time.sleep(0.05)
        mine = {group for group in mine if send(group, 0)}
    for group in mine:
        send(group, signal.SIGKILL)


def main() -> None:
    """Keep the list until the pipe closes, then end what is on it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, tuple[int, int]] = {}
    for line in sys.stdin:
        word, *numbers = line.split()
        if word == "add":
            groups[int(numbers[0])] = (int(numbers[1]), int(numbers[2]))
        else:
            groups.pop(int(numbers[0]), None)
    for phase in sorted({phase for _, phase in groups.values()}):
        end(groups, phase)


if __name__ == "__main__":
    main()
