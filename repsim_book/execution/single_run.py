"""One chapter executed in a folder of its own, in a process of its own."""

from collections.abc import Mapping
from pathlib import Path

from repsim_book.chapters import Chapter
from repsim_book.claims import claimed
from repsim_book.errors import ChapterError
from repsim_book.execution.batch import PlannedExecution, Watcher, execute_all
from repsim_book.execution.run_files import files_of_run, refuse_foreign


def run_apart(
    chapter: Chapter,
    values: Mapping[str, object],
    directory: Path,
    *,
    command: str = "",
    cell_seconds: int | None = None,
    watcher: Watcher | None = None,
) -> tuple[list[Path], str]:
    """Execute a chapter as `chapter.run_chapter` does, in a process that an interruption of this one ends.

    Args:
        chapter, values: what is executed, with a value for every parameter.
        directory: for what comes of it.
        command, cell_seconds, watcher: as for `batch.execute_all`.

    Returns:
        The notebook and the result files, and what cells wrote to stderr.

    Raises:
        InputError: the folder is in use, or holds something else; nothing was executed.
        ChapterError: the chapter failed.
    """
    refuse_foreign(directory, chapter.name)
    planned = PlannedExecution(chapter.name, chapter, values, directory)
    with claimed(directory):
        ended = execute_all(
            [planned], at_once=1, strict=False, command=command, cell_seconds=cell_seconds, watcher=watcher
        )[chapter.name]
        if ended.failed:
            raise ChapterError(ended.said)
        return files_of_run(directory, chapter.name), ended.said
