"""What an executed chapter was made from, as a key: equal keys, equal outputs.

A chapter depends on its source, the values of its parameters, the records that it declares to read, `repsim_core`, the
libraries that it computes and draws with, and the part of the press that executes it, which has a version of its own.
It does not depend on the rest of the press: an edit of a page's footer executes nothing again.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType

import repsim_core
from repsim_book import execution
from repsim_book.chapters import Chapter

# What the numbers and drawings of a chapter are made with.
LIBRARIES = (
    "altair",
    "matplotlib",
    "numpy",
    "pandas",
    "scikit-learn",
    "scipy",
    "seaborn",
    "torch",
    "torchvision",
)


def common_key() -> str:
    """What every chapter depends on: the code of `repsim_core`, libraries, Python, and what executes."""
    versions = {name: _version(name) for name in LIBRARIES}
    return _key([code_of(repsim_core), versions, platform.python_version(), execution.VERSION])


def code_of(package: ModuleType) -> dict[str, str]:
    """A hash of each source file of a package, by its path there."""
    return _folder(Path(str(package.__file__)).parent, "*.py")


def chapter_key(root: Path, chapter: Chapter, values: Mapping[str, object], common: str) -> str:
    """The key of a chapter executed with these values.

    Args:
        root: the book's folder, from which folders of records count.
        chapter: what is executed.
        values: of all its parameters.
        common: `common_key()`.
    """
    records = {name: _folder(root / str(values[name])) for name in chapter.reads if values[name]}
    return _key([common, chapter.path.read_text("utf-8"), dict(values), records])


def _folder(folder: Path, names: str = "*") -> dict[str, str]:
    """A hash of each file of a folder, by its path there; empty where there is no folder."""
    files = (path for path in folder.rglob(names) if path.is_file())
    return {path.relative_to(folder).as_posix(): _hashed(path) for path in files}


def _key(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _hashed(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
