"""What lies under the name of a file of arrays and is something else: pointers, pages, arrays of the other kind."""

from __future__ import annotations

import os
import re
from pathlib import Path

# Bytes that are looked at.
_BEGINNING = 512
_LFS = b"version https://git-lfs"
# A file that git-annex has not fetched is text, or a link, to a place of its own.
_ANNEX = re.compile(rb"(?:(?:\.\.?/)*\.git/\S*annex/objects/|/annex/objects/)")
_PAGES = (b"<!doctype", b"<html", b"<?xml")
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06")


def something_else(source: Path) -> str | None:
    """What is in a file of arrays that is none, with the remedy; None where it begins as its name says.

    Raises:
        OSError: it cannot be read.
    """
    if source.is_symlink() and not source.exists() and _ANNEX.search(os.fsencode(os.readlink(source))):
        return _pointer("git-annex", source, "git annex get")
    if not source.is_file():
        return None
    with source.open("rb") as stream:
        beginning = stream.read(_BEGINNING)
    if beginning.startswith(_LFS):
        return _pointer("Git LFS", source, "git lfs pull")
    if _ANNEX.match(beginning):
        return _pointer("git-annex", source, "git annex get")
    if beginning.lstrip().lower().startswith(_PAGES):
        return f"found a web page in {source}, expected arrays; was a page saved in place of the file?"
    suffix = source.suffix.lower()
    if suffix == ".safetensors" and beginning.startswith(_ARCHIVES):
        remedy = "; it looks like .npz: give it that name" if b".npy" in beginning else ""
        return f"found a ZIP archive in {source}, expected tensors{remedy}"
    if suffix == ".npz" and not beginning.startswith(_ARCHIVES) and beginning[8:10] == b'{"':
        return f"found tensors in {source}, expected a ZIP archive; it looks like .safetensors: give it that name"
    return None


def _pointer(kind: str, source: Path, command: str) -> str:
    return f"found a pointer of {kind} in {source}, expected the file it stands for; fetch it: {command}"
