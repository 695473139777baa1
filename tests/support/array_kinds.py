"""The libraries of arrays that results must come back in: NumPy, torch, and the reference of the standard, which has
nothing that the standard lacks."""

from __future__ import annotations

import array_api_strict
import numpy as np
import pytest
import torch

from repsim_core import Representations

# How each makes an array of its own from a NumPy array.
FROM_NUMPY = {
    "numpy": np.array,
    "torch": lambda x: torch.from_numpy(np.array(x)),
    "array_api_strict": lambda x: array_api_strict.asarray(np.array(x)),
}
every_kind = pytest.mark.parametrize("kind", FROM_NUMPY)


def kind_of(array: object) -> str:
    """The library of an array."""
    return type(array).__module__.partition(".")[0]


def converted(model: Representations, kind: str) -> Representations:
    """The same model in arrays of another library."""
    parts = (model.embeddings, model.unembeddings, model.labels, model.bias)
    return Representations(*(None if x is None else FROM_NUMPY[kind](np.asarray(x)) for x in parts))
