"""What the gates of the two passes over code let through: answers that are right, and answers with one planted fault.

A scripted writer betters code of the gold set and of the examples as a careful model would: it names short variables,
writes docstrings and type hints, and loops written otherwise where that is sure; for the self-contained pass it puts
back imports that the seed was robbed of. Told are the share of right answers that are refused, by reason, and of each
class of fault the share that is caught. Faults of behaviour are told apart by whether the interpreter could compare
every function of the seed. Some mutants do what the original does, so not all can be caught.
The baseline is the gate of explanations alone, which asks only whether code parses and how hard it is.

Says nothing about a real model, nor about two passes against one: `hornbook recipes try --passes` asks one.
"""

import ast
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.domain import code, code_names, drafts
from app.domain.behaviour import compare_code
from app.domain.code import UnparseableCodeError
from app.domain.mutants import mutants_of
from app.domain.recipes.recipe import Pass
from benchmarks.documents import EXAMPLES

GOLD = Path(__file__).resolve().parents[2] / "shared" / "gold"
MARK = "0123abcd"
MUTANTS = 3
"""Behaviour faults planted into one right answer."""
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


@dataclass(frozen=True)
class Case:
    """One answer to a pass."""

    stage: Pass
    fault: str
    """Empty: it is right."""
    seed: str
    answer: str
    compared: bool = True
    """Whether the interpreter can compare the functions of the seed."""


def sources() -> list[str]:
    """Python sources that a pass can be asked about."""
    files = [EXAMPLES, *sorted(GOLD.glob("*.jsonl"))]
    texts = [
        json.loads(line)["text"]
        for file in files
        if file.exists()
        for line in file.read_text("utf-8").split("\n")
        if line
    ]
    usable = [text for text in dict.fromkeys(texts) if len(text) < 6_000 and drafts.improvable(text)]
    return [text for text in usable if any(isinstance(n, ast.FunctionDef) for n in ast.parse(text).body)]


class _Restyle(ast.NodeTransformer):
    """Longer names for short local variables, docstrings and type hints; what runs stays the same."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        if ast.get_docstring(node) is None:
            node.body.insert(0, ast.Expr(ast.Constant(f"Work on {node.name}.")))
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            if argument.annotation is None and argument.arg not in ("self", "cls"):
                argument.annotation = ast.Name("object", ast.Load())
        node.returns = node.returns or ast.Name("object", ast.Load())
        short = {
            n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and len(n.id) < 3
        }
        nested = any(
            isinstance(n, ast.FunctionDef | ast.Lambda | ast.ClassDef) for n in ast.walk(node) if n is not node
        )
        shared = {name for n in ast.walk(node) if isinstance(n, ast.Global | ast.Nonlocal) for name in n.names}
        taken = {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)} | shared
        if not nested:
            names = {name: f"{name.strip('_') or 'item'}_value" for name in short - taken}
            for part in ast.walk(node):
                if isinstance(part, ast.Name) and part.id in names:
                    part.id = names[part.id]
        return node


def restyled(source: str) -> str | None:
    """The source in better style; None where nothing is left to better."""
    text = ast.unparse(ast.fix_missing_locations(_Restyle().visit(ast.parse(source))))
    return text + "\n" if "Work on" in text or ": object" in text or "-> object" in text else None


def robbed(source: str) -> tuple[str, str] | None:
    """(the source without its imports of the standard library, the source), if it is self-contained with them."""
    tree = ast.parse(source)
    imports = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    if not imports or code_names.foreign_imports(tree) or code_names.unresolved_names(source):
        return None
    lines = source.split("\n")
    gone = {line for node in imports for line in range(node.lineno - 1, node.end_lineno or node.lineno)}
    left = "\n".join(line for place, line in enumerate(lines) if place not in gone)
    return (left, source) if drafts.improvable(left) and code_names.unresolved_names(left) else None


def fenced(text: str) -> str:
    return f"```python\n{text.strip()}\n```"


def _without_function(text: str) -> str | None:
    tree = ast.parse(text)
    functions = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
    if not functions or len(tree.body) < 2:
        return None
    tree.body.remove(functions[-1])
    return ast.unparse(tree)


def _renamed(text: str) -> str | None:
    found = re.search(r"^def (\w+)\(", text, re.MULTILINE)
    return re.sub(rf"\b{found.group(1)}\b", f"new_{found.group(1)}", text) if found else None


def _argument_more(text: str) -> str | None:
    found = re.search(r"^def \w+\((?=\w)", text, re.MULTILINE)
    return f"{text[: found.end()]}extra, {text[found.end() :]}" if found else None


def _number(text: str) -> str | None:
    tree = ast.parse(text)
    whole = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) is int and n.value > 9]
    if not whole:
        return None
    whole[0].value = int(str(whole[0].value)) + 7
    return ast.unparse(tree)


def _cut(text: str) -> str | None:
    lines = text.rstrip().split("\n")
    return "\n".join([*lines[: len(lines) // 2], "    return ("])


def _secret(text: str) -> str | None:
    return f'TOKEN = "{SECRET}"\n{text}'


FAULTS: dict[str, Callable[[str], str | None]] = {
    "function left out": _without_function,
    "function renamed": _renamed,
    "one more argument": _argument_more,
    "another number": _number,
    "cut in the middle": _cut,
    "a secret": _secret,
}


def _answers_of(stage: Pass, seed: str, right: str, rng: random.Random) -> Iterator[Case]:
    functions = {node.name for node in ast.parse(seed).body if isinstance(node, ast.FunctionDef)}
    compared = functions <= compare_code(seed, [right], whole=True).interpreted
    yield Case(stage, "", seed, fenced(right), compared)
    for fault, plant in FAULTS.items():
        spoilt = plant(right)
        if spoilt is not None and spoilt != right:
            yield Case(stage, fault, seed, fenced(spoilt), compared)
    mutants = mutants_of(ast.parse(right), most=24)
    for mutant in rng.sample(mutants, min(MUTANTS, len(mutants))):
        fault = "behaviour, compared" if compared else "behaviour, not comparable"
        yield Case(stage, fault, seed, fenced(ast.unparse(mutant.tree)), compared)
    yield Case(stage, "words around two blocks", seed, f"{fenced(right)}\n\nAnd here:\n\n{fenced(seed)}", compared)
    yield Case(stage, "prose", seed, "The code takes numbers and gives back their sum. It has a loop.", compared)


def cases() -> Iterator[Case]:
    """Every right answer and every spoilt one."""
    rng = random.Random(3)
    for source in sources():
        styled = restyled(source)
        if styled is not None:
            yield from _answers_of(Pass.style, source, styled, rng)
            yield Case(Pass.style, "no better", source, fenced(source))
            yield Case(Pass.style, "worse names", source, fenced(re.sub(r"\b(\w+)_value\b", r"\1", _bare(source))))
        pair = robbed(source)
        if pair is not None:
            left, whole = pair
            yield from _answers_of(Pass.self_contained, left, whole, rng)
            yield Case(Pass.self_contained, "imports still missing", left, fenced(left))
            yield Case(Pass.self_contained, "foreign import", left, fenced(f"import numpy\n{whole}"))


def _bare(source: str) -> str:
    """The source with an argument's hint and every docstring taken away, and one level of nesting more."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = [ast.If(ast.Constant(True), node.body, [])]
            node.returns = None
    return ast.unparse(ast.fix_missing_locations(tree))


def by_parsing(case: Case) -> bool:
    """The baseline: whether the code gate of explanations refuses it."""
    blocks = code.python_blocks(case.answer)
    try:
        return not blocks or any(code.walk_code(block).cyclomatic > code.MAX_CYCLOMATIC for block in blocks)
    except UnparseableCodeError:
        return True


def judged(case: Case) -> drafts.Draft:
    """What the gates of the pass say; the number of secrets is that of the seed-side screening in a job."""
    found = case.answer.count(SECRET)
    return drafts.judge_draft(case.stage, case.answer, seed=case.seed, version=case.seed, mark=MARK, found=found)


def main() -> None:
    """Print both shares as a table, or with --json as JSON."""
    asked: Counter[tuple[str, str]] = Counter()
    caught: Counter[tuple[str, str]] = Counter()
    baseline: Counter[tuple[str, str]] = Counter()
    false: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases():
        key = (case.stage.value, case.fault or "right")
        verdict = judged(case)
        asked[key] += 1
        caught[key] += verdict.reason is not None
        baseline[key] += by_parsing(case)
        if not case.fault and verdict.reason is not None:
            false[case.stage.value][verdict.reason] += 1
    rows = [
        {
            "pass": stage,
            "answer": fault,
            "n": n,
            "refused": caught[stage, fault] / n,
            "baseline": baseline[stage, fault] / n,
        }
        for (stage, fault), n in asked.items()
    ]
    if "--json" in sys.argv:
        print(json.dumps({"rows": rows, "right_refused_for": false}))
        return
    print(f"{'pass':<16}{'answer':<28}{'n':>6}{'refused':>10}{'parsing alone':>15}")
    for row in rows:
        print(f"{row['pass']:<16}{row['answer']:<28}{row['n']:>6}{row['refused']:>10.1%}{row['baseline']:>15.1%}")
    for stage, reasons in false.items():
        print(f"right answers refused at the {stage} pass: {dict(reasons.most_common())}")


if __name__ == "__main__":
    main()
