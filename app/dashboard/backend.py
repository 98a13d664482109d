"""What the pages need of the process that serves them; `app.main` puts it there."""

from collections.abc import Callable, Sequence
from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Path, Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.domain.steps import Step
from app.services.submission import Operator

T = TypeVar("T")
MAX_ID = 2**63 - 1
RowId = Annotated[int, Path(ge=1, le=MAX_ID)]


class Sender(Protocol):
    """Sends steps to the workers, soon."""

    def send(self, steps: Sequence[Step]) -> None:
        """After the commit of what they belong to."""


class Backend(Protocol):
    """Engine and hints of this process; `app.api.edge.Edge` is one, but the dashboard does not know the API."""

    @property
    def engine(self) -> Engine:
        """For transactions that write."""

    @property
    def hints(self) -> Sender:
        """For the steps that a write leads to."""

    @property
    def operator(self) -> Operator:
        """What whoever runs the service decided, prices among it."""

    def read(self, work: Callable[[Session], T]) -> T:
        """`work` in a transaction of its own."""


def get_backend(request: Request) -> Backend:
    """The backend of the app that serves this request."""
    backend: Backend = request.app.state.edge
    return backend


CurrentBackend = Annotated[Backend, Depends(get_backend)]
