"""Draws of words, features, openings and arms: the same by their place alone, and dealt evenly."""

from collections import Counter
from itertools import pairwise

import pytest

from app.domain.draws import Draws, Offer
from app.domain.planning import Arm, Planned

PARTS = {"adjective": 5, "noun": 12, "animal": 3, "verb": 7}
ARMS = (Arm("story", "a small child", "none"), Arm("story", "a small child", "short sentences"))
OFFER = Offer(PARTS, ARMS, ("dialogue", "moral", "plot twist"), ("a sound", "a question"))


def drawn(*, count: int, first: int = 0, rng_seed: int = 3, offer: Offer = OFFER) -> Draws:
    return Draws(offer, rng_seed=rng_seed, first=first, count=count)


def test_a_draw_depends_on_its_place_and_the_seed_alone() -> None:
    every = list(drawn(count=30))

    assert every[10:20] == list(drawn(count=10, first=10))
    assert drawn(count=30)[4:7] == every[4:7] and drawn(count=30)[-1] == every[-1]
    assert every[:5] != list(drawn(count=5, rng_seed=4))


def test_no_draws_and_no_words_are_no_error() -> None:
    assert not drawn(count=0) and list(drawn(count=0)) == []
    assert [call.words for call in drawn(count=2, offer=Offer({}, ARMS))] == [{}, {}]
    assert [call.words for call in drawn(count=1, offer=Offer({"noun": 0}, ARMS))] == [{}]


def test_a_place_beyond_the_last_is_an_error() -> None:
    with pytest.raises(IndexError):
        drawn(count=3)[3]


def test_a_draw_has_one_word_a_part_in_the_prompts_order() -> None:
    for call in drawn(count=50):
        assert list(call.words) == ["noun", "verb", "adjective", "animal"]
        assert call.seed_id is None and call.why == "draw"


@pytest.mark.parametrize("part", PARTS)
def test_every_word_comes_once_before_any_comes_again(part: str) -> None:
    size = PARTS[part]
    places = [call.words[part] for call in drawn(count=3 * size)]

    decks = [places[at : at + size] for at in range(0, len(places), size)]
    assert all(sorted(deck) == list(range(size)) for deck in decks)
    assert any(one != other for one, other in pairwise(decks))


def test_words_of_two_parts_have_nothing_to_do_with_each_other() -> None:
    same = Offer({"noun": 10, "verb": 10}, ARMS)
    pairs = Counter((call.words["noun"], call.words["verb"]) for call in drawn(count=5000, offer=same))

    assert len(pairs) == 100 and max(pairs.values()) < 90


def features_of(calls: Draws) -> tuple[Counter[int], Counter[str], Counter[tuple[str, ...]]]:
    every: list[Planned] = list(calls)
    return (
        Counter(len(call.features) for call in every),
        Counter(name for call in every for name in call.features),
        Counter(call.features for call in every),
    )


def test_numbers_of_features_and_all_choices_of_a_number_come_alike() -> None:
    sizes, names, choices = features_of(drawn(count=900, offer=Offer(PARTS, ARMS, tuple("abcdef"))))

    assert sizes == {0: 300, 1: 300, 2: 300}
    assert set(names.values()) == {150}
    assert len(choices) == 1 + 6 + 15
    assert {times for choice, times in choices.items() if len(choice) == 2} == {20}


@pytest.mark.parametrize("first", [0, 1, 77, 4095])
def test_any_stretch_of_draws_is_balanced(first: int) -> None:
    sizes, names, _ = features_of(drawn(count=301, first=first, offer=Offer(PARTS, ARMS, tuple("abcdef"))))

    assert max(sizes.values()) - min(sizes.values()) <= 2
    assert max(names.values()) - min(names.values()) <= 6


@pytest.mark.parametrize(("most", "sizes"), [(0, {0}), (1, {0, 1}), (3, {0, 1, 2, 3})])
def test_no_draw_has_more_features_than_asked_or_than_there_are(most: int, sizes: set[int]) -> None:
    calls = drawn(count=60, offer=Offer(PARTS, ARMS, ("a", "b", "c"), most_features=most))

    assert {len(call.features) for call in calls} == sizes
    assert {len(call.features) for call in drawn(count=60, offer=Offer(PARTS, ARMS, ("a",)))} == {0, 1}


def test_openings_and_arms_come_alike() -> None:
    calls = list(drawn(count=100))

    assert Counter(call.opening for call in calls) == {"a sound": 50, "a question": 50}
    assert Counter(call.arm for call in calls) == dict.fromkeys(ARMS, 50)


def test_the_summary_counts_what_is_drawn() -> None:
    calls = drawn(count=90)
    told = calls.summary()

    assert told["calls"] == 90 and told["words"] == {"noun": 12, "verb": 7, "adjective": 5, "animal": 3}
    assert told["features"] == dict(Counter(name for call in calls for name in call.features))
    assert told["features_a_draw"] == {"0": 30, "1": 30, "2": 30}
    assert told["openings"] == {"a sound": 45, "a question": 45}
    assert told["arms"] == {arm.name: 45 for arm in ARMS}


def test_a_summary_of_nothing_but_words_names_no_features() -> None:
    assert set(drawn(count=3, offer=Offer(PARTS, ARMS)).summary()) == {"calls", "words", "arms"}
