"""In the tests, what annotations of `repsim_core` promise is checked at run time (pytest's settings in pyproject.toml).

A shape that nothing checks is no promise: attributes of ordinary classes have theirs in the docstring.
"""

import ast
import importlib
import inspect
import pkgutil
import sys
import typing
from types import ModuleType

import jaxtyping
import numpy as np
import pandas as pd
import pytest
import torch
from places import ROOT

import repsim_core
from repsim_core.datasets.tabular import Dataset
from repsim_core.measures.bounds import linear_bound
from repsim_core.measures.circular_orders import circular_order
from repsim_core.training.networks import Architecture, ModelStack

SOURCES = sorted((ROOT / "repsim_core").rglob("*.py"))
MODULES = [
    "repsim_core",
    *(found.name for found in pkgutil.walk_packages(repsim_core.__path__, "repsim_core.")),
]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: circular_order(np.ones((5, 3))), "directions"),
        (lambda: circular_order(np.ones((5, 2), np.float32)), "directions"),
        (lambda: linear_bound("0.1", 2), "d_llv"),
        (lambda: Dataset(torch.zeros(3, 2), torch.zeros(4, dtype=torch.int64), 2, "data"), "labels"),
        (lambda: ModelStack(Architecture(2, 4), torch.zeros(7)), "rows"),
    ],
    ids=["shape", "dtype", "type", "two arrays of a dataclass", "method"],
)
def test_an_argument_of_another_kind_is_caught(call, name):
    with pytest.raises(jaxtyping.TypeCheckError, match=rf"typechecking parameter '{name}'"):
        call()


def test_a_whole_number_may_stand_for_a_float():
    assert linear_bound(1, 2) == 4.0


MISTAKEN = """
import numpy as np
from jaxtyping import Float64


def transposed(x: Float64[np.ndarray, "rows columns"]) -> Float64[np.ndarray, "rows columns"]:
    return x.T
"""


@pytest.fixture
def mistaken(tmp_path, monkeypatch) -> ModuleType:
    """A module of the package whose function does not return what it says."""
    (tmp_path / "mistaken.py").write_text(MISTAKEN)
    monkeypatch.setattr(repsim_core, "__path__", [str(tmp_path)])
    module = importlib.import_module("repsim_core.mistaken")
    monkeypatch.delitem(sys.modules, "repsim_core.mistaken")
    monkeypatch.delattr(repsim_core, "mistaken")
    return module


def test_a_mistaken_return_annotation_is_caught(mistaken):
    assert mistaken.transposed(np.eye(2)).shape == (2, 2)
    with pytest.raises(jaxtyping.TypeCheckError, match="checking the return value"):
        mistaken.transposed(np.ones((2, 3)))


@pytest.mark.parametrize("name", MODULES)
def test_every_annotation_can_be_evaluated(name):
    """One that cannot be is taken for `Any`, without a word."""
    module = importlib.import_module(name)
    own = [value for value in vars(module).values() if getattr(value, "__module__", None) == name]
    functions = [value for value in own if inspect.isfunction(value)]
    for each in own:
        if inspect.isclass(each):
            functions += [value for value in vars(each).values() if inspect.isfunction(value)]
            functions += [value.fget for value in vars(each).values() if isinstance(value, property)]
    for function in functions:
        # pandas is imported where a table is made, and for type checkers.
        typing.get_type_hints(function, localns={"pd": pd}, include_extras=True)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_shape_is_promised_that_nothing_checks(path):
    annotated = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.AnnAssign)]
    attributes = [node for node in annotated if isinstance(node.target, ast.Attribute)]
    arrays = [
        node
        for node in attributes
        if any(f"{name}, " in ast.unparse(node) for name in ("Tensor", "ndarray", "[Array"))
    ]
    assert [ast.unparse(node) for node in arrays] == []
