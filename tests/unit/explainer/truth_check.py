"""Run real Python on claims about code, one line of JSON each; meant for a subprocess with limits.

Input lines: {"source", "call", "value", "raised", "seen": [[name, value], ...]}. Output: one JSON list of what was wrong.
`seen` are values that a trace claims names to have had; the call is watched line by line to see whether they did.
"""
# ruff: noqa: S102, S307, BLE001, E501  # the point of this file is to run the code that Hornbook never runs

import io
import json
import resource
import signal
import sys
from types import FrameType


def main() -> None:
    """Check every claim on standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    wrong = []
    sys.stdout = io.StringIO()
    for line in sys.stdin:
        claim = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, 5)
        fault = check(claim)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if fault:
            wrong.append([claim["call"], claim["value"], fault])
    sys.__stdout__.write(json.dumps(wrong))  # type: ignore[union-attr]


def check(claim: dict[str, object]) -> str:
    """What is wrong with a claim; empty when nothing is."""
    namespace: dict[str, object] = {"__name__": "checked"}
    seen: set[tuple[str, str]] = set()
    name = str(claim["call"]).partition("(")[0]

    def watch(frame: FrameType, event: str, _: object) -> object:
        if frame.f_code.co_name == name:
            seen.update((key, repr(value)) for key, value in frame.f_locals.items())
        return watch

    try:
        exec(str(claim["source"]), namespace)
        sys.settrace(watch)  # type: ignore[arg-type]
        try:
            value = repr(eval(str(claim["call"]), namespace))
        finally:
            sys.settrace(None)
    except BaseException as error:
        return "" if claim["raised"] and type(error).__name__ == claim["value"] else f"raised {error!r}"
    if claim["raised"] or value != claim["value"]:
        return f"gave {value}"
    missing = [pair for pair in claim["seen"] if tuple(pair) not in seen]  # type: ignore[attr-defined]
    return f"never saw {missing}" if missing else ""


if __name__ == "__main__":
    main()
