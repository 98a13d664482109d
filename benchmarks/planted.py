"""Secrets and personal data to plant in real texts: keys drawn in each vendor's form, people's data by Faker.

Faker knows nothing of how Hornbook looks for things; the forms of keys are the vendors', with lengths drawn where they
leave them open. Nothing here was ever valid.
"""

import random
import string
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

from faker import Faker

ALNUM = string.ascii_letters + string.digits
URLSAFE = ALNUM + "-_"
HEX = "0123456789abcdef"
COUNTRIES = {"us": "en_US", "gb": "en_GB", "de": "de_DE", "fr": "fr_FR", "it": "it_IT", "es": "es_ES", "in": "en_IN"}


@dataclass(frozen=True)
class Planted:
    """One value and the lines it stands in."""

    name: str
    """What it is, e.g. `github`."""
    kind: str
    """The class that should find it."""
    value: str
    prose: str
    code: str


class Maker:
    """Draws values; the same ones for the same seed."""

    def __init__(self, seed: str) -> None:
        self.rng = random.Random(seed)
        self.fakers = {name: Faker(locale) for name, locale in COUNTRIES.items()}
        for faker in self.fakers.values():
            faker.seed_instance(seed)

    def drawn(self, low: int, high: int | None = None, of: str = ALNUM) -> str:
        """Random characters, `low` to `high` of them."""
        return "".join(self.rng.choices(of, k=self.rng.randint(low, high or low)))

    def one(self, name: str) -> Planted:
        """A value of that name with its lines."""
        if name.startswith("phone"):
            return self._phone(name)
        kind = KINDS.get(name, "secrets")
        value = MAKERS[name](self)
        prose, code = LINES.get(name, ("The key for the test server is {} until Friday.", 'client = Client("{}")'))
        return Planted(name, kind, value, prose.format(value), code.format(value))

    def _phone(self, name: str) -> Planted:
        value = self.fakers[name.removeprefix("phone_").split("_")[0]].phone_number()
        if name.endswith("_named"):
            return Planted(name, "phones", value, f"Phone: {value}", f'contact = {{"phone": "{value}"}}')
        return Planted(name, "phones", value, f"Ask for Ann under {value} or come by.", f'NUMBER = "{value}"')

    def body(self, width: int = 64, lines: int = 12) -> str:
        """Lines of base64, as a key has them."""
        data = b64encode(self.rng.randbytes(width * lines)).decode()
        return "\n".join(data[i * width : (i + 1) * width] for i in range(lines))

    def pem(self, name: str) -> str:
        """A private key of that name in its armour."""
        return f"-----BEGIN {name}-----\n{self.body()}\n-----END {name}-----"


MAKERS: dict[str, Callable[[Maker], str]] = {
    "aws": lambda m: "AKIA" + m.drawn(16, of=string.ascii_uppercase + "234567"),
    "aws_secret": lambda m: m.drawn(40, of=ALNUM + "/+"),
    "google": lambda m: "AIza" + m.drawn(35, of=URLSAFE),
    "openai": lambda m: f"sk-proj-{m.drawn(74, of=URLSAFE)}T3BlbkFJ{m.drawn(74, of=URLSAFE)}",
    "openai_old": lambda m: f"sk-{m.drawn(20)}T3BlbkFJ{m.drawn(20)}",
    "anthropic": lambda m: f"sk-ant-api03-{m.drawn(93, of=URLSAFE)}AA",
    "github": lambda m: "ghp_" + m.drawn(36),
    "github_pat": lambda m: f"github_pat_{m.drawn(22)}_{m.drawn(59)}",
    "gitlab": lambda m: "glpat-" + m.drawn(20, of=URLSAFE),
    "slack": lambda m: f"xoxb-{m.drawn(10, 13, string.digits)}-{m.drawn(10, 13, string.digits)}-{m.drawn(24)}",
    "slack_hook": lambda m: f"https://hooks.slack.com/services/T{m.drawn(8)}/B{m.drawn(8)}/{m.drawn(24)}",
    "discord_hook": lambda m: (
        f"https://discord.com/api/webhooks/{m.drawn(18, 19, string.digits)}/{m.drawn(68, of=URLSAFE)}"
    ),
    "stripe": lambda m: "sk_live_" + m.drawn(24, 99),
    "twilio": lambda m: "SK" + m.drawn(32, of=HEX),
    "sendgrid": lambda m: f"SG.{m.drawn(22, of=URLSAFE)}.{m.drawn(43, of=URLSAFE)}",
    "mailgun": lambda m: "key-" + m.drawn(32, of=HEX),
    "npm": lambda m: "npm_" + m.drawn(36),
    "pypi": lambda m: "pypi-AgEIcHlwaS5vcmc" + m.drawn(70, 160, URLSAFE),
    "hugging_face": lambda m: "hf_" + m.drawn(34, of=string.ascii_letters),
    "azure_storage": lambda m: "AccountKey=" + b64encode(m.rng.randbytes(64)).decode(),
    "digitalocean": lambda m: "dop_v1_" + m.drawn(64, of=HEX),
    "shopify": lambda m: "shpat_" + m.drawn(32, of=HEX),
    "telegram": lambda m: f"{m.drawn(10, of='123456789')}:AA{m.drawn(33, of=URLSAFE)}",
    "jwt": lambda m: f"eyJhbGciOiJIUzI1NiJ9.eyJ{m.drawn(40, 120, URLSAFE)}.{m.drawn(43, of=URLSAFE)}",
    "url_password": lambda m: m.drawn(10, 20, ALNUM + "!*-_"),
    "password": lambda m: m.fakers["us"].password(length=m.rng.randint(8, 16), special_chars=m.rng.random() < 0.5),
    "generic_key": lambda m: m.drawn(32, of=HEX),
    "bearer": lambda m: m.drawn(40),
    "pem": lambda m: m.pem(m.rng.choice(["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"])),
    "pgp": lambda m: m.pem("PGP PRIVATE KEY BLOCK"),
    "email": lambda m: m.fakers["us"].ascii_email(),
    "email_work": lambda m: m.fakers["de"].ascii_company_email(),
    "ipv4": lambda m: m.fakers["us"].ipv4_public(),
    "ipv6": lambda m: f"2a{m.drawn(2, of=HEX)}:" + ":".join(m.drawn(4, of="123456789abcdef") for _ in range(7)),
}
LINES = {
    "aws_secret": ("Set aws_secret_access_key = {}\n", 'AWS_SECRET_ACCESS_KEY = "{}"'),
    "password": ('In the settings write password: "{}" and save.', 'db = connect(user="app", password="{}")'),
    "url_password": (
        "Its URL is postgres://app:{}@db.intern:5432/shop.",
        'DB = "postgres://app:{}@db.intern:5432/shop"',
    ),
    "generic_key": ("api_key={}\n", 'API_KEY = "{}"'),
    "bearer": ("Authorization: Bearer {}\n", 'headers = {{"Authorization": "Bearer {}"}}'),
    "pem": ("Keep this file:\n{}\n", 'KEY = """{}"""'),
    "pgp": ("Keep this file:\n{}\n", 'KEY = """{}"""'),
    "email": ("Write to {}.", 'send("{}", subject)'),
    "email_work": ("Ask Ann <{}>, who knows.", "# Author: Ann <{}>"),
    "ipv4": ("The log shows {} at noon.", 'HOST = "{}"'),
    "ipv6": ("The log shows {} at noon.", 'HOST = "{}"'),
}
KINDS = {
    "pem": "private_keys",
    "pgp": "private_keys",
    "email": "emails",
    "email_work": "emails",
    "ipv4": "ip_addresses",
    "ipv6": "ip_addresses",
}
PHONES = [f"phone_{country}{named}" for country in COUNTRIES for named in ("", "_named")]
NAMES = [*MAKERS, *PHONES]
