"""What kind of character each byte is: one look-up a byte, made once for words, lines and texture.

The low four bits of a class are the kind that `texture` pairs up; flags above them say what words and lines ask for.
"""

KINDS = {
    "lower": b"abcdefghijklmnopqrstuvwxyz",
    "upper": b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "digit": b"0123456789",
    "space": b" \t",
    "line": b"\n\r",
    "stop": b".?",
    "comma": b",;",
    "open": b"([{",
    "close": b")]}",
    "quote": b"\"'`",
    "operator": b"=+*/%&|^~!@$\\-",
    "hash": b"#",
    "angle": b"<>",
    "colon": b":",
    "underscore": b"_",
    "other": b"",
}
"""Names and members; the last one takes all bytes that no other has."""
KIND_MASK = 0x0F
CONTROL = 0x20
"""Bytes that no text needs, and that are left out of it."""
SYMBOL = 0x40
"""Bytes that code uses more than prose."""
WORD = 0x80
"""Letters, digits, underscores and all bytes beyond ASCII; the highest flag, so a word byte is one from here on."""
LETTERS = bytes(range(65, 91)) + bytes(range(97, 123)) + bytes(range(128, 256))
CONTROLS = bytes([*range(9), 11, *range(14, 32), 127])
_FLAGS = {WORD: LETTERS + b"0123456789_", SYMBOL: b"{}[]()<>=;_\\|@$^&*+~`", CONTROL: CONTROLS}


def _classes() -> bytes:
    table = bytearray([len(KINDS) - 1]) * 256
    for number, members in enumerate(KINDS.values()):
        for byte in members:
            table[byte] = number
    for flag, members in _FLAGS.items():
        for byte in members:
            table[byte] |= flag
    return bytes(table)


CLASSES = _classes()
"""256 classes, for `bytes.translate`, which is twice as fast as numpy's look-up."""
