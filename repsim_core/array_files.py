"""Files of arrays, `.npz` and `.safetensors`: read without unpickling anything, written whole or not at all."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from repsim_core.files import write_atomic

SUFFIXES = (".safetensors", ".npz")


class BFloat16(np.ndarray):
    """Numbers that a file keeps as bfloat16, for which NumPy has no type: an array of float32 that says so."""


def checked_suffix(path: str | os.PathLike[str]) -> Path:
    """The path, if its suffix is of a kind of file that is read and written here.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path: found {path!r}, expected a file name")
    target = Path(path)
    if target.suffix not in SUFFIXES:
        raise ValueError(f"path: found {target.name!r}, expected a name that ends in {' or '.join(SUFFIXES)}")
    return target


def read_arrays(source: Path) -> dict[str, np.ndarray]:
    """All arrays of a file, by name.

    Raises:
        Exception: of any kind; damaged bytes make the parsers fail in every way.
    """
    if source.suffix == ".npz":
        with source.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    with safe_open(source, framework="numpy") as file:
        return {
            name: _read_bfloat16(source, name)
            if file.get_slice(name).get_dtype() == "BF16"
            else file.get_tensor(name)
            for name in file.keys()  # noqa: SIM118 - it is no mapping
        }


def _read_bfloat16(source: Path, name: str) -> BFloat16:
    """The library has no NumPy array for these: 16 bits, which are the upper half of a float32."""
    with source.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        entry = json.loads(stream.read(length))[name]
        start, stop = entry["data_offsets"]
        stream.seek(8 + length + start)
        halves = np.frombuffer(stream.read(stop - start), dtype="<u2")
    widened = (halves.astype(np.uint32) << 16).view(np.float32)
    return widened.reshape(entry["shape"]).view(BFloat16)


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray]) -> Path:
    """Write arrays under their names; the file appears whole or not at all.

    Raises:
        ValueError: another suffix.
        WriteError: the file cannot be written.
    """
    target = checked_suffix(path)
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    if target.suffix == ".npz":
        stream = io.BytesIO()
        np.savez_compressed(stream, **contiguous)  # pyright: ignore[reportArgumentType] - names are no options
        data = stream.getvalue()
    else:
        data = save(contiguous)
    write_atomic(target, data)
    return target
