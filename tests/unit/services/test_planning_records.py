"""What a round kept counts for its arms before the rows say so."""

from app.services.planning import Board, with_kept


def test_texts_kept_by_the_round_that_settles_count_for_its_own_plan() -> None:
    board = Board([], {}, [], {"a": (1, 5, 900), "b": (0, 4, 700)}, {})

    assert with_kept(board, ["a", "b", "a"]).records == {"a": (3, 5, 900), "b": (1, 4, 700)}
    assert with_kept(board, []).records == board.records
