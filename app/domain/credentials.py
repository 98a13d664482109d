"""Where a text holds keys, tokens, passwords and private keys.

A key of a big vendor is told by the fixed letters it starts with, which the vendors chose for that purpose; anything
else by what it is assigned to and how random it looks. All patterns are matched only where a literal stands, forward
and with bounded repetition, so that the time is linear in the text. Works on UTF-8 bytes. Knows nothing of policies.
"""

import re
from collections.abc import Iterable, Iterator
from math import log2

Place = tuple[int, int]
"""Start and end in bytes."""

SHAPE = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789", b"abcdefghijklmnopqrstuvwxyz000000000")
"""Letters in lower case and every digit as 0: forms are found in it by plain search."""

_ALNUM = r"[A-Za-z0-9]"
_HEX = r"[0-9a-f]"
_TAILS: tuple[tuple[str, str], ...] = (
    ("AKIA ASIA ABIA ACCA", r"[A-Z0-9]{16}"),
    ("AIza", r"[\w-]{35}"),
    ("ya29.", r"[\w-]{20,400}"),
    ("GOCSPX-", r"[\w-]{20,60}"),
    ("sk-ant- sk-proj- sk-svcacct- sk-admin- sk-or-v1-", r"[\w-]{20,250}"),
    ("sk-", rf"{_ALNUM}{{32,200}}"),
    ("ghp_ gho_ ghu_ ghs_ ghr_", rf"{_ALNUM}{{30,255}}"),
    ("github_pat_", r"\w{22,255}"),
    ("glpat- gldt- glrt- glptt- glcbt- glsoat- glagent-", r"[\w-]{20,100}"),
    ("xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", r"[A-Za-z0-9-]{15,250}"),
    ("hooks.slack.com/services/", r"[A-Za-z0-9/]{30,100}"),
    ("discord.com/api/webhooks/ discordapp.com/api/webhooks/", r"[0-9]{15,22}/[\w-]{40,100}"),
    ("sk_live_ sk_test_ rk_live_ rk_test_", rf"{_ALNUM}{{16,200}}"),
    ("whsec_", r"[A-Za-z0-9+/=]{24,100}"),
    ("SK", rf"{_HEX}{{32}}"),
    ("SG.", r"[\w-]{16,32}\.[\w-]{32,64}"),
    ("key-", rf"{_HEX}{{32}}"),
    ("npm_", rf"{_ALNUM}{{36}}"),
    ("pypi-AgE", r"[\w-]{50,250}"),
    ("rubygems_", rf"{_HEX}{{48}}"),
    ("dckr_pat_", r"[\w-]{20,60}"),
    ("hf_ api_org_", rf"{_ALNUM}{{30,60}}"),
    ("r8_", rf"{_ALNUM}{{37}}"),
    ("gsk_", rf"{_ALNUM}{{40,80}}"),
    ("xai- pplx-", rf"{_ALNUM}{{40,120}}"),
    ("nvapi-", r"[\w-]{50,100}"),
    ("dapi", rf"{_HEX}{{32}}(?:-\d)?"),
    ("dop_v1_ doo_v1_ dor_v1_", rf"{_HEX}{{64}}"),
    ("shpat_ shpca_ shppa_ shpss_", r"[0-9a-fA-F]{32}"),
    ("sq0atp- sq0csp-", r"[\w-]{22,60}"),
    ("AccountKey= SharedAccessKey=", r"[A-Za-z0-9+/]{40,90}={0,2}"),
    ("EAA", rf"{_ALNUM}{{90,300}}"),
    ("lin_api_ ntn_ secret_", rf"{_ALNUM}{{40,64}}"),
    ("figd_", r"[\w-]{40,60}"),
    ("PMAK-", rf"{_HEX}{{24}}-{_HEX}{{34}}"),
    ("glsa_", r"\w{32,80}"),
    ("NRAK-", r"[A-Z0-9]{27}"),
    ("hvs. hvb.", r"[\w-]{24,250}"),
    ("ATATT3 ATCTT3", r"[\w=-]{50,300}"),
    ("ATBB", rf"{_ALNUM}{{32}}"),
    ("sbp_", rf"{_HEX}{{40}}"),
    ("tskey-", r"[\w-]{20,80}"),
    ("AGE-SECRET-KEY-1", r"[A-Z0-9]{58}"),
    ("LTAI", rf"{_ALNUM}{{16,24}}"),
    ("AKID", rf"{_ALNUM}{{32}}"),
    ("sk.eyJ", r"[\w-]{20,400}\.[\w-]{16,100}"),
    ("eyJ", r"[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{16,1000}"),
    ("hb_", r"[a-z0-9]{8}_[A-Za-z0-9]{20,60}"),
)
"""What keys start with, and the rest. Sources: each vendor's own page on its key format, 2024 to 2026. In order: AWS,
Google, Anthropic, OpenAI, OpenRouter, DeepSeek, GitHub, GitLab, Slack, Discord, Stripe, Twilio, SendGrid, Mailgun, npm,
PyPI, RubyGems, Docker, Hugging Face, Replicate, Groq, xAI, Perplexity, NVIDIA, Databricks, DigitalOcean, Shopify,
Square, Azure, Facebook, Linear, Notion, Figma, Postman, Grafana, New Relic, Vault, Atlassian, Bitbucket, Supabase,
Tailscale, age, Alibaba, Tencent, Mapbox, JSON web tokens, Hornbook."""

_KEYS = (
    *(
        (hint.encode(), re.compile(rf"(?<![A-Za-z0-9]){re.escape(hint)}{tail}(?![A-Za-z0-9])".encode()))
        for hints, tail in _TAILS
        for hint in hints.split()
    ),
    (b"AA", re.compile(rb"(?<=[0-9]{8}:)AA[\w-]{33}(?![\w-])")),
)
"""The last is Telegram's, told by the number before it."""


def _any_of(hints: Iterable[bytes]) -> re.Pattern[bytes]:
    """Finds whether any hint stands somewhere. Those of one first byte together: ten times as fast as a search each."""
    rest: dict[bytes, list[bytes]] = {}
    for hint in hints:
        rest.setdefault(hint[:1], []).append(re.escape(hint[1:]))
    return re.compile(b"|".join(re.escape(first) + b"(?:" + b"|".join(ends) + b")" for first, ends in rest.items()))


_ANY_KEY = _any_of(hint for hint, _ in _KEYS)
_RUN_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+="
_RUNS = bytes(ord("a") if byte in _RUN_BYTES else ord(" ") for byte in range(256))
_LEAST_RUN = 16
"""Bytes of the shortest value that looks random. Most prose has no word that long, which spares most searches."""
LEAST_BYTES = 6
"""Different bytes in a key: `sk_test_xxxxxxxxxxxxxxxx` is none."""
_URL_PASSWORD = re.compile(rb"://[^\s/@:\"'`<>(){}\[\]]{0,64}:(?![0-9]{1,5}[/?#])([^\s\"'`<>]{1,128})@(?=[\w\[-])")
_QUERY = re.compile(
    rb"[?&][\w.-]{0,30}?(?:key|token|secret|passw|pwd|sig|auth|credential)[\w.-]{0,12}=([\w%+/.~-]{16,500})",
    re.IGNORECASE,
)
_CURL = re.compile(rb"curl [^\n]{0,200}?(?:-u|--user)[ =][\"']?[\w.@-]{1,64}:([^\s\"']{1,128})")
_PASSWORD_NAMES = (b"passw", b"passphrase", b"pwd")
_KEY_NAMES = (b"secret", b"token", b"api", b"access", b"auth", b"encryption", b"signing", b"private")
_ASSIGNED = re.compile(
    rb"(?:passw(?:or)?d|passphrase|pwd|secret|token|(?:api|access|auth|encryption|signing|private)[_ -]?key)"
    rb"[\w-]{0,24}[\"'\]]{0,2}[ \t]{0,4}(?::[ \t]{0,2}\w{1,16}[ \t]{0,2}(?==))?(?:=>|:=|=|:)[ \t]{0,4}"
    rb"(?:[rbfu]{0,2}([\"'`])([^\s\"'`]{6,200})\1|([\w+/=.!@#$%^&*~-]{6,200})[,;]?[ \t]{0,8}(?:\n|\Z))",
    re.IGNORECASE,
)
"""A name that says what it holds, and a value: in quotes, or up to the end of its line."""
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F-]+\Z")
_DOTTED = re.compile(rb"[A-Za-z_][\w.]*\Z")
_HEADER = re.compile(rb"(?:bearer|basic) ([\w+/=.~-]{16,2000})", re.IGNORECASE)
_BEGIN = b"-----BEGIN "
_PRIVATE = re.compile(rb"-----BEGIN (?:[A-Z0-9]{1,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(rb"[A-Za-z0-9+/=\s\\\"',]{0,8000}")
_LONGEST_KEY = 16_000
"""Bytes between the marker lines of a private key; RSA of 16,384 bits takes 12,500."""
_MASKED = re.compile(
    rb"\A(?:[<{]|\$[A-Za-z_{(]|%[(s]|\[[A-Z])|[${]\{|\*\*|xxx|\.\.\.|your|change|example|placeholder|dummy|redacted|fake",
    re.IGNORECASE,
)
"""What stands for a value that is somewhere else, our own placeholders among them."""
_NO_SECRETS = frozenset(
    b"password passwd pass pwd pw secret token mypassword my_password user username none null true false test string "
    b"admin root guest apikey api_key key value required optional postgres mysql redis".split()
)
"""What manuals write where a password goes."""


def private_keys(data: bytes) -> Iterator[Place]:
    """Private keys in PEM and PGP armour, marker lines included; one without its body is a mention, not a key."""
    start = data.find(_BEGIN)
    while start >= 0:
        head = _PRIVATE.match(data, start)
        end = _end_of_key(data, head) if head else start + len(_BEGIN)
        if head and end > head.end():
            yield start, end
        start = data.find(_BEGIN, end)


def _end_of_key(data: bytes, head: re.Match[bytes]) -> int:
    """Where the key ends; the end of its first line when nothing that looks like a key follows."""
    close = data.find(b"-----END ", head.end(), head.end() + _LONGEST_KEY)
    if close < 0:
        body = _BODY.match(data, head.end())
        end = stop = body.end() if body else head.end()
    else:
        end = close
        stop = data.find(b"-----", close + 9, close + 60)
        stop = stop + 5 if stop >= 0 else close + 9
    random = re.search(rb"[A-Za-z0-9+/]{24}", data[head.end() : end])
    return stop if random else head.end()


def secrets(data: bytes, shape: bytes) -> Iterator[Place]:
    """Keys and tokens by their form, passwords in URLs, and what is assigned to a name like `api_key`."""
    if b"://" in data:
        yield from (m.span(1) for m in _at(data, b"://", _URL_PASSWORD) if _is_password(m.group(1), least=1))
        if b"?" in data and b"=" in data:
            yield from (found.span(1) for found in _QUERY.finditer(data) if _is_random(found.group(1)))
    if b"curl " in data:
        yield from (m.span(1) for m in _at(data, b"curl ", _CURL) if _is_password(m.group(1), least=1))
    for name in _PASSWORD_NAMES:
        if name in shape:
            yield from _assigned(data, shape, name)
    words = _long_words(data, shape)
    if words:
        yield from _keys(data, words)
        if b"0" in words.translate(SHAPE):
            yield from _named_keys(data, shape)


def _keys(data: bytes, words: bytes) -> Iterator[Place]:
    for hint, pattern in _KEYS if _ANY_KEY.search(words) else ():
        if hint in words:
            for found in _at(data, hint, pattern):
                if len(set(found.group()[len(hint) :])) >= LEAST_BYTES:
                    yield found.span()


def _named_keys(data: bytes, shape: bytes) -> Iterator[Place]:
    for hint in (b"bearer ", b"basic "):
        if hint in shape:
            yield from (m.span(1) for m in _at(data, hint, _HEADER, where=shape) if _is_random(m.group(1)))
    for name in _KEY_NAMES:
        if name in shape:
            yield from _assigned(data, shape, name)


def _long_words(data: bytes, shape: bytes) -> bytes:
    """Every run of at least `_LEAST_RUN` bytes that a key may consist of, but those in lower case without a digit."""
    runs, found = data.translate(_RUNS), []
    start = runs.find(b"a" * _LEAST_RUN)
    while start >= 0:
        end = runs.find(b" ", start)
        end = len(runs) if end < 0 else end
        if b"0" in shape[start:end] or data[start:end] != shape[start:end]:
            found.append(data[start:end])
        start = runs.find(b"a" * _LEAST_RUN, end)
    return b" ".join(found)


def _at(data: bytes, hint: bytes, pattern: re.Pattern[bytes], where: bytes | None = None) -> Iterator[re.Match[bytes]]:
    """Matches of `pattern` where `hint` stands in `where`, or in the data itself."""
    hay = data if where is None else where
    place = hay.find(hint)
    while place >= 0:
        found = pattern.match(data, place)
        if found:
            yield found
        place = hay.find(hint, found.end() if found else place + len(hint))


def _assigned(data: bytes, shape: bytes, hint: bytes) -> Iterator[Place]:
    for found in _at(data, hint, _ASSIGNED, where=shape):
        group = 3 if found.group(2) is None else 2
        value = found.group(group)
        chosen = hint in _PASSWORD_NAMES and _is_password(value, least=6)
        if chosen and group == 3 and _DOTTED.match(value):
            # In code `password = form.value1` names a variable; `DB_PASSWORD=value1` is a line of an environment file.
            chosen = data[found.start()] < 91 and data[found.start(3) - 1] == 61
        attribute = group == 3 and b"." in value and _DOTTED.match(value)
        if chosen or (not attribute and _is_random(value)):
            yield found.span(group)


def _is_password(value: bytes, *, least: int) -> bool:
    """Whether somebody chose this value: it is no stand-in, and where it is assigned not a word alone."""
    if len(value) < least or value.lower() in _NO_SECRETS or _MASKED.search(value):
        return False
    return least == 1 or not value.replace(b"_", b"").replace(b".", b"").replace(b"-", b"").isalpha()


def _is_random(value: bytes) -> bool:
    """Whether a value looks drawn and not written: long, with digits among its letters, and with little repetition.

    3.0 bits a character is about what 24 hexadecimal digits hold, and fewer are a checksum's more often than a key's;
    words joined by `_` hold no digits, or one.
    """
    digits = sum(48 <= byte <= 57 for byte in value)
    if len(value) < _LEAST_RUN or not digits or digits == len(value) or (len(value) < 24 and _HEXADECIMAL.match(value)):
        return False
    drawn = entropy(value)
    if drawn < (3.0 if digits > 1 else 4.0):
        return False
    return not _MASKED.search(value) or (len(value) >= 32 and drawn > 4.0)


def entropy(value: bytes) -> float:
    """Shannon entropy in bits a byte, in [0, 8]; 0.0 for nothing. Example: `abab` has 1.0."""
    counts = [value.count(byte) for byte in set(value)]
    return -sum(n / len(value) * log2(n / len(value)) for n in counts) + 0.0
