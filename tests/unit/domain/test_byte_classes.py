"""Each byte has one kind, and the flags that its kind goes with."""

from app.domain.byte_classes import CLASSES, CONTROL, KIND_MASK, KINDS, SYMBOL, WORD

NAMES = list(KINDS)


def test_kinds_and_flags_of_some_bytes() -> None:
    found = {chr(byte): (NAMES[CLASSES[byte] & KIND_MASK], CLASSES[byte] & ~KIND_MASK) for byte in b"aZ5_({.\x0b"}
    assert found == {
        "a": ("lower", WORD), "Z": ("upper", WORD), "5": ("digit", WORD), "_": ("underscore", WORD | SYMBOL),
        "(": ("open", SYMBOL), "{": ("open", SYMBOL), ".": ("stop", 0), "\x0b": ("other", CONTROL),
    }  # fmt: skip


def test_bytes_beyond_ascii_are_parts_of_words() -> None:
    assert {CLASSES[byte] for byte in range(128, 256)} == {WORD | NAMES.index("other")}


def test_no_byte_is_of_two_kinds() -> None:
    members = b"".join(KINDS.values())
    assert len(set(members)) == len(members)
