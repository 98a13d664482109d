"""Lets pool children see that their worker wants to stop, so that a warm shutdown takes one call, not one slice."""

from multiprocessing.sharedctypes import RawValue

# Shared memory without a lock, made before the fork: a child killed inside a lock would block all the others.
_FLAG = RawValue("b", 0)


def request_stop() -> None:
    """Called in the parent when it begins to shut down."""
    _FLAG.value = 1


def stop_requested() -> bool:
    """Whether to take no new work."""
    return bool(_FLAG.value)
