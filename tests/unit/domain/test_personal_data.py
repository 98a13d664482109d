"""Addresses and numbers: those of people are found, those of nobody and what only looks alike are not."""

import pytest

from app.domain.safety import redact

FOUND = {
    "an address": ("ann@mail.org", "[EMAIL]"),
    "in angle brackets": ("Ann <ann.b+news@mail.example.com>", "Ann <[EMAIL]>"),
    "at the end of a sentence": ("Ask ann@mail.org. Then wait.", "Ask [EMAIL]. Then wait."),
    "without a space behind": ("ann@mail.org.Then wait", "[EMAIL].Then wait"),
    "in capitals": ("ANN@MAIL.ORG", "[EMAIL]"),
    "of another alphabet": ("é@x.org and 誰@例え.jp", "[EMAIL] and [EMAIL]"),
    "to be mailed to": ("mailto:ann@mail.co.uk?x", "mailto:[EMAIL]?x"),
    "a British number": ("+44 20 7946 0958", "[PHONE]"),
    "a British number at home": ("ring 020 7946 0958 now", "ring [PHONE] now"),
    "a German number": ("+49 (0)30 901820", "[PHONE]"),
    "a French number": ("06 12 34 56 78", "[PHONE]"),
    "an American number": ("(503) 255-0332", "[PHONE]"),
    "with dots": ("503.255.0332", "[PHONE]"),
    "with a country code": ("1-503-255-0332", "[PHONE]"),
    "after its name": ("Tel: 901820 33", "Tel: [PHONE]"),
    "after a verb": ("call us at 5550142 7", "call us at [PHONE]"),
    "before a year": ("+44 20 7946 0958 2024", "[PHONE] 2024"),
    "a public address": ("from 52.94.236.248:443", "from [IP_ADDRESS]:443"),
    "a network": ("203.0.113.0/24", "[IP_ADDRESS]/24"),
    "IPv6": ("host 2606:4700:4700::1111.", "host [IP_ADDRESS]."),
}


@pytest.mark.parametrize(("text", "wanted"), FOUND.values(), ids=FOUND.keys())
def test_personal_data_is_redacted(text: str, wanted: str) -> None:
    assert redact(text) == wanted


KEPT = {
    "a decorator": "@property\ndef area(self): ...",
    "a product of matrices": "y = x@w.T + b@c.to(device)",
    "a remote of git": "git@github.com:ann/book.git",
    "a package with its version": "left-pad@1.3.0",
    "a user in a URL": "https://ann@host.com/x",
    "a handle": "thanks to @ann.smith",
    "loopback": "127.0.0.1 and 0.0.0.0 and ::1",
    "private networks": "10.0.0.1, 192.168.1.20, 172.16.0.5, fe80::1",
    "a netmask": "255.255.255.0",
    "a version": "version 10.20.30.40 and v52.94.236.248",
    "a section": "see 3.1.2.4",
    "an object identifier": "1.3.6.1.4.1.311",
    "a scope of C++": "std::string a = fe::x;",
    "a slice": "rows[2001::2]",
    "a time": "at 12:30:45",
    "a date": "call 2024-01-31 and 31.12.2024",
    "sums": "x = +1000000000 - 5551234567",
    "decimals": "3.141 592 653 589",
    "a table": "100 200 300 400\n500 600 700 800",
    "an ISBN": "ISBN 978-0-13-468599-1",
    "a range of years": "1914-1918, 1939-1945",
    "large numbers": "1,234,567,890 people and 0.123 456 789",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_what_is_nobodys_stays(text: str) -> None:
    assert redact(text) == text
