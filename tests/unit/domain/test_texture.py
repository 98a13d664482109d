"""Pairs of kinds of characters, counted by hand."""

from app.domain.texture import TEXTURE_NAMES, stops, texture_counts, texture_shares
from app.domain.tokens import tokenise


def test_pairs_of_a_short_text() -> None:
    counts = texture_counts(tokenise(["Hi. No?"]))[0]
    found = {name: int(count) for name, count in zip(TEXTURE_NAMES, counts, strict=True) if count}
    assert found == {
        "upper_lower": 2, "lower_stop": 2, "stop_space": 1, "space_upper": 1, "stop_line": 1,
    }  # fmt: skip


def test_stops_count_ends_and_not_points_inside_words() -> None:
    assert stops(texture_counts(tokenise(["One. Two? a.b 3.14", ""]))).tolist() == [2, 0]


def test_shares_do_not_depend_on_neighbours_and_an_empty_text_is_finite() -> None:
    texts = ["x = [1, 2]", "", "Some words."]
    together = texture_shares(texture_counts(tokenise(texts)))
    for row, text in enumerate(texts):
        assert (together[row] == texture_shares(texture_counts(tokenise([text])))[0]).all()
    assert together[1].sum() == 0
