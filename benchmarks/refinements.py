"""How many refinements of kept texts pass every gate and are better, beside asking anew without any feedback.

A text that passes and reads harder than BOUND is asked for once more in three ways: told (its text and what it falls
short in, as a job does), untold (its text alone), anew (another draw of the same arm, nothing shown). What counts is
`app/domain/refinements.py`: a lower school grade, and every gate passed. Two writers: the offline explainer, and a
scripted one that knows TEXTS texts about each seed. Told that its text is too hard it gives one of its easier ones with
probability MENDS; else it gives any. Nothing is said about a real model: a job's plan and funnel tell that.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.adapters.sandbox import Sandbox
from app.domain.planning import Arm
from app.domain.pricing import OFFLINE_MODEL
from app.domain.prompts import Draw
from app.domain.recipes.codetextbook import CODETEXTBOOK as RECIPE
from app.domain.refinements import Kept, refinable
from app.domain.targets import Check
from app.explainer.prompt import parse_prompt
from app.services import trying
from app.services.trying import Asked
from benchmarks.repairs import MENDS, Seed, explain, passes, seeds, wilson

BOUND = 6.0
"""The school grade that is wanted; the explainer's texts about the example corpus have 7 in the middle."""
TEXTS = 6
"""Texts that the scripted writer knows about a seed, by the explainer in as many arms."""
SHORT = Check("grade_p90", BOUND + 1, BOUND, "<=", holds=False, progress=0.9)
WAYS = ("told", "untold", "anew")


@dataclass(frozen=True)
class Written:
    """A text that passes every gate."""

    draw: Draw
    text: str
    grade: float


def written(sandbox: Sandbox, asked: Asked, text: str) -> Written | None:
    """The text with its grade; None where a gate refuses it."""
    tried = trying.judge(sandbox, RECIPE, asked, text)
    if not passes(tried):
        return None
    grade = next(gate.scores["grade"] for gate in tried.gates if "grade" in gate.scores)
    return Written(asked.draw, text, grade)


def refining(earlier: Written, rng: random.Random) -> dict[str, tuple[Draw, str | None]]:
    """{way: the draw, and the text that it shows}."""
    figures = {"grade": earlier.grade, "ease": 0.0, "list_coverage": 0.0, "edu_score": 0.0}
    (found,) = refinable([Kept(1, 1, earlier.draw.arm, figures)], [SHORT], edu_under=None, depth=1)
    again = replace(earlier.draw, rng_seed=rng.randrange(2**31 - 1))
    return {
        "told": (replace(again, fell_short=found.fell_short, refines=True), earlier.text),
        "untold": (replace(again, refines=True), earlier.text),
        "anew": (again, None),
    }


class Tally:
    """Refinements by kind of seed: how many passed, and how many were better too."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.passed: dict[str, Counter[str]] = defaultdict(Counter)
        self.better: dict[str, Counter[str]] = defaultdict(Counter)
        self.gained: dict[str, float] = defaultdict(float)

    def add(self, kind: str, earlier: Written, made: dict[str, Written | None]) -> None:
        """Count one text that was asked for in all ways."""
        self.asked[kind] += 1
        for way, new in made.items():
            if new is not None:
                self.passed[way][kind] += 1
                self.better[way][kind] += new.grade < earlier.grade
                self.gained[way] += max(0.0, earlier.grade - new.grade)

    def show(self, title: str) -> None:
        """A table."""
        count = self.asked.total()
        print(f"\n{title}: {count} texts over grade {BOUND:g}")
        for kind, asked in [*sorted(self.asked.items()), ("all", count)]:
            for way in WAYS:
                better, passed = (
                    tally[way].total() if kind == "all" else tally[way][kind] for tally in (self.better, self.passed)
                )
                low, high = wilson(better, asked)
                gained = f"   {self.gained[way] / max(1, count):.2f} grades a call" if kind == "all" else ""
                print(
                    f"  {kind:6} n {asked:4}  {way:7} pass {passed / max(1, asked):6.1%}   "
                    f"pass and better {better / max(1, asked):6.1%} ({low:.0%} to {high:.0%}){gained}"
                )


def texts(sandbox: Sandbox, rng: random.Random) -> Iterator[tuple[Seed, list[Written]]]:
    """Every seed with the explainer's texts about it that pass, in TEXTS arms."""
    for seed in seeds():
        draws = [
            Draw(Arm(arm.format, arm.audience, arm.constraint), seed.kind, rng.randrange(2**31 - 1))
            for arm in rng.sample(RECIPE.arms, TEXTS)
        ]
        asked = [trying.ask(RECIPE, draw, seed.text, model=OFFLINE_MODEL) for draw in draws]
        found = [written(sandbox, one, explain(one)) for one in asked]
        yield seed, [one for one in found if one is not None]


def scripted(asked: Asked, earlier: Written, known: list[Written], luck: float, rng: random.Random) -> str:
    """What the scripted writer gives."""
    told = parse_prompt(asked.request.messages[1].content).shortfalls
    easier = [one for one in known if one.grade < earlier.grade]
    if told and easier and luck < MENDS:
        return rng.choice(easier).text
    return rng.choice(known).text


def main() -> None:
    """Both writers."""
    explainer, script = Tally(), Tally()
    rng = random.Random("refinements")
    with Sandbox(wall_s=120.0) as sandbox:
        for seed, known in texts(sandbox, rng):
            hard = [one for one in known if one.grade > BOUND]
            if not hard:
                continue
            earlier, luck = rng.choice(hard), rng.random()
            made: dict[str, tuple[Written | None, Written | None]] = {}
            for way, (draw, shown) in refining(earlier, rng).items():
                asked = trying.ask(RECIPE, draw, seed.text, model=OFFLINE_MODEL, earlier=shown)
                chosen = scripted(asked, earlier, known, luck, rng)
                made[way] = (written(sandbox, asked, explain(asked)), written(sandbox, asked, chosen))
            explainer.add(seed.kind.value, earlier, {way: both[0] for way, both in made.items()})
            script.add(seed.kind.value, earlier, {way: both[1] for way, both in made.items()})
    explainer.show("Offline explainer")
    script.show(f"Scripted writer, gives an easier text in {MENDS:.0%} where it is told and knows one")


if __name__ == "__main__":
    main()
