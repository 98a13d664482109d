"""What it takes to plan a million stories from a word list, and how evenly the words and features come.

    python -m benchmarks.draws [--json] [--quick]

Draws are made from `examples/words.csv` as a job makes them: each is turned into what its unit's row holds and let go.
Each size runs in a process of its own, whose peak memory is told beside that of one that draws nothing; `rows` also
writes them into a real Postgres, as a round does. The baseline is what a script would do: `random` for each draw, all
kept in a list. Chi-square is that of the counts of the words of a part of speech against equal counts; `p` is the
chance of counts at least as unequal if each draw were independent: near 1 means more even than chance, as words are
dealt from shuffled decks, and near 0 would mean bias. `pairs` says the same of noun and verb together, in 32 x 32
cells: decks must not run in step.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.stats import chi2
from sqlalchemy import text

from app.db import migrate
from app.db.session import engine_of, transaction
from app.domain.config import JobConfig
from app.domain.draws import Draws, Offer
from app.domain.planning import Plan
from app.domain.recipes.tinystories import TINYSTORIES
from app.domain.records import JobId
from app.embedded.services import EmbeddedServices
from app.services import planning
from app.services.planning import Board
from benchmarks.stage import Load, options_of, show
from tests.integration.loop_world import add_job

WORDS = Path(__file__).parents[1] / "examples" / "words.csv"
SIZES = (0, 100_000, 1_000_000)
"""A job draws at least once, so the first is one draw."""
CELLS = 32
EVEN = ("what", "kinds", "least", "most", "chi_square", "freedom", "p")
LIMIT_S = 60.0


def _board() -> Board:
    words: dict[str, list[tuple[int, str]]] = {}
    for number, line in enumerate(WORDS.read_text().splitlines()[1:]):
        word, part = line.split(",")
        words.setdefault(part, []).append((number, word))
    return Board([], {}, [], {}, words)


def _draws(board: Board, count: int) -> Draws:
    offer = Offer(
        {part: len(words) for part, words in board.words.items()},
        TINYSTORIES.arms,
        TINYSTORIES.features,
        TINYSTORIES.openings,
    )
    return Draws(offer, rng_seed=0, first=0, count=count)


def _plan(count: int) -> tuple[Board, Plan, JobConfig]:
    """A round's plan as a job makes it."""
    config = JobConfig(recipe="tinystories", draws=max(1, count), max_rounds=1)
    board = _board()
    return board, planning.make_plan(board, config, number=1, approved=Counter(), short=frozenset()), config


def _dealt(count: int) -> Iterator[int]:
    """Every draw as its row would be, let go at once; a digest of it."""
    board, plan, config = _plan(count)
    sizes: dict[int, int] = {}
    for place, call in enumerate(plan.calls):
        row = planning._unit(place, call, config, TINYSTORIES, board, sizes)
        yield hash((tuple(row.payload["words"]), tuple(row.payload["features"]), row.payload["opening"], call.arm))


def _naive(count: int) -> list[dict[str, object]]:
    """What a script would do."""
    rng, board = random.Random(0), _board()
    kept: list[dict[str, object]] = []
    for _ in range(count):
        words = [rng.choice(board.words[part])[1] for part in ("noun", "verb", "adjective")]
        features = rng.sample(TINYSTORIES.features, rng.randrange(3))
        kept.append({"words": words, "features": features, "seed": rng.randrange(2**31)})
    return kept


def _one(way: str, count: int, url: str) -> None:
    """A size in this process, told as JSON."""
    started, made = time.perf_counter(), 0
    if way == "naive":
        made = len(_naive(count))
    elif way == "rows":
        made = _written(count, url)
    else:
        made = sum(1 for _ in _dealt(count))
    seconds = time.perf_counter() - started
    assert made == max(count, way != "naive")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"way": way, "draws": count, "seconds": round(seconds, 2), "peak_mb": round(peak, 1)}))


def _written(count: int, url: str) -> int:
    """The rows of a round, in one transaction as a worker writes them."""
    board, plan, config = _plan(count)
    with transaction(engine_of(url)) as session:
        job_id = JobId(add_job(session, seeds=1, config=config))
        return planning.write_plan(session, job_id, config, board, plan, number=1)


def _measured(way: str, count: int, url: str = "") -> dict[str, object]:
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.draws", "--one", way, str(count), url], stdout=subprocess.PIPE, check=True
    )
    told = json.loads(found.stdout)
    assert isinstance(told, dict)
    return told


def _stored(count: int, url: str) -> dict[str, object]:
    """The same with rows, in a database without others."""
    with transaction(engine_of(url)) as session:
        session.execute(text("TRUNCATE corpora CASCADE"))
    return _measured("rows", count, url)


def _evenness(count: int) -> list[dict[str, object]]:
    """Chi-square of everything that is drawn."""
    board = _board()
    draws = _draws(board, count)
    parts = list(draws.offer.parts)
    places = np.array([[call.words[part] for part in parts] for call in draws])
    rows = [
        _chi_square(f"{part}s", np.bincount(places[:, at], minlength=draws.offer.parts[part]))
        for at, part in enumerate(parts)
    ]
    shares = [places[:, parts.index(part)] * CELLS // draws.offer.parts[part] for part in ("noun", "verb")]
    # In cells of unlike size the parts' own counts say what to expect.
    cells = np.bincount(shares[0] * CELLS + shares[1], minlength=CELLS**2).reshape(CELLS, CELLS)
    expected = np.outer(cells.sum(axis=1), cells.sum(axis=0)) / count
    value, freedom = float(((cells - expected) ** 2 / expected).sum()), (CELLS - 1) ** 2
    rows.append(_row("pairs of noun and verb", cells.ravel(), value, freedom))
    told = draws.summary()
    for name in ("features", "features_a_draw", "openings", "arms"):
        counts = told[name]
        assert isinstance(counts, dict)
        rows.append(_chi_square(name, np.array(list(counts.values()))))
    same = Counter(map(tuple, places.tolist()))
    rows.append({"what": "combinations of three words", "kinds": len(same), "most": max(same.values())})
    return rows


def _chi_square(what: str, counts: np.ndarray) -> dict[str, object]:
    expected = counts.sum() / len(counts)
    return _row(what, counts, float(((counts - expected) ** 2 / expected).sum()), len(counts) - 1)


def _row(what: str, counts: np.ndarray, value: float, freedom: int) -> dict[str, object]:
    return {
        "what": what,
        "kinds": len(counts),
        "least": int(counts.min()),
        "most": int(counts.max()),
        "chi_square": round(value, 2),
        "freedom": freedom,
        "p": round(float(chi2.sf(value, freedom)), 4),
    }


def main() -> None:
    """All sizes, and how even the largest is."""
    if "--one" in sys.argv:
        way, count, url = sys.argv[sys.argv.index("--one") + 1 :]
        _one(way, int(count), url)
        return
    parser = options_of(__doc__)
    parser.add_argument("--quick", action="store_true", help="without the million")
    options = parser.parse_args()
    sizes = SIZES[:-1] if options.quick else SIZES
    load = Load()
    planning_rows = [_measured(way, size) for way in ("planned", "naive") for size in sizes]
    with tempfile.TemporaryDirectory() as root:
        services = EmbeddedServices(Path(root) / "home")
        try:
            url, _ = services.start_databases()
            migrate.upgrade(url)
            planning_rows += [_stored(size, url) for size in sizes]
        finally:
            services.stop()
    even = _evenness(sizes[-1])
    figures = {"planning": planning_rows, "evenness": even, "limit_s": LIMIT_S, "machine": load.figures()}
    lines = [
        "| way | draws | seconds | peak memory, MB |",
        *(f"| {r['way']} | {r['draws']:,} | {r['seconds']} | {r['peak_mb']} |" for r in planning_rows),
        "",
        f"Of {sizes[-1]:,} draws:",
        "| what | kinds | fewest | most | chi-square | freedom | p |",
        *(f"| {' | '.join(str(r.get(name, '')) for name in EVEN)} |" for r in even),
    ]
    show(figures, lines, as_json=options.json)


if __name__ == "__main__":
    main()
