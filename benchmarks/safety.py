"""How much of what must not be in a text is found, how often clean text is blamed, and what looking costs.

Values of forty-eight kinds are planted in real texts (the example corpus, the standard library, and `../shared` where
it is there), one a text, in prose and in code. Recall: the share whose last eight characters are gone afterwards.
Precision: the share of placeholders in such texts that stand for the planted value. False hits: placeholders in
published, edited sets in which no one's secret is to be expected; e-mail addresses in code headers are counted apart,
for they are real. Baselines in the same run: detect-secrets (Yelp) for secrets, phonenumbers' own matcher for phones,
the plain patterns of FineWeb's kind for e-mail and IP addresses.
"""

import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import phonenumbers
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.scan import scan_line
from detect_secrets.settings import transient_settings

from app.domain.safety import EVERYTHING, Sensitive, screen
from benchmarks.documents import EXAMPLES, code_documents, prose_documents
from benchmarks.planted import NAMES, Maker, Planted
from benchmarks.stage import Load, options_of, show
from tests.shared import SHARED

CHARS = 1_200
CLEAN = ("clear", "onestop", "cefr-sp", "tinystories", "code-readability", "decontam")
EMAIL = re.compile(r"\b[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+\b")
IP = re.compile(r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b")
Finder = Callable[[str], list[str]]


def by_detect_secrets(text: str) -> list[str]:
    """Values that its plugins find, line by line; without those for entropy, which blame every line read alone."""
    return [str(found.secret_value) for line in text.splitlines() for found in scan_line(line)]


def by_phonenumbers(text: str) -> list[str]:
    """Numbers that the library's own matcher finds, for a reader in the United States."""
    return [found.raw_string for found in phonenumbers.PhoneNumberMatcher(text, "US")]


def by_patterns(text: str) -> list[str]:
    """E-mail and IPv4 addresses by two plain patterns, as most pipelines for web text have them."""
    return [found.group() for pattern in (EMAIL, IP) for found in pattern.finditer(text)]


BASELINES: dict[str, Finder] = {
    "secrets": by_detect_secrets,
    "private_keys": by_detect_secrets,
    "phones": by_phonenumbers,
    "emails": by_patterns,
    "ip_addresses": by_patterns,
}


def texts_of(name: str) -> Iterator[str]:
    """Every string field of two words or more of a set of `../shared`, one text a record."""
    for path in sorted((SHARED / "data" / name).glob("*.jsonl*")):
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            for line in lines:
                fields = json.loads(line).values()
                yield "\n".join(value for value in fields if isinstance(value, str) and " " in value)


def hosts(count: int) -> list[tuple[str, bool]]:
    """(text, whether it is code) to plant in; only texts in which nothing is found beforehand."""
    records = [json.loads(line) for line in EXAMPLES.read_text(encoding="utf-8").splitlines()]
    made = [(record["text"], record["kind"] == "code") for record in records]
    made += [(text, True) for text in code_documents(count)] + [(text, False) for text in prose_documents(count)]
    if SHARED.exists():
        gold = (SHARED / "gold" / "train.jsonl").read_text(encoding="utf-8").splitlines()
        made += [(record["text"], record["kind"] == "code") for record in map(json.loads, gold)]
    return [(text[:CHARS], code) for text, code in made if not screen(text[:CHARS], EVERYTHING).found]


def planted(item: Planted, text: str, code: bool) -> str:
    """The text with the value's line between two of its own, at the same place for the same text."""
    lines = text.split("\n")
    at = len(text) % (len(lines) + 1)
    return "\n".join([*lines[:at], item.code if code else item.prose, *lines[at:]])


def gone(value: str, before: str, after: str) -> bool:
    """Whether the end of a value was taken out of a text; of a private key, the end of its body."""
    end = value.split("\n-----END")[0][-8:]
    return after.count(end) < before.count(end)


def recall_and_precision(each: int) -> dict[str, dict[str, float]]:
    """{name: planted, recall, precision, baseline recall}."""
    maker, places, found = Maker("safety"), hosts(each), {}
    for name in NAMES:
        hit = right = wrong = theirs = 0
        for turn in range(each):
            item = maker.one(name)
            text, code = places[(turn * 37 + len(found)) % len(places)]
            full = planted(item, text, code)
            seen = screen(full, EVERYTHING)
            caught = gone(item.value, full, seen.text)
            hit += caught
            right += caught
            wrong += max(0, sum(seen.found.values()) - caught)
            theirs += any(_same(value, item.value) for value in BASELINES[item.kind](full))
        found[name] = {
            "recall": hit / each,
            "precision": right / (right + wrong) if right + wrong else 1.0,
            "baseline_recall": theirs / each,
        }
    return found


def _same(found: str, value: str) -> bool:
    """Whether a baseline's finding covers at least half of a value, or is the first line of a private key."""
    return bool(found) and (
        (found in value and 2 * len(found) >= len(value)) or value in found or "PRIVATE KEY" in found
    )


def false_hits() -> dict[str, dict[str, float]]:
    """{set: documents, hits by class, documents that detect-secrets blames}."""
    found: dict[str, dict[str, float]] = {}
    sets: dict[str, list[str]] = {"examples": [json.loads(line)["text"] for line in EXAMPLES.open(encoding="utf-8")]}
    sets |= {name: list(texts_of(name)) for name in CLEAN if (SHARED / "data" / name).exists()}
    for name, texts in sets.items():
        hits: Counter[str] = Counter()
        for text in texts:
            hits.update({kind.value: count for kind, count in screen(text, EVERYTHING).found.items()})
        theirs = sum(bool(by_detect_secrets(text)) for text in texts[:500])
        found[name] = {"documents": len(texts), **{kind.value: hits[kind.value] for kind in Sensitive}}
        found[name] |= {"detect_secrets_share_blamed": theirs / min(len(texts), 500)}
    return found


def microseconds(look: Callable[[str], object], texts: Sequence[str], rounds: int = 5) -> float:
    """CPU time a text of 1,200 bytes, the least of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for text in texts:
            look(text)
        best = min(best, time.process_time() - start)
    return 1e6 * best * CHARS / sum(len(text.encode()) for text in texts)


def speed() -> dict[str, dict[str, float]]:
    """{set: microseconds and documents a second, ours and detect-secrets'}."""
    sets = {"prose": prose_documents(1_000), "code": code_documents(1_000)}
    if SHARED.exists():
        gold = (SHARED / "gold" / "train.jsonl").read_text(encoding="utf-8").splitlines()
        sets["gold"] = [json.loads(line)["text"] for line in gold]
    found = {}
    for name, texts in sets.items():
        ours = microseconds(lambda text: screen(text, EVERYTHING), texts)
        theirs = microseconds(by_detect_secrets, texts[:100], rounds=1)
        found[name] = {"us": ours, "documents_per_s": 1e6 / ours, "detect_secrets_us": theirs, "ratio": theirs / ours}
    return found


HOSTILE = {
    "at signs": "a@",
    "key starts": "sk-",
    "dotted digits": "1.",
    "phone digits": "+1 ",
    "spaced digits": "01 23 45 67 89 ",
    "urls": "://a:",
    "open quotes": 'password="',
    "web tokens": "eyJaaaaaaaaaaa.",
    "key headers": "-----BEGIN PRIVATE KEY-----\n",
    "assignments": "api_key = ",
    "one word": "aB",
    "colons": ":",
}


def worst(chars: int = 200_000) -> dict[str, float]:
    """{hostile text of the largest size that is stored: CPU seconds}, and its half, to see the growth."""
    found = {}
    for name, piece in HOSTILE.items():
        full, half = (
            microseconds(lambda text: screen(text, EVERYTHING), [piece * (size // len(piece))], 1)
            for size in (chars, chars // 2)
        )
        found[name] = round(full * chars / CHARS / 1e6, 4)
        found[f"{name}, growth"] = round(2 * full / half, 2) if half else 0.0
    return found


def main() -> None:
    """Measure and print."""
    parser = options_of(__doc__)
    parser.add_argument("--each", type=int, default=100, help="values planted of each kind")
    options = parser.parse_args()
    load = Load()
    plugins = [plugin.__name__ for plugin in get_mapping_from_secret_type_to_class().values()]
    named = [{"name": name} for name in plugins if "HighEntropy" not in name]
    with transient_settings({"plugins_used": named}):
        found: dict[str, object] = {
            "planted": recall_and_precision(options.each),
            "clean": false_hits(),
            "speed": speed(),
            "hostile_s": worst(),
        }
    found["load"] = load.figures()
    show(found, list(lines_of(found)), as_json=options.json)


def lines_of(found: dict[str, object]) -> Iterator[str]:
    """The figures as text."""
    for part, figures in found.items():
        yield f"-- {part}"
        assert isinstance(figures, dict)
        for name, value in figures.items():
            shown = value if not isinstance(value, dict) else "  ".join(f"{k} {v:,.4g}" for k, v in value.items())
            yield f"{name:24s} {shown}"


if __name__ == "__main__":
    main()
