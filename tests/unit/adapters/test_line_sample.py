"""Lines drawn from a JSONL file: evenly, in order, the same again; small and other files are left alone."""

from pathlib import Path

import numpy as np
import pytest

from app.adapters.line_sample import LINES, MOST_LINE_BYTES, sample_lines


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_lines_are_drawn_evenly_and_in_order(tmp_path: Path) -> None:
    path = write(tmp_path / "set.jsonl", [str(place) for place in range(20_000)])
    found = sample_lines(path, rng_seed=0)
    assert found is not None
    places = [int(line) for line in found[0].splitlines()]

    assert (len(places), found[1]) == (LINES, 20_000)
    assert places == sorted(set(places)) and np.mean(places) == pytest.approx(10_000, rel=0.03)
    assert sample_lines(path, rng_seed=0) == found != sample_lines(path, rng_seed=1)


def test_very_long_lines_are_not_drawn(tmp_path: Path) -> None:
    path = write(tmp_path / "set.jsonl", ["x" * MOST_LINE_BYTES, *map(str, range(LINES))])
    found = sample_lines(path, rng_seed=0)

    assert found is not None and b"x" not in found[0] and found[1] == LINES + 1


@pytest.mark.parametrize(("name", "count"), [("set.jsonl", LINES - 1), ("set.txt", LINES + 1)], ids=["small", "other"])
def test_small_and_other_files_are_read_as_they_are(name: str, count: int, tmp_path: Path) -> None:
    assert sample_lines(write(tmp_path / name, ["x"] * count), rng_seed=0) is None
    assert sample_lines(tmp_path, rng_seed=0) is None
