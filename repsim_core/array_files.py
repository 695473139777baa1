"""Files of arrays: read without unpickling anything and without what is not asked for; written whole or not at all.

`.npz` archives, `.safetensors` files and folders of `.npy` files are read; the first two are written.
"""

from __future__ import annotations

import io
import json
import math
import os
import re
import zipfile
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save

from repsim_core.file_beginnings import something_else
from repsim_core.files import write_atomic
from repsim_core.memory import available, size

SUFFIXES = (".safetensors", ".npz")
# How a file of another kind is converted, by suffix: three lines, with NAME for the file.
_CONVERSIONS = {
    (".pt", ".pth", ".bin", ".ckpt"): (
        "import torch; from safetensors.torch import save_file",
        'state = torch.load("NAME", map_location="cpu", weights_only=True)',
        'save_file({name: state[name].contiguous() for name in ("fc.weight", "fc.bias")}, "model.safetensors")',
    ),
    (".h5", ".hdf5"): (
        "import h5py, numpy as np",
        'file = h5py.File("NAME")',
        'np.savez("model.npz", embeddings=file["embeddings"][:], unembeddings=file["unembeddings"][:])',
    ),
    (".parquet",): (
        "import numpy as np, pandas as pd",
        'embeddings, unembeddings = pd.read_parquet("NAME").to_numpy(float), pd.read_parquet("HEAD").to_numpy(float)',
        'np.savez("model.npz", embeddings=embeddings, unembeddings=unembeddings)',
    ),
}
# Bytes that are read at a time.
_PART = 2**24
# Bytes that every machine has.
_LITTLE = 2e8


class BFloat16(np.ndarray):
    """Numbers that a file keeps as bfloat16, for which NumPy has no type: an array of float32 that says so."""


class ArrayFile(ABC):
    """A file, or a folder, of arrays with names."""

    names: tuple[str, ...]

    @abstractmethod
    def read(self, name: str) -> np.ndarray:
        """The array of this name, and nothing else. Damaged bytes make parsers fail in every way."""


def open_arrays(path: str | os.PathLike[str]) -> ArrayFile:
    """The arrays in a file or folder; none is read yet.

    Raises:
        TypeError: no name of a file.
        FileNotFoundError: there is no such file.
        ValueError: another kind of file, or one that cannot be read; the message says what to do.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path: found {path!r}, expected a file name")
    source = Path(path)
    if source.is_dir() and source.suffix.lower() not in SUFFIXES:
        return _Folder(source)
    if source.suffix.lower() == ".npy":
        raise ValueError(
            f"path: found {source.name!r}, one array; expected a folder with embeddings.npy and unembeddings.npy, or "
            f"a name that ends in {' or '.join(SUFFIXES)}"
        )
    suffix = checked_suffix(source).suffix.lower()
    other = something_else(source)
    if other is not None:
        raise ValueError(f"path: {other}")
    if not source.is_file():
        raise FileNotFoundError(f"path: there is no file {source}")
    try:
        return _Archive(source) if suffix == ".npz" else _Tensors(source)
    except Exception as error:
        raise unreadable(source, error) from error


class _NoRoom(MemoryError):
    """There is less memory than an array takes; damaged bytes, too, can end in a MemoryError, which says nothing."""


def unreadable(source: os.PathLike[str], error: Exception) -> ValueError | MemoryError:
    """What is said of a file that cannot be read, or not into this machine's memory."""
    if isinstance(error, _NoRoom):
        return MemoryError(
            f"path: {source} holds {error}; take fewer inputs (the first n rows of the embeddings)"
        )
    kind = Path(source).suffix.lower() or "folder"
    return ValueError(
        f"path: {source} is no readable {kind} file of plain arrays ({type(error).__name__}: {error})"
    )


def checked_suffix(path: str | os.PathLike[str]) -> Path:
    """The path, if its suffix is of a kind of file that is read and written here.

    Raises:
        TypeError, ValueError: naming the argument; of other kinds that hold arrays the message says how to convert.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path: found {path!r}, expected a file name")
    target = Path(path)
    suffix = target.suffix.lower()
    wrong = f"path: found {target.name!r}, expected a name that ends in {' or '.join(SUFFIXES)}"
    for kinds, lines in _CONVERSIONS.items():
        if suffix in kinds:
            said = "\n".join(f"    {line.replace('NAME', target.name)}" for line in lines)
            raise ValueError(f"{wrong}; to convert it:\n{said}")
    if suffix not in SUFFIXES:
        raise ValueError(wrong)
    return target


class _Archive(ArrayFile):
    def __init__(self, source: Path) -> None:
        self._source = source
        with zipfile.ZipFile(source) as archive:
            present = archive.namelist()
        members = [name for name in present if name.endswith(".npy")]
        twice = [name for name, number in Counter(members).items() if number > 1]
        if twice:
            raise ValueError(f"{twice[0]} is there more than once")
        # For NumPy both have the name of the first.
        both = [name for name in members if name.removesuffix(".npy") in present]
        if both:
            raise ValueError(
                f"{both[0].removesuffix('.npy')} is there beside {both[0]}, expected one of them"
            )
        self.names = tuple(name.removesuffix(".npy") for name in members)

    def read(self, name: str) -> np.ndarray:
        with zipfile.ZipFile(self._source) as archive:
            member = archive.getinfo(f"{name}.npy")
            with archive.open(member) as stream:
                return _read_npy(stream, member.file_size)


class _Folder(ArrayFile):
    def __init__(self, source: Path) -> None:
        self._source = source
        # A link that leads nowhere may be a pointer, which is said when it is read.
        files = (path for path in source.glob("*.npy") if path.is_file() or path.is_symlink())
        self.names = tuple(sorted(path.stem for path in files))

    def read(self, name: str) -> np.ndarray:
        path = self._source / f"{name}.npy"
        other = something_else(path)
        if other is not None:
            raise ValueError(other)
        with path.open("rb") as stream:
            return _read_npy(stream, path.stat().st_size)


def _read_npy(stream: IO[bytes] | io.BufferedIOBase, length: int) -> np.ndarray:
    """One array of so many bytes with its header; nothing is held before the header and the size agree."""
    version = np.lib.format.read_magic(stream)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"version {version} of the format, expected (1, 0) or (2, 0)")
    shape, by_columns, dtype = readers[version](stream)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which would have to be unpickled")
    if any(size < 0 for size in shape):
        raise ValueError(f"its header says shape {shape}, expected no negative size")
    wanted, rest = math.prod(shape) * dtype.itemsize, length - stream.tell()
    if wanted != rest:
        raise ValueError(f"its header asks for {wanted:,} bytes and there are {rest:,}")
    _require_memory(math.prod(shape), dtype.itemsize)
    try:
        data = bytearray(wanted)
    except MemoryError as error:
        raise _NoRoom(f"an array of {size(wanted)}, and so much memory is not free") from error
    view, place = memoryview(data), 0
    while place < wanted:
        part = stream.read(min(_PART, wanted - place))
        if not part:
            raise ValueError(f"it ends after {place:,} of {wanted:,} bytes")
        view[place : place + len(part)] = part
        place += len(part)
    if stream.read(1):
        raise ValueError("bytes follow after the array")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if by_columns else "C")


def _require_memory(count: int, width: int) -> None:
    """Refuse so many numbers of so many bytes, which are read and widened to 64 bits, if they cannot be held: a small
    archive can claim to hold terabytes, and a system that is short of memory ends processes without a word."""
    wanted = count * (width + 8)
    free = None if wanted < _LITTLE else available()
    if free is not None and wanted > free:
        raise _NoRoom(
            f"an array of {size(count * width)}, which takes {size(wanted)} to read, and {size(free)} of memory "
            "are free"
        )


class _Tensors(ArrayFile):
    def __init__(self, source: Path) -> None:
        self._source = source
        with safe_open(source, framework="numpy") as file:
            self.names = tuple(file.keys())

    def read(self, name: str) -> np.ndarray:
        with safe_open(self._source, framework="numpy") as file:
            kept = file.get_slice(name)
            if kept.get_dtype().startswith("F8"):
                raise ValueError(f"{name} is of type {kept.get_dtype()}, expected 16, 32 or 64 bits")
            count, bits = math.prod(kept.get_shape()), re.search(r"\d+$", kept.get_dtype())
            _require_memory(count, int(bits[0]) // 8 if bits else 1)
            try:
                return self._read_bfloat16(name) if kept.get_dtype() == "BF16" else file.get_tensor(name)
            except MemoryError as error:
                raise _NoRoom(f"an array of {count:,} numbers, and memory for them is not free") from error

    def _read_bfloat16(self, name: str) -> BFloat16:
        """The library has no NumPy array for these: 16 bits, which are the upper half of a float32."""
        with self._source.open("rb") as stream:
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
    if target.suffix.lower() == ".npz":
        stream = io.BytesIO()
        np.savez_compressed(stream, **contiguous)  # pyright: ignore[reportArgumentType] - names are no options
        data = stream.getvalue()
    else:
        data = save(contiguous)
    write_atomic(target, data)
    return target


def narrowed(array: np.ndarray, rounding: float) -> np.ndarray:
    """The array in the narrowest type that holds its numbers, if it was given in one as narrow."""
    for dtype in (np.float16, np.float32):
        if rounding >= np.finfo(dtype).eps / 2 and np.abs(array).max() <= np.finfo(dtype).max:
            narrow = array.astype(dtype)
            if np.array_equal(narrow, array):
                return narrow
    return array
