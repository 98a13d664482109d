"""Worked examples of what an export takes and how its lines read."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.domain.exporting import (
    ExportFormat,
    ExportOptions,
    ExportSplit,
    PartOf,
    PoolText,
    RealText,
    SeedSource,
    generated_line,
    interleave,
    plan_real,
    real_line,
    seed_json,
    shard_sizes,
)

SEED = SeedSource("ab" * 32, None, "MIT", "prose", {"file": "a.py", "line": 3, "title": 7})
TEXT = PoolText("k", "t", 1, "lesson/a pupil/none", (), (), (), "m", 2.123456, 70.0, 6.0, 3, None, SEED)


@pytest.mark.parametrize(
    ("share", "generated", "available", "wanted", "taken"),
    [
        pytest.param(0.5, 40, 25, 40, 25, id="half, too few"),
        pytest.param(0.5, 40, 90, 40, 40, id="half"),
        pytest.param(0.0, 40, 90, 0, 0, id="none"),
        pytest.param(1.0, 40, 90, 90, 90, id="all"),
        pytest.param(0.2, 10, 90, 2, 2, id="a fifth, rounded down"),
        pytest.param(0.5, 0, 90, 0, 0, id="no generated text"),
        pytest.param(1.0, 0, 0, 0, 0, id="nothing at all"),
    ],
)
def test_real_text_makes_its_share(share: float, generated: int, available: int, wanted: int, taken: int) -> None:
    real = plan_real(share, generated=generated, available=available)

    assert (real.wanted, real.taken, real.short) == (wanted, taken, taken < wanted)


def test_interleave_spreads_evenly() -> None:
    assert "".join(interleave(iter("aaaa"), iter("bb"), many_count=4, few_count=2)) == "aabaab"


@given(st.integers(0, 200), st.integers(0, 200))
def test_interleave_loses_nothing_and_keeps_both_orders(many: int, few: int) -> None:
    mixed = list(interleave(iter(range(many)), iter(range(1000, 1000 + few)), many_count=many, few_count=few))

    assert [item for item in mixed if item < 1000] == list(range(many))
    assert [item for item in mixed if item >= 1000] == list(range(1000, 1000 + few))


@given(st.integers(0, 10_000), st.integers(1, 500))
def test_shards_hold_everything_in_about_equal_parts(documents: int, most: int) -> None:
    sizes = shard_sizes(documents, most=most)

    assert sum(sizes) == documents
    assert all(0 < size <= most for size in sizes)
    assert not sizes or max(sizes) - min(sizes) <= 1


def test_generated_and_real_lines_have_one_schema() -> None:
    generated = generated_line(TEXT, ExportSplit.train, "p", lineage=True)
    real = real_line(RealText("t", 3.5, 60.0, 7.0, None, SEED), ExportSplit.train, lineage=True)

    assert generated.keys() == real.keys()
    assert generated["edu_score"] == 2.1235
    assert (generated["format"], generated["audience"], generated["constraint"]) == ("lesson", "a pupil", "none")


def test_a_seed_tells_only_fields_of_the_right_type() -> None:
    assert seed_json(SEED)["source"] == {
        "file": "a.py",
        "title": None,
        "url": None,
        "author": None,
        "source": None,
        "line": 3,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"real_share": 1.1},
        {"real_share": float("nan")},
        {"splits": []},
        {"format": "csv"},
        {"min_edu": 6},
        {"shuffle": 1},
    ],
    ids=str,
)
def test_options_out_of_bounds_are_refused(wrong: Mapping[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(ExportOptions).validate_python(wrong)


def test_options_are_read_from_json() -> None:
    options = TypeAdapter(ExportOptions).validate_json('{"format": "jsonl.zst", "splits": ["test"], "real_share": 0.5}')

    assert options == ExportOptions(ExportFormat.jsonl_zst, 0.5, (ExportSplit.test,))


def test_a_part_names_its_source_and_its_place_and_a_whole_document_none() -> None:
    part = replace(SEED, part=PartOf("ab" * 32, 2, 5, 100, 180))

    assert seed_json(part)["part"] == {"source_sha256": "ab" * 32, "part": 2, "parts": 5, "start": 100, "end": 180}
    assert seed_json(SEED)["part"] is None and seed_json(SEED).keys() == seed_json(part).keys()
