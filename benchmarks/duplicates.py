"""Near-duplicates injected into real text: recall, precision, documents a second and memory, beside two libraries.

    python -m benchmarks.duplicates [--documents 20000] [--json]

Every searcher gets the same texts, in a process of its own, and reports pairs. A text's tokens are made anew by each:
ours by bytes, theirs as they like them best: the 5-word shingles as strings (datasketch), as strings and as ready
64-bit hashes made by our tokeniser (rensa). What is true is told by sets of word tuples, which nobody else uses.
Recall is over injected pairs with a true Jaccard index of 0.8 or more, precision over all reported pairs. Time is CPU
time of one core; memory is the peak above the texts themselves.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np

from app.adapters.shingle_file import ShingleFile
from app.domain import dedup
from app.domain.dedup_index import SignatureIndex
from app.domain.hashed_words import chunks, hash_texts
from app.domain.text import words
from benchmarks.injected import inject, pieces
from benchmarks.stage import options_of, show

THRESHOLD = 0.8
SHOWN = ("documents_per_s", "recall", "precision", "precision_at_0.6", "bytes_per_document")
Pairs = list[tuple[int, int]]


def ours(texts: list[str]) -> Pairs:
    """Signatures in memory, shingles on disk, candidates confirmed: as `hornbook duplicates` does it."""
    parts, digests = [], []
    with ShingleFile() as kept:
        for chunk in chunks(texts):
            found = dedup.shingles(hash_texts(chunk))
            kept.append(found)
            parts.append(dedup.signatures_of(found))
            digests.append(found.digests())
        signed, told = np.concatenate(parts), np.concatenate(digests)
        group = dedup.near_duplicates(signed, kept.jaccard, threshold=THRESHOLD, digests=told)
    return [(int(first), doc) for doc, first in enumerate(group) if first != doc]


def _shingle_strings(texts: list[str]) -> Iterator[list[str]]:
    for text in texts:
        found = words(text.lower())
        yield list({" ".join(found[i : i + 5]) for i in range(max(1, len(found) - 4))})


def datasketch(texts: list[str]) -> Pairs:
    """MinHashLSH with 128 permutations, its default, filled one by one from the bulk generator."""
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415  # only this child needs it

    lsh = MinHashLSH(threshold=THRESHOLD, num_perm=128)
    sets = ([shingle.encode() for shingle in found] for found in _shingle_strings(texts))
    pairs: Pairs = []
    for place, sketch in enumerate(MinHash.generator(sets, num_perm=128)):
        pairs += [(other, place) for other in lsh.query(sketch)]
        lsh.insert(place, sketch)
    return pairs


def rensa(texts: list[str]) -> Pairs:
    """RMinHash of shingle strings and its LSH, 128 permutations in 16 bands, estimates of 0.8 and more."""
    from rensa import RMinHash, RMinHashLSH  # noqa: PLC0415  # only this child needs it

    lsh = RMinHashLSH(THRESHOLD, 128, 16)
    pairs: Pairs = []
    for place, found in enumerate(_shingle_strings(texts)):
        sketch = RMinHash(128, 42)
        sketch.update(found)
        pairs += [(other, place) for other in lsh.query(sketch)]
        lsh.insert(place, sketch)
    return pairs


def rensa_hashed(texts: list[str]) -> Pairs:
    """The same with our tokeniser's shingle hashes, 64 permutations, our bands and our exact check."""
    from rensa import RMinHash  # noqa: PLC0415  # only this child needs it

    parts = []
    with ShingleFile() as kept:
        for chunk in chunks(texts):
            found = dedup.shingles(hash_texts(chunk))
            kept.append(found)
            sets = [found.value[a:b].tolist() for a, b in zip(found.first[:-1], found.first[1:], strict=True)]
            rows = RMinHash.digest_matrix_from_token_hash_sets(sets, 64, 42).to_rows()
            parts.append(np.array(rows, dtype=np.uint32))
        group = dedup.near_duplicates(np.concatenate(parts), kept.jaccard, threshold=THRESHOLD)
    return [(int(first), doc) for doc, first in enumerate(group) if first != doc]


SEARCHERS: dict[str, Callable[[list[str]], Pairs]] = {
    "hornbook": ours,
    "datasketch": datasketch,
    "rensa": rensa,
    "rensa on our hashes": rensa_hashed,
}


def true_jaccard(a: str, b: str) -> float:
    """By sets of word tuples."""
    one, two = ({tuple(w[i : i + 5]) for i in range(max(1, len(w) - 4))} for w in (words(a.lower()), words(b.lower())))
    return len(one & two) / len(one | two)


def child(name: str, count: int) -> None:
    """Run one searcher and print what it found, in seconds and bytes."""
    texts = inject(pieces(count)).texts
    SEARCHERS[name](texts[:500])  # imports and warms up
    # Linux: makes the peak start anew, for cutting up the texts took more than the search.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before, begun = _memory("VmRSS"), time.process_time()
    pairs = SEARCHERS[name](texts)
    print(json.dumps({"pairs": pairs, "cpu_s": time.process_time() - begun, "bytes": _memory("VmHWM") - before}))


def _memory(name: str) -> int:
    """Bytes of this process: now (VmRSS) or at most since the last reset (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def judge(name: str, count: int) -> dict[str, float]:
    """The figures of one searcher."""
    command = [sys.executable, "-m", "benchmarks.duplicates", "--child", name, "--documents", str(count)]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    data = inject(pieces(count))
    together = _components(found["pairs"], len(data.texts))
    near = [(a, b) for a, b, _ in data.doubles if true_jaccard(data.texts[a], data.texts[b]) >= THRESHOLD]
    true = np.array([true_jaccard(data.texts[a], data.texts[b]) for a, b in found["pairs"]])
    return {
        "documents_per_s": round(len(data.texts) / found["cpu_s"]),
        "recall": round(float(np.mean([together[a] == together[b] for a, b in near])), 4),
        "precision": round(float((true >= THRESHOLD).mean()), 4),
        "precision_at_0.6": round(float((true >= 0.6).mean()), 4),
        "pairs_reported": len(true),
        "injected_at_0.8": len(near),
        "bytes_per_document": round(found["bytes"] / len(data.texts)),
    }


def _components(pairs: Pairs, size: int) -> list[int]:
    neighbours: defaultdict[int, list[int]] = defaultdict(list)
    for a, b in pairs:
        neighbours[a].append(b)
        neighbours[b].append(a)
    label = list(range(size))
    seen = [False] * size
    for doc in range(size):
        stack = [] if seen[doc] else [doc]
        while stack:
            at = stack.pop()
            seen[at], label[at] = True, doc
            stack += [other for other in neighbours[at] if not seen[other]]
    return label


def order_and_rounds(count: int) -> dict[str, float]:
    """Whether a shuffled set has the same groups, and what a pool index costs that grows by rounds."""
    texts = inject(pieces(count)).texts
    found = dedup.shingles(hash_texts(texts))
    signed = dedup.signatures_of(found)
    told = found.digests()
    groups = dedup.near_duplicates(signed, found.jaccard, digests=told)
    order = np.random.default_rng(0).permutation(len(texts))
    again = dedup.near_duplicates(
        signed[order], lambda a, b: found.jaccard(int(order[a]), int(order[b])), digests=told[order]
    )
    back = np.empty_like(again)
    back[order] = order[again]
    same = {tuple(np.flatnonzero(groups == g)) for g in set(groups.tolist())} == {
        tuple(np.flatnonzero(back == g)) for g in set(back.tolist())
    }
    many = np.tile(signed, (5, 1)) ^ np.repeat(np.arange(5, dtype=np.uint32), len(signed))[:, None]
    ids = np.arange(len(many), dtype=np.int64)
    begun = time.process_time()
    index = SignatureIndex.build(ids[:-1000], many[:-1000])
    built, begun = time.process_time() - begun, time.process_time()
    index = index.add(ids[-1000:], many[-1000:])
    added, begun = time.process_time() - begun, time.process_time()
    blob = index.to_bytes()
    SignatureIndex.from_bytes(blob)
    return {
        "same_groups_when_shuffled": float(same),
        "pool_of": len(many),
        "build_s": round(built, 3),
        "add_1000_s": round(added, 3),
        "restart_s": round(time.process_time() - begun, 3),
        "stored_bytes_per_document": round(len(blob) / len(many)),
    }


def main() -> None:
    """Every searcher, then order and rounds."""
    parser: argparse.ArgumentParser = options_of(__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.documents)
        return
    figures: dict[str, object] = {}
    lines = [f"{'searcher':<22}" + "".join(f"{name:>20}" for name in SHOWN)]
    for name in SEARCHERS:
        found = judge(name, options.documents)
        label = name if name == "hornbook" else f"{name} {version(name.split()[0])}"
        figures[label] = found
        lines.append(f"{label:<22}" + "".join(f"{found[key]:>20}" for key in SHOWN))
    figures["index"] = rounds = order_and_rounds(options.documents)
    lines += ["", *(f"{key}: {value}" for key, value in rounds.items())]
    show(figures, lines, as_json=options.json)


if __name__ == "__main__":
    main()
