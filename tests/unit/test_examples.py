"""What ships in examples/ is what its README says: counts, spread, no accidental copies, Python that runs as told."""

import ast
import csv
import doctest
import sys
import types
from collections import Counter
from pathlib import Path

import msgspec
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EXPECTED_GROUPS = {
    "py": 56,
    "lang": 4,
    "test": 8,
    "cfg": 6,
    "gen": 6,
    "tut": 21,
    "enc": 34,
    "chg": 6,
    "web": 5,
    "dup": 2,
    "near": 2,
}
PROSE_GROUPS = {"tut", "enc", "chg", "web"}


class ExampleSeed(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One line of seeds.jsonl."""

    text: str
    id: str
    kind: str
    title: str
    licence: str
    source: str

    @property
    def group(self) -> str:
        return self.id.split("-")[0]


def read_seeds() -> list[ExampleSeed]:
    lines = (EXAMPLES / "seeds.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=ExampleSeed) for line in lines]


def read_words() -> list[tuple[str, str]]:
    with (EXAMPLES / "words.csv").open(newline="", encoding="utf-8") as stream:
        return [(row["word"], row["part"]) for row in csv.DictReader(stream)]


SEEDS = read_seeds()
BY_ID = {seed.id: seed for seed in SEEDS}
RUNNABLE = [seed for seed in SEEDS if seed.group == "py" and "-bad-" not in seed.id]


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[start : start + 5]) for start in range(len(words) - 4)}


def jaccard(left: str, right: str) -> float:
    a, b = shingles(left), shingles(right)
    return len(a & b) / len(a | b)


def test_every_group_has_the_count_the_readme_promises() -> None:
    assert Counter(seed.group for seed in SEEDS) == EXPECTED_GROUPS
    assert len(BY_ID) == len(SEEDS) == sum(EXPECTED_GROUPS.values())


def test_every_seed_is_ours_and_of_a_sensible_length() -> None:
    assert {seed.licence for seed in SEEDS} == {"Apache-2.0"}
    assert {seed.source for seed in SEEDS} == {"hornbook-examples"}
    assert all(seed.title for seed in SEEDS)
    assert [seed.id for seed in SEEDS if not 300 <= len(seed.text) <= 3000] == []


def test_the_kind_follows_from_the_group() -> None:
    originals = [seed for seed in SEEDS if seed.group not in {"dup", "near"}]
    assert [s.id for s in originals if (s.kind == "prose") != (s.group in PROSE_GROUPS)] == []


def test_only_the_planned_copies_are_copies() -> None:
    copies = {
        (first.id, second.id)
        for place, first in enumerate(SEEDS)
        for second in SEEDS[place + 1 :]
        if jaccard(first.text, second.text) >= 0.8
    }
    assert copies == {
        ("py-gcd", "dup-py-gcd"),
        ("enc-water-cycle", "dup-enc-water-cycle"),
        ("py-sieve", "near-py-sieve"),
        ("enc-rome-roads", "near-enc-rome-roads"),
    }
    assert all((BY_ID[a].text == BY_ID[b].text) == b.startswith("dup-") for a, b in copies)


@pytest.mark.parametrize("seed_id", [s.id for s in SEEDS if s.group in {"py", "test"}])
def test_python_seeds_parse(seed_id: str) -> None:
    ast.parse(BY_ID[seed_id].text)


@pytest.mark.parametrize("seed_id", [seed.id for seed in RUNNABLE])
def test_the_examples_in_docstrings_are_true(seed_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """These sources are ours and committed, so they may run here; the product itself never runs seed code."""
    module = types.ModuleType(seed_id.replace("-", "_"))
    # Dataclasses look their module up by name while the class is being made.
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(BY_ID[seed_id].text, seed_id, "exec"), module.__dict__)  # noqa: S102 - committed text of our own
    assert doctest.testmod(module).failed == 0


def test_most_good_functions_come_with_worked_examples() -> None:
    assert sum(">>>" in seed.text for seed in RUNNABLE) >= 35


def test_a_thousand_words_of_each_part_and_none_twice() -> None:
    words = read_words()
    assert Counter(part for _, part in words) == {"noun": 1000, "verb": 1000, "adjective": 1000}
    assert len(set(words)) == len(words)


def test_words_are_short_plain_lower_case() -> None:
    odd = [word for word, _ in read_words() if not (word.isascii() and word.isalpha() and word.islower())]
    assert odd == []
    assert [word for word, _ in read_words() if not 2 <= len(word) <= 12] == []
