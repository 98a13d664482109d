"""Judges answers in the limited child like `app.domain.examining`, with code run for real where the interpreter cannot.

Asked for by name only where HORNBOOK_CODE_RUNNER says so; nobody else imports the code runner in a worker.
"""

from functools import partial

from app.adapters.code_runner import CodeRunFailedError, CodeRunnerUnavailableError, run_calls
from app.domain import examining
from app.domain.behaviour import Calls, RealRun
from app.domain.examining import Context
from app.settings import Wall


def examine_answers(items: list[bytes], context: Context) -> list[bytes]:
    """As there; context also: `code_runner`, a Wall."""
    return examining.examine_answers(items, context, partial(_run, wall=Wall(context["code_runner"].decode())))


def _run(source: str, calls: Calls, *, wall: Wall) -> list[RealRun] | None:
    try:
        found = run_calls(source, calls, wall=wall)
    except (CodeRunFailedError, CodeRunnerUnavailableError):
        return None
    return [RealRun(one.kind, one.shown, one.after) for one in found]
