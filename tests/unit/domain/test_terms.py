"""Which words of a text are fresh, against the definition spelled out with a set."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.dedup import SHINGLE_WORDS
from app.domain.terms import terms
from app.domain.tokens import tokenise

WORDS = st.lists(st.sampled_from("ant bee cat dog".split()), max_size=60)


@settings(max_examples=60)
@given(st.lists(WORDS, min_size=1, max_size=4))
def test_a_word_is_fresh_where_its_last_five_words_occur_for_the_first_time(texts: list[list[str]]) -> None:
    expected = []
    for words in texts:
        seen: set[tuple[str, ...]] = set()
        for place in range(len(words)):
            last = tuple(words[place - SHINGLE_WORDS + 1 : place + 1]) if place >= SHINGLE_WORDS - 1 else None
            expected.append(last is None or last not in seen)
            if last is not None:
                seen.add(last)
    batch = tokenise([" ".join(words) for words in texts])
    assert terms(batch).fresh.tolist() == expected
