"""What cannot be right is refused, with a message that names the argument: one table, and damaged files at random."""

# ruff: noqa: E501 - the table has one row a line

from __future__ import annotations

import decimal
import os
import pickle
import tempfile
from pathlib import Path

import array_api_strict
import numpy as np
import pytest
import strategies
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_files import GOOD_NPZ, GOOD_SAFETENSORS, REFUSED, F, G, archive, changed, npy, npz

import repsim_core as rc
from repsim_core.datasets.tabular import digits, radial

A, B = strategies.model(), strategies.model(seed=1)


# Bad matrices, wherever one is asked for: what it is, the matrix, the error, and what the message says.
MATRICES = [
    (
        "nan",
        changed(F, np.nan),
        ValueError,
        r"found 1 value that is not finite \(at row 1, column 1\), expected",
    ),
    ("infinity", changed(F, np.inf), ValueError, "not finite"),
    ("minus infinity", changed(F, -np.inf), ValueError, "not finite"),
    ("nan in a tensor", torch.from_numpy(changed(F, np.nan)), ValueError, "not finite"),
    ("half precision overflow", torch.from_numpy(F).half() * 1e5, ValueError, "not finite"),
    ("beyond double precision", F.astype(np.longdouble) * np.longdouble("1e400"), ValueError, "not finite"),
    ("one dimension", F[0], ValueError, r"shape \(2,\), expected two dimensions"),
    ("three dimensions", F[None], ValueError, r"shape \(1, 20, 2\), expected two dimensions"),
    ("a number", 3.0, ValueError, r"shape \(\), expected two dimensions"),
    ("no rows", F[:0], ValueError, r"empty array of shape \(0, 2\)"),
    ("no columns", F[:, :0], ValueError, r"empty array of shape \(20, 0\)"),
    ("an empty list", [], ValueError, "expected two dimensions"),
    ("no rows in a tensor", torch.zeros(0, 2), ValueError, "empty array"),
    ("ragged rows", [[1.0, 2.0], [3.0]], ValueError, "rows of different lengths"),
    ("int8", F.astype(np.int8), TypeError, "found dtype int8, expected floating-point"),
    ("uint8", np.full((20, 2), 200, np.uint8), TypeError, "found dtype uint8"),
    ("int64", np.full((20, 2), 2**62), TypeError, "found dtype int64"),
    ("whole numbers in a list", [[1, 2], [3, 4]], TypeError, "found dtype int64"),
    ("huge whole numbers", [[10**30, 1], [1, 1]], TypeError, "found dtype object"),
    (
        "an integer tensor",
        torch.ones(20, 2, dtype=torch.int32),
        TypeError,
        r"found dtype torch\.int32, expected floating-point",
    ),
    ("truth values", F > 0, TypeError, "found dtype bool"),
    ("truth values in a tensor", torch.from_numpy(F) > 0, TypeError, r"found dtype torch\.bool, expected"),
    ("objects", F.astype(object), TypeError, "found dtype object"),
    ("None", None, TypeError, "found dtype object"),
    ("decimals", [[decimal.Decimal(1), decimal.Decimal(2)]], TypeError, "found dtype object"),
    ("strings", F.astype(str), TypeError, "found dtype <U"),
    ("bytes", F.astype(bytes), TypeError, r"found dtype \|S"),
    ("a file name", "model.npz", TypeError, "found dtype <U"),
    ("complex numbers", F + 1j, TypeError, "found dtype complex128"),
    ("a complex tensor", torch.from_numpy(F + 1j), TypeError, r"found dtype torch\.complex128, expected"),
    ("dates", np.zeros((20, 2), "datetime64[s]"), TypeError, "found dtype datetime64"),
    ("records", np.zeros((20, 2), [("x", float)]), TypeError, r"found dtype \["),
    ("masked entries", np.ma.masked_less(F, 0.0), TypeError, "masked array"),
    (
        "a sparse tensor",
        torch.from_numpy(F).to_sparse(),
        TypeError,
        r"layout torch\.sparse_coo, expected a dense one",
    ),
    ("a dictionary", {"embeddings": F}, TypeError, "found dtype object"),
]
ASKING = {
    "embeddings": lambda x: rc.Representations(x, G),
    "unembeddings": lambda x: rc.Representations(F, x),
    "matrix": lambda x: A.linear_twin(x),
    "z": lambda x: rc.svd_dissimilarity(x, F),
    "w": lambda x: rc.mean_cca(F, x),
}

CONSTANT_RATIO = rc.Representations(
    # f varies in its first coordinate only, and g(y_0), g(y_1) differ in the second only. The large first coordinate
    # makes the rounding errors of the logits larger than their deviation.
    np.column_stack([1000.0 + 1e-3 * F[:, 0], np.full(20, 0.1)]),
    np.vstack([G[0], G[0] + [0.0, 0.7], G[2:]]),
)
# f lies on a line and g(y_1) - g(y_0) is orthogonal to it, up to the rounding of 0.3 · 1 - 0.1 · 3.
CANCELLED_RATIO = rc.Representations(F[:, :1] * [0.3, 0.1], np.vstack([G[0], G[0] + [1.0, -3.0], G[2:]]))
EQUAL_LABELS = rc.Representations(F, np.vstack([G[0], G[0], G[2:]]))
TWO_DIFFERENT_LABELS = rc.Representations(F, np.repeat(G[:2], 3, axis=0))
ALL_LABELS_EQUAL = rc.Representations(F, np.tile(G[0], (6, 1)))
ALL_INPUTS_EQUAL = rc.Representations(np.tile(F[0], (20, 1)), G)
EQUAL_INPUTS = rc.Representations(np.vstack([F[0], F[0], F[2:]]), G)
LABELLED = [rc.Representations(F, G, np.roll(np.arange(20) % 6, shift)) for shift in (0, 1)]
FEW_LABELS = [strategies.model(k=2, seed=seed) for seed in (0, 1)]  # K = M
JUST_ENOUGH_LABELS = [strategies.model(k=3, seed=seed) for seed in (0, 1)]  # K = M + 1
SETS = {"pivot": 0, "left_out": 2, "input_set": (0, 1, 2)}


def both(**options):
    """Both measures with these sets; the first error counts, and then the other must raise it too."""

    def call(_folder):
        with pytest.raises((TypeError, ValueError)) as caught:
            rc.representation_distance(A, B, **options)
        message = str(caught.value)
        try:
            rc.llv_distance(A, B, **options)
        except (TypeError, ValueError) as error:
            assert str(error) == message  # noqa: PT017
            raise

    return call


def file(name: str, content: bytes):
    """Load a file with this content."""

    def call(folder: Path):
        (folder / name).write_bytes(content)
        return rc.load(folder / name)

    return call


class Trap:
    """Unpickling this makes a folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (self.folder,)


# Everything else: what it is, the call (which gets an empty folder), the error, and what the message says.
CALLS = [
    # the representations
    ("other M in g", lambda _: rc.Representations(F, G[:, :1]), ValueError, "^unembeddings: found M = 1 column, expected 2"),
    ("f and g swapped and transposed", lambda _: rc.Representations(F.T, G.T), ValueError, "^unembeddings: found M = 6"),
    ("one label", lambda _: rc.Representations(F, G[:1]), ValueError, "^unembeddings: found K = 1 label"),
    ("too few labels given", lambda _: rc.Representations(F, G, [0, 1]), ValueError, r"^labels: found shape \(2,\), expected \(20,\)"),
    ("labels of rank 2", lambda _: rc.Representations(F, G, np.zeros((20, 1), int)), ValueError, "^labels: found shape"),
    ("one-hot labels", lambda _: rc.Representations(F, G, np.eye(20, 6, dtype=int)), ValueError, "^labels: found shape"),
    ("labels of -1", lambda _: rc.Representations(F, G, np.full(20, -1)), ValueError, "^labels: found labels from -1 to -1, expected 0 to 5"),
    ("labels from 1", lambda _: rc.Representations(F, G, 1 + np.arange(20) % 6), ValueError, "^labels: found labels from 1 to 6"),
    ("labels that overflow", lambda _: rc.Representations(F, G, np.full(20, 2**64 - 1, np.uint64)), ValueError, "^labels: found labels from 18446744073709551615"),
    ("labels of floats", lambda _: rc.Representations(F, G, np.zeros(20)), TypeError, "^labels: found dtype float64"),
    ("labels of float tensor", lambda _: rc.Representations(F, G, torch.zeros(20, dtype=torch.bfloat16)), TypeError, r"^labels: found dtype torch\.bfloat16, expected integers"),
    ("labels of truth values", lambda _: rc.Representations(F, G, np.zeros(20, bool)), TypeError, "^labels: found dtype bool"),
    ("labels of strings", lambda _: rc.Representations(F, G, ["cat"] * 20), TypeError, "^labels: found dtype <U3"),
    ("labels with None", lambda _: rc.Representations(F, G, [None] * 20), TypeError, "^labels: found dtype object"),
    ("ragged labels", lambda _: rc.Representations(F, G, [[0], [1, 2]]), ValueError, "^labels: found rows of different lengths"),
    ("masked labels", lambda _: rc.Representations(F, G, np.ma.masked_equal(np.arange(20) % 6, 3)), TypeError, "^labels: found a masked array"),
    ("accuracy without labels", lambda _: A.accuracy(), ValueError, "^labels: found None"),
    ("loss without labels", lambda _: A.loss(), ValueError, "^labels: found None"),
    ("squares of f that overflow", lambda _: rc.Representations(F * 1e160, G), ValueError, r"^embeddings: found entries of size .*e\+160, expected less than 1e\+150: their squares overflow"),
    ("squares of g that overflow", lambda _: rc.Representations(F, G * 1e160), ValueError, "^unembeddings: found entries of size .*overflow"),
    ("squares of logits that overflow", lambda _: rc.Representations(F * 1e100, G * 1e100), ValueError, r"^embeddings: found logits f\(x\)·g\(y\) of size .*overflow"),
    *(
        (f"bias {what}", lambda _, b=b: rc.Representations(F, G, bias=b), error, f"^bias: {match}")
        for what, b, error, match in [
            ("too short", G[:5, 0], ValueError, r"found shape \(5,\), expected \(6,\), one number a label"),
            ("an entry an input", F[:, 0], ValueError, r"found shape \(20,\), expected \(6,\)"),
            ("of rank 2", G[:, :1], ValueError, r"found shape \(6, 1\), expected one dimension"),
            ("a number", 0.5, ValueError, r"found shape \(\), expected one dimension"),
            ("empty", [], ValueError, r"found an empty array of shape \(0,\)"),
            ("ragged", [[0.0], [0.0, 1.0]], ValueError, "found rows of different lengths"),
            ("nan", [0.0, np.nan, 0.0, 0.0, np.nan, 0.0], ValueError, r"found 2 values that are not finite \(the first at row 1\)"),
            ("a mask", [0.0, -np.inf, 0.0, 0.0, 0.0, 0.0], ValueError, r"found 1 value that is not finite \(at row 1\), expected finite numbers; of labels that are masked .* write -1e20"),
            ("a mask in a tensor", torch.tensor([0.0, -torch.inf, -torch.inf, 0.0, 0.0, 0.0]), ValueError, r"found 2 values .*; of labels that are masked .* write -1e20"),
            ("infinite", np.full(6, np.inf), ValueError, "found 6 values that are not finite .*expected finite numbers$"),
            ("infinite, in a tensor", torch.full((6,), torch.inf), ValueError, "found 6 values that are not finite"),
            ("too large", np.full(6, 1e200), ValueError, "found entries of size 1e\\+200"),
            ("of integers", np.arange(6), TypeError, "found dtype int64, expected floating-point"),
            ("of integers, in a tensor", torch.arange(6), TypeError, r"found dtype torch\.int64"),
            ("of truth values", [True] * 6, TypeError, "found dtype bool"),
            ("of strings", list("abcdef"), TypeError, "found dtype <U1"),
            ("masked", np.ma.masked_less(G[:, 0], 0.0), TypeError, "found a masked array"),
        ]
    ),
    ("three libraries", lambda _: rc.Representations(torch.from_numpy(F), G, bias=array_api_strict.asarray(G[:, 0])), TypeError, "^bias: found an array of array_api_strict, expected torch as embeddings"),
    # displaced vectors, diversity, twins
    ("pivot input out of range", lambda _: A.displaced_embeddings(20), ValueError, "^pivot_input: found 20, expected an integer from 0 to 19"),
    ("pivot label out of range", lambda _: A.displaced_unembeddings(-1), ValueError, "^pivot: found -1, expected an integer from 0 to 5"),
    ("too few labels for L", lambda _: A.label_matrix(0, [1]), ValueError, "^labels: found .*expected 2 distinct"),
    ("a repeated label for L", lambda _: A.label_matrix(0, [1, 1]), ValueError, "^labels: found .*expected 2 distinct"),
    ("a label of L out of range", lambda _: A.label_matrix(0, [1, 6]), ValueError, "^labels: found 6"),
    ("too few inputs for N", lambda _: A.input_matrix([0, 1]), ValueError, "^input_set: found .*expected 3 distinct"),
    ("K < M + 1", lambda _: FEW_LABELS[0].diversity(), ValueError, r"^unembeddings: found K = 2 labels for M = 2, expected at least M \+ 1 = 3"),
    ("N < M + 1", lambda _: strategies.model(n=2).diversity(), ValueError, r"^embeddings: found N = 2 inputs, expected at least M \+ 1 = 3"),
    ("diversity, pivot", lambda _: A.diversity(pivot=9), ValueError, "^pivot: found 9"),
    ("diversity, labels", lambda _: A.diversity(labels=(1, 2, 3)), ValueError, "^labels: found"),
    ("diversity, input set", lambda _: A.diversity(input_set=(1, 2.0, 3)), TypeError, r"^input_set: found 2\.0"),
    ("singular twin", lambda _: A.linear_twin([[1.0, 2.0], [2.0, 4.0]]), ValueError, "^matrix: found a singular matrix"),
    ("twin by zero", lambda _: A.linear_twin(np.zeros((2, 2))), ValueError, "^matrix: found a singular matrix"),
    ("twin of other size", lambda _: A.linear_twin(np.eye(3)), ValueError, r"^matrix: found shape \(3, 3\), expected \(2, 2\)"),
    ("twin by a rectangle", lambda _: A.linear_twin(np.ones((2, 3))), ValueError, "^matrix: found shape"),
    ("shift of other size", lambda _: A.linear_twin(np.eye(2), np.ones(3)), ValueError, r"^shift: found shape \(3,\), expected \(2,\)"),
    ("shift of rank 2", lambda _: A.linear_twin(np.eye(2), np.ones((1, 2))), ValueError, "^shift: found shape"),
    ("shift by a number", lambda _: A.linear_twin(np.eye(2), 1.0), ValueError, "^shift: found shape"),
    ("ragged shift", lambda _: A.linear_twin(np.eye(2), [[1.0], [1.0, 2.0]]), ValueError, "^shift: found rows"),
    ("shift by nan", lambda _: A.linear_twin(np.eye(2), [1.0, np.nan]), ValueError, "^shift: .*not finite"),
    ("whole shift", lambda _: A.linear_twin(np.eye(2), [1, 2]), TypeError, "^shift: found dtype int64"),
    ("masked shift", lambda _: A.linear_twin(np.eye(2), np.ma.masked_equal([1.0, 2.0], 2.0)), TypeError, "^shift: found a masked"),
    # pairs
    *(
        (f"{name}: {what}", lambda _, measure=measure, b=b: measure(A, b), error, f"^b: found {match}")
        for name, measure in {
            "kl": rc.kl_divergence,
            "llv": rc.llv_distance,
            "representation": rc.representation_distance,
            "compare": rc.compare,
        }.items()
        for what, b, error, match in [
            ("other N", strategies.model(n=21), ValueError, "N = 21 inputs, expected 20 as in a"),
            ("other K", strategies.model(k=7), ValueError, "K = 7 labels, expected 6 as in a"),
            ("an array", F, TypeError, "ndarray, expected Representations"),
            ("None", None, TypeError, "NoneType, expected Representations"),
            ("a file name", "b.npz", TypeError, "str, expected Representations"),
        ]
    ),
    ("a is no model", lambda _: rc.llv_distance(F, B), TypeError, "^a: found ndarray"),
    ("other true labels", lambda _: rc.compare(*LABELLED), ValueError, "^b: found other true labels"),
    ("all: other N", lambda _: rc.compare_all([A, strategies.model(n=21)]), ValueError, r"^models\[1\]: found N = 21 inputs, expected 20 as in models\[0\]"),
    ("all: other K", lambda _: rc.compare_all({"a": A, "b": strategies.model(k=7)}), ValueError, r"^models\['b'\]: found K = 7 labels, expected 6"),
    ("all: other true labels", lambda _: rc.compare_all([B, *LABELLED]), ValueError, r"^models\[2\]: found other true labels than in models\[1\]"),
    ("all: an array", lambda _: rc.compare_all([A, F]), TypeError, r"^models\[1\]: found ndarray, expected Representations"),
    ("all: None", lambda _: rc.compare_all([A, None]), TypeError, r"^models\[1\]: found NoneType, expected"),
    ("all: a model and a file", lambda _: rc.compare_all([A, "b.npz"]), TypeError, r"^models\[1\]: found str, expected .* paths of files alone"),
    ("all: a file name", lambda _: rc.compare_all("b.npz"), TypeError, "^models: found str, expected a sequence"),
    ("all: no pair", lambda _: rc.compare_all([A, ALL_INPUTS_EQUAL]), ValueError, r"^models: no pair can be compared; of the first, models\[1\]: found the same distribution"),
    ("all: jobs for models", lambda _: rc.compare_all([A, B], jobs=2), ValueError, "^jobs: found one beside models at hand"),
    ("all: arrays of models", lambda _: rc.compare_all([A, B], bias="b"), ValueError, "^bias: found one beside models at hand"),
    ("all: no jobs", lambda _: rc.compare_all(["a.npz", "b.npz"], jobs=0), ValueError, "^jobs: found 0"),
    ("all: an unknown option", lambda _: rc.compare_all([A, B], pivto=1), TypeError, "^pivto: found an unknown option; did you mean pivot"),
    ("all: an option that is no value", lambda _: rc.compare_all([A, B], pivot=A), TypeError, "^pivot: found Representations"),
    ("all: weight nan", lambda _: rc.compare_all([A, B], weight=float("nan")), ValueError, "^weight: found nan"),
    ("all: pivot that is no label", lambda _: rc.compare_all([A, B], pivot=6), ValueError, "^pivot: found 6"),
    ("all: a file twice", lambda _: rc.compare_all(["a.npz", "./a.npz"]), ValueError, "^models: found .*a.npz twice"),
    ("all: no such file", lambda _: rc.compare_all(["no.npz", "b.npz"]), ValueError, "^there is no file no.npz"),
    ("all: too many names", lambda _: rc.compare_all(["a.npz", "b.npz"], bias=["x"]), ValueError, "^bias: found 1 name, expected one, or one for each of the 2 files"),
    ("all: a name that is none", lambda _: rc.compare_all(["a.npz", "b.npz"], bias=[1, 2]), TypeError, "^bias: found .* expected the name of an array"),
    ("no models", lambda _: rc.compare_all([]), ValueError, "^models: found 0, expected at least two"),
    ("one model", lambda _: rc.compare_all({"a": A}), ValueError, "^models: found 1"),
    ("a model in place of models", lambda _: rc.compare_all(A), TypeError, "^models: found Representations"),
    ("models are None", lambda _: rc.compare_all(None), TypeError, "^models: found NoneType"),
    *(
        (f"K = M + 1, {name}, one left out", lambda _, measure=measure: measure(*JUST_ENOUGH_LABELS, left_out=1), ValueError, r'^left_out: found label 1 of K = r \+ 1 = 3, .*pass left_out="none"')
        for name, measure in (("llv", rc.llv_distance), ("fg", rc.representation_distance), ("compare", rc.compare))
    ),
    *(
        (f"N = 1, {name}", lambda _, measure=measure: measure(strategies.model(n=1), strategies.model(n=1, seed=1)), ValueError, "^a: found N = 1 input, expected at least 2")
        for name, measure in (("llv", rc.llv_distance), ("fg", rc.representation_distance), ("compare", rc.compare))
    ),
    # sets
    ("pivot out of range", both(pivot=6), ValueError, "^pivot: found 6, expected an integer from 0 to 5"),
    ("pivot negative", both(pivot=-1), ValueError, "^pivot: found -1"),
    ("pivot a truth value", both(pivot=True), TypeError, "^pivot: found True"),
    ("pivot a float", both(pivot=1.0), TypeError, r"^pivot: found 1\.0"),
    ("pivot a string", both(pivot="none"), TypeError, "^pivot: found 'none', expected a label, None or \"mean\""),
    ("pivot an array", both(pivot=np.array([1, 2])), TypeError, r"^pivot: found array\(\[1, 2\]\)"),
    ("pivot a string beside labels", both(pivot="all", labels=[1, 2]), TypeError, "^pivot: found 'all'"),
    *(
        (f"labels {what}", both(**options), error, f"^labels: found {match}")
        for what, options, error, match in [
            ("a word", {"labels": "none"}, TypeError, "'none', expected labels from 0 to 5, how many .*\"all\" or None"),
            ("a truth value", {"labels": True}, TypeError, "True, expected labels from 0 to 5"),
            ("NumPy's truth value", {"labels": np.bool_(True)}, TypeError, "np.True_, expected labels"),
            ("a float", {"labels": 2.0}, TypeError, r"2\.0, expected labels"),
            ("how many, none", {"labels": 0}, ValueError, r"0, expected .*how many \(at most 5\)"),
            ("how many, fewer than none", {"labels": -1}, ValueError, "-1, expected .*how many"),
            ("how many, all", {"labels": 6}, ValueError, r"6, expected .*how many \(at most 5\)"),
            ("how many, more than all", {"labels": 7, "pivot": "mean"}, ValueError, "7, expected .*how many .at most 6"),
            ("none in a list", {"labels": []}, TypeError, r"\[\], expected labels"),
            ("none in an array", {"labels": np.array([], int)}, TypeError, r"array\(\[\], dtype=int64\), expected labels"),
            ("a set", {"labels": {1, 2}}, TypeError, "{1, 2}, expected labels"),
            ("out of range", {"labels": [1, 6]}, ValueError, "6, expected an integer from 0 to 5"),
            ("negative", {"labels": [1, -1]}, ValueError, "-1, expected an integer from 0 to 5"),
            ("repeated", {"labels": [1, 2, 1]}, ValueError, r"\[1, 2, 1\], expected 3 distinct"),
            ("of floats", {"labels": np.array([1.0, 2.0])}, TypeError, r"1\.0, expected an integer"),
            ("of truth values", {"labels": [True, False]}, TypeError, "True, expected an integer"),
            ("of strings", {"labels": ["all"]}, TypeError, "'all', expected an integer"),
            ("of rank 2", {"labels": np.array([[1, 2]])}, TypeError, r"\[1, 2\], expected an integer"),
            ("with the pivot", {"labels": [1, 2, 3], "pivot": 2}, ValueError, "the pivot 2 among them, expected other labels"),
            ("that leave no pivot", {"labels": range(6)}, ValueError, "all 6 labels, which leaves none for the pivot; pass \"all\" or pivot=\"mean\""),
            ("more than reach the floor", {"labels": 2, "min_conditioning": 0.4999}, ValueError, r"no 2 .*min_conditioning = 0\.4999; ask for fewer, or lower min_conditioning"),
        ]
    ),
    *(
        (f"labels {labels!r} and left_out {left_out!r}", both(labels=labels, left_out=left_out), ValueError, f"^left_out: found {left_out!r} beside labels, expected one of the two")
        for labels in ([1, 2, 3], 3, "all")
        for left_out in (4, "none")
    ),
    ("left_out a word, beside the mean", both(pivot="mean", left_out="all"), ValueError, "^left_out: found 'all', expected a label, None or \"none\""),
    ("left_out an array, beside the mean", both(pivot="mean", left_out=np.array([1, 2])), TypeError, "^left_out: found array"),
    ("left_out out of range, beside the mean", both(pivot="mean", left_out=6), ValueError, "^left_out: found 6, expected an integer from 0 to 5"),
    ("left_out out of range", both(left_out=6), ValueError, "^left_out: found 6"),
    ("left_out negative", both(left_out=-1), ValueError, "^left_out: found -1"),
    ("left_out the pivot", both(pivot=1, left_out=1), ValueError, "^left_out: found 1, expected another label than the pivot"),
    ("left_out a truth value", both(left_out=False), TypeError, "^left_out: found False"),
    ("left_out a float", both(left_out=2.0), TypeError, r"^left_out: found 2\.0"),
    ("left_out a word", both(left_out="all"), ValueError, "^left_out: found 'all', expected a label, None or \"none\""),
    ("left_out a list", both(left_out=[1]), TypeError, r"^left_out: found \[1\]"),
    ("left_out an array", both(left_out=np.array([1, 2])), TypeError, "^left_out: found array"),
    ("input_set out of range", both(input_set=(0, 1, 20)), ValueError, "^input_set: found 20, expected an integer from 0 to 19"),
    ("input_set negative", both(input_set=(0, 1, -1)), ValueError, "^input_set: found -1"),
    ("input_set repeats", both(input_set=(0, 1, 1)), ValueError, r"^input_set: found \[0, 1, 1\], expected 3 distinct"),
    ("input_set too short", both(input_set=(0, 1)), ValueError, r"^input_set: found \[0, 1\], expected 3 distinct integers, r \+ 1 of them: r = 2 is the smaller rank"),
    ("input_set too long", both(input_set=range(4)), ValueError, "^input_set: found .*expected 3"),
    ("input_set of floats", both(input_set=np.array([0.0, 1.0, 2.0])), TypeError, r"^input_set: found 0\.0"),
    ("input_set of truth values", both(input_set=[True, False, True]), TypeError, "^input_set: found True"),
    ("input_set of rank 2", both(input_set=np.array([[0, 1, 2]])), TypeError, r"^input_set: found \[0, 1, 2\]"),
    ("input_set a number", both(input_set=3), TypeError, "^input_set: found 3"),
    ("input_set without order", both(input_set={0, 1, 2}), TypeError, "^input_set: found {0, 1, 2}"),
    ("input_set a word", both(input_set="best"), ValueError, "^input_set: found 'best', expected .*\"exact\""),
    ("num_samples 0", both(num_samples=0), ValueError, "^num_samples: found 0, expected an integer of at least 1"),
    ("num_samples a float", both(num_samples=10.0), TypeError, r"^num_samples: found 10\.0"),
    ("num_samples a truth value", both(num_samples=True), TypeError, "^num_samples: found True"),
    ("seed negative", both(seed=-1), ValueError, "^seed: found -1"),
    ("seed a float", both(seed=0.5), TypeError, r"^seed: found 0\.5"),
    ("seed None", both(seed=None), TypeError, "^seed: found None"),
    ("floor negative", both(input_set="exact", min_conditioning=-0.1), ValueError, "^min_conditioning: found -0.1"),
    ("floor nan", both(input_set="exact", min_conditioning=np.nan), ValueError, "^min_conditioning: found nan"),
    ("floor a string", both(input_set="exact", min_conditioning="0.1"), TypeError, "^min_conditioning: found '0.1'"),
    ("floor of 1/M", both(input_set="exact", min_conditioning=0.5), ValueError, "^min_conditioning: found 0.5, expected less than 1/2 = 0.5 for sets of 2"),
    ("floor too high", both(input_set="exact", min_conditioning=0.4999), ValueError, "^input_set: found no 3 inputs that reach min_conditioning = 0.4999 .* greedy"),
    ("weight negative", lambda _: rc.llv_distance(A, B, -1e-5), ValueError, "^weight: found -1e-05, expected a finite number of at least 0"),
    ("weight nan", lambda _: rc.llv_distance(A, B, np.nan), ValueError, "^weight: found nan"),
    ("weight infinite", lambda _: rc.llv_distance(A, B, np.float32(np.inf)), ValueError, "^weight: found inf"),
    ("weight that overflows", lambda _: rc.llv_distance(A, B, 10**400), ValueError, "^weight: found inf"),
    ("weight a string", lambda _: rc.llv_distance(A, B, "small"), TypeError, "^weight: found 'small'"),
    ("weight a truth value", lambda _: rc.llv_distance(A, B, True), TypeError, "^weight: found True"),
    ("weight None", lambda _: rc.compare(A, B, weight=None), TypeError, "^weight: found None"),
    ("weight an array", lambda _: rc.llv_distance(A, B, np.ones(2)), TypeError, "^weight: found array"),
    ("max_subsets 0", lambda _: rc.representation_distance(A, B, max_subsets=0), ValueError, "^max_subsets: found 0"),
    ("max_subsets a float", lambda _: rc.compare(A, B, max_subsets=1e3), TypeError, "^max_subsets: found 1000.0"),
    # zero deviations
    ("equal labels, llv", lambda _: rc.llv_distance(A, EQUAL_LABELS, pivot=0, left_out=2), ValueError, "^a, b: the log-ratio of label 1 with the pivot 0 is constant"),
    ("equal labels, fg", lambda _: rc.representation_distance(A, EQUAL_LABELS, **SETS), ValueError, "^log-ratios of b: that of label 1 with the pivot 0 is constant"),
    ("equal labels, certificate", lambda _: rc.similarity_certificate(EQUAL_LABELS, A, 2, pivot=0), ValueError, "^log-ratios of a: that of label 1 with the pivot 0 is constant"),
    *(
        (f"{what}, {name}", lambda _, model=model, measure=measure: measure(model, A, pivot=0, left_out=2, input_set=(0, 1)), ValueError, match)
        for what, model in (("a ratio constant up to rounding", CONSTANT_RATIO), ("a ratio that cancels", CANCELLED_RATIO))
        for name, measure, match in (
            ("llv", rc.llv_distance, "^a, b: the log-ratio of label 1 with the pivot 0 is constant"),
            ("fg", rc.representation_distance, "^log-ratios of a: that of label 1 with the pivot 0 is constant"),
        )
    ),
    *(
        (f"{what} in {side}, {name}", lambda _, models=models, options=options: rc.llv_distance(*models, **options), ValueError, f"^{side}: found the same distribution for every input, expected one that depends on the input")
        for what, model in (("all labels equal", ALL_LABELS_EQUAL), ("all inputs equal", ALL_INPUTS_EQUAL))
        for side, models in (("a", (model, A)), ("b", (A, model)))
        for name, options in (("search", {}), ("sets", SETS), ("exact search", {"input_set": "exact"}))
    ),
    ("all labels equal, identifiable", lambda _: ALL_LABELS_EQUAL.identifiable(), ValueError, "^embeddings: found the same distribution for every input, expected one that depends on the input"),
    ("equal inputs", lambda _: rc.llv_distance(EQUAL_INPUTS, A, **SETS), ValueError, "^a, b: the log-ratio of input 1 with x_0 = 0 is constant"),
    ("equal inputs, fg", lambda _: rc.representation_distance(EQUAL_INPUTS, A, **SETS), ValueError, r"^N\^T g of a: column 0 is constant"),
    ("compare", lambda _: rc.compare(ALL_INPUTS_EQUAL, A), ValueError, "^a: found the same distribution for every input"),
    ("too few different labels", lambda _: rc.llv_distance(A, TWO_DIFFERENT_LABELS, input_set=(0, 1)), ValueError, "^labels: for every choice of pivot and left-out label that is open, some log-ratio is constant"),
    ("constant coordinate", lambda _: rc.svd_dissimilarity(F, np.column_stack([F[:, 0], np.full(20, 0.1)])), ValueError, "^w: column 1 is constant"),
    ("no coordinate varies", lambda _: rc.mean_cca(np.full((20, 2), 0.1), F), ValueError, "^z: every column is constant"),
    # similarity
    ("d_SVD, other n", lambda _: rc.svd_dissimilarity(F, F[1:]), ValueError, "^w: found n = 19 rows, expected 20 as in z"),
    ("d_SVD, other M", lambda _: rc.svd_dissimilarity(F, F[:, :1]), ValueError, "^w: found M = 1 column, expected 2"),
    ("d_SVD, one observation", lambda _: rc.svd_dissimilarity(F[:1], F[:1]), ValueError, "^z: found n = 1 row"),
    ("CCA, other n", lambda _: rc.canonical_correlations(F, F[1:]), ValueError, "^w: found n = 19 rows"),
    ("bound of nan", lambda _: rc.quadratic_bound(np.nan), ValueError, "^d_llv: found nan"),
    ("bound of a negative distance", lambda _: rc.linear_bound(-1.0, 2), ValueError, "^d_llv: found -1"),
    ("bound without dimensions", lambda _: rc.linear_bound(1.0, 0), ValueError, "^dim: found 0"),
    *(
        (f"certificate of {m!r}", lambda _, m=m, options=options: rc.similarity_certificate(A, B, m, **options), error, f"^m: found {match}")
        for m, options, error, match in [
            (0, {}, ValueError, "0, expected an integer of at least 1"),
            (-1, {}, ValueError, "-1, expected an integer of at least 1"),
            (6, {}, ValueError, "6, expected at most the number of log-ratios, 5"),
            (7, {"pivot": "mean"}, ValueError, "7, expected at most the number of log-ratios, 6"),
            (2.0, {}, TypeError, r"2\.0, expected an integer"),
            (True, {}, TypeError, "True, expected an integer"),
            ("2", {}, TypeError, "'2', expected an integer"),
            (None, {}, TypeError, "None, expected an integer"),
        ]
    ),
    ("certificate, pivot a string", lambda _: rc.similarity_certificate(A, B, 2, pivot="none"), TypeError, "^pivot: found 'none', expected a label, None or \"mean\""),
    ("certificate, pivot out of range", lambda _: rc.similarity_certificate(A, B, 2, pivot=6), ValueError, "^pivot: found 6"),
    ("certificate, seed", lambda _: rc.similarity_certificate(A, B, 2, seed=-1), ValueError, "^seed: found -1"),
    ("certificate of an array", lambda _: rc.similarity_certificate(A, F, 2), TypeError, "^b: found ndarray"),
    ("bound of a string", lambda _: rc.quadratic_bound("1"), TypeError, "^d_llv: found '1'"),
    # constructions and data
    ("three classes", lambda _: rc.permuted_circles(3, rho=1.0), ValueError, "^classes: found 3, expected an integer of at least 4"),
    ("three classes, permuted", lambda _: rc.permuted_circles(3, rho=1.0, permutation=[1, 0, 2]), ValueError, "^classes: found 3"),
    ("classes a string", lambda _: rc.permuted_circles("7", rho=1.0, permutation=range(7)), TypeError, "^classes: found '7'"),
    ("no permutation", lambda _: rc.permuted_circles(4, rho=1.0, permutation=[0, 1, 2, 2]), ValueError, "^permutation: found .*expected 4 distinct"),
    ("a permutation from 1", lambda _: rc.permuted_circles(4, rho=1.0, permutation=[1, 2, 3, 4]), ValueError, "^permutation: found 4"),
    ("a short permutation", lambda _: rc.permuted_circles(5, rho=1.0, permutation=[0, 1, 2, 3]), ValueError, "^permutation: found .*expected 5"),
    ("rho of 0", lambda _: rc.permuted_circles(rho=0.0), ValueError, "^rho: found 0"),
    ("rho negative", lambda _: rc.permuted_circles(rho=-1.0), ValueError, "^rho: found -1"),
    ("rho infinite", lambda _: rc.permuted_circles(rho=np.inf), ValueError, "^rho: found inf"),
    ("no inputs", lambda _: rc.permuted_circles(rho=1.0, inputs_per_class=0), ValueError, "^inputs_per_class: found 0"),
    ("circles, seed", lambda _: rc.permuted_circles(rho=1.0, seed=-1), ValueError, "^seed: found -1"),
    ("star of 3", lambda _: rc.star_permutation(3), ValueError, "^classes: found 3"),
    ("noise negative", lambda _: rc.noisy_copy(A, -0.1), ValueError, "^noise: found -0.1"),
    ("noise nan", lambda _: rc.noisy_copy(A, np.nan), ValueError, "^noise: found nan"),
    ("noise, seed", lambda _: rc.noisy_copy(A, 0.1, seed=1.5), TypeError, "^seed: found 1.5"),
    ("map of dimension 0", lambda _: rc.random_linear_map(0), ValueError, "^dim: found 0"),
    ("map of condition below 1", lambda _: rc.random_linear_map(2, condition=0.5), ValueError, "^condition: found 0.5"),
    ("radial, one class", lambda _: radial(1), ValueError, "^classes: found 1"),
    ("radial, no points", lambda _: radial(4, 0), ValueError, "^num: found 0"),
    ("radial, scale", lambda _: radial(4, scale=-1.0), ValueError, "^scale: found -1"),
    ("radial, seed", lambda _: radial(4, seed="0"), TypeError, "^seed: found '0'"),
    ("digits, no test set", lambda _: digits(test_share=0.0), ValueError, "^test_share: found 0"),
    ("digits, no training set", lambda _: digits(test_share=1.0), ValueError, "^test_share: found 1"),
    ("digits, tiny test set", lambda _: digits(test_share=0.001), ValueError, "^test_share: found 0.001, expected at least ten"),
    ("digits, tiny training set", lambda _: digits(test_share=0.999), ValueError, "^test_share: found 0.999"),
    ("digits, share a string", lambda _: digits(test_share="half"), TypeError, "^test_share: found 'half'"),
    # files
    ("no file", lambda folder: rc.load(folder / "absent.npz"), FileNotFoundError, "^path: there is no file .*absent.npz"),
    ("a folder", lambda folder: ((folder / "x.npz").mkdir(), rc.load(folder / "x.npz")), FileNotFoundError, "^path: there is no file"),
    ("load, other suffix", file("model.pt", GOOD_NPZ), ValueError, r"^path: found 'model.pt', expected a name that ends in \.safetensors or \.npz"),
    ("load, no suffix", file("model", GOOD_NPZ), ValueError, "^path: found 'model'"),
    ("save, other suffix", lambda folder: A.save(folder / "model.pkl"), ValueError, "^path: found 'model.pkl'"),
    ("save, no suffix", lambda folder: A.save(folder / "model"), ValueError, "^path: found 'model'"),
    ("load, no name", lambda _: rc.load(3), TypeError, "^path: found 3, expected a file name"),
    ("save, no name", lambda _: A.save(None), TypeError, "^path: found None"),
    *((what, file(name, content), error, match) for what, name, content, error, match in REFUSED),
]  # fmt: skip

TABLE = [
    *(
        pytest.param(lambda _, ask=ask, x=x: ask(x), error, f"^{name}: .*{match}", id=f"{name}: {what}")
        for name, ask in ASKING.items()
        for what, x, error, match in MATRICES
    ),
    *(pytest.param(call, error, match, id=what) for what, call, error, match in CALLS),
]


@pytest.mark.usefixtures("own_checks_only")
@pytest.mark.parametrize(("call", "error", "match"), TABLE)
def test_bad_input_is_refused_by_name(tmp_path, call, error, match):
    with pytest.raises(error, match=match):
        call(tmp_path)
    assert not [
        path for path in tmp_path.iterdir() if path.name.startswith(".")
    ]  # nothing half-written stays


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_pickle_is_never_opened(tmp_path, suffix, wrapped):
    """Disguised as a file of arrays, or as an array of objects within one: it is refused before it can act."""
    sprung = tmp_path / "sprung"
    content = pickle.dumps(Trap(str(sprung)))
    if wrapped:
        content = npz(embeddings=np.array([[Trap(str(sprung))]], dtype=object), unembeddings=G)
    path = tmp_path / f"disguised{suffix}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"^path: (.*no readable|found a ZIP archive)"):
        rc.load(path)
    assert not sprung.exists()
    with path.open("rb") as stream:  # the trap would have worked
        np.load(stream, allow_pickle=True)["embeddings"] if wrapped else pickle.load(stream)
    assert sprung.exists()


@settings(max_examples=100)
@given(
    st.sampled_from(["npz", "npz, checksums repaired", "safetensors"]),
    st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), max_size=4),
    st.none() | st.floats(0.0, 1.0),
)
def test_a_damaged_file_is_read_or_refused(kind, flips, cut):
    """Whatever bytes are changed or cut off, the answer is representations or an error that names the file."""

    def damaged(content: bytes) -> bytes:
        changed = bytearray(content)
        for place, value in flips:
            changed[place % min(len(changed), 400)] = value  # headers are where it hurts
        return bytes(changed if cut is None else changed[: int(cut * len(changed))])

    if kind == "npz, checksums repaired":
        content = archive([("embeddings", damaged(npy(F))), ("unembeddings", npy(G))])
    else:
        content = damaged(GOOD_NPZ if kind == "npz" else GOOD_SAFETENSORS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x.{kind.split(',')[0]}"
        path.write_bytes(content)
        try:
            found = rc.load(path)
        except (TypeError, ValueError) as error:
            assert str(error).startswith("path: ")  # noqa: PT017
        else:
            assert np.isfinite(found.embeddings).all()
