"""Masters in one encrypted file, which may stand in a public place: nobody opens it without the key.

The file is text. Its first line says what it is and which key opens it, by a hash of the key; then comes a token of
Fernet (AES-128 in CBC mode with an HMAC of SHA-256, from the library cryptography) over a .zip of all files. Whatever
is changed in it is noticed. The key is a line of text in a file that only its owner can read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os
import re
import shutil
import stat
import textwrap
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

from cryptography.fernet import Fernet, InvalidToken

from repsim_core.errors import InputError, WriteError
from repsim_core.files import TEMPORARY, temporary_beside, write_atomic

SUFFIX = ".sealed"
# In the folder of a course.
KEY = "masters.key"
# Of all files in one, before it is compressed.
MOST_BYTES = 20_000_000
_HEAD = re.compile(r"repsim-sealed 1 key ([0-9a-f]{16})")
_BYTES = 32
# In a folder of opened masters, so that no repository takes them.
_IGNORED = ".gitignore"


@dataclass(frozen=True)
class Key:
    """A key and where it is from.

    Attributes:
        path: of its file.
        secret: 32 bytes, in base64 as Fernet has them.
    """

    path: Path
    secret: bytes

    @property
    def name(self) -> str:
        """By which a sealed file says which key opens it; it tells nothing of the key."""
        return hashlib.sha256(b"repsim-sealed key\0" + self.secret).hexdigest()[:16]


def read_key(path: Path) -> Key:
    """The key in a file. Warns where others than its owner can read it.

    Raises:
        InputError: there is no such file, or no key in it.
    """
    try:
        mode, text = path.stat().st_mode, path.read_bytes().strip()
    except FileNotFoundError:
        raise InputError(
            f"key: found no file {path}, expected that with the key of the sealed file"
        ) from None
    except OSError as error:
        raise InputError(f"key: {path} cannot be read: {error.strerror or error}") from error
    try:
        right = len(base64.b64decode(text, altchars=b"-_", validate=True)) == _BYTES
    except binascii.Error:
        right = False
    if not right:
        raise InputError(
            f"key: found something else in {path}, expected a key as `repsim classroom seal` makes it: a line of "
            "44 letters, digits and marks"
        )
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        warnings.warn(f"others on this machine can read the key {path}: chmod 600 {path}", stacklevel=2)
    return Key(path, text)


def make_key(path: Path) -> Key:
    """A new key in a new file that only its owner can read; a file that is there stays as it is.

    Raises:
        InputError: there is a file already.
        WriteError: it cannot be written.
    """
    secret = Fernet.generate_key()
    try:
        write_private(path, secret + b"\n")
    except FileExistsError:
        raise InputError(f"key: found a file {path} already, expected none where a key is made") from None
    return Key(path, secret)


def write_private(path: Path, data: bytes) -> None:
    """A new file that only its owner can read, whole or not at all.

    Raises:
        FileExistsError: there is a file already.
        WriteError: it cannot be written.
    """
    temporary = temporary_beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_new(temporary, data)
        try:
            os.link(temporary, path)  # all at once, and never in the place of another file
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            _write_new(path, data)
    except FileExistsError:
        raise
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def is_sealed(path: Path) -> bool:
    """Whether a file begins as a sealed one does."""
    try:
        with path.open("rb") as file:
            return file.read(13) == b"repsim-sealed"
    except OSError:
        return False


def key_name(path: Path) -> str:
    """The name of the key that opens a sealed file.

    Raises:
        InputError: it is no sealed file.
    """
    return _parts(path)[0]


def files_of(folder: Path) -> dict[str, bytes]:
    """All files of a folder by their paths in it, without hidden ones.

    Raises:
        InputError: it is no folder, holds a link, or too much.
    """
    if not folder.is_dir():
        raise InputError(f"folder: found no folder {folder}, expected one with masters NN_name.md")
    found, size = {}, 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if any(part.startswith(".") for part in name.parts):
            continue
        if path.is_symlink():
            raise InputError(f"folder: found the link {path}, expected files alone")
        if path.is_file():
            size += path.stat().st_size
            if size > MOST_BYTES:
                raise InputError(
                    f"folder: found more than {MOST_BYTES // 1_000_000} MB in {folder}, expected less"
                )
            found[name.as_posix()] = path.read_bytes()
    return found


def seal(files: Mapping[str, bytes], key: Key, to: Path) -> None:
    """Write one encrypted file; of one that is there only a new edition under the same key.

    Args:
        files: by their paths, with `/` between folders.

    Raises:
        InputError: there is a file that is none, or that another key opens.
        WriteError: it cannot be written.
    """
    if to.exists():
        if not is_sealed(to):
            raise InputError(f"to: found {to}, which is no sealed file, expected one, or nothing, to replace")
        if (found := key_name(to)) != key.name:
            raise InputError(
                f"to: found {to}, which the key {found} opens, expected one of the key {key.name} in {key.path}; "
                "name another file, or remove it"
            )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    token = Fernet(key.secret).encrypt(packed.getvalue()).decode()
    lines = [f"repsim-sealed 1 key {key.name}", *textwrap.wrap(token, 76, break_on_hyphens=False)]
    write_atomic(to, ("\n".join(lines) + "\n").encode())


def opened(path: Path, key: Key) -> dict[str, bytes]:
    """The files in a sealed file, by their paths; nothing is written anywhere.

    Raises:
        InputError: it is no sealed file, it is damaged, or another key opens it.
    """
    name, token = _parts(path)
    if name != key.name:
        raise InputError(f"key: found the key {key.name} in {key.path}, expected {name}, which opens {path}")
    try:
        data = Fernet(key.secret).decrypt(token)
    except InvalidToken:
        raise InputError(
            f"masters: found {path} damaged (it is not what was sealed with {key.path}), expected it whole"
        ) from None
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = {each.filename: archive.read(each) for each in archive.infolist()}
    if outside := [name for name in found if not _within(name)]:
        raise InputError(f"masters: found the path {outside[0]} in {path}, expected paths within a folder")
    return found


def unseal(path: Path, key: Key, to: Path) -> list[Path]:
    """Write the files in a sealed file into a new folder that only its owner can read, and that git leaves out.

    Returns:
        The files.

    Raises:
        InputError: the folder is there and not empty; or see `opened`.
        WriteError: it cannot be written.
    """
    files = opened(path, key)
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise InputError(f"to: found {to}, expected a new folder, or an empty one")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(mkdtemp(prefix=TEMPORARY, dir=to.parent))  # for its owner alone
        try:
            write_atomic(folder / _IGNORED, b"*\n")
            for name, data in files.items():
                write_atomic(folder / name, data)
            if to.exists():
                to.rmdir()
            folder.rename(to)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise WriteError(f"cannot write {to}: {error.strerror or error}") from error
    return [to / name for name in files]


def _write_new(path: Path, data: bytes) -> None:
    """A file for its owner alone, where none is."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _parts(path: Path) -> tuple[str, bytes]:
    """The name of the key, and the token."""
    try:
        lines = path.read_bytes().decode("ascii", errors="replace").split()
    except OSError as error:
        raise InputError(f"masters: {path} cannot be read: {error.strerror or error}") from error
    head = _HEAD.fullmatch(" ".join(lines[:4]))
    if head is None:
        raise InputError(
            f"masters: found {path}, which does not begin as a sealed file does, expected what "
            "`repsim classroom seal` writes"
        )
    return head[1], "".join(lines[4:]).encode()


def _within(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name
