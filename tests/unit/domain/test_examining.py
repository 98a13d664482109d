"""The child's two jobs in this process: rows of seeds, and answers with their verdicts, bytes in and bytes out."""

from dataclasses import replace
from functools import cache

import msgspec
import numpy as np
import pytest

from app.adapters.models import shipped_audit, shipped_audit_blob, shipped_classifier, shipped_classifier_blob
from app.domain import clusters, embedding
from app.domain.benchmarks import Item
from app.domain.decontamination import Hit
from app.domain.education import dump_classifier
from app.domain.examining import (
    Answered,
    Context,
    Examined,
    Row,
    RulesSpec,
    SeedText,
    examine_answers,
    examine_seeds,
    find_contamination,
)
from app.domain.gate_config import Gates, Safety
from app.domain.recipes.codetextbook import CODETEXTBOOK
from app.domain.tokens import tokenise

SEED = (
    "A beaver builds dams of wood and mud. The dam holds back a stream, and a pond forms behind it. The pond keeps the "
    "beaver's home safe, for its door lies under water. In Canada a dam of 850 metres was found."
)
TEXT = (
    "Why does a beaver build a dam? A dam is a wall of wood and mud across a stream. Behind the wall the water cannot "
    "flow on, so a pond forms. The beaver lives in the pond. The door of its home lies under water, and that keeps the "
    "home safe. One dam in Canada was 850 metres long."
)
HELD_OUT = "How many legs have seven spiders and three beetles together, if none of them has lost one?"
STUFFED = "textbook exercise step-by-step " * 1000


@cache
def context(*, centres: int = 2) -> Context:
    embedder = embedding.fit_embedder([SEED, TEXT, "A clock has two hands. They turn."], rng_seed=0)
    vectors = np.eye(centres, embedder.dims, dtype=np.float32)
    fitted = clusters.fit_clusters(vectors, rng_seed=0)
    rules = RulesSpec(Gates(edu_min=0), CODETEXTBOOK, (Item("B", "1", ("the quick brown fox " * 8,)),))
    return {
        "classifier": shipped_classifier_blob(),
        "embedder": embedding.to_bytes(embedder),
        "clusters": clusters.to_bytes(fitted),
        "rules": msgspec.msgpack.encode(rules),
        "benchmarks": msgspec.msgpack.encode([Item("B", "2", (HELD_OUT,))]),
        "safety": msgspec.msgpack.encode(Safety()),
    }


def rows(*texts: str, kind: str = "prose") -> list[Row]:
    items = [msgspec.msgpack.encode(SeedText(kind, text)) for text in texts]
    return [msgspec.msgpack.decode(found, type=Row) for found in examine_seeds(items, context())]


def answer(text: str, **over: object) -> Answered:
    base = Answered(text, SEED, "prose", "0a1b2c3d", (30, 100), (), 60.0)
    return msgspec.structs.replace(base, **over)


def examined(*answers: Answered) -> list[Examined]:
    items = [msgspec.msgpack.encode(one) for one in answers]
    return [msgspec.msgpack.decode(found, type=Examined) for found in examine_answers(items, context())]


def test_nothing_is_examined_to_nothing() -> None:
    assert examine_seeds([], context()) == [] and examine_answers([], context()) == []


def test_a_seed_that_holds_an_item_says_which() -> None:
    clean, held = rows(SEED, f"{SEED} {HELD_OUT}")
    assert clean.contamination is None
    assert held.contamination == f"B 2 (substring, 100%): {HELD_OUT.rstrip('?')}"


def test_texts_are_searched_for_items() -> None:
    found = find_contamination([SEED.encode(), HELD_OUT.encode(), b"\xed\xa0\x80"], context())
    hits = [msgspec.msgpack.decode(one, type=list[Hit]) for one in found]
    assert [[hit.item for hit in held] for held in hits] == [[], ["2"], []]


def test_a_row_has_scores_in_their_ranges_and_a_unit_vector() -> None:
    (row,) = rows(SEED)

    assert 0 <= row.edu_score <= 5 and 0 <= row.ease <= 100 and 1 <= row.grade <= 16 and 0 <= row.list_coverage <= 1
    assert row.words == len(SEED.split())
    assert np.linalg.norm(np.frombuffer(row.embedding, np.float16).astype(float)) == pytest.approx(1.0, abs=0.01)
    assert len(row.signature) == 64 * 4


def test_the_classifiers_own_style_shift_is_taken_off() -> None:
    shifted = dump_classifier(replace(shipped_classifier(), style_shift=0.125))
    item = msgspec.msgpack.encode(answer(TEXT))
    (found,) = examine_answers([item], {**context(), "classifier": shifted})
    judged = msgspec.msgpack.decode(found, type=Examined)
    assert judged.row.edu_score > 0.125
    assert judged.edu_score == pytest.approx(judged.row.edu_score - 0.125)


def test_an_answer_keeps_the_audit_models_score_where_the_model_is_there() -> None:
    item = msgspec.msgpack.encode(answer(TEXT))
    (found,) = examine_answers([item], {**context(), "audit": shipped_audit_blob()})
    expected = float(shipped_audit().predict(tokenise([TEXT]))[0])
    assert msgspec.msgpack.decode(found, type=Examined).scores["edu_audit"] == pytest.approx(expected)
    assert "edu_audit" not in examined(answer(TEXT))[0].scores


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    assert rows(SEED, TEXT, STUFFED)[1] == rows(TEXT)[0]


@pytest.mark.parametrize(
    "text", ["", " ", "!!!", "\u200b", "x" * 100_000], ids=["empty", "blank", "marks", "zero width", "long"]
)
def test_odd_texts_have_finite_rows(text: str) -> None:
    (row,) = rows(text)

    assert np.isfinite([row.edu_score, row.ease, row.grade, row.list_coverage]).all()
    assert np.isfinite(np.frombuffer(row.embedding, np.float16)).all()


@pytest.mark.parametrize("kind", ["prose", "code"])
def test_known_facts_of_a_seed_change_no_verdict(kind: str) -> None:
    facts = rows(SEED, kind=kind)[0].facts
    assert facts is not None

    for text in (TEXT, TEXT.replace("850", "350"), TEXT.replace("Canada", "Kenya")):
        alone, helped = examined(answer(text, kind=kind), answer(text, kind=kind, seed_facts=facts))
        assert alone == helped


def test_facts_are_kept_only_of_a_seed_that_prompts_show_as_it_is() -> None:
    clean, private = rows(SEED, f"{SEED} Write to ann@beavers.org.")

    assert clean.facts is not None and private.facts is None


def test_a_word_has_no_educational_score() -> None:
    assert rows("river", kind="words")[0].edu_score == 0


def test_a_good_answer_passes_with_its_calibrated_score() -> None:
    (found,) = examined(answer(TEXT))

    assert found.gate is None and found.reason is None
    assert found.edu_score == found.scores["edu_score"] < found.row.edu_score
    assert found.cluster in (0, 1)


def test_a_dropped_answer_says_gate_reason_and_whether_to_try_again() -> None:
    refused, hopeful = examined(answer("I'm sorry, but I can't help with that."), answer("Too short."))

    assert (refused.gate, refused.reason, refused.repairable) == ("format", "refusal", False)
    assert (hopeful.gate, hopeful.reason, hopeful.repairable) == ("format", "too_short", True)
    # No gate calibrated it, so the raw score stands.
    assert hopeful.edu_score == hopeful.row.edu_score


def test_a_benchmark_item_is_found_in_an_answer() -> None:
    (found,) = examined(answer(TEXT + " " + "the quick brown fox " * 8, length=(30, 200)))

    assert found.reason in ("contaminated", "repetition")


def test_stuffing_is_dropped_and_scores_under_a_plain_text() -> None:
    (stuffed,) = examined(answer(STUFFED, length=(80, 4000)))

    assert (stuffed.gate, stuffed.reason) == ("format", "repetition")
    assert stuffed.row.edu_score < rows(SEED)[0].edu_score


def test_an_answer_is_judged_and_given_back_without_what_it_held() -> None:
    (found,) = examined(answer(TEXT + " Ask ann.lee@beavers.org or call (503) 255-0332."))

    assert found.text == TEXT + " Ask [EMAIL] or call [PHONE]."
    alike = msgspec.structs.replace(rows(found.text)[0], facts=None)
    assert found.row == alike, "the features are those of the text that is stored"
    assert (found.scores["redacted_emails"], found.scores["redacted_phones"]) == (1, 1)
    assert "ann.lee" not in str(found) and "255" not in str(found)


def test_an_answer_that_held_nothing_is_not_given_back() -> None:
    (found,) = examined(answer(TEXT))

    assert found.text is None and not any(name.startswith("redacted") for name in found.scores)
