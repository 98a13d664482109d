"""What the command line ends with: one line about an error and what to do next, and an exit code for scripts."""

from enum import IntEnum

from pydantic import ValidationError
from rich.markup import escape
from sqlalchemy.exc import DBAPIError

from app.cli.terminal import notes
from app.client_http import HornbookApiError
from app.errors import AppError, InvalidInputError, NotFoundError


class Exit(IntEnum):
    """The exit codes, the same for every command."""

    done = 0
    """It did what was asked; for `refine` and `watch`: the job ended by a stop decision."""
    usage = 2
    """Wrong options, or a file that cannot be read."""
    environment = 3
    """The service, a database, a port, the disk: something outside is not as it must be."""
    refused = 4
    """The service refused the request."""
    unfinished = 5
    """The job failed, was cancelled or is paused, or brought nothing to export."""
    reader_gone = 141
    """Whoever read the output stopped: what a shell reports of a tool that SIGPIPE (13) ended, 128 + 13."""


CODES = "\n\n".join(
    [
        "Exit codes: 0 the job ended by a stop decision and was exported, 2 wrong usage or unreadable file, "
        "3 the service or something it needs is not there, 4 the service refused the request, "
        "5 the job failed, was cancelled, is paused, or kept nothing.",
    ]
)
"""For `--help` of the commands that follow a job."""

KEY = "Put a key into HORNBOOK_API_KEY; whoever runs the service makes one with `hornbook keys create NAME`."
NEXT = {
    "service_unreachable": "`hornbook up` starts everything on this machine; HORNBOOK_URL names a service elsewhere.",
    "api_key_missing": KEY,
    "api_key_invalid": KEY,
    "not_found": "`hornbook jobs list` and `hornbook corpora list` show what there is.",
    "unknown_key": "`hornbook keys list` shows what there is.",
    "nothing_to_roll_back": "`hornbook classifier list` shows what there is.",
    "too_few_reviews": "`hornbook review next JOB` names the text to review next.",
    "labeller_refused": "Then `hornbook classifier resume ID` goes on with the labels that are stored.",
    "already_running": "Commands use the running one by themselves; Ctrl-C where it runs stops it.",
    "unknown_price": "`hornbook llm prices` shows what is known; to cap calls instead: --set budget.calls=1000.",
}
"""What to do about an error whose own sentence does not say it."""


class StoppedError(AppError):
    """{reason}"""

    code = "stopped"

    def __init__(self, reason: str, exit_code: Exit) -> None:
        super().__init__(reason=reason)
        self.exit_code = exit_code


def exit_code_of(error: AppError) -> Exit:
    """Which code an error ends a command with."""
    match error:
        case StoppedError():
            return error.exit_code
        case HornbookApiError():
            return Exit.environment if error.status == 0 or error.status >= 500 else Exit.refused
        case InvalidInputError() | NotFoundError():
            return Exit.usage
        case _:
            return Exit.usage if error.status == 422 else Exit.environment


def tell(message: str, hint: str | None = None) -> None:
    """One error on standard error."""
    notes().print(f"[bold red]error:[/] {escape(message)}", soft_wrap=True)
    if hint:
        notes().print(f"       {escape(hint)}", style="dim", soft_wrap=True)


def report(error: AppError | ValidationError | DBAPIError | OSError) -> Exit:
    """Tell about an error and say which code it ends with."""
    match error:
        case AppError():
            tell(str(error), NEXT.get(error.code))
            return exit_code_of(error)
        case ValidationError():
            for fault in error.errors(include_url=False, include_input=False):
                name = "_".join(str(part) for part in fault["loc"]).upper()
                tell(f"HORNBOOK_{name}: {fault['msg']}", "Correct it in the environment or in .env.")
            return Exit.environment
        case DBAPIError():
            reason = str(error.orig).strip().splitlines()
            tell(f"the database says: {reason[0] if reason else 'nothing'}", "`hornbook doctor` says what is wrong.")
            return Exit.environment
        case OSError():
            tell(f"{error.filename or 'the system'}: {error.strerror or error}")
            return Exit.environment
