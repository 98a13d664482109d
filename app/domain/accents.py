"""A text with its accents in one piece, and without: `é` comes as one character, as two, as `e`, or not at all."""

from unicodedata import is_normalized, normalize


def composed(text: str) -> str:
    """The text with every accented letter as one character (NFC)."""
    return text if text.isascii() or is_normalized("NFC", text) else normalize("NFC", text)


def unaccented(text: str) -> str:
    """ASCII: letters without their accents, other characters left out."""
    return text if text.isascii() else normalize("NFKD", text).encode("ascii", "ignore").decode()


def with_ascii(text: str) -> str:
    """The text, then what is left of it where accents were lost, and where the letters under them were lost too."""
    if text.isascii():
        return text
    return " ".join((text, unaccented(text), text.encode("ascii", "ignore").decode()))
