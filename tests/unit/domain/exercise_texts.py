"""An exercise as a model should write it, and ways to spoil it."""

TEXT = '''Write `count_even`. It gets a list of numbers and tells how many of them are even. Of none the answer is 0.

```python
def count_even(numbers: list[int]) -> int:
    """How many numbers are even.

    >>> count_even([1, 2, 4])
    2
    """
    count = 0
    for number in numbers:
        if number % 2 == 0:
            count += 1
    return count
```

Tests:

```python
assert count_even([]) == 0
assert count_even([1, 3]) == 0
assert count_even([2, 0, -4, 5]) == 3
```
'''
NAME = "count_even"


def spoilt(old: str, new: str, text: str = TEXT) -> str:
    """The exercise with one thing changed, which must be there."""
    assert old in text
    return text.replace(old, new)
