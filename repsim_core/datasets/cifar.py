"""CIFAR-10 (Krizhevsky, 2009) from the original's files or from a copy in image files; decoded once, then cached.

Archives are read in a stream and never unpacked.
"""

from __future__ import annotations

import gzip
import json
import lzma
import os
import re
import tarfile
import warnings
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from repsim_core.datasets.cifar_files import BATCHES, CLASS_NAMES, EDGE, Decoded, decode_batches
from repsim_core.datasets.images import ImageSet, Stream, read_images
from repsim_core.errors import DatasetError
from repsim_core.files import temporary_beside
from repsim_core.store import Address, Store, content_key, user_folder

# What to call each part, and how many images the original has of it.
_PARTS = {"train": ("training", 50_000), "test": ("test", 10_000)}
_IMAGES = (".png", ".jpg", ".jpeg")
_ARCHIVES = (".tar", ".tar.gz", ".tar.xz")
_MEMBER = re.compile(
    r"(?:\./)?(?:(?P<lead>[^/]+)/)?(?P<name>(?:train|test)/.+|(?:data_batch_[1-5]|test_batch)(?:\.bin)?)",
    re.DOTALL,
)
# Version of what a cache entry holds.
_FORMAT = 1

_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
_ADVICE = (
    "pass root= or set REPSIM_CIFAR10 to a folder of images or to a folder with the original files, "
    "or run once with a network"
)


@dataclass(frozen=True)
class _Source:
    """Where the images come from: what tells one state of it from another (plain JSON), and how to decode it."""

    state: dict[str, Any]
    decode: Callable[[], Decoded]


def cifar10(
    root: str | os.PathLike[str] | None = None, *, download: bool = True
) -> tuple[ImageSet, ImageSet]:
    """The images of CIFAR-10: 50,000 to train on and 10,000 to test on, or as many as the source has.

    The decoded images are kept in the user's cache until the source changes: the folder that the environment variable
    REPSIM_CACHE names, else `repsim` in XDG_CACHE_HOME or `~/.cache`.

    Args:
        root: a folder of PNG or JPEG images, `train/<class>/*` and `test/<class>/*`; an archive of such a folder, .tar,
            .tar.gz or .tar.xz; a folder that holds or is `cifar-10-batches-bin` or `cifar-10-batches-py`, or the
            archive they are published in. By default what the environment variable REPSIM_CIFAR10 names, else the
            original in the user's cache.
        download: fetch the original (170 MB) into the user's cache, where no root is given and it is not there.

    Returns:
        Training and test set, images of shape (N, 32, 32, 3): those of folders in the order of their paths, others in
        the original's order. The sets' names tell copies and parts from the original.

    Raises:
        TypeError: root is no path.
        DatasetError: the source is missing, incomplete or damaged; or there is none and it cannot be fetched.

    Warns:
        UserWarning: the decoded images cannot be kept, or a broken download is fetched again.
    """
    argument = "root"
    if root is None and os.environ.get("REPSIM_CIFAR10"):
        root, argument = os.environ["REPSIM_CIFAR10"], "REPSIM_CIFAR10"
    if not isinstance(root, (str, os.PathLike, type(None))):
        raise TypeError(f"{argument}: found {root!r}, expected a folder or an archive")
    cache = user_folder() / "cifar10"
    try:
        if root is None:
            return _load_original(cache, download)
        return _load(_find(Path(os.path.expanduser(root)), argument), cache)
    except OSError as error:
        raise DatasetError(
            f"{argument}: cannot read {error.filename or root}: {error.strerror or error}"
        ) from error


# -- the user's cache --------------------------------------------------------------------------------------------------


def _load(source: _Source, folder: Path) -> tuple[ImageSet, ImageSet]:
    """From the cache, else decoded and stored; a cache that fails costs the time of decoding, no more."""
    address = Address("cifar10", content_key({"format": _FORMAT, **source.state}), ".safetensors")
    try:
        data = Store(folder).get(address)
    except OSError:
        # What is wrong is told when the images cannot be stored either.
        data = None
    if data is not None:
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        kind, tensors = header["__metadata__"]["kind"], load(data)
    else:
        kind, tensors = source.decode()
        try:
            cache = Store(folder)
            cache.sweep()
            cache.put(address, save(tensors, {"kind": kind}))
        except OSError as error:
            warnings.warn(f"{error}; the images will be decoded again at the next call", stacklevel=3)
    train, test = (_image_set(part, kind, tensors) for part in _PARTS)
    return train, test


def _image_set(part: str, kind: str, tensors: dict[str, Tensor]) -> ImageSet:
    images, labels = tensors[f"{part}_images"], tensors[f"{part}_labels"]
    called, usual = _PARTS[part]
    remarks = [kind] if kind else []
    if len(images) != usual:
        remarks.append(f"{len(images):,} images")
    name = f"CIFAR-10 ({', '.join(remarks)})" if remarks else "CIFAR-10"
    return ImageSet(images, labels, CLASS_NAMES, f"{name}, {called}")


def _load_original(folder: Path, download: bool) -> tuple[ImageSet, ImageSet]:
    """From batch files in the folder, else from the published archive, fetched if it is not there or damaged."""
    source, archive = _find_batches(folder), folder / "cifar-10-binary.tar.gz"
    if source is not None:
        return _load(source, folder)
    if not archive.exists():
        if not download:
            raise DatasetError(f"root: found none, and no CIFAR-10 in {folder}; {_ADVICE}")
        _fetch(archive)
    try:
        return _load(_find(archive, "root"), folder)
    except DatasetError as error:
        if not download:
            raise
        warnings.warn(f"{error}; the file is removed and fetched again", stacklevel=3)
    archive.unlink(missing_ok=True)
    _fetch(archive)
    return _load(_find(archive, "root"), folder)


def _fetch(archive: Path) -> None:
    """Download the archive, which appears whole or not at all; what arrives broken is fetched once more."""
    from torchvision.datasets.utils import download_url

    # Each process has a name of its own, and one of those that the cache sweeps away when a killed process leaves it.
    arriving = temporary_beside(archive)
    for last in (False, True):
        try:
            download_url(_URL, archive.parent, arriving.name, _MD5)
            os.replace(arriving, archive)
            return
        except (OSError, HTTPException, RuntimeError) as error:
            # RuntimeError: the checksum differs.
            if last or not arriving.exists():
                raise DatasetError(
                    f"root: found none, and {_URL} cannot be fetched ({error}); {_ADVICE}"
                ) from None
            warnings.warn(f"{archive}: broken download ({error}), removed and fetched again", stacklevel=4)
        finally:
            arriving.unlink(missing_ok=True)


# -- sources -----------------------------------------------------------------------------------------------------------


def _find(path: Path, argument: str) -> _Source:
    if path.is_dir():
        return _find_batches(path) or _find_images(path)
    expected = f"expected a folder or an archive ({', '.join(_ARCHIVES)})"
    if not path.exists():
        raise DatasetError(f"{argument}: found no {path}, {expected}")
    if not path.name.lower().endswith(_ARCHIVES):
        raise DatasetError(f"{argument}: found the file {path}, {expected}")
    return _Source({"archive": [path.name, *_stamp(path.stat())]}, partial(_decode_archive, path))


def _find_batches(path: Path) -> _Source | None:
    for kind, (files, _) in BATCHES.items():
        for folder in (path / kind, path):
            there = {file: _stamp((folder / file).stat()) for file in files if (folder / file).is_file()}
            if there or (folder.name == kind and folder.is_dir()):
                decode = partial(decode_batches, kind, there, folder, partial(_open, folder))
                return _Source({kind: there}, decode)
    return None


def _find_images(root: Path) -> _Source:
    # By path; a folder's own time tells nothing that its files do not.
    there = {}
    for part in _PARTS:
        if not (root / part).is_dir():
            raise DatasetError(
                f"{root / part}: found no such folder, expected train/<class>/* and test/<class>/*"
            )
        for folder in _visible(root / part):
            there[f"{part}/{folder.name}"] = []
            if folder.is_dir():
                files = _visible(folder.path)
                there |= {f"{part}/{folder.name}/{file.name}": _stamp(file.stat()) for file in files}
    decode = partial(_decode_images, there, root, partial(_open, root))
    return _Source({"images": sorted(there.items())}, decode)


def _open(folder: Path, name: str) -> Stream:
    return (folder / name).open("rb")


def _visible(folder: str | Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.name.startswith(".")]


def _stamp(stat: os.stat_result) -> list[int]:
    return [stat.st_size, stat.st_mtime_ns]


def _decode_archive(path: Path) -> Decoded:
    content = _read_archive(path)

    def read(name: str) -> Stream:
        return BytesIO(content[name])

    for kind, (files, _) in BATCHES.items():
        if not content.keys().isdisjoint(files):
            return decode_batches(kind, content, path, read)
    return _decode_images(content, path, read)


def _read_archive(path: Path) -> dict[str, bytes]:
    """Batch files and whatever is in train and test (folders as b""), by path without a leading folder."""
    opened = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix.lower(), open)
    content, leading = {}, set()
    try:
        with opened(path, "rb") as stream, tarfile.open(fileobj=stream, mode="r|", bufsize=2**20) as archive:
            for member in archive:
                match = _MEMBER.fullmatch(member.name)
                if not match or "/." in match["name"]:
                    continue
                if not (member.isfile() or member.isdir()):
                    raise DatasetError(f"{path}/{member.name}: found a link or a device, expected a file")
                file = archive.extractfile(member)
                content[match["name"]] = file.read() if file is not None else b""
                leading.add(match["lead"])
            # tarfile takes a damaged header for the end of the archive; after the true end all bytes are zero.
            rest = archive.fileobj.read(2**40) if archive.fileobj is not None else b""
    except (EOFError, OSError, lzma.LZMAError, zlib.error, tarfile.TarError) as error:
        raise DatasetError(f"{path}: found a damaged archive ({error}), expected a whole one") from error
    if len(rest) < tarfile.BLOCKSIZE or any(rest):
        raise DatasetError(f"{path}: found a damaged archive (no end mark), expected a whole one")
    if len(leading) > 1:
        raise DatasetError(
            f"{path}: found images in several folders, {sorted(str(folder) for folder in leading)}, expected one"
        )
    return content


# -- image files -------------------------------------------------------------------------------------------------------


def _decode_images(there: Collection[str], where: Path, read: Callable[[str], Stream]) -> Decoded:
    tensors, formats = {}, set()
    for part in _PARTS:
        names = _image_files(there, part, where)
        try:
            images, found = read_images(names, read, EDGE)
        except ValueError as error:
            raise DatasetError(f"{where}/{error}") from error
        labels = torch.tensor([CLASS_NAMES.index(name.split("/")[1]) for name in names])
        tensors |= {f"{part}_images": images, f"{part}_labels": labels}
        formats |= found
    return "image files" if "PNG" in formats else "JPEG copy", tensors


def _image_files(there: Collection[str], part: str, where: Path) -> list[str]:
    """One part's images, sorted by path, once it is certain that all classes and nothing else is there."""
    paths = [name.split("/") for name in sorted(there) if name.startswith(f"{part}/")]
    expected = f"expected the folders {', '.join(CLASS_NAMES)}, with images"
    if not paths:
        raise DatasetError(f"{where}/{part}: found nothing, {expected}")
    for unknown in [path for path in paths if path[1] not in CLASS_NAMES]:
        raise DatasetError(f"{where}/{part}/{unknown[1]}: found an unknown class, {expected}")
    images = [path for path in paths if len(path) > 2]
    for empty in sorted({*CLASS_NAMES} - {path[1] for path in images}):
        raise DatasetError(f"{where}/{part}/{empty}: found no images or no such folder, {expected}")
    for path in images:
        if len(path) > 3 or not path[2].lower().endswith(_IMAGES):
            raise DatasetError(
                f"{where}/{'/'.join(path)}: found no image file, expected {', '.join(_IMAGES)} only"
            )
    return ["/".join(path) for path in images]
