"""The folder of a run: how its files come there all together, and stay as they were where that fails."""

import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from repsim_book.execution.results import result_files
from repsim_core.errors import InputError, WriteError
from repsim_core.files import TEMPORARY, temporary_beside, to_json

RESULTS = "results"
RECORD = "run.json"
# Held while a run's files take their places.
_RENAMING = threading.Lock()


def keep_run(
    directory: Path, chapter: str, notebook: bytes, results: Mapping[str, bytes], record: Mapping[str, Any]
) -> None:
    """Put a run's files in the place of an earlier run's.

    All are written first, and then renamed, which needs no room. `run.json` goes first and comes last, so that a folder
    that has it is whole.

    Args:
        directory: of the run.
        chapter: its name.
        notebook: the executed one.
        results: by path in `results/`.
        record: what is in `run.json`.

    Raises:
        WriteError: naming the file that cannot be written; the earlier run's files are as they were.
    """
    earlier = _results_of(directory, chapter)
    files = {f"{chapter}.ipynb": notebook}
    files |= {f"{RESULTS}/{name}": data for name, data in results.items()}
    files[RECORD] = to_json(record).encode()
    remove_unfinished(directory)  # of a run that was killed
    stage = temporary_beside(directory / chapter)
    path = directory
    try:
        for name, data in files.items():
            path = directory / name
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            (stage / name).write_bytes(data)
            path.parent.mkdir(parents=True, exist_ok=True)
        with _RENAMING:
            (directory / RECORD).unlink(missing_ok=True)
            for name in files:
                path = directory / name
                (stage / name).replace(path)
            for name in set(earlier) - results.keys():
                (directory / RESULTS / name).unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def give_up(directory: Path) -> None:
    """Before a process ends that may be about to keep a run: it is kept whole, or from now on no more."""
    _RENAMING.acquire()
    remove_unfinished(directory)


def remove_unfinished(directory: Path) -> None:
    """Remove files that are not yet what they will be called, of a run that alone writes into the folder."""
    for path in directory.glob(f"{TEMPORARY}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def refuse_foreign(directory: Path, chapter: str) -> None:
    """Refuse a folder for output that is a file, or that holds files of something else where a run puts its own.

    Raises:
        InputError: it does.
    """
    if directory.exists() and not directory.is_dir():
        raise InputError(f"the output folder {directory} is a file")
    if (directory / f"{chapter}.ipynb").exists():
        return
    results, record = directory / RESULTS, directory / RECORD
    inside = results.rglob("*") if results.is_dir() else [results]
    for place, files in ((results, inside), (record, [record])):
        if any(path.is_file() for path in files):
            raise InputError(f"{place} is something other than of a run of {chapter}; name another folder")


def files_of_run(directory: Path, chapter: str) -> list[Path]:
    """The files of a finished run: the notebook, then its results in their order."""
    results = [directory / RESULTS / name for name in _results_of(directory, chapter)]
    return [directory / f"{chapter}.ipynb", *results]


def _results_of(directory: Path, chapter: str) -> list[str]:
    """The result files of a run, as its notebook tells."""
    import nbformat

    path = directory / f"{chapter}.ipynb"
    try:
        return list(result_files(nbformat.read(path, as_version=4)))
    except (OSError, ValueError):
        return []
