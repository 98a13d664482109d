"""Where lines begin and end."""

from app.domain.line_edges import line_edges
from app.domain.tokens import tokenise


def test_edges_of_some_lines() -> None:
    batch = tokenise(["def x():\n\n    # a b\n", "", "z"])
    edges = line_edges(batch)
    assert edges.doc.tolist() == [0, 0, 2]
    assert bytes(edges.first) == b"d#z"
    assert bytes(edges.second) == b"e \n"
    assert bytes(edges.last) == b":bz"
    assert edges.opens.tolist() == [True, False, True]
    assert [bytes(batch.buffer[batch.start[row] : batch.end[row]]) for row in edges.word] == [b"def", b"z"]


def test_a_text_without_a_word_has_edges_and_opens_none() -> None:
    edges = line_edges(tokenise(["  ---\n"]))
    assert (bytes(edges.first), bytes(edges.last), edges.opens.tolist()) == (b"-", b"-", [False])
