"""Hardened copies keep the text and add something, the same for the same seed."""

from app.domain.education_hardening import hardened_copies

TEXTS = [f"Text number {number}." for number in range(60)]


def test_every_copy_holds_its_text_and_more() -> None:
    copies = hardened_copies(TEXTS, rng_seed=1)
    assert all(text in copy and len(copy) > len(text) + 5 for text, copy in zip(TEXTS, copies, strict=True))


def test_all_ways_occur_and_a_seed_repeats_them() -> None:
    copies = hardened_copies(TEXTS, rng_seed=1)
    assert copies == hardened_copies(TEXTS, rng_seed=1)
    assert copies != hardened_copies(TEXTS, rng_seed=2)
    before = [copy for text, copy in zip(TEXTS, copies, strict=True) if copy.endswith(text)]
    after = [copy for text, copy in zip(TEXTS, copies, strict=True) if copy.startswith(text)]
    assert before and after and len(before) + len(after) < len(copies)


def test_no_texts_give_no_copies() -> None:
    assert hardened_copies([], rng_seed=0) == []
