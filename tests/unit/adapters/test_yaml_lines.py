"""Lines of fields in YAML and JSON, and what is refused before anything is built from it."""

import pytest

from app.adapters.yaml_lines import MAX_BYTES, BadYamlError, read_document

YAML = "# mine\nname: a\narms:\n  formats:\n    - lesson\n    - dialogue: Two\n      # speakers\nlength: [1, 2]\n"


def test_every_field_and_entry_has_its_line() -> None:
    found = read_document(YAML.encode())

    assert found.value == {"name": "a", "arms": {"formats": ["lesson", {"dialogue": "Two"}]}, "length": [1, 2]}
    assert [found.line_of(path) for path in ((), ("name",), ("arms", "formats", 1), ("length", 0))] == [2, 2, 6, 8]
    assert found.line_of(("arms", "formats", 1, "dialogue", "deeper")) == 6


def test_json_is_read_as_json_with_its_escapes_and_tabs() -> None:
    found = read_document(b'{\n\t"name": "caf\\u00e9 \\ud83d\\ude00 \\/",\n\t"on": true\n}')

    assert found.value == {"name": "café 😀 /", "on": True}
    assert (found.line_of(("name",)), found.line_of(("on",))) == (2, 3)


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("a: 1\nb: [1, 2\n", 3, "no YAML"),
        ("a: &x 1\nb: *x\n", 1, "anchor"),
        ("a: !!python/object:os.system 1\n", 1, "tag"),
        ("a: 1\na: 2\n", 2, "twice; the first is in line 1"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: " + "[" * 40 + "]" * 40, 1, "deeper"),
        ("# nothing\n", 1, "empty"),
        ("a: 1\nb: \0\n", 2, "zero byte"),
        ("? [a]\n: 1\n", 1, "one word"),
        ("a: " + "x" * MAX_BYTES, 1, "allowed"),
    ],
    ids=["cut", "alias", "tag", "twice", "two", "deep", "empty", "zero", "list as a name", "large"],
)
def test_what_is_not_wanted_is_refused_with_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(BadYamlError, match=why) as refused:
        read_document(text.encode())

    assert refused.value.line == line


def test_another_encoding_is_refused_with_its_line() -> None:
    with pytest.raises(BadYamlError, match="UTF-8") as refused:
        read_document("a: 1\nb: é\n".encode("latin-1"))

    assert refused.value.line == 2


def test_what_looks_like_a_date_is_text() -> None:
    assert read_document(b"a: 2026-11-30\n").value == {"a": "2026-11-30"}
