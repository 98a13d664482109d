"""Every error Hornbook raises on purpose, as one tree.

A class names the condition and carries ids and numbers, not prose; its docstring is the message's template. Domain and
services raise, only the edges translate: the API to problem+json (`status`, `code`), the workers to a recorded failure.
"""

from typing import ClassVar


class AppError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        template = (type(self).__doc__ or "").strip()
        try:
            message = template.format(**fields)
        except (KeyError, IndexError):
            message = template
        super().__init__(message)


class InvalidInputError(AppError):
    """{reason}"""

    code = "invalid_input"
    status = 422


class NotFoundError(AppError):
    """There is no {kind} {id}."""

    code = "not_found"
    status = 404


class ConflictError(AppError):
    """{reason}"""

    code = "conflict"
    status = 409


class TransientError(AppError):
    """{reason}"""

    code = "unavailable"
    status = 503
