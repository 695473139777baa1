"""The original files of CIFAR-10, binary or pickled; a pickle is given nothing that it could run."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from repsim_core.datasets.images import Stream
from repsim_core.errors import DatasetError

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
# Pixels along an image's side.
EDGE = 32
_PIXELS = 3 * EDGE**2

# What kind of copy it is ("" for the original); train_images, train_labels, test_images, test_labels.
Decoded = tuple[str, dict[str, Tensor]]


def decode_batches(kind: str, there: Collection[str], where: Path, read: Callable[[str], Stream]) -> Decoded:
    names, parse = BATCHES[kind]
    tensors = {}
    for part, files in (("train", names[:-1]), ("test", names[-1:])):
        batches = []
        for file in files:
            if file not in there:
                raise DatasetError(f"{where}/{file}: found no such file, expected all six batch files")
            with read(file) as stream:
                pixels, labels = parse(stream.read(), f"{where}/{file}")
            if min(labels) < 0 or max(labels) >= len(CLASS_NAMES):
                raise DatasetError(
                    f"{where}/{file}: found labels {min(labels)} to {max(labels)}, expected 0 to 9"
                )
            batches.append((pixels, labels))
        planes = np.concatenate([pixels for pixels, _ in batches]).reshape(-1, 3, EDGE, EDGE)
        tensors[f"{part}_images"] = torch.from_numpy(np.ascontiguousarray(planes.transpose(0, 2, 3, 1)))
        tensors[f"{part}_labels"] = torch.tensor([label for _, labels in batches for label in labels])
    return "", tensors


# The planes R, G and B of each image, row by row; its label.
_Batch = tuple[UInt8[np.ndarray, "n 3072"], list[int]]


def _binary_batch(data: bytes, where: str) -> _Batch:
    """Records of a label's byte and 3,072 pixels' bytes."""
    if not data or len(data) % (1 + _PIXELS):
        raise DatasetError(f"{where}: found {len(data)} bytes, expected a multiple of {1 + _PIXELS}")
    records = np.frombuffer(data, np.uint8).reshape(-1, 1 + _PIXELS)
    return records[:, 1:], records[:, 0].tolist()


def _pickled_batch(data: bytes, where: str) -> _Batch:
    """A pickled dict with an array of pixels under `data` and a list of integers under `labels`."""
    try:
        batch = _Unpickler(BytesIO(data), encoding="bytes").load()
        # Keys written by Python 2 are bytes.
        pixels, labels = batch.get(b"data", batch.get("data")), batch.get(b"labels", batch.get("labels"))
    except Exception as error:
        # Damaged bytes make the unpickler fail in every way.
        raise DatasetError(f"{where}: found no batch of pickled arrays ({error!r})") from error
    shape = pixels.array.shape if isinstance(pixels, _Array) else None
    if shape is None or len(shape) != 2 or shape[0] == 0 or shape[1] != _PIXELS:
        raise DatasetError(
            f"{where}: found data of shape {shape}, expected an array of bytes, (n, {_PIXELS})"
        )
    whole = isinstance(labels, list) and all(type(label) is int for label in labels)
    if not whole or len(labels) != shape[0]:
        raise DatasetError(f"{where}: found other labels than a list of {shape[0]} integers")
    return pixels.array, labels


class _Dtype:
    """Stands in for `numpy.dtype` in a pickle; what more there is to a type does not concern bytes."""

    def __init__(self, code: bytes | str, *_: object) -> None:
        self.code = code

    def __setstate__(self, state: object) -> None:
        pass


class _Array:
    """Stands in for `numpy.ndarray` in a pickle: the real one would let a file make arrays of forged objects."""

    array: np.ndarray = np.empty(0, np.uint8)

    def __setstate__(self, state: tuple[int, tuple[int, ...], _Dtype, bool, bytes]) -> None:
        _, shape, dtype, by_columns, content = state
        if dtype.code not in (b"u1", "u1"):
            raise TypeError(f"found an array of type {dtype.code}, expected bytes")
        self.array = np.frombuffer(content, np.uint8).reshape(shape, order="F" if by_columns else "C")


class _Unpickler(pickle.Unpickler):
    """Gives the names that an array of bytes is pickled with a harmless meaning, and refuses all others."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        match f"{module_name}.{global_name}":
            case "numpy.ndarray":
                return _Array
            case "numpy.dtype":
                return _Dtype
            case "numpy.core.multiarray._reconstruct" | "numpy._core.multiarray._reconstruct":
                return lambda *_: _Array()
            case "_codecs.encode":
                return lambda text, _: text.encode("latin-1")
            case name:
                raise pickle.UnpicklingError(f"it asks for {name}, only NumPy arrays are allowed")


_FILES = ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")

# By the name of the folder: its files, those of the training set first, and what reads one.
BATCHES: dict[str, tuple[tuple[str, ...], Callable[[bytes, str], _Batch]]] = {
    "cifar-10-batches-bin": (tuple(f"{name}.bin" for name in _FILES), _binary_batch),
    "cifar-10-batches-py": (_FILES, _pickled_batch),
}
