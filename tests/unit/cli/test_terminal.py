"""A table that goes into a file or a pipe has a line a row, however long."""

import pytest
from rich.table import Table

from app.cli.terminal import results

CELLS = ["one " * 30, "two " * 30]


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    table = Table("a", "b", box=None, pad_edge=False)
    table.add_row(*CELLS)
    results().print(table)
    return capsys.readouterr().out.splitlines()


def test_no_cell_is_folded_where_no_window_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    lines = shown(capsys)

    assert len(lines) == 2
    assert all(cell.strip() in lines[1] for cell in CELLS)


def test_columns_says_otherwise(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    assert max(map(len, shown(capsys))) <= 60
