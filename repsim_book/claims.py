"""Claims on folders: what writes into one is alone there.

A claim is a file that its holder has locked. The system lets go of it when the holder ends, however that is; the file
says who it is, for the message to others.
"""

import errno
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from repsim_book.processes import held
from repsim_core.errors import InputError, WriteError

NAME = ".in-use"


@contextmanager
def claimed(folder: Path, *, mode: int = 0o777) -> Iterator[None]:
    """The folder, made where it is not there, for this process alone.

    On a system without file locks (Windows) it is not guarded.

    Args:
        mode: of a folder that is made; one that is there keeps its own.

    Raises:
        InputError: another process has claimed it, or it is a file.
        WriteError: it cannot be made.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"the output folder {folder} is a file")
    new = not folder.exists()
    try:
        folder.mkdir(mode, parents=True, exist_ok=True)
        import fcntl
    except ImportError:
        yield
        return
    except OSError as error:
        raise WriteError(f"cannot make the folder {folder}: {error.strerror or error}") from error
    path, file = folder / NAME, None
    try:
        with held():
            file = _locked(path, fcntl)
        yield
    finally:
        with held():
            _let_go(folder, file, new)


def _let_go(folder: Path, file: int | None, new: bool) -> None:
    """End a claim; a new folder in which nothing was put goes with it."""
    if file is not None:
        with suppress(OSError):
            (folder / NAME).unlink()  # while it is locked, so that nobody's new claim is removed
        os.close(file)
    if new:
        with suppress(OSError):
            folder.rmdir()


def _locked(path: Path, fcntl) -> int:
    """The file, opened and locked, with who holds it."""
    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise WriteError(f"cannot write {path}: {error.strerror or error}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.path.samestat(os.fstat(file), path.stat()):
                with suppress(OSError):  # a full disk: then others are not told who it is
                    since = time.strftime("%Y-%m-%d %H:%M")
                    os.write(file, f"process {os.getpid()} of {socket.gethostname()}, since {since}".encode())
                return file
        except OSError as error:
            holder = os.pread(file, 300, 0).decode(errors="replace")
            os.close(file)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                who = f" ({holder})" if holder else ""
                raise InputError(
                    f"the output folder {path.parent} is in use by another run{who}; "
                    "wait for its end, or name another folder"
                ) from None
            raise WriteError(f"cannot lock {path}: {error.strerror or error}") from error
        os.close(file)  # its last holder has removed it meanwhile
