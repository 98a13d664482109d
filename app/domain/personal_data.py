"""Where a text holds e-mail addresses, phone numbers and public IP addresses.

Candidates are found by plain search and patterns with bounded repetition, so that the time is linear in the text; what
they are is decided by the libraries that know: `ipaddress`, and `phonenumbers` (Google's metadata) for all numbers but
those of North America, whose form says it. Works on UTF-8 bytes. Knows nothing of policies.
"""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_network

import phonenumbers

from app.domain.credentials import Place

_LOCAL = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+'-" + bytes(range(128, 256))
_DOMAIN = re.compile(rb"[A-Za-z0-9\x80-\xff.-]{3,255}")
_TLDS = frozenset(
    b"com org net edu gov mil int info biz name pro mobi coop aero museum jobs travel tel cat asia arpa app dev "
    b"page web blog cloud email mail live news online site website store shop tech space world today digital "
    b"network systems solutions agency studio design media group team company academy school university science "
    b"research health care hospital clinic bank finance capital law legal social community foundation charity ngo "
    b"art music film games photography club fun life love family city berlin london paris tokyo nyc xyz top icu "
    b"vip example test invalid localhost local internal".split()
)
"""Domains that addresses end in, besides all of two letters; a longer list would take `x@layer.weight` for one."""
_NO_PEOPLE = frozenset({b"git", b"hg", b"svn"})

_IPV4 = re.compile(rb"(?<![a-z0._+-])0{1,3}\.0{1,3}\.0{1,3}\.0{1,3}(?![a-z0_]|[.-][a-z0])")
_VERSION = re.compile(
    rb"(?:version|release|ver|rev|build|sections?|chapter|oid|identifier|[=<>~!]=|[\^~])[\s:.\"'(]*\Z", re.IGNORECASE
)
_IPV6_PART = re.compile(rb":[0-9a-fA-F]{0,4}:")
_IPV6 = re.compile(rb"(?<![\w:.])[23][0-9a-fA-F]{3}:[0-9a-fA-F:]{3,35}(?![\w:])")
_FOR_MANUALS = tuple(ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))
_FOR_MANUALS_6 = ip_network("2001:db8::/32")

_NORTH_AMERICA = re.compile(
    rb"(?<![\w.+/-])(?:\+?(?:00)?0[ .-]?)?(?:\(000\)[ .-]{0,2}|000[.-])000[ .-]0000"
    rb"(?: ?(?:x|ext\.?) ?0{1,6})?(?!\w|[.-]0)"
)
_NORTH_AMERICA_HINTS = (b"000-0000", b"000.0000", b"000 0000")
_INTERNATIONAL = re.compile(rb"(?<![a-z0+)\].])\+0[0 ()./-]{6,20}0(?<!\.0)(?![a-z0])")
_NAMED = (b"phone", b"tel", b"mobile", b"fax", b"cell", b"call")
_AFTER_NAME = re.compile(
    rb"(?<![a-z])(?:phone|tel|telephone|mobile|fax|cell|call)(?: ?(?:number|no|nr|phone|us|me|him|her|them|now|at|on))"
    rb"{0,3}[\"']?[ \t]{0,3}[:.=#]{0,2}[ \t]{0,3}[\"']?(\+?[(0][0 ()./-]{5,20}0)(?![a-z0])"
)
_NATIONAL_HINTS = (
    b"00 00 00 00",
    b"00000 000",
    b"000 0000 0000",
    b"0000 000 000",
    b"0000/000",
    b"0000-000000",
    b"000/0000",
    b"00) 0",
    b"00)0",
)
_NATIONAL = re.compile(rb"(?<![a-z0.,+/$-])\(?00[0 ()/-]{7,16}0(?![0a-z,/-]|\.0)")
_REGIONS = ("GB", "DE", "FR", "IT", "AU")
"""Where numbers are written with a leading 0 and no country code; tried in this order."""
_DATE = re.compile(rb"[12][0-9]{3}[./-][01]?[0-9][./-][0-3]?[0-9]")


LEAST_DIGITS = 7
"""Of a phone number."""


MOST_MISSES = 500
"""Digits with a leading 0 that are no phone number, after which a text is taken for a table: each costs 0.1 ms."""


def emails(data: bytes) -> Iterator[Place]:
    """E-mail addresses; those of the reserved example domains too, which look the same to every reader."""
    at = data.find(b"@")
    while at >= 0:
        place = _email(data, at)
        if place:
            yield place
        at = data.find(b"@", place[1] if place else at + 1)


def _email(data: bytes, at: int) -> Place | None:
    window = data[max(0, at - 64) : at]
    local = window[len(window.rstrip(_LOCAL)) :].lstrip(b".'-+%")
    domain = _DOMAIN.match(data, at + 1) if local else None
    if domain is None or local.endswith(b".") or local in _NO_PEOPLE:
        return None
    start = at - len(local)
    labels = domain.group().split(b".")
    while len(labels) > 1 and not _is_tld(labels[-1]):
        labels.pop()
    end = at + 1 + len(b".".join(labels))
    # In code `x@w.to(device)` is a product of matrices.
    if len(labels) < 2 or b"" in labels or data[end : end + 1] in (b"(", b"[") or data[start - 3 : start] == b"://":
        return None
    return start, end


def _is_tld(label: bytes) -> bool:
    if len(label) == 2:
        return label.isalpha() and (label.islower() or label.isupper())
    return label.lower() in _TLDS or label.startswith(b"xn--")


def ip_addresses(data: bytes, shape: bytes) -> Iterator[Place]:
    """Addresses that somebody's machine may have: public ones and those of manuals, not private ones or loopback."""
    if shape.count(b"0.0") > 1:
        for octet in (b".0.0", b".00.0", b".000.0"):
            yield from _ipv4(data, shape, octet)
    if _IPV6_PART.search(data):
        yield from (found.span() for found in _IPV6.finditer(data) if _is_public_6(found.group()))


def _ipv4(data: bytes, shape: bytes, octet: bytes) -> Iterator[Place]:
    """Addresses whose second octet has as many digits as `octet`."""
    dot = shape.find(octet)
    while dot >= 0:
        before = shape[max(0, dot - 3) : dot]
        start = dot - len(before) + len(before.rstrip(b"0"))
        found = _IPV4.match(shape, start)
        if found and _is_public(data[start : found.end()]) and not _VERSION.search(data[max(0, start - 24) : start]):
            yield found.span()
        dot = shape.find(octet, dot + 1)


def _is_public(quad: bytes) -> bool:
    if len(quad) == 7:
        # Four single digits are a version, a numbered section or a well-known resolver.
        return False
    try:
        address = IPv4Address(quad.decode())
    except AddressValueError:
        return False
    return address.is_global or any(address in net for net in _FOR_MANUALS)


def _is_public_6(token: bytes) -> bool:
    try:
        address = IPv6Address(token.decode())
    except AddressValueError:
        return False
    return address.is_global or address in _FOR_MANUALS_6


def phones(data: bytes, shape: bytes) -> Iterator[Place]:
    """Phone numbers: with a country code, in North America's form, after a word like `phone`, or with a leading 0."""
    if shape.count(b"0") < LEAST_DIGITS:
        return
    if any(hint in shape for hint in _NORTH_AMERICA_HINTS):
        yield from (found.span() for found in _NORTH_AMERICA.finditer(shape))
    if b"+0" in shape:
        for found in _INTERNATIONAL.finditer(shape):
            yield from _longest_number(data, *found.span())
    if b"000" in shape or b"00 00" in shape:
        yield from _after_names(data, shape)
    if any(hint in shape for hint in _NATIONAL_HINTS):
        yield from _national(data, shape)


def _national(data: bytes, shape: bytes) -> Iterator[Place]:
    misses = 0
    for found in _NATIONAL.finditer(shape):
        digits = data[found.start() : found.end()]
        if not digits.lstrip(b"(").startswith(b"0"):
            continue
        if any(_is_number(digits, region) for region in _REGIONS):
            yield found.span()
        elif (misses := misses + 1) > MOST_MISSES:
            return


def _after_names(data: bytes, shape: bytes) -> Iterator[Place]:
    for name in _NAMED:
        place = shape.find(name)
        while place >= 0:
            found = _AFTER_NAME.match(shape, place)
            if found:
                number = data[found.start(1) : found.end(1)]
                if LEAST_DIGITS <= sum(byte in b"0123456789" for byte in number) <= 15 and not _DATE.match(number):
                    yield found.span(1)
            place = shape.find(name, place + len(name))


def _longest_number(data: bytes, start: int, end: int) -> Iterator[Place]:
    """The number that starts here, without what follows it after a space, such as a year."""
    for _ in range(4):
        if _is_number(data[start:end], None):
            yield start, end
            return
        cut = data.rfind(b" ", start, end)
        if cut < 0:
            return
        end = cut


def _is_number(digits: bytes, region: str | None) -> bool:
    """Whether the numbering plan of its country has room for it; a national number must also be one in use."""
    if sum(byte in b"0123456789" for byte in digits) < 9:
        return False
    try:
        number = phonenumbers.parse(digits.decode(), region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(number) if region is None else phonenumbers.is_valid_number(number)
