"""Nouns and verbs that go with numbers, and numbers with the digits that mean something."""

import math

import pandas as pd
import pytest

from repsim_core import wording
from repsim_core.wording import plural, signed, significant, verb


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
        (wording.listed([1, 2, 3]), "1, 2 and 3"),
        (wording.listed(["one"]), "one"),
        (wording.listed([]), "none"),
        (significant(0.02), "0.0200"),
        (significant(1.0554), "1.06"),
        (significant(-0.5, 1), "−0.5"),
        (significant(999.6, 3), "1,000"),
        (significant(123456.0), "123,000"),
        (significant(2.7e-5, 2), "2.7·10⁻⁵"),
        (significant(1.2e9, 2), "1.2·10⁹"),
        (significant(8.85e-31), "0"),
        (significant(math.nan), "nan"),
        (signed(0.0314), "+0.031"),
        (signed(-0.00001), "0.000"),
        (wording.interval(-0.5, 0.25, 2), "[−0.50, +0.25]"),
        (wording.span([0.7, 0.5, 0.6], 1), "0.5 to 0.7"),
        (wording.span([0.71, 0.69], 1), "0.7"),
        (wording.p_value(0.2), "0.20"),
        (wording.p_value(0.0312), "0.031"),
        (wording.p_value(0.0002), "below 0.001"),
        (wording.p_value(float("nan")), "not known"),
    ],
)
def test_words_go_with_numbers(said, expected):
    assert said == expected


def test_a_table_is_written_column_by_column():
    table = pd.DataFrame({"a": [1.25, -2.0], "b": [1e-9, 3.0], "c": [1, 2]})
    written = wording.formatted(table, {"b": "2", "a": ".1f"})
    assert list(written) == ["b", "a"]
    assert written.to_numpy().tolist() == [["1.0·10⁻⁹", "1.2"], ["3.0", "−2.0"]]
