"""Values between a student's process and that of the tests."""

import json
from collections import OrderedDict, namedtuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import repsim_core as rc
from repsim_book.classroom.apart.values import UnsupportedError, decode, encode


def passed(value):
    """What arrives."""
    return decode(json.loads(json.dumps(encode(value))))


SIMPLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
    st.just(...),
)
KEYS = st.one_of(st.integers(), st.text(), st.tuples(st.integers(), st.text()))
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(KEYS, inner, max_size=3),
    ),
    max_leaves=6,
)
DTYPES = st.one_of(
    arrays.boolean_dtypes(), arrays.integer_dtypes(), arrays.floating_dtypes(), arrays.complex_number_dtypes()
)


@given(VALUES)
def test_plain_values_arrive_as_they_are(value):
    assert repr(passed(value)) == repr(value)  # nan is nan, True no 1


@given(arrays.arrays(DTYPES, arrays.array_shapes(min_dims=0, min_side=0)))
def test_arrays_arrive_to_the_bit(array):
    found = passed(array)
    assert (type(found), found.dtype, found.shape) == (np.ndarray, array.dtype, array.shape)
    assert found.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "value", [np.float64(0.1), np.int32(7), np.bool_(True), np.str_("a"), np.datetime64("2026-01-01")]
)
def test_numbers_of_numpy_stay_numbers_of_numpy(value):
    assert (type(passed(value)), passed(value)) == (type(value), value)


def test_tables_arrive_with_their_index_and_names():
    table = pd.DataFrame(
        {"width": [8, 8, 16], "d": [0.5, np.nan, 0.25], "what": ["a", None, "b"], "sure": [True] * 3}
    )
    for value in (
        table,
        table.set_index("width"),
        table[table["width"] > 8],
        table.groupby(["width", "what"]).sum(),
    ):
        pd.testing.assert_frame_equal(passed(value), value)
    many = table.groupby("width")[["d"]].agg(["mean", "std"])
    pd.testing.assert_frame_equal(passed(many), many)
    pd.testing.assert_series_equal(passed(table.set_index("what")["d"]), table.set_index("what")["d"])
    pd.testing.assert_index_equal(passed(many.columns), many.columns)


def test_models_are_made_anew_of_their_numbers():
    rng = np.random.default_rng(0)
    model = rc.Representations(
        rng.normal(size=(6, 2)), rng.normal(size=(4, 2)), [0, 1, 2, 3, 0, 1], rng.normal(size=4)
    )
    found = passed((model, model.linear_twin(np.eye(2), np.zeros(2))))[0]
    for part in ("embeddings", "unembeddings", "labels", "bias"):
        assert (getattr(found, part) == getattr(model, part)).all()


def test_what_is_more_than_a_value_arrives_as_one():
    class Equal(float):
        __eq__ = lambda *_: True  # noqa: E731
        __hash__ = float.__hash__

    class Own(np.ndarray):
        __eq__ = lambda *_: True  # noqa: E731

    for value, plain in (
        (Equal(3), 3.0),
        (OrderedDict(a=1), {"a": 1}),
        (namedtuple("Pair", "a b")(1, 2), (1, 2)),
        ((number**2 for number in range(3)), [0, 1, 4]),
        ({"a": 1, "b": 2}.keys(), ["a", "b"]),
        (map(str, [1]), ["1"]),
        ({1, "a"}, {1, "a"}),
        (frozenset([(1, 2)]), frozenset([(1, 2)])),
        (range(1, 9, 2), range(1, 9, 2)),
        (np.arange(3).view(Own), np.arange(3)),
    ):
        found = passed(value)
        assert type(found) is type(plain)
        assert np.all(found == plain)
    assert passed(Equal(3)) != 4.0


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (object(), "object"),
        ([1, lambda: 0], "function"),
        ({"a": {object}}, "type"),
        (np.array([object()]), "object"),
        (np.ma.array([1.0], mask=[True]), "MaskedArray"),
        (iter(int, 1), "callable_iterator of more than 100000 values"),
    ],
)
def test_what_cannot_be_passed_is_named(value, kind):
    with pytest.raises(UnsupportedError, match=f"^{kind}$"):
        encode(value)
    itself = []
    itself.append(itself)
    with pytest.raises(UnsupportedError, match="list that holds itself"):
        encode(itself)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "other"},
        {"kind": "array", "npy": "nothing"},
        {"kind": "array", "npy": "gASVAAAAAAAAAE4u"},  # a pickle
        {"kind": "model", "embeddings": 1},
        {"kind": "range", "parts": ["a"]},
    ],
)
def test_data_of_anyones_making_are_refused(data):
    with pytest.raises(UnsupportedError):
        decode(data)
