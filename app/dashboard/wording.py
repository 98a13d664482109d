"""The dashboard's words for codes of the loop: states, stop reasons, gates, drop reasons and targets.

A code that has no words here is shown as it is, with its underscores as spaces, so that a new one is never hidden.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

STATES = {
    "queued": "Waits until its corpus has been read.",
    "running": "At work.",
    "paused": "Asks nothing until a person resumes it.",
    "done": "Ended by a stop decision.",
    "failed": "Could not go on.",
    "cancelled": "Stopped by a person.",
    "ingesting": "Being read.",
    "ready": "Ready to use.",
    "building": "A worker is writing its files.",
}

STOPS = {
    "target_met": "Every target held in two rounds running.",
    "plateau": "More rounds no longer brought the set nearer to its targets.",
    "budget_exhausted": "A budget of rounds, calls, tokens, money or time was used up.",
    "collapse": "Diversity fell sharply in one round; that round was taken back and a person has to decide.",
    "nothing_to_do": "No seed was left that may be rewritten.",
    "cancelled": "A person stopped it.",
    "error": "Something went wrong; the note says what.",
}

VERDICTS = {
    "pending": "Passed the gates of documents; its round has not settled.",
    "kept": "In the pool.",
    "reserve": "Good, but its cluster has its quota; a later round may take it.",
    "dropped": "Refused by a gate.",
    "draft": "What a pass made of the seed's code before it was explained; never in the pool.",
}

DECISIONS = {"approve": "Approved by a person", "reject": "Rejected by a person"}

GATES = {
    "safety": "Safety and privacy",
    "style": "Style pass",
    "self_contained": "Self-contained pass",
    "format": "Format",
    "parts": "Parts of the text",
    "code": "Code",
    "decontamination": "Benchmarks",
    "fidelity": "Fidelity to the seed",
    "exercise": "Exercise",
    "simplicity": "Simplicity",
    "education": "Educational value",
    "refinement": "Refinement",
    "judge": "Judge and fidelity",
    "duplicates": "Duplicates",
    "novelty": "Novelty",
    "openings": "Openings",
    "collapse": "Collapse",
}
"""In the order in which a text meets them."""

REASONS = {
    "missing_title": "Asked for a title, and does not begin with one.",
    "missing_prerequisites": "Asked to say what the reader should know before, and does not.",
    "missing_exercise": "Asked for an exercise at its end, and has none.",
    "missing_solution": "Has an exercise without its solution.",
    "no_code": "A draft that is not one block of Python.",
    "lost_functions": "A draft without a function or class of its seed.",
    "no_better_style": "A draft of the style pass that is in no part better, or in one worse.",
    "unresolved_names": "A draft of the self-contained pass that uses names which nothing gives.",
    "foreign_imports": "A draft of the self-contained pass that imports what is not in Python's standard library.",
    "secret": "Held a key, a token or a password.",
    "personal_data": "Held an e-mail address, a phone number or an IP address.",
    "injection": "Gave orders to a model.",
    "unsafe_words": "A text for children with words that are not for them.",
    "preamble": "Speaks to the asker before or after the text.",
    "refusal": "Declines instead of writing.",
    "prompt_echo": "Repeats its instructions.",
    "language": "Not in the seed's writing.",
    "too_short": "Far fewer words than asked for.",
    "too_long": "Far more words than asked for.",
    "repetition": "Says the same again and again.",
    "words_missing": "A story without one of its words.",
    "unparseable_code": "A Python block that does not parse.",
    "complex_code": "Code harder than any learner's.",
    "exercise_format": "Not what to do, a function and its tests.",
    "wrong_function": "Without the function it was asked for.",
    "few_examples": "Too few examples in the docstring.",
    "few_tests": "Too few tests.",
    "failed_tests": "The solution fails its own tests or examples.",
    "weak_tests": "Its tests let wrong versions of the solution pass.",
    "contaminated": "Holds an item of a benchmark.",
    "unsupported": "Says what its seed does not say.",
    "lost_facts": "Leaves out too much of its seed.",
    "negation": "Turns a statement round.",
    "contradicted": "States another number, unit or name where its seed has one.",
    "changed_code": "Its code no longer does what its seed's does.",
    "too_hard": "Neither easy enough nor easier than its seed.",
    "low_education": "Teaches too little.",
    "judge_contradicted": "The judge showed words of the seed that say otherwise, and fidelity was near its limit.",
    "exact_duplicate": "The very same text is in the pool.",
    "near_duplicate": "Nearly the same text is there already.",
    "redundant": "Too much like what the pool holds.",
    "no_vector": "The embeddings endpoint gave no vector for it.",
    "common_opening": "Opens like too many others.",
    "stock_opening": "Opens with a phrase such as “Once upon a time”; enough in the pool do.",
    "collapse": "Its round was taken back.",
    "not_better": "A refinement that is no better than the text it was to better.",
    "replaced": "A refinement of it is better and took its place.",
    "no_line": "Its batches came back without an answer to it.",
    "unavailable": "The endpoint could not be reached.",
    "job_cancelled": "The job was cancelled first.",
    "job_failed": "The job failed first.",
}


@dataclass(frozen=True)
class TargetWords:
    """How one target is called and shown."""

    label: str
    meaning: str
    form: str
    """`ratio`, `share`, `number` or `count`."""


TARGETS = {
    "vendi2_ratio": TargetWords("Vendi-2", "How many kinds of text, beside the seeds", "ratio"),
    "cluster_simpson_ratio": TargetWords("Cluster spread", "How evenly topics are covered, beside the quota", "ratio"),
    "covered_clusters": TargetWords("Clusters covered", "Clusters at half their quota or more", "share"),
    "distinct3_low": TargetWords("Distinct 3-grams (least)", "Variety of phrases, beside the seeds", "ratio"),
    "distinct3_high": TargetWords("Distinct 3-grams (most)", "Above this it is noise, not variety", "ratio"),
    "cross_5gram_ratio": TargetWords("Shared 5-grams", "Phrases that documents share, beside the seeds", "ratio"),
    "opening_share": TargetWords("Commonest opening", "Texts that begin with the same five words", "share"),
    "near_duplicate_rate": TargetWords("Near-duplicates", "Texts that nearly repeat an earlier one", "share"),
    "ease_mean": TargetWords("Ease (lower limit)", "Mean ease of reading, 0 to 100", "number"),
    "grade_p90": TargetWords("Grade (90th percentile)", "School grade that nine of ten texts stay under", "number"),
    "list_coverage": TargetWords("Common words", "Running words in the list or the seed's own terms", "share"),
    "cyclomatic_p90": TargetWords("Cyclomatic complexity", "90th percentile over texts with code", "number"),
    "nesting_p90": TargetWords("Nesting", "90th percentile over texts with code", "number"),
    "function_lines_p90": TargetWords("Function length", "Lines, 90th percentile over texts with code", "number"),
    "fidelity_precision": TargetWords("Fidelity precision", "What it says that its seed says too", "share"),
    "fidelity_recall": TargetWords("Fidelity recall", "What the seed says that it says too", "share"),
    "source_coverage": TargetWords("Long sources covered", "Of their parts' words, those with a kept text", "share"),
    "approved_tokens": TargetWords("Words in the pool", "Running words of all approved texts", "count"),
}
"""By the name of the target in the config."""

_TARGET_NAMES = re.compile(rf"\b(?:{'|'.join(TARGETS)})\b")

REDACTED = {
    "private_keys": "private keys",
    "secrets": "keys, tokens or passwords",
    "emails": "e-mail addresses",
    "phones": "phone numbers",
    "ip_addresses": "IP addresses",
    "injections": "orders to a model",
}
"""By class, in the plural."""

SCORES = {
    **{f"redacted_{name}": f"Redacted: {words}" for name, words in REDACTED.items()},
    "unsafe_words": "Words not for children",
    "repeated_share": "Repeated lines and phrases",
    "words": "Words",
    "cyclomatic": "Cyclomatic complexity",
    "cognitive": "Cognitive complexity",
    "nesting": "Nesting",
    "function_lines": "Lines of the longest function",
    "benchmark_hits": "Benchmark items found",
    "fidelity_precision": "Fidelity: precision",
    "fidelity_recall": "Fidelity: recall",
    "new_numbers": "Fidelity: numbers that the seed has not",
    "new_names": "Fidelity: names that the seed has not",
    "new_identifiers": "Fidelity: identifiers that the seed has not",
    "contradicted": "Fidelity: facts in another fact's place",
    "turned": "Fidelity: statements turned round",
    "dropped_conditions": "Fidelity: conditions left out",
    "invented_sentences": "Fidelity: sentences about something else",
    "code_same": "Fidelity: functions that still do the same",
    "code_changed": "Fidelity: functions and lines changed",
    "code_interpreted": "Fidelity: functions that the interpreter compared",
    "code_ran": "Fidelity: functions compared by running them",
    "code_untold": "Fidelity: functions that could not be compared",
    "ease": "Ease of reading (0 to 100)",
    "grade": "School grade",
    "list_coverage": "Share of common words",
    "edu_score": "Educational score, calibrated (0 to 5)",
    "edu_raw": "Educational score, raw (0 to 5)",
    "edu_audit": "Educational score of the audit model (0 to 5)",
    "uncertain": "Near the bound: worth a review",
}


def plain(code: str) -> str:
    """A code as words. Example: `near_duplicate` is "near duplicate"."""
    return code.replace("_", " ").replace(":", ": ")


def target_words(name: str) -> TargetWords:
    """The words of a target, also of one that is new here."""
    return TARGETS.get(name) or TargetWords(plain(name).capitalize(), "", "number")


def readable(sentence: str) -> str:
    """A sentence of the loop with its targets by their labels. Example: "short: nesting_p90" is "short: Nesting"."""
    return _TARGET_NAMES.sub(lambda found: TARGETS[found.group()].label, sentence)


def figure(value: float | None, form: str) -> str:
    """A measure as read. Example: 0.953 as `share` is "95.3%"."""
    if value is None:
        return "not measurable"
    match form:
        case "share":
            return f"{100 * value:.1f}%"
        case "ratio":
            return f"{value:.2f}×"
        case "count":
            return f"{value:,.0f}"
        case _:
            return f"{value:.2f}".rstrip("0").rstrip(".")


def reviews_sentence(counts: Mapping[str, int]) -> str:
    """What a report on reviews rests on.

    Example: {labels: 97, scored: 60, held_out: 19, held_out_scored: 12} is "All 97 labels come from reviews, 60 with a
    score. Of the 19 held out, 7 are decisions without one: they say only on which side of 3 a text lies, so read F1 at
    3 rather than Spearman or the mean error."
    """
    bare = counts["held_out"] - counts["held_out_scored"]
    said = f"All {counts['labels']:,} labels come from reviews, {counts['scored']:,} with a score."
    if not bare:
        return said
    return (
        f"{said} Of the {counts['held_out']:,} held out, {bare:,} are decisions without one: they say only on which "
        "side of 3 a text lies, so read F1 at 3 rather than Spearman or the mean error."
    )


def duration(seconds: float | None) -> str:
    """A time left, roughly. Example: 95.0 is "1 min 35 s"."""
    if seconds is None:
        return "unknown"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
