"""What an executed chapter was made from, as a key: equal keys, equal outputs.

A chapter depends on its source, the values of its parameters, the records that it declares to read, `repsim_core`, the
libraries that it computes and draws with, and the part of the press that executes it, which has a version of its own.
It does not depend on the rest of the press: an edit of a page's footer executes nothing again.
"""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType

import repsim_core
from repsim_book import execution
from repsim_book.chapters import Chapter

# What the numbers and drawings of a chapter are made with.
# fmt: off
LIBRARIES = (
    "altair", "matplotlib", "numpy", "pandas", "scikit-learn", "scipy", "seaborn", "torch", "torchvision",
    "vl-convert-python",
)
# fmt: on


def common_key() -> str:
    """What every chapter depends on: the code of `repsim_core`, libraries, Python, and what executes."""
    parts = [code_of(repsim_core), versions_of(LIBRARIES), platform.python_version(), execution.VERSION]
    return _key(parts)


def code_of(package: ModuleType) -> dict[str, str]:
    """A hash of each source file of a package, by its path there."""
    return _folder(Path(str(package.__file__)).parent, (".py", ".pyi", ".js", ".css"))


def versions_of(distributions: Iterable[str]) -> dict[str, str]:
    """The versions of distributions by name, "" for one that is not installed."""
    return {name: _version(name) for name in distributions}


def chapter_key(
    chapter: Chapter, values: Mapping[str, object], common: str, *, solutions: bool = False
) -> str:
    """The key of a chapter executed with these values.

    Args:
        chapter: what is executed.
        values: of all its parameters, from `Chapter.values`.
        common: `common_key()`.
        solutions: whether solutions are executed as well.
    """
    records = {name: _folder(chapter.above / str(values[name])) for name in chapter.reads if values[name]}
    return _key([common, chapter.path.read_text("utf-8"), dict(values), records, solutions])


def _key(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _folder(folder: Path, suffixes: tuple[str, ...] = ()) -> dict[str, str]:
    """A hash of each file of a folder, by its path there, of those with these suffixes if any are named.

    Empty where there is no folder.
    """
    folder = folder.resolve()
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if not suffixes or path.suffix in suffixes
    }


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
