"""What the gate of exercises lets through, on exercises that are known to be good and on the same ones spoilt.

    python -m benchmarks.exercises [--json]

Every function that the offline explainer knows, twice. `clean`: as written; a refusal is a false alarm. `fault`: one
fault of `mutants` in the solution, with the tests of the right one. `wrong test`: one test states another value.
`three tests`: all but the first three tests are gone. `same test`: every test is the first one, five times over,
beside two good examples; `odd case alone`: the better example is gone too. The baseline is what is commonly done: run
the tests, count as verified what passes. It is the same gate with no score asked of mutants, so the difference is
what mutants are worth; tests that notice no fault at all are what it cannot see. CPU is that of one exercise through
the gate.
"""

import ast
import random
import re
import time
from collections.abc import Callable

from app.domain.exercise_gate import check_exercise
from app.domain.fences import split_fences
from app.domain.gate_config import Exercises
from app.domain.mutants import mutants_of
from app.explainer.exercise_writer import known_names, write_exercise
from app.explainer.prompt import Prompt
from app.explainer.voice import Level, Voice
from benchmarks.stage import options_of, show

TIMES = 2
Spoil = Callable[[str, random.Random], str]


def _clean(text: str, _rng: random.Random) -> str:
    return text


def _fault(text: str, rng: random.Random) -> str:
    solution = split_fences(text).blocks[0][1]
    mutant = rng.choice(mutants_of(ast.parse(solution), most=100))
    return text.replace(solution.rstrip("\n"), ast.unparse(mutant.tree))


def _wrong_test(text: str, rng: random.Random) -> str:
    tests = _tests(text)
    spoilt = rng.choice(tests)
    left, sign, right = re.fullmatch(r"(.*) (==|is) (.*)", spoilt).groups()  # type: ignore[union-attr]  # as written
    value = ast.literal_eval(right)
    other = not value if isinstance(value, bool) else [*value, 1] if isinstance(value, list) else "another"
    return text.replace(spoilt, f"{left} {sign.replace('is', '==')} {other!r}")


def _three(text: str, _rng: random.Random) -> str:
    return _with_tests(text, _tests(text)[:3])


def _same(text: str, _rng: random.Random) -> str:
    return _with_tests(text, _tests(text)[:1] * 5)


def _odd_alone(text: str, rng: random.Random) -> str:
    """The first example goes too; what is left is the odd case, such as the empty list."""
    return re.sub(r"    >>> .*\n.*\n", "", _same(text, rng), count=1)


def _tests(text: str) -> list[str]:
    return split_fences(text).blocks[1][1].strip().split("\n")


def _with_tests(text: str, tests: list[str]) -> str:
    return text.replace("\n".join(_tests(text)), "\n".join(tests))


SPOILS: dict[str, Spoil] = {
    "clean": _clean,
    "fault": _fault,
    "wrong test": _wrong_test,
    "three tests": _three,
    "same test": _same,
    "odd case alone": _odd_alone,
}


def _row(name: str, spoil: Spoil) -> dict[str, object]:
    rng = random.Random(7)
    counts = {"refused": 0, "by tests alone": 0}
    scores: list[float] = []
    cpu, total = 0.0, 0
    for number in range(TIMES):
        for function in known_names():
            voice = Voice(random.Random(f"{number}/{function}"), tuple(Level)[number % 3])
            text = spoil(write_exercise(voice, Prompt(words=(function,))), rng)
            found: dict[str, float] = {}
            begun = time.process_time()
            counts["refused"] += check_exercise(text, function, Exercises(), found) is not None
            cpu += time.process_time() - begun
            counts["by tests alone"] += check_exercise(text, function, Exercises(mutation_score=0), {}) is not None
            scores += [found["mutation_score"]] if "mutation_score" in found else []
            total += 1
    return {
        "what": name,
        "exercises": total,
        **{key: round(count / total, 4) for key, count in counts.items()},
        "mutation_score": round(sum(scores) / len(scores), 3) if scores else None,
        "cpu_ms": round(1000 * cpu / total, 2),
    }


def main() -> None:
    """A row for each way to spoil an exercise."""
    options = options_of(__doc__).parse_args()
    rows = [_row(name, spoil) for name, spoil in SPOILS.items()]
    names = list(rows[0])
    lines = [f"| {' | '.join(names)} |", *(f"| {' | '.join(str(row[name]) for name in names)} |" for row in rows)]
    show({"rows": rows}, lines, as_json=options.json)


if __name__ == "__main__":
    main()
