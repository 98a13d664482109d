"""What untrusted content can do to the sandbox, as errors of a call and as faults of a batch's items."""

from dataclasses import dataclass
from enum import StrEnum

from app.adapters.sandbox_child import Reply
from app.domain.safety import redact
from app.errors import AppError


class SandboxCrashError(AppError):
    """The sandbox ended while working ({reason})."""

    code = "sandbox_crash"


class SandboxTimeoutError(AppError):
    """The sandbox passed its limit of {wall_s} s."""

    code = "sandbox_timeout"


class SandboxFailedError(AppError):
    """The sandboxed function raised {error}: {detail}"""

    code = "sandbox_failed"


class FaultKind(StrEnum):
    """What a document did to the sandbox."""

    crash = "crash"
    """The process ended: segmentation fault, killed, or out of memory inside C code."""
    timeout = "timeout"
    """It passed the wall or CPU limit."""
    memory = "memory"
    """MemoryError: the address-space limit."""
    error = "error"
    """Any other exception."""


@dataclass(frozen=True, slots=True)
class SandboxFault:
    """Why one item of a batch has no result."""

    kind: FaultKind
    detail: str


def result_of(reply: Reply) -> bytes | SandboxFault:
    """One item's output, or the fault that its exception means."""
    if not reply.error:
        return reply.outputs[0]
    kind = FaultKind.memory if reply.error == "MemoryError" else FaultKind.error
    # An exception may quote the text it failed on, and the detail goes to a log.
    return SandboxFault(kind, redact(f"{reply.error}: {reply.detail}"))
