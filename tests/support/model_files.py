"""Files of models, good and bad ones, byte by byte: what every reader of them must take or refuse."""

# ruff: noqa: E501 - the table has one row a line

from __future__ import annotations

import io
import tempfile
import warnings
import zipfile
from pathlib import Path

import numpy as np
import strategies
import torch
from safetensors.torch import save_file

F, G = strategies.arrays(20, 6, 2, seed=0)


def npy(array: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    """An array as NumPy writes it; objects are pickled."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=version)
    return stream.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    """Arrays by name, stored."""
    return archive([(name, npy(array)) for name, array in arrays.items()], zipfile.ZIP_STORED)


def archive(arrays: list[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Members by the name of an array, whatever they hold; a name can be there twice."""
    return members(*((f"{name}.npy", content) for name, content in arrays), compression=compression)


def members(*contents: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of members by their own names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as target, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, content in contents:
            target.writestr(name, content)
    return stream.getvalue()


def safetensors(**arrays: np.ndarray) -> bytes:
    """Tensors by name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.safetensors"
        save_file({name: torch.from_numpy(np.array(x)) for name, x in arrays.items()}, path)
        return path.read_bytes()


def huge(array: np.ndarray, rows: bytes) -> bytes:
    """The array with a header that asks for other rows."""
    return npy(array).replace(b"(20, 2), }" + b" " * (len(rows) - 2), b"(" + rows + b", 2), }")


def changed(array: np.ndarray, value: float, dtype=None) -> np.ndarray:
    """A copy with one entry replaced."""
    copy = array.astype(dtype or array.dtype)
    copy[1, 1] = value
    return copy


GOOD_NPZ, GOOD_SAFETENSORS = npz(embeddings=F, unembeddings=G), safetensors(embeddings=F, unembeddings=G)
# What cannot be read: what it is, the file's name, its bytes, the error of `load`, and what the message says.
REFUSED = [
    ("an empty npz", "x.npz", b"", ValueError, r"^path: .*x\.npz is no readable \.npz file"),
    ("an empty safetensors", "x.safetensors", b"", ValueError, r"^path: .*is no readable \.safetensors file"),
    ("half an npz", "x.npz", GOOD_NPZ[: len(GOOD_NPZ) // 2], ValueError, "^path: .*no readable"),
    ("an npz but its last byte", "x.npz", GOOD_NPZ[:-1], ValueError, "^path: .*no readable"),
    ("half a safetensors", "x.safetensors", GOOD_SAFETENSORS[: len(GOOD_SAFETENSORS) // 2], ValueError, "^path: .*no readable"),
    ("a safetensors but its last byte", "x.safetensors", GOOD_SAFETENSORS[:-1], ValueError, "^path: .*no readable"),
    ("a safetensors in an npz", "x.npz", GOOD_SAFETENSORS, ValueError, r"^path: found tensors in .*x\.npz, expected a ZIP archive; it looks like \.safetensors"),
    ("an npz in a safetensors", "x.safetensors", GOOD_NPZ, ValueError, r"^path: found a ZIP archive in .*x\.safetensors, expected tensors; it looks like \.npz"),
    ("an archive of other things in a safetensors", "x.safetensors", GOOD_NPZ.replace(b".npy", b".pkl"), ValueError, r"^path: found a ZIP archive in .*x\.safetensors, expected tensors$"),
    ("an array beside one of its name", "x.npz", npz(embeddings=F, unembeddings=G, **{"embeddings.npy": F}), ValueError, r"embeddings\.npy is there beside embeddings\.npy\.npy, expected one of them"),
    ("an array beside a member of its name", "x.npz", members(("embeddings", npy(F)), ("embeddings.npy", npy(F)), ("unembeddings.npy", npy(G))), ValueError, r"embeddings is there beside embeddings\.npy, expected one of them"),
    ("text in an npz", "x.npz", b"embeddings,unembeddings\n1.0,2.0\n", ValueError, "^path: .*no readable"),
    ("text in a safetensors", "x.safetensors", b"embeddings,unembeddings\n1.0,2.0\n", ValueError, "^path: .*no readable"),
    ("an npy in an npz", "x.npz", npy(F), ValueError, "^path: .*no readable"),
    ("a picture in an npz", "x.npz", b"\x89PNG\r\n\x1a\n" + bytes(100), ValueError, "^path: .*no readable"),
    ("text in an archive", "x.npz", archive([("embeddings", b"1.0"), ("unembeddings", b"2.0")]), (TypeError, ValueError), "^path: "),
    ("a damaged header", "x.npz", archive([("embeddings", npy(F).replace(b"False", b"Fal(e")), ("unembeddings", npy(G))]), ValueError, "^path: .*no readable"),
    ("a header that asks for terabytes", "x.npz", archive([("embeddings", npy(F).replace(b"(20, 2), }" + b" " * 12, b"(20000000000000, 2), }")), ("unembeddings", npy(G))]), ValueError, "^path: .*no readable"),
    ("objects in an npz", "x.npz", npz(embeddings=F.astype(object), unembeddings=G), ValueError, "^path: .*no readable .* of plain arrays"),
    ("no embeddings", "x.npz", npz(unembeddings=G), ValueError, r"^path: .*holds \['unembeddings'\], expected embeddings and unembeddings"),
    ("no unembeddings", "x.safetensors", safetensors(embeddings=F), ValueError, r"^path: .*holds \['embeddings'\]"),
    ("no arrays", "x.npz", npz(), ValueError, "^path: .*holds no arrays"),
    ("other names", "x.npz", npz(f=F, g=G), ValueError, r"^path: .*holds \['f', 'g'\]"),
    ("integers in a file", "x.npz", npz(embeddings=F.astype(int), unembeddings=G), TypeError, "^path: in .*x.npz, embeddings: found dtype int64"),
    ("integers in a safetensors", "x.safetensors", safetensors(embeddings=F, unembeddings=G.astype(int)), TypeError, r"^path: in .*, unembeddings: found dtype int64, expected floating-point"),
    ("nan in a file", "x.npz", npz(embeddings=changed(F, np.nan), unembeddings=G), ValueError, "^path: in .*, embeddings: .*not finite"),
    ("other M in a file", "x.safetensors", safetensors(embeddings=F, unembeddings=G[:, :1].copy()), ValueError, "^path: in .*, unembeddings: found M = 1"),
    ("wrong labels in a file", "x.npz", npz(embeddings=F, unembeddings=G, labels=np.full(20, 6)), ValueError, "^path: in .*, labels: found labels from 6"),
    ("float labels in a file", "x.safetensors", safetensors(embeddings=F, unembeddings=G, labels=np.zeros(20)), TypeError, "^path: in .*, labels: found dtype float64, expected integers"),
]  # fmt: skip
# The embeddings' member in a file that has good unembeddings, and what is said of it.
NOT_AS_THE_HEADER_SAYS = [
    (huge(F.astype(np.float32), b"20000000000000"), "its header asks for 160,000,000,000,000 bytes and there are 160"),
    (npy(F)[:-8], "its header asks for 320 bytes and there are 312"),
    (npy(F) + b"12345678", "its header asks for 320 bytes and there are 328"),
    (npy(F).replace(b"(20, 2), } ", b"(-20, 2), }"), r"its header says shape \(-20, 2\), expected no negative size"),
    (npy(F).replace(b"(20, 2), }  ", b"(-20, -2), }"), r"its header says shape \(-20, -2\), expected no negative size"),
    (npy(F.astype(object)), "Python objects, which would have to be unpickled"),
    (npy(F, version=(3, 0)), r"version \(3, 0\) of the format"),
]  # fmt: skip
# Other things under the name of a file of arrays.
OTHER_THINGS = [
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", r"a pointer of Git LFS.*git lfs pull"),
    (b"/annex/objects/MD5E-s1--00.npz\n", "a pointer of git-annex.*git annex get"),
    (b"../../.git/annex/objects/0x/1y/MD5E-s1--00.npz/MD5E-s1--00.npz", "a pointer of git-annex.*git annex get"),
    (b"../.git/modules/data/annex/objects/0x/1y/MD5E-s1--00.npz", "a pointer of git-annex.*git annex get"),
    (b"\n<!DOCTYPE html><html>not found</html>", "a web page .*, expected arrays"),
]  # fmt: skip
