"""Every gate's own verdict on a text, with the bounds it was held to: for a person who improves a recipe."""

from app.domain import code, formats
from app.domain.gates import CASCADE, Candidate, Judgement, Rules
from app.domain.recipes.recipe import Answer


def judge_each(candidate: Candidate, rules: Rules) -> list[Judgement]:
    """Every gate's own verdict, in order, also behind one that refuses: for whoever wants to know all that is wrong."""
    found = []
    for name, gate in CASCADE:
        if (name == "exercise" and rules.recipe.answer is not Answer.exercise) or (name == "parts" and not rules.parts):
            continue
        scores: dict[str, float] = {}
        reason, detail = gate(candidate, rules, scores) or (None, "")
        found.append(Judgement(name, reason, detail, scores))
    return found


def limits(candidate: Candidate, rules: Rules) -> dict[str, str]:
    """{score: the bound that a gate holds it to, in words}, of the scores that have one."""
    asked, (low, high) = rules.gates, candidate.length
    return {
        "words": f"{low * 0.75:.0f} to {high * 1.25:.0f}",
        "repeated_share": f"at most {formats.MAX_REPEATED:g}",
        "unsafe_words": "0",
        "cyclomatic": f"at most {code.MAX_CYCLOMATIC}",
        "benchmark_hits": "0",
        "fidelity_precision": f"at least {asked.fidelity_precision:g}",
        "fidelity_recall": f"at least {asked.fidelity_recall:g}",
        "ease": f"at least {asked.ease_min:g}, or {asked.ease_gain:g} over the seed",
        "grade": f"at most {rules.recipe.max_grade:g}",
        "edu_score": f"at least {asked.edu_min:g}",
    }
