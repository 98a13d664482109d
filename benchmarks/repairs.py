"""How many repairs pass when the prompt says why a text fell short, beside the same repairs without the reasons.

Two writers, both through the prompt and the gates of a job. The offline explainer: its own texts that fall short under
gates tightened until enough do. A scripted endpoint: it takes a text that passes, puts one fault of known kind into it,
and when asked for a repair mends what it is told with probability MENDS; told nothing, it mends a kind it guesses, with
the same probability. So the scripted share with reasons can at most be MENDS, and falls short of it where a gate names
another fault than the one that is there. Nothing is said about a real model: `hornbook recipes try` asks one.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.adapters.sandbox import Sandbox
from app.domain.examining import Tried
from app.domain.planning import Arm
from app.domain.pricing import OFFLINE_MODEL
from app.domain.prompts import Draw
from app.domain.recipes.codetextbook import CODETEXTBOOK
from app.domain.recipes.recipe import Recipe
from app.domain.records import Kind
from app.explainer.completion import complete, read_chat
from app.explainer.prompt import parse_prompt
from app.services import trying
from app.services.trying import Asked
from benchmarks.documents import EXAMPLES

DRAWS = 2
"""Texts asked for of each seed and writer."""
MENDS = 0.8
"""Probability that the scripted endpoint mends what it tries to mend."""
STRICT = {"gates": {"edu_min": 2.5, "fidelity_recall": 0.5, "ease_min": 65.0}}
"""Gates that the explainer often falls short of."""
FAULTS = {
    "preamble": frozenset({"preamble"}),
    "unsupported": frozenset({"unsupported"}),
    "contradicted": frozenset({"contradicted", "unsupported", "changed_code"}),
    "too_short": frozenset({"too_short", "lost_facts"}),
}
"""{what is put in: reason codes that name it}."""
NAMES = "Moreover, Berlin, Zanzibar, Einstein, Toyota, Neptune and Brazil took 4711 kg and 98765 litres of it."


@dataclass(frozen=True)
class Seed:
    """What a text is asked about."""

    text: str
    kind: Kind


def seeds() -> list[Seed]:
    """The example corpus."""
    rows = [json.loads(line) for line in EXAMPLES.read_text().splitlines()]
    return [Seed(row["text"], Kind(row["kind"])) for row in rows]


def explain(asked: Asked) -> str:
    """The offline explainer's answer."""
    return complete(read_chat(asked.request.body())).text


def spoil(text: str, fault: str, seed: str) -> str:
    """The text with one fault put in."""
    match fault:
        case "preamble":
            return f"Sure! Here is the text you asked for:\n\n{text}"
        case "unsupported":
            return f"{text}\n\n{NAMES}"
        case "contradicted":
            return _other_number(text, seed)
        case _:
            return " ".join(text.split()[:12]) + "."


def _other_number(text: str, seed: str) -> str:
    """A number of the seed is another in the text; the text itself where they share none."""
    for word in text.split():
        digits = word.strip(".,;:()`'\"")
        if digits.isdecimal() and digits in seed:
            return text.replace(digits, str(int(digits) + 37))
    return text


def passes(tried: Tried) -> bool:
    """Whether no gate refuses it."""
    return all(found.reason is None for found in tried.gates)


def first_reason(tried: Tried) -> str:
    """Why it is dropped."""
    return next((found.reason for found in tried.gates if found.reason is not None), "")


def draws(recipe: Recipe, rng: random.Random) -> Iterator[tuple[Seed, Draw]]:
    """DRAWS ways to ask about every seed."""
    for seed in seeds():
        for arm in rng.sample(recipe.arms, DRAWS):
            yield seed, Draw(Arm(arm.format, arm.audience, arm.constraint), seed.kind, rng.randrange(2**31 - 1))


class Tally:
    """Repairs that passed, by reason, with and without the reasons in the prompt."""

    def __init__(self) -> None:
        self.passed: dict[str, Counter[str]] = defaultdict(Counter)
        self.asked: Counter[str] = Counter()

    def add(self, reason: str, **passed: bool) -> None:
        """Count one text that was repaired both ways."""
        self.asked[reason] += 1
        for way, did in passed.items():
            self.passed[way][reason] += did

    def show(self, title: str) -> None:
        """A table."""
        count = self.asked.total()
        print(f"\n{title}: {count} repairs")
        for reason, asked in [*sorted(self.asked.items()), ("all", count)]:
            cells = []
            for way in ("told", "untold"):
                did = self.passed[way].total() if reason == "all" else self.passed[way][reason]
                low, high = wilson(did, asked)
                cells.append(f"{way} {did / max(1, asked):5.1%} ({low:.0%} to {high:.0%})")
            print(f"  {reason:16} n {asked:4}  " + "   ".join(cells))


def wilson(did: int, count: int) -> tuple[float, float]:
    """95 % limits of a share."""
    if not count:
        return 0.0, 1.0
    z, share = 1.96, did / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * (share * (1 - share) / count + z * z / (4 * count * count)) ** 0.5 / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def by_explainer(sandbox: Sandbox) -> Tally:
    """The explainer repairs its own texts."""
    recipe, tally, rng = replace(CODETEXTBOOK, settings=dict(STRICT)), Tally(), random.Random("explainer")
    for seed, draw in draws(recipe, rng):
        asked = trying.ask(recipe, draw, seed.text, model=OFFLINE_MODEL)
        text = explain(asked)
        tried = trying.judge(sandbox, recipe, asked, text)
        again = trying.repair_of(draw, tried)
        if again is None:
            continue
        again = replace(again, rng_seed=rng.randrange(2**31 - 1))
        found = {}
        for way, told in (("told", again), ("untold", replace(again, fell_short=()))):
            repair = trying.ask(recipe, told, seed.text, model=OFFLINE_MODEL, earlier=text)
            found[way] = passes(trying.judge(sandbox, recipe, repair, explain(repair)))
        tally.add(first_reason(tried), **found)
    return tally


def by_script(sandbox: Sandbox) -> Tally:
    """The scripted endpoint repairs what it spoiled."""
    recipe, tally, rng = CODETEXTBOOK, Tally(), random.Random("script")
    for number, (seed, draw) in enumerate(draws(recipe, rng)):
        asked = trying.ask(recipe, draw, seed.text, model=OFFLINE_MODEL)
        clean, fault = explain(asked), sorted(FAULTS)[number % len(FAULTS)]
        spoiled = spoil(clean, fault, seed.text)
        if not passes(trying.judge(sandbox, recipe, asked, clean)):
            continue
        again = trying.repair_of(draw, trying.judge(sandbox, recipe, asked, spoiled))
        if again is None:
            continue
        luck, guess = rng.random(), rng.choice(sorted(FAULTS))
        found = {}
        for way, told in (("told", again), ("untold", replace(again, fell_short=()))):
            repair = trying.ask(recipe, told, seed.text, model=OFFLINE_MODEL, earlier=spoiled)
            reasons = {one.code for one in parse_prompt(repair.request.messages[1].content).shortfalls}
            right = bool(reasons & FAULTS[fault]) if reasons else guess == fault
            answer = clean if right and luck < MENDS else spoiled
            found[way] = passes(trying.judge(sandbox, recipe, repair, answer))
        tally.add(fault, **found)
    return tally


def main() -> None:
    """Both writers."""
    with Sandbox(wall_s=60.0) as sandbox:
        by_explainer(sandbox).show("Offline explainer, stricter gates")
        by_script(sandbox).show(f"Scripted endpoint, mends what it tries to mend in {MENDS:.0%}")


if __name__ == "__main__":
    main()
