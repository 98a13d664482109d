"""Items of HumanEval, MBPP and GSM8K planted into texts in known ways: how many are found, and what clean texts hit.

    python -m benchmarks.contamination [--data DIR] [--json]

DIR (default ../shared/data/decontam) holds HumanEval.jsonl.gz, mbpp.jsonl, gsm8k_test.jsonl. Every item is planted once
in each strength, beside clean text of this Python's packages: verbatim; renamed (all names a function binds, also in
its comments and docstring); reformatted (parsed and written anew, comments lost; prose re-wrapped in other case and
marks); embedded (between paragraphs of explanation, code in a fence); paraphrased (docstring or task replaced by other
words, code as it stands). Code is planted both with its task and alone. Baselines on the same texts: the usual rule of
any shared 13-word run (GPT-3's code, HELM), and exact substring. Clean texts are library code of this Python, functions
one by one and pieces of 700 to 4,000 characters, functions of its packages that no rule was chosen on, and the
documents of ../shared/gold where they are there.
"""

import argparse
import ast
import builtins
import json
import keyword
import random
import re
import sysconfig
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.adapters.benchmark_files import read_benchmark
from app.domain.benchmarks import Item
from app.domain.decontamination import BenchmarkIndex, build_index, find_all, find_hits
from app.domain.text import words
from benchmarks.documents import code_documents
from benchmarks.injected import pieces
from benchmarks.stage import options_of, show

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "decontam"
GOLD = DATA.parents[1] / "gold"
FILES = ("HumanEval.jsonl.gz", "mbpp.jsonl", "gsm8k_test.jsonl")
CLEAN = 6_000
FROM_A_FILE = 5
"""Functions of one file, so that many packages are drawn from."""
STRENGTHS = ("verbatim", "renamed", "reformatted", "embedded", "paraphrased")
_NAME = re.compile(r"\b[A-Za-z_]\w*\b")
_TEXT = re.compile(r"((?<!['\"])(?:'[^'\n\\]*(?:\\.[^'\n\\]*)*'|\"[^\"\n\\]*(?:\\.[^\"\n\\]*)*\")(?!['\"]))")
Finder = Callable[[str], set[str]]


@dataclass(frozen=True)
class Planted:
    """A text that holds an item."""

    item: str
    text: str


def source_of(item: Item) -> tuple[str, str]:
    """(task in words, code) of an item; the code of a word problem is empty."""
    if item.benchmark == "GSM8K":
        return f"{item.parts[0]}\n{item.parts[1]}", ""
    return ("" if item.benchmark == "HumanEval" else item.parts[0]), item.code[0]


def renamed(code: str, rng: random.Random) -> str:
    """The code with every name that its functions bind replaced, wherever the name stands as a word."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return code
    bound = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    bound |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    bound |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    taken = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)} | set(dir(builtins)) | set(keyword.kwlist)
    # A keyword of a call is the callee's name, and a text is data: renaming either would make another program.
    taken |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg}
    new = {name: f"{rng.choice('bcdghkmpqrwz')}{place}_" for place, name in enumerate(sorted(bound - taken))}
    parts = _TEXT.split(code)
    # Every other part is a short text; a docstring is none.
    return "".join(
        part if place % 2 else _NAME.sub(lambda found: new.get(found.group(), found.group()), part)
        for place, part in enumerate(parts)
    )


def reformatted(task: str, code: str) -> str:
    """Other white space, marks and case for words; code as `ast.unparse` writes it."""
    try:
        code = ast.unparse(ast.parse(code))
    except SyntaxError:
        code = code.replace("    ", "  ").replace("\t", "  ")
    parts = words(task.upper())
    rows = [" ".join(parts[low : low + 9]) for low in range(0, len(parts), 9)]
    return "\n  ".join(rows).replace(" AND ", ", AND ") + "\n\n" + code


def without_docstrings(code: str, other: str) -> str:
    """The code with each docstring replaced by other words."""
    return re.sub(r'("""|\'\'\')(.*?)\1', lambda found: f'"""{other}"""', code, flags=re.DOTALL)


def plant(item: Item, strength: str, clean: str, rng: random.Random, *, alone: bool) -> Planted | None:
    """A text with the item; `alone`: its code without its task. None where the strength has no meaning for it."""
    task, code = source_of(item)
    if (alone or strength in ("renamed", "paraphrased")) and not code:
        return None
    task = "" if alone else task
    other = f"{rng.choice(('Works out', 'Gives back', 'Handles'))} what the lesson of today needs, step by step."
    fenced = f"```python\n{code}\n```" if code else ""
    match strength:
        case "renamed":
            body = f"{task}\n\n{renamed(code, rng)}"
        case "reformatted":
            body = reformatted(task, code)
        case "embedded":
            body = f"Let us look at a task together.\n\n{task}\n\nHere is one way:\n\n{fenced}\n\nRead it line by line."
        case "paraphrased":
            body = without_docstrings(code, other)
        case _:
            body = f"{task}\n\n{code}"
    lines = clean.split("\n")[1:-1]
    before, after = "\n".join(lines[: len(lines) // 2]), "\n".join(lines[len(lines) // 2 :])
    return Planted(f"{item.benchmark} {item.id}", f"{before}\n\n{body}\n\nThen it goes on.\n{after}")


def ours(index: BenchmarkIndex) -> Finder:
    """The items that `find_hits` names."""
    return lambda text: {f"{hit.benchmark} {hit.item}" for hit in find_hits(index, text)}


def thirteen_grams(items: Sequence[Item]) -> Finder:
    """Any run of 13 words that text and item share."""
    known: dict[tuple[str, ...], set[str]] = {}
    for item in items:
        for part in item.parts:
            found = words(part.lower())
            for at in range(len(found) - 12):
                known.setdefault(tuple(found[at : at + 13]), set()).add(f"{item.benchmark} {item.id}")

    def find(text: str) -> set[str]:
        found = words(text.lower())
        return {name for at in range(len(found) - 12) for name in known.get(tuple(found[at : at + 13]), ())}

    return find


def substrings(items: Sequence[Item]) -> Finder:
    """A whole part of 40 characters or more, white space and case aside."""
    parts = [(" ".join(part.lower().split()), f"{item.benchmark} {item.id}") for item in items for part in item.parts]

    def find(text: str) -> set[str]:
        flat = " ".join(text.lower().split())
        return {name for part, name in parts if len(part) >= 40 and part in flat}

    return find


def clean_sets() -> dict[str, list[str]]:
    """Texts that hold no item but by chance."""
    library = pieces(60_000)
    found = {
        "library pieces with code": [piece for piece in library if "def " in piece][: 4 * CLEAN : 4],
        "library pieces of prose": [piece for piece in library if "def " not in piece][: 4 * CLEAN : 4],
        "library functions": code_documents(CLEAN),
        "package functions, short ones too": package_functions(CLEAN),
    }
    if GOLD.exists():
        rows = [json.loads(line) for name in ("train", "test") for line in (GOLD / f"{name}.jsonl").open()]
        found["gold documents with code"] = [row["text"] for row in rows if "def " in row["text"]]
        found["gold documents without"] = [row["text"] for row in rows if "def " not in row["text"]]
    return found


def package_functions(count: int) -> list[str]:
    """Functions of three lines or more of this Python's packages, drawn by chance; no rule was ever chosen on them."""
    found: dict[str, None] = {}
    paths = sorted(Path(sysconfig.get_path("purelib")).rglob("*.py"))
    random.Random("package functions").shuffle(paths)
    for path in paths:
        source = path.read_text(encoding="utf-8", errors="ignore")
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError):
            continue
        lines = source.splitlines()
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for node in functions[:FROM_A_FILE]:
            end = node.end_lineno or 0
            if end - node.lineno >= 2:
                found[textwrap.dedent("\n".join(lines[node.lineno - 1 : end]))] = None
        if len(found) >= count:
            break
    return list(found)[:count]


def recall_of(finders: dict[str, Finder], items: Sequence[Item], clean: Sequence[str]) -> dict[str, dict[str, float]]:
    """{benchmark, strength: {finder: share of planted texts whose item it names}}."""
    rows: dict[str, dict[str, float]] = {}
    for benchmark in dict.fromkeys(item.benchmark for item in items):
        for alone in (False, True):
            for strength in STRENGTHS:
                rng = random.Random(f"{benchmark} {strength}")
                made = [
                    plant(item, strength, rng.choice(clean), rng, alone=alone)
                    for item in items
                    if item.benchmark == benchmark
                ]
                planted = [one for one in made if one is not None]
                if not planted or (alone and benchmark == "HumanEval"):
                    continue
                label = f"{benchmark} {'code alone' if alone else ''} {strength} ({len(planted)})".replace("  ", " ")
                rows[label] = {
                    name: round(sum(one.item in find(one.text) for one in planted) / len(planted), 4)
                    for name, find in finders.items()
                }
    return rows


def main() -> None:
    """Recall a strength and false hits a set, beside the baselines."""
    parser: argparse.ArgumentParser = options_of(__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    if not options.data.exists():
        show({"skipped": str(options.data)}, [f"skipped: there is no {options.data}"], as_json=options.json)
        return
    items = [item for name in FILES for item in read_benchmark(options.data / name)]
    begun = time.process_time()
    index = build_index(items)
    built = time.process_time() - begun
    finders = {"hornbook": ours(index), "13-gram": thirteen_grams(items), "substring": substrings(items)}
    clean = clean_sets()
    recall = recall_of(finders, items, clean["library pieces with code"][:500])
    false: dict[str, dict[str, float]] = {}
    speed: dict[str, float] = {}
    for name, texts in clean.items():
        row = false[f"{name} ({len(texts)})"] = {}
        begun = time.process_time()
        hits = [hits for low in range(0, len(texts), 256) for hits in find_all(index, texts[low : low + 256])]
        speed[name] = round(len(texts) / (time.process_time() - begun))
        row["hornbook"] = round(sum(map(bool, hits)) / len(texts), 5)
        row["13-gram"] = round(sum(bool(finders["13-gram"](text)) for text in texts) / len(texts), 5)
    lines = [f"{len(items)} items indexed in {built:.2f} s of CPU time", "", "Recall"]
    lines += [f"  {name:<44}" + "".join(f"{k} {v:<10}" for k, v in row.items()) for name, row in recall.items()]
    lines += ["", "Share of clean texts with a hit"]
    lines += [f"  {name:<44}" + "".join(f"{k} {v:<10}" for k, v in row.items()) for name, row in false.items()]
    lines += ["", *(f"{name}: {rate:,.0f} documents/s" for name, rate in speed.items())]
    figures: dict[str, object] = {"recall": recall, "false_hits": false, "documents_per_s": speed, "index_s": built}
    show(figures, lines, as_json=options.json)


if __name__ == "__main__":
    main()
