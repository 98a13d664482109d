"""What can be done with the things of a list or a text: a verb and a noun make a function, as in `count_even_numbers`.

A noun says which things are meant, a verb what becomes of them. Both together are a true solution, in several styles;
what it gives is worked out by the interpreter, not written here.
"""
# ruff: noqa: E501  # a table reads best on one line

from dataclasses import dataclass


@dataclass(frozen=True)
class Noun:
    """Some of the things in a list or a text."""

    many: str
    """As in a name: `even_numbers`."""
    one: str
    """`even_number`."""
    of: str
    """What they stand in: `numbers`, `text` or `words`."""
    test: str
    """The condition, of `{x}`."""
    meaning: str
    """When a thing is one of them, in a sentence."""
    fits: tuple[object, ...]
    """Some that are meant, the edges of the condition first."""
    others: tuple[object, ...]
    """Some that are not, in the same order."""


@dataclass(frozen=True)
class Verb:
    """What becomes of the things."""

    name: str
    """Of `{many}` or `{one}`."""
    of: frozenset[str]
    """What its things stand in."""
    gives: dict[str, str]
    """The type of the result by what the things stand in."""
    result: str
    """What comes back, of `{things}` and `{all}`."""
    odd: str
    """What comes back in the odd case, as a sentence of `{things}`."""
    loop: str
    """The body with a loop, of `{item}`, `{items}`, `{test}`."""
    short: str
    """The body in few lines."""


NOUNS = (
    Noun("even_numbers", "even_number", "numbers", "{x} % 2 == 0", "A number is even if 2 divides it with no rest, so 0 is even.", (0, 2, -4, 10, 8), (1, 3, -5, 7, 11)),
    Noun("odd_numbers", "odd_number", "numbers", "{x} % 2 == 1", "A number is odd if a rest of 1 is left when you split it in two.", (1, 3, -5, 7, 11), (0, 2, -4, 10, 8)),
    Noun("positive_numbers", "positive_number", "numbers", "{x} > 0", "A number is positive if it is more than 0, and 0 is not.", (1, 2, 9, 40, 3), (0, -1, -7, -20)),
    Noun("negative_numbers", "negative_number", "numbers", "{x} < 0", "A number is negative if it is less than 0, and 0 is not.", (-1, -2, -9, -40), (0, 1, 5, 30)),
    Noun("one_digit_numbers", "one_digit_number", "numbers", "0 <= {x} <= 9", "The numbers from 0 to 9 have one digit, and no others count here.", (0, 9, 1, 5, 8), (-1, 10, 11, 42, -6)),
    Noun("two_digit_numbers", "two_digit_number", "numbers", "10 <= {x} <= 99", "The numbers from 10 to 99 have two digits, and no others count here.", (10, 99, 11, 42, 98), (9, 100, -12, 3, 250)),
    Noun("multiples_of_three", "multiple_of_three", "numbers", "{x} % 3 == 0", "A number is a multiple of 3 if 3 divides it with no rest.", (0, 3, 9, -6, 12), (1, 2, 4, 10, -7)),
    Noun("multiples_of_five", "multiple_of_five", "numbers", "{x} % 5 == 0", "A number is a multiple of 5 if 5 divides it with no rest.", (0, 5, 20, -10, 35), (1, 4, 6, 12, -3)),
    Noun("multiples_of_ten", "multiple_of_ten", "numbers", "{x} % 10 == 0", "A number is a multiple of 10 if it ends in a 0.", (0, 10, 70, -20, 100), (1, 5, 9, 11, 45)),
    Noun("numbers_over_ten", "number_over_ten", "numbers", "{x} > 10", "A number is over ten if it is 11 or more, so 10 itself is not.", (11, 12, 30, 99), (10, 9, 0, -11)),
    Noun("numbers_under_ten", "number_under_ten", "numbers", "{x} < 10", "A number is under ten if it is 9 or less, so 10 itself is not.", (9, 8, 0, -3), (10, 11, 50, 23)),
    Noun("big_numbers", "big_number", "numbers", "{x} >= 100", "A number is big here if it is 100 or more.", (100, 101, 250, 999), (99, 98, 0, -100)),
    Noun("vowels", "vowel", "text", "{x} in 'aeiouAEIOU'", "The vowels are a, e, i, o and u, small or capital.", tuple("aeiouAEIOU"), tuple("bxZ 1y.")),
    Noun("consonants", "consonant", "text", "{x}.isalpha() and {x} not in 'aeiouAEIOU'", "A consonant is a letter that is no vowel.", tuple("bcdTz"), tuple("aeiouAEIOU 3-")),
    Noun("digits", "digit", "text", "{x}.isdigit()", "The digits are 0 to 9.", tuple("01589"), tuple("aZ -.")),
    Noun("letters", "letter", "text", "{x}.isalpha()", "A letter may be small or capital; digits and signs are no letters.", tuple("abQzM"), tuple("1 9!-")),
    Noun("capital_letters", "capital_letter", "text", "{x}.isupper()", "A capital letter is one such as A or Q.", tuple("AQZMT"), tuple("aqz 1.")),
    Noun("small_letters", "small_letter", "text", "{x}.islower()", "A small letter is one such as a or q.", tuple("aqzmt"), tuple("AQZ 1.")),
    Noun("spaces", "space", "text", "{x} == ' '", "Only the plain space counts.", (" ",), tuple("ab-X1")),
    Noun("punctuation_marks", "punctuation_mark", "text", "{x} in '.,!?'", "The marks that count are the full stop, the comma, and the signs ! and ?.", tuple(".,!?"), tuple("aB 1-")),
    Noun("long_words", "long_word", "words", "len({x}) > 5", "A word is long here if it has six letters or more.", ("garden", "window", "elephant", "mountain"), ("house", "", "cat", "apple")),
    Noun("short_words", "short_word", "words", "len({x}) <= 3", "A word is short here if it has three letters or fewer.", ("cat", "a", "of", "sun"), ("tree", "river", "four", "garden")),
    Noun("capitalised_words", "capitalised_word", "words", "{x}[:1].isupper()", "A word is capitalised if its first letter is a capital one.", ("Anna", "Rome", "I", "May"), ("anna", "rOME", "tree", "")),
    Noun("words_in_capitals", "word_in_capitals", "words", "{x}.isupper()", "A word is in capitals if all of its letters are.", ("STOP", "OK", "USA", "A"), ("Stop", "ok", "uSA", "")),
    Noun("words_ending_in_s", "word_ending_in_s", "words", "{x}.endswith('s')", "The last letter of such a word is a small s.", ("cats", "bus", "s", "trees"), ("cat", "sun", "BUS", "")),
    Noun("words_starting_with_a", "word_starting_with_a", "words", "{x}.startswith('a')", "The first letter of such a word is a small a.", ("apple", "a", "ant", "arm"), ("Anna", "banana", "pea", "")),
    Noun("palindromes", "palindrome", "words", "{x} == {x}[::-1]", "A palindrome reads the same from both ends; the empty word does so too.", ("level", "noon", "a", "otto"), ("river", "ab", "Noon", "cats")),
    Noun("empty_words", "empty_word", "words", "{x} == ''", "An empty word has no letters at all.", ("",), ("a", " ", "tree", "of")),
)  # fmt: skip

_LISTS = frozenset({"numbers", "words"})
_ALL = _LISTS | {"text"}
_ITEM = {"numbers": "int", "words": "str", "text": "str"}
_SAME = {"numbers": "list[int]", "words": "list[str]", "text": "str"}

VERBS = (
    Verb("count_{many}", _ALL, dict.fromkeys(_ALL, "int"), "how many {things} there are in {all}", "If there are none, the answer is 0.",
         "count = 0\nfor {item} in {items}:\n    if {test}:\n        count += 1\nreturn count",
         "return sum(1 for {item} in {items} if {test})"),
    Verb("keep_{many}", _LISTS, _SAME, "a new list with only the {things} of {all}, in their order", "If there are none, the new list is empty.",
         "kept = []\nfor {item} in {items}:\n    if {test}:\n        kept.append({item})\nreturn kept",
         "return [{item} for {item} in {items} if {test}]"),
    Verb("keep_{many}", frozenset({"text"}), _SAME, "a new text with only the {things} of {all}, in their order", "If there are none, the new text is empty.",
         "kept = ''\nfor {item} in {items}:\n    if {test}:\n        kept += {item}\nreturn kept",
         "return ''.join({item} for {item} in {items} if {test})"),
    Verb("remove_{many}", _LISTS, _SAME, "a new list with all of {all} but the {things}", "If there are none, the new list holds the same things as before.",
         "rest = []\nfor {item} in {items}:\n    if not ({test}):\n        rest.append({item})\nreturn rest",
         "return [{item} for {item} in {items} if not ({test})]"),
    Verb("remove_{many}", frozenset({"text"}), _SAME, "a new text with all of {all} but the {things}", "If there are none, the new text is the same as before.",
         "rest = ''\nfor {item} in {items}:\n    if not ({test}):\n        rest += {item}\nreturn rest",
         "return ''.join({item} for {item} in {items} if not ({test}))"),
    Verb("first_{one}", _ALL, {k: f"{v} | None" for k, v in _ITEM.items()}, "the first of the {things} in {all}", "If there is none, the answer is None.",
         "for {item} in {items}:\n    if {test}:\n        return {item}\nreturn None",
         "found = [{item} for {item} in {items} if {test}]\nreturn found[0] if found else None"),
    Verb("last_{one}", _ALL, {k: f"{v} | None" for k, v in _ITEM.items()}, "the last of the {things} in {all}", "If there is none, the answer is None.",
         "last = None\nfor {item} in {items}:\n    if {test}:\n        last = {item}\nreturn last",
         "found = [{item} for {item} in {items} if {test}]\nreturn found[-1] if found else None"),
    Verb("has_{one}", _ALL, dict.fromkeys(_ALL, "bool"), "True if at least one of the {things} is in {all}", "If there is none, the answer is False.",
         "for {item} in {items}:\n    if {test}:\n        return True\nreturn False",
         "return any({test} for {item} in {items})"),
    Verb("has_only_{many}", _ALL, dict.fromkeys(_ALL, "bool"), "True if there is nothing but {things} in {all}", "If there is nothing at all, the answer is True.",
         "for {item} in {items}:\n    if not ({test}):\n        return False\nreturn True",
         "return all({test} for {item} in {items})"),
    Verb("places_of_{many}", _ALL, dict.fromkeys(_ALL, "list[int]"), "the places of the {things} in {all}, where the first place is 0", "If there are none, the answer is an empty list.",
         "places = []\nfor place, {item} in enumerate({items}):\n    if {test}:\n        places.append(place)\nreturn places",
         "return [place for place, {item} in enumerate({items}) if {test}]"),
    Verb("sum_{many}", frozenset({"numbers"}), {"numbers": "int"}, "what the {things} in {all} add up to", "If there are none, the answer is 0.",
         "total = 0\nfor {item} in {items}:\n    if {test}:\n        total += {item}\nreturn total",
         "return sum({item} for {item} in {items} if {test})"),
    Verb("largest_{one}", frozenset({"numbers"}), {"numbers": "int | None"}, "the largest of the {things} in {all}", "If there is none, the answer is None.",
         "best = None\nfor {item} in {items}:\n    if {test} and (best is None or {item} > best):\n        best = {item}\nreturn best",
         "found = [{item} for {item} in {items} if {test}]\nreturn max(found) if found else None"),
    Verb("smallest_{one}", frozenset({"numbers"}), {"numbers": "int | None"}, "the smallest of the {things} in {all}", "If there is none, the answer is None.",
         "best = None\nfor {item} in {items}:\n    if {test} and (best is None or {item} < best):\n        best = {item}\nreturn best",
         "found = [{item} for {item} in {items} if {test}]\nreturn min(found) if found else None"),
    Verb("double_{many}", frozenset({"numbers"}), _SAME, "a new list in which the {things} of {all} are twice as large", "All others stay as they are.",
         "result = []\nfor {item} in {items}:\n    if {test}:\n        result.append({item} * 2)\n    else:\n        result.append({item})\nreturn result",
         "return [{item} * 2 if {test} else {item} for {item} in {items}]"),
    Verb("double_{many}", frozenset({"text"}), _SAME, "a new text in which the {things} of {all} come twice", "All others stay as they are.",
         "result = ''\nfor {item} in {items}:\n    if {test}:\n        result += {item} * 2\n    else:\n        result += {item}\nreturn result",
         "return ''.join({item} * 2 if {test} else {item} for {item} in {items})"),
    Verb("mask_{many}", frozenset({"text"}), _SAME, "a new text with a star in the place of each of the {things} in {all}", "All others stay as they are.",
         "result = ''\nfor {item} in {items}:\n    if {test}:\n        result += '*'\n    else:\n        result += {item}\nreturn result",
         "return ''.join('*' if {test} else {item} for {item} in {items})"),
    Verb("join_{many}", frozenset({"words"}), {"words": "str"}, "one text with the {things} of {all}, with a comma and a space between them", "If there are none, the text is empty.",
         "kept = []\nfor {item} in {items}:\n    if {test}:\n        kept.append({item})\nreturn ', '.join(kept)",
         "return ', '.join({item} for {item} in {items} if {test})"),
    Verb("shout_{many}", frozenset({"words"}), _SAME, "a new list in which the {things} of {all} are in capital letters", "All others stay as they are.",
         "result = []\nfor {item} in {items}:\n    if {test}:\n        result.append({item}.upper())\n    else:\n        result.append({item})\nreturn result",
         "return [{item}.upper() if {test} else {item} for {item} in {items}]"),
)  # fmt: skip

MEANINGLESS = frozenset({
    ("shout_{many}", "empty_words"), ("shout_{many}", "words_in_capitals"), ("join_{many}", "empty_words"),
    ("first_{one}", "empty_words"), ("last_{one}", "empty_words"), ("first_{one}", "spaces"), ("last_{one}", "spaces"),
})  # fmt: skip
"""Pairs that would give the same whatever they get, or close to it."""
