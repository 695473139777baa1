"""Folders and files that a command is to write."""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from repsim_core.errors import InputError


def require_room(folder: Path, option: str, files: Sequence[str] = ()) -> None:
    """Refuse, before anything is computed for it, a folder that cannot be written to; it is left as it was.

    Args:
        files: that are to be written there.

    Raises:
        InputError: naming the option.
    """
    new: list[Path] = []
    try:
        new += (path for path in (folder, *folder.parents) if not path.exists())
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        if taken := next((folder / file for file in files if (folder / file).is_dir()), None):
            raise InputError(f"{option}: found the folder {taken}, expected a file or nothing there")
    except OSError as error:
        reason = "it is a file" if isinstance(error, FileExistsError) else error.strerror
        raise InputError(
            f"{option}: cannot write to {folder}: {reason}; expected a folder, there or to be made"
        ) from error
    finally:
        for path in new:
            with suppress(OSError):  # not made, or another process has put something there
                path.rmdir()
