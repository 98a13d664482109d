"""Functions that an exercise can be made of as they are: what they give, a true solution, arguments to try.

Results are worked out by the interpreter, not written here.
"""
# ruff: noqa: E501  # a table reads best on one line

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """One function."""

    signature: str
    """`name(parameters) -> type`."""
    told: str
    """What it gets and gives, and what it does in odd cases, in sentences."""
    body: str
    cases: tuple[tuple[object, ...], ...]
    """Arguments to try; the first two are the docstring's examples."""

    @property
    def name(self) -> str:
        """Of the function."""
        return self.signature.partition("(")[0]


KNOWN = (
    Known("is_leap_year(year: int) -> bool", "It gets a year and tells if it is a leap year. Every fourth year is one. But of the years that end in 00, only those that 400 divides are.",
          "if year % 100 == 0:\n    return year % 400 == 0\nreturn year % 4 == 0",
          ((2024,), (1900,), (2000,), (2023,), (1600,), (2100,), (4,), (402,))),
    Known("factorial_of(number: int) -> int", "It gets a number from 0 on and gives the product of all whole numbers from 1 up to it. For 0 the answer is 1.",
          "result = 1\nfor factor in range(2, number + 1):\n    result *= factor\nreturn result",
          ((5,), (0,), (1,), (2,), (3,), (7,))),
    Known("greatest_common_divisor(first: int, second: int) -> int", "It gets two numbers from 0 on and gives the largest number that divides both. If one of them is 0, the answer is the other.",
          "while second != 0:\n    first, second = second, first % second\nreturn first",
          ((12, 18), (7, 0), (0, 4), (5, 5), (17, 5), (100, 75), (9, 28))),
    Known("is_prime(number: int) -> bool", "It gets a whole number and tells if it is prime. A prime is larger than 1, and only 1 and the number itself divide it.",
          "if number < 2:\n    return False\nfor divisor in range(2, number):\n    if number % divisor == 0:\n        return False\nreturn True",
          ((7,), (9,), (2,), (1,), (0,), (4,), (25,), (-3,), (13,))),
    Known("digit_sum(number: int) -> int", "It gets a number from 0 on and gives the sum of its digits. A number with one digit is its own sum.",
          "total = 0\nwhile number > 0:\n    total += number % 10\n    number //= 10\nreturn total",
          ((123,), (7,), (0,), (10,), (99,), (405,), (8001,))),
    Known("fibonacci_number(place: int) -> int", "It gets a place and gives the number at that place of the row 0, 1, 1, 2, 3, 5 and so on. Each number of the row is the sum of the two before it. The first place is 0.",
          "current, following = 0, 1\nfor _ in range(place):\n    current, following = following, current + following\nreturn current",
          ((6,), (0,), (1,), (2,), (3,), (10,))),
    Known("clamp_number(number: int, low: int, high: int) -> int", "It gets a number and two bounds. It gives the number if it lies between them, else the bound that is nearer.",
          "if number < low:\n    return low\nif number > high:\n    return high\nreturn number",
          ((5, 1, 10), (15, 1, 10), (-2, 1, 10), (1, 1, 10), (10, 1, 10), (2, 1, 10), (9, 3, 8), (0, -5, 5))),
    Known("power_of_two(exponent: int) -> int", "It gets a number from 0 on and gives 2 times 2, as often as the number says. For 0 the answer is 1.",
          "result = 1\nfor _ in range(exponent):\n    result *= 2\nreturn result",
          ((3,), (0,), (1,), (2,), (5,), (10,))),
    Known("count_digits(number: int) -> int", "It gets a number from 0 on and tells how many digits it has. The number 0 has one digit.",
          "digits = 1\nwhile number >= 10:\n    number //= 10\n    digits += 1\nreturn digits",
          ((345,), (0,), (9,), (10,), (11,), (99,), (100,), (12345,))),
    Known("triangle_number(rows: int) -> int", "It gets a number of rows and tells how many stones make a triangle with so many rows. The first row has one stone, and each row has one more. No rows need no stones.",
          "total = 0\nfor row in range(1, rows + 1):\n    total += row\nreturn total",
          ((4,), (0,), (1,), (2,), (3,), (10,))),
    Known("minutes_to_clock(minutes: int) -> str", "It gets the minutes since midnight and gives the time as hours and minutes, with two digits each and a colon between them. A day has 1440 minutes, and after them the clock starts again.",
          "hours = minutes // 60 % 24\nreturn f'{hours:02d}:{minutes % 60:02d}'",
          ((75,), (0,), (59,), (60,), (1439,), (1440,), (1505,), (600,))),
    Known("steps_to_one(number: int) -> int", "It gets a number from 1 on and counts steps until it is 1. In one step an even number is cut in half, and an odd one is taken three times plus 1. For 1 the answer is 0.",
          "steps = 0\nwhile number != 1:\n    if number % 2 == 0:\n        number //= 2\n    else:\n        number = 3 * number + 1\n    steps += 1\nreturn steps",
          ((6,), (1,), (2,), (3,), (4,), (7,))),
    Known("is_palindrome(text: str) -> bool", "It gets a text and tells if it reads the same from both ends. Case does not count. The empty text does read the same.",
          "lowered = text.lower()\nreturn lowered == lowered[::-1]",
          (("Level",), ("river",), ("",), ("ab",), ("Anna",), ("abca",), ("x",))),
    Known("reverse_words(sentence: str) -> str", "It gets a sentence and gives its words in the opposite order, with one space between them. The letters of a word stay in their order. An empty sentence stays empty.",
          "words = sentence.split()\nreturn ' '.join(reversed(words))",
          (("the cat sat",), ("",), ("one",), ("a b",), ("up and  down",), ("see you soon now",))),
    Known("is_anagram(first: str, second: str) -> bool", "It gets two words and tells if they have the same letters, each as often. Case does not count. Two empty words do.",
          "return sorted(first.lower()) == sorted(second.lower())",
          (("listen", "silent"), ("cat", "car"), ("", ""), ("Aab", "aba"), ("aab", "abb"), ("ab", "abb"), ("Dog", "goD"))),
    Known("capitalise_words(sentence: str) -> str", "It gets a sentence and makes the first letter of each word a capital one. All other letters become small. An empty sentence stays empty.",
          "words = [word.capitalize() for word in sentence.split(' ')]\nreturn ' '.join(words)",
          (("good day",), ("",), ("a",), ("ONE two",), ("x y z",), ("hello",))),
    Known("count_words(sentence: str) -> int", "It gets a sentence and tells how many words it has. Words are parted by spaces, and many spaces in a row count as one. An empty sentence has none.",
          "return len(sentence.split())",
          (("the cat sat",), ("",), ("one",), ("  two  words ",), ("   ",), ("a b c d",))),
    Known("longest_word(words: list[str]) -> str", "It gets a list of words and gives the longest. Of words of the same length the first one wins. For an empty list the answer is the empty word.",
          "longest = ''\nfor word in words:\n    if len(word) > len(longest):\n        longest = word\nreturn longest",
          ((["a", "tree", "cat"],), ([],), (["no", "on"],), (["sun", "moon", "star"],), (["garden", "cat"],), (["x"],))),
    Known("repeat_letters(text: str, times: int) -> str", "It gets a text and a number and gives a text in which each letter comes so many times. For 0 the answer is the empty text.",
          "result = ''\nfor letter in text:\n    result += letter * times\nreturn result",
          (("abc", 2), ("abc", 0), ("", 3), ("x", 4), ("hi", 1), ("no", 3))),
    Known("shift_letter(letter: str, steps: int) -> str", "It gets a small letter and a number of steps. It gives the letter that is so many steps further in the alphabet. After z it goes on with a.",
          "place = ord(letter) - ord('a')\nreturn chr((place + steps) % 26 + ord('a'))",
          (("a", 1), ("z", 1), ("m", 0), ("c", 24), ("y", 3), ("d", -3), ("b", -2), ("k", 26))),
    Known("encode_runs(text: str) -> list[tuple[str, int]]", "It gets a text and gives its runs. A run is a letter and how often it comes in a row. The empty text has no runs.",
          "runs = []\nfor letter in text:\n    if runs and runs[-1][0] == letter:\n        runs[-1] = (letter, runs[-1][1] + 1)\n    else:\n        runs.append((letter, 1))\nreturn runs",
          (("aab",), ("",), ("x",), ("abba",), ("zzzz",), ("aabbb",))),
    Known("letter_counts(text: str) -> dict[str, int]", "It gets a text and tells how often each sign stands in it. Signs come in the order in which they are first met. The empty text has none.",
          "counts = {}\nfor letter in text:\n    counts[letter] = counts.get(letter, 0) + 1\nreturn counts",
          (("abba",), ("",), ("x",), ("aAa",), ("see me",), ("zzz",))),
    Known("remove_repeats(items: list[int]) -> list[int]", "It gets a list of numbers and gives a new list in which no number comes twice. The first of each stays, and the order does not change.",
          "kept = []\nfor item in items:\n    if item not in kept:\n        kept.append(item)\nreturn kept",
          (([1, 2, 1],), ([],), ([3, 3, 3],), ([4, 5],), ([2, 1, 2, 1, 3],), ([0, 0, 1],))),
    Known("rotate_list(items: list[int], steps: int) -> list[int]", "It gets a list of numbers and moves each of them so many places to the left. What falls off at the start comes back at the end. An empty list stays empty.",
          "if not items:\n    return []\ncut = steps % len(items)\nreturn items[cut:] + items[:cut]",
          (([1, 2, 3, 4], 1), ([], 5), ([1, 2, 3], 0), ([1, 2, 3], 3), ([5, 6, 7], 4), ([1, 2, 3, 4, 5], 2), ([9], 7))),
    Known("flatten_lists(lists: list[list[int]]) -> list[int]", "It gets a list of lists of numbers and gives one list with all of the numbers, in their order. Empty lists add nothing.",
          "flat = []\nfor numbers in lists:\n    flat.extend(numbers)\nreturn flat",
          (([[1, 2], [3]],), ([],), ([[]],), ([[4], [], [5, 6]],), ([[1], [1]],), ([[7, 8, 9]],))),
    Known("running_totals(numbers: list[int]) -> list[int]", "It gets a list of numbers. It gives a list of the same length that tells at each place what all numbers up to there add up to. An empty list stays empty.",
          "totals = []\ntotal = 0\nfor number in numbers:\n    total += number\n    totals.append(total)\nreturn totals",
          (([1, 2, 3],), ([],), ([5],), ([4, -4, 1],), ([0, 0, 2],), ([10, 20, 30, 40],))),
    Known("merge_sorted_lists(first: list[int], second: list[int]) -> list[int]", "It gets two lists of numbers that are sorted already, and gives one sorted list with all of them. If one of them is empty, the answer holds the other.",
          "merged = []\nleft = right = 0\nwhile left < len(first) and right < len(second):\n    if first[left] <= second[right]:\n        merged.append(first[left])\n        left += 1\n    else:\n        merged.append(second[right])\n        right += 1\nreturn merged + first[left:] + second[right:]",
          (([1, 4], [2, 3]), ([], [5]), ([1], []), ([], []), ([1, 1], [1, 2]), ([5, 6], [1, 2, 9]), ([2, 8, 9], [3]))),
    Known("second_largest(numbers: list[int]) -> int | None", "It gets a list of numbers and gives the largest but one, where equal numbers count once. If there are not two different numbers, the answer is None.",
          "different = sorted(set(numbers))\nreturn different[-2] if len(different) > 1 else None",
          (([3, 1, 2],), ([4],), ([],), ([5, 5],), ([5, 5, 1],), ([-1, -2, -3],), ([2, 9, 9, 7],))),
    Known("split_into_chunks(items: list[int], size: int) -> list[list[int]]", "It gets a list of numbers and a size from 1 on. It gives lists with so many of them each, in their order. The last one may be shorter.",
          "chunks = []\nfor start in range(0, len(items), size):\n    chunks.append(items[start : start + size])\nreturn chunks",
          (([1, 2, 3, 4, 5], 2), ([], 3), ([1, 2], 1), ([1, 2, 3], 3), ([1, 2, 3, 4], 3), ([7], 5))),
    Known("largest_difference(numbers: list[int]) -> int", "It gets a list of numbers and tells how far the smallest and the largest are apart. For an empty list the answer is 0.",
          "if not numbers:\n    return 0\nreturn max(numbers) - min(numbers)",
          (([3, 9, 5],), ([],), ([4],), ([-2, 2],), ([7, 7],), ([10, 1, 5],))),
    Known("is_sorted(numbers: list[int]) -> bool", "It gets a list of numbers and tells if no number is smaller than the one before it. Equal neighbours are fine. An empty list is sorted.",
          "for place in range(1, len(numbers)):\n    if numbers[place] < numbers[place - 1]:\n        return False\nreturn True",
          (([1, 2, 2],), ([2, 1],), ([],), ([5],), ([1, 3, 2],), ([1, 2, 3, 0],), ([0, 5, 5, 9],))),
    Known("dot_product(first: list[int], second: list[int]) -> int", "It gets two lists of numbers of the same length. It takes each number times the one at the same place of the other list, and gives the sum. For empty lists the answer is 0.",
          "total = 0\nfor left, right in zip(first, second):\n    total += left * right\nreturn total",
          (([1, 2], [3, 4]), ([], []), ([5], [2]), ([1, 0, 2], [4, 9, 3]), ([-1, 2], [2, 2]), ([3, 3], [0, 1]))),
    Known("swap_keys_and_values(table: dict[str, int]) -> dict[int, str]", "It gets a table from words to numbers and gives the table from numbers to words. If two words have one number, the later word stays. An empty table stays empty.",
          "return {value: key for key, value in table.items()}",
          (({"a": 1, "b": 2},), ({},), ({"x": 7},), ({"p": 3, "q": 3},), ({"one": 1, "two": 2, "six": 6},))),
    Known("transpose_table(rows: list[list[int]]) -> list[list[int]]", "It gets a table as a list of rows of the same length and gives the list of its columns. An empty table has no columns.",
          "if not rows:\n    return []\nreturn [[row[place] for row in rows] for place in range(len(rows[0]))]",
          (([[1, 2], [3, 4]],), ([],), ([[5, 6, 7]],), ([[1], [2], [3]],), ([[1, 2, 3], [4, 5, 6]],))),
)  # fmt: skip
