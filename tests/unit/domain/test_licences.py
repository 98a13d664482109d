"""The licence filter: names as data sets write them, expressions, patterns, and none at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.gate_config import Licences
from app.domain.licences import allowed

CASES = [
    pytest.param("MIT", Licences(), True, id="everything by default"),
    pytest.param(None, Licences(), True, id="none by default"),
    pytest.param(None, Licences(unknown=False), False, id="none refused"),
    pytest.param("  ", Licences(unknown=False), False, id="blank is none"),
    pytest.param(None, Licences(allow=("mit",)), True, id="none beside an allow list"),
    pytest.param("mit", Licences(allow=("MIT",)), True, id="case"),
    pytest.param("CC BY_SA 4.0", Licences(allow=("cc-by-sa-4.0",)), True, id="separators"),
    pytest.param("GPL-3.0", Licences(allow=("MIT",)), False, id="not allowed"),
    pytest.param("MIT", Licences(allow=("MIT",), deny=("M*",)), False, id="deny wins"),
    pytest.param("CC-BY-NC-4.0", Licences(deny=("*-NC-*",)), False, id="pattern in the middle"),
    pytest.param("CC-BY-4.0", Licences(deny=("*-NC-*",)), True, id="pattern that does not match"),
    pytest.param("CC-BY-4.0", Licences(allow=("cc-by*",)), True, id="pattern at the end"),
    pytest.param("MIT OR GPL-3.0-only", Licences(deny=("gpl*",)), True, id="a choice"),
    pytest.param("MIT AND GPL-3.0-only", Licences(deny=("gpl*",)), False, id="both hold"),
    pytest.param("(MIT AND BSD-2-Clause) OR GPL-2.0", Licences(allow=("mit", "bsd*")), True, id="nested"),
    pytest.param("GPL-2.0 WITH Classpath-exception-2.0", Licences(allow=("GPL-2.0",)), True, id="an exception"),
    pytest.param("Public domain", Licences(allow=("public-domain",)), True, id="a name in words"),
]


@pytest.mark.parametrize(("licence", "rules", "wanted"), CASES)
def test_which_licences_take_part(licence: str | None, rules: Licences, wanted: bool) -> None:
    assert allowed(licence, rules) is wanted


@given(st.from_regex(r"[A-Za-z0-9.-]{1,40}", fullmatch=True))
@settings(deadline=None)
def test_a_name_is_allowed_by_itself_and_by_a_star_and_denied_alike(name: str) -> None:
    assert allowed(name, Licences(allow=(name,))) and allowed(name, Licences(allow=("*",)))
    assert not allowed(name, Licences(deny=(name,))) and not allowed(name, Licences(deny=("*",)))


def test_a_pattern_of_many_stars_is_answered_at_once() -> None:
    rules = Licences(allow=("*a" * 90 + "b",))

    assert not allowed("a" * 150, rules)
