"""Keys and passwords: what is one, and what only looks like one. All are made up here, in parts."""

import random
import string

import pytest

from app.domain.credentials import entropy
from app.domain.safety import redact

RNG = random.Random("credentials")
ALNUM = string.ascii_letters + string.digits


def drawn(count: int, of: str = ALNUM) -> str:
    return "".join(RNG.choice(of) for _ in range(count))


HEX = "0123456789abcdef"
KEYS = {
    "AWS": "AKIA" + drawn(16, string.ascii_uppercase + "234567"),
    "AWS, as its manual shows it": "AKIA" + "IOSFODNN7EXAMPLE",
    "Google": "AIza" + drawn(35),
    "OpenAI": "sk-" + "proj-" + drawn(48),
    "OpenAI, older": "sk-" + drawn(48),
    "Anthropic": "sk-" + "ant-api03-" + drawn(90) + "AA",
    "GitHub": "gh" + "p_" + drawn(36),
    "GitHub, fine-grained": "github" + "_pat_" + drawn(22) + "_" + drawn(59),
    "GitLab": "gl" + "pat-" + drawn(20),
    "Slack": "xo" + "xb-" + drawn(12, string.digits) + "-" + drawn(24),
    "Stripe": "sk" + "_live_" + drawn(24),
    "Twilio": "SK" + drawn(32, HEX),
    "SendGrid": "SG." + drawn(22) + "." + drawn(43),
    "npm": "np" + "m_" + drawn(36),
    "PyPI": "py" + "pi-AgE" + drawn(80),
    "Hugging Face": "h" + "f_" + drawn(34),
    "DigitalOcean": "do" + "p_v1_" + drawn(64, HEX),
    "Telegram": "123456789:AA" + drawn(33),
    "JSON web token": "eyJ" + drawn(30) + ".eyJ" + drawn(60) + "." + drawn(43),
    "Hornbook": "h" + "b_" + drawn(8, HEX) + "_" + drawn(40),
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
@pytest.mark.parametrize("around", ["{}", 'client = Client("{}")', "KEY={}\n", "use {}, please", "<{}>"])
def test_a_key_is_redacted_wherever_it_stands(key: str, around: str) -> None:
    found = redact(around.format(key))

    assert "[SECRET]" in found and key[-16:] not in found


@pytest.mark.parametrize("vendor", ["AWS", "Google", "GitHub", "Stripe", "npm"])
def test_inside_a_longer_word_nothing_is_a_key(vendor: str) -> None:
    text = "word" + KEYS[vendor]

    assert redact(text) == text


ASSIGNED = {
    "password": ('password = "Sommer2024!"', 'password = "[SECRET]"'),
    "password with a type": ('password: str = "Sommer2024!"', 'password: str = "[SECRET]"'),
    "in JSON": ('{"db_password": "Sommer2024!"}', '{"db_password": "[SECRET]"}'),
    "in an environment file": ("DB_PASSWORD=sommer2024\n", "DB_PASSWORD=[SECRET]\n"),
    "in a mapping": ("os.environ['API_KEY'] = '" + "a1B2c3D4" * 3 + "'", "os.environ['API_KEY'] = '[SECRET]'"),
    "a secret key": (
        "aws_secret_access_key = " + "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY\n",
        "aws_secret_access_key = [SECRET]\n",
    ),
    "a header": ("Authorization: Bearer " + "q8Rt2Lm9" * 3, "Authorization: Bearer [SECRET]"),
    "a URL": ("postgres://app:hunter2@db:5432/x", "postgres://app:[SECRET]@db:5432/x"),
    "a URL's query": (
        "https://x.org/v1?q=1&api_key=" + "q8Rt2Lm9" * 3 + "&n=2 now",
        "https://x.org/v1?q=1&api_key=[SECRET]&n=2 now",
    ),
    "a user of curl": ("curl -s -u ann:hunter2 https://x.org/", "curl -s -u ann:[SECRET] https://x.org/"),
    "a URL without a user": ("redis://:hunter2@cache/0", "redis://:[SECRET]@cache/0"),
    "a password with an at sign": ("ftp://ann:p@ss/w0rd@host/x", "ftp://ann:[SECRET]@host/x"),
}


@pytest.mark.parametrize(("text", "wanted"), ASSIGNED.values(), ids=ASSIGNED.keys())
def test_what_is_assigned_is_redacted_and_its_name_stays(text: str, wanted: str) -> None:
    assert redact(text) == wanted


NONE = {
    "a variable": "password = form.value1\n",
    "a call": "token = make_token(user1)\n",
    "a stand-in": 'password = "password"',
    "a stand-in in a URL": "postgres://user:password@localhost/db",
    "a template": "postgres://app:${DB_PASSWORD}@db/x",
    "a masked key": "sk" + "_test_" + "x" * 24,
    "a marked place": 'api_key = "<your-api-key-here-123>"',
    "words": 'secret = "the_quick_brown_fox_jumps"',
    "a checksum of a type": '"AWS::SecretsManager::Secret": "c85175a4ebcce361",',
    "a class of CSS": "sk-fading-circle-animation-delay",
    "an id in a URL": "https://x.org/watch?v=dQw4w9WgXcQdQw4w9WgXcQ&t=42",
    "a port": "see http://host:8080/x@y",
    "prose": "Keep your password secret: a token of trust, and the key to the house.",
    "a private key that is only mentioned": "starts with -----BEGIN " + "PRIVATE KEY----- and ends",
    "a certificate": "-----BEGIN CERTIFICATE-----\n" + "MIIB" * 20 + "\n-----END CERTIFICATE-----",
}


@pytest.mark.parametrize("text", NONE.values(), ids=NONE.keys())
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert redact(text) == text


BODY = "\n".join(drawn(64) for _ in range(6))
BLOCKS = {
    "PEM": f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----",
    "encrypted PEM": f"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{BODY}\n-----END EC PRIVATE KEY-----",
    "OpenSSH": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{BODY}\n-----END OPENSSH PRIVATE KEY-----",
    "PGP": f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{BODY}\n-----END PGP PRIVATE KEY BLOCK-----",
    "cut off": f"-----BEGIN PRIVATE KEY-----\n{BODY}",
}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS.keys())
def test_a_private_key_goes_with_its_marker_lines(block: str) -> None:
    assert redact(f"before: {block}") == "before: [PRIVATE_KEY]"


def test_a_private_key_in_a_string_of_code() -> None:
    source = (
        'KEY = "-----BEGIN PRIVATE KEY-----\\n' + BODY.replace("\n", "\\n") + '\\n-----END PRIVATE KEY-----"\nx = 1\n'
    )

    assert redact(source) == 'KEY = "[PRIVATE_KEY]"\nx = 1\n'


def test_entropy_is_bits_a_byte() -> None:
    assert entropy(b"abab") == pytest.approx(1.0) and entropy(b"") == 0 and entropy(b"aaaa") == 0
