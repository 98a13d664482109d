"""What the small interpreter refuses and how much it may use.

Limits are counted, never timed, so the same code always ends the same way. A value is checked when it is made; nested
containers are weighed before anything that walks them (comparison, text, hashing), because `x = [x, x]` forty times
over is small to hold and endless to print.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.errors import AppError


class UnsupportedCodeError(AppError):
    """The interpreter does not run {what}."""

    code = "unsupported_code"
    status = 422


class StepLimitError(UnsupportedCodeError):
    """The code needs more than {limit} {unit}."""

    code = "step_limit"


class CodeRaisedError(AppError):
    """The interpreted code raised {kind}: {text}"""

    code = "code_raised"
    status = 422

    def __init__(self, error: type[Exception], text: str) -> None:
        super().__init__(kind=error.__name__, text=text)
        self.error = error
        self.text = text

    @property
    def kind(self) -> str:
        """Name of the exception class."""
        return self.error.__name__


@dataclass(frozen=True)
class Limits:
    """Most that one call may use."""

    steps: int = 20_000
    """Nodes evaluated plus elements walked."""
    depth: int = 40
    """Calls within calls."""
    size: int = 5_000
    """Elements of a container, characters of a string."""
    bits: int = 8_000
    """Bits of an integer; its decimal text stays under Python's own limit of 4,300 digits."""


class Meter:
    """Counts steps and checks values against the limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.steps = 0

    def spend(self, steps: int = 1) -> None:
        """Count steps; raises StepLimitError over the limit."""
        self.steps += steps
        if self.steps > self.limits.steps:
            raise StepLimitError(limit=self.limits.steps, unit="steps")

    def checked(self, value: object) -> object:
        """`value`, if its type is allowed and its size within the limits."""
        kind = type(value)
        if kind is int:
            if value.bit_length() > self.limits.bits:  # type: ignore[attr-defined]  # kind is int
                raise StepLimitError(limit=self.limits.bits, unit="bits in a number")
        elif kind in SIZED:
            if len(value) > self.limits.size:  # type: ignore[arg-type]  # every SIZED type has a length
                raise StepLimitError(limit=self.limits.size, unit="elements in a value")
        elif kind not in PLAIN and not isinstance(value, Opaque | Iterator):
            raise UnsupportedCodeError(what=f"values of type {kind.__name__}")
        return value

    def walk(self, values: object) -> Iterator[object]:
        """The elements of an iterable, each counted; only orders that are the same in every process."""
        if isinstance(values, set | frozenset):
            require_stable_order(values)
        elif type(values) not in ITERABLE and not isinstance(values, Iterator):
            raise CodeRaisedError(TypeError, f"'{type(values).__name__}' object is not iterable")
        return self._counted(values)  # type: ignore[arg-type]  # the types above are iterable

    def _counted(self, values: Iterable[object]) -> Iterator[object]:
        for value in values:
            self.spend()
            yield value

    def collect(self, values: object) -> list[object]:
        """All elements of an iterable."""
        if isinstance(values, range):
            self.room(len(values))
        return list(self.walk(values))

    def room(self, size: int) -> None:
        """Raises StepLimitError when a value of that size would be too large."""
        if size > self.limits.size:
            raise StepLimitError(limit=self.limits.size, unit="elements in a value")

    def weigh(self, *values: object) -> None:
        """Count everything inside containers, shared parts as often as they appear."""
        waiting = list(values)
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                inner = [*value, *value.values()]
            elif isinstance(value, list | tuple | set | frozenset):
                inner = list(value)
            else:
                continue
            self.spend(1 + len(inner))
            waiting.extend(item for item in inner if type(item) in NESTING)


class Opaque:
    """A value that is not data: a function, a method, a module."""


VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
"""The three views of a dict."""
PLAIN = frozenset({int, float, bool, type(None), range, *VIEWS})
"""Types without a size of their own."""
SIZED = frozenset({str, list, tuple, dict, set, frozenset})
"""Types whose length is limited."""
NESTING = frozenset({list, tuple, dict, set, frozenset})
"""Types that hold other values."""
ITERABLE = frozenset({str, list, tuple, dict, range, *VIEWS})
"""Types with a stable order of iteration."""


def require_stable_order(values: set[object] | frozenset[object]) -> None:
    """Strings hash differently in every process, so a set of them has no order that could be promised."""
    if len(values) > 1 and not all(type(value) in (int, bool) for value in values):
        raise UnsupportedCodeError(what="the order of a set of anything but whole numbers")


def require_printable(meter: Meter, *values: object) -> None:
    """Refuse the text of sets (their order is no promise) and of values too heavy to print."""
    meter.weigh(*values)
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, set | frozenset | Opaque | Iterator) or type(value) in VIEWS:
            raise UnsupportedCodeError(what="the text of a set or a function")
        if isinstance(value, dict):
            waiting.extend([*value, *value.values()])
        elif isinstance(value, list | tuple):
            waiting.extend(value)
