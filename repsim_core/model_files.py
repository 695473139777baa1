"""Models from files, whatever their arrays are called there. What `Representations.save` wrote is one kind of these."""

from __future__ import annotations

import os
from collections.abc import Sequence
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
    """
    names = {"embeddings": embeddings, "unembeddings": unembeddings, "bias": bias, "labels": labels}
    for argument, name in names.items():
        if not (isinstance(name, str) or (name is None and argument in ("bias", "labels"))):
            raise TypeError(f"{argument}: found {name!r}, expected the name of an array in the file")
    file = open_arrays(path)
    arrays: dict[str, np.ndarray | None] = {}
    for argument, given in names.items():
        name = given or argument
        if name in file.names:
            try:
                arrays[argument] = file.read(name)
            except Exception as error:
                # Damaged bytes make the parsers fail in every way: TokenError, MemoryError, ...
                raise unreadable(Path(path), error) from error
        elif given is None:
            arrays[argument] = None
        else:
            there = _in_words(file.names)
            expected = (
                name if given != argument else "embeddings and unembeddings, or what they are called there"
            )
            raise ValueError(f"path: {path} holds {there}, expected {expected}")
    try:
        model = Representations(**arrays)
        if "roundoff" in file.names and (embeddings, unembeddings) == ("embeddings", "unembeddings"):
            of_f, of_g = as_vector(file.read("roundoff"), "roundoff").tolist()
            model.rounded_to(max(of_f, model.roundoff[0]), max(of_g, model.roundoff[1]))
        return model
    except (TypeError, ValueError) as error:
        raise type(error)(f"path: in {path}, {error}") from error


def _in_words(names: Sequence[str], most: int = 12) -> str:
    if not names:
        return "no arrays"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{sorted(names)[:most]}{more}"
