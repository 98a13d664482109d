"""Array parameters mean to Postgres what they were, whatever stands in them."""

import pytest
from sqlalchemy import Engine, text

from app.db.arrays import array
from app.db.session import transaction

VALUES = [
    ("bigint", [1, -(2**63), None, 2**63 - 1]),
    ("float8", [0.1, -0.0, 1e-320, 1.7976931348623157e308, None]),
    ("boolean", [True, False, None]),
    ("bytea", [b"", b'\x00\xff\\"', bytes(range(256)), None]),
    ("text", ["", "null", "NULL", 'a "quote"', "back\\slash", "{,}", " \n\t", "naïve 漢字", None]),
]


@pytest.mark.parametrize(("kind", "values"), VALUES, ids=[kind for kind, _ in VALUES])
def test_an_array_comes_back_as_it_was(shared_engine: Engine, kind: str, values: list[object]) -> None:
    with transaction(shared_engine) as session:
        found = session.execute(text(f"SELECT CAST(:values AS {kind}[])"), {"values": array(values)}).scalar_one()  # type: ignore[arg-type]

    assert [bytes(v) if isinstance(v, memoryview) else v for v in found] == values
    assert [str(a) for a in found if isinstance(a, float)] == [str(b) for b in values if isinstance(b, float)]


def test_an_empty_array_is_empty(shared_engine: Engine) -> None:
    with transaction(shared_engine) as session:
        assert session.execute(text("SELECT CAST(:values AS text[])"), {"values": array([])}).scalar_one() == []
