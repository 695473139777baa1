"""Nouns and verbs that go with numbers."""

import pytest

from repsim_core.wording import plural, verb


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (plural(1, "network"), "1 network"),
        (plural(0, "network"), "0 networks"),
        (plural(9500, "pair"), "9,500 pairs"),
        (plural(2, "vertex", "vertices"), "2 vertices"),
        (verb(1, "have"), "has"),
        (verb(1, "fall"), "falls"),
        (verb(1, "carry"), "carries"),
        (verb(0, "have"), "have"),
        (verb(3, "fall"), "fall"),
    ],
)
def test_words_go_with_numbers(said, expected):
    assert said == expected
