"""Models from files, whatever their arrays are called there. What `Representations.save` wrote is one kind of these."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

from repsim_core.array_files import open_arrays, unreadable
from repsim_core.arrays import as_vector
from repsim_core.representations import Representations


def load(
    path: str | os.PathLike[str],
    *,
    embeddings: str = "embeddings",
    unembeddings: str = "unembeddings",
    bias: str | None = None,
    labels: str | None = None,
) -> Representations:
    """Read a file written by `Representations.save`, or any other with such arrays: ``.safetensors``, ``.npz``, or a
    folder of ``.npy`` files.

    Only these arrays are read, and nothing is ever unpickled. Half precision and bfloat16 are read as they are.

    Args:
        path: of the file or folder.
        embeddings, unembeddings: what the arrays of shapes (N, M) and (K, M) are called there, such as
            ``hidden_states`` and ``lm_head.weight``.
        bias: what that of shape (K,) is called; None for "bias", if there is one.
        labels: what the true labels, shape (N,), are called; None for "labels", if they are there.

    Raises:
        TypeError, ValueError: the file is truncated, foreign, needs unpickling, or lacks an array; the message
            names it.
        FileNotFoundError: there is no such file.
        MemoryError: naming the file, whose arrays are larger than what is free.

    Warns:
        UserWarning: a layer's bias, such as ``lm_head.bias``, is beside its weight and is not asked for.
    """
    names = {"embeddings": embeddings, "unembeddings": unembeddings, "bias": bias, "labels": labels}
    for argument, name in names.items():
        if not (isinstance(name, str) or (name is None and argument in ("bias", "labels"))):
            raise TypeError(f"{argument}: found {name!r}, expected the name of an array in the file")
    file = open_arrays(path)
    for argument, given in names.items():
        if given is not None and given not in file.names:
            expected = (
                given if given != argument else "embeddings and unembeddings, or what they are called there"
            )
            raise ValueError(f"path: {path} holds {_in_words(file.names, given)}, expected {expected}")
    of_head = unembeddings.removesuffix("weight") + "bias"
    if bias is None and unembeddings.endswith("weight") and of_head in file.names and of_head != "bias":
        warnings.warn(
            f"bias: {path} holds {of_head} beside {unembeddings}, which is left out; expected its name, if it is "
            "the bias of the labels",
            stacklevel=2,
        )
    arrays: dict[str, np.ndarray | None] = {}
    for argument, given in names.items():
        name = given or argument
        try:
            arrays[argument] = file.read(name) if name in file.names else None
        except Exception as error:
            # Damaged bytes make the parsers fail in every way: TokenError, MemoryError, ...
            raise unreadable(Path(path), error) from error
    try:
        model = Representations(**arrays)
        if "roundoff" in file.names and (embeddings, unembeddings) == ("embeddings", "unembeddings"):
            of_f, of_g = as_vector(file.read("roundoff"), "roundoff").tolist()
            model.rounded_to(max(of_f, model.roundoff[0]), max(of_g, model.roundoff[1]))
        return model
    except (TypeError, ValueError) as error:
        raise type(error)(f"path: in {path}, {error}") from error


def _in_words(names: Sequence[str], wanted: str, most: int = 12) -> str:
    """Names of arrays; of many the ones that are most like what is looked for."""
    if not names:
        return "no arrays"
    if len(names) <= most:
        return str(sorted(names))

    def unlike(name: str) -> tuple[float, str]:
        return -SequenceMatcher(None, name.casefold(), wanted.casefold()).ratio(), name

    return f"{sorted(names, key=unlike)[:most]} and {len(names) - most} more"
