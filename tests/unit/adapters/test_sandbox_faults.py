"""What an item's exception becomes: a fault whose detail may go to a log."""

from app.adapters.sandbox_child import Reply
from app.adapters.sandbox_faults import FaultKind, SandboxFault, result_of


def test_an_exception_that_quotes_its_text_gives_nothing_away() -> None:
    found = result_of(Reply([], "KeyError", "'ann.lee@mill.org'"))

    assert found == SandboxFault(FaultKind.error, "KeyError: '[EMAIL]'")


def test_an_item_without_an_exception_is_its_output() -> None:
    assert result_of(Reply([b"row"])) == b"row"
