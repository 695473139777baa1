"""The errors of both packages: two kinds, of what was asked for and of what was done, under one base class.

Functions of arrays, of files of arrays, and those that a notebook calls with values raise `TypeError`, `ValueError` and
`OSError`, as NumPy does. All other errors that a reader can cause are these.
"""

import difflib
from collections.abc import Iterable


class RepsimError(Exception):
    """Every error of these packages that is no fault in them; the message is for the reader."""


class InputError(RepsimError, ValueError):
    """What was asked for is impossible: a parameter, an option, a file; nothing was computed.

    The message names the argument, what was found and what is expected.
    """


class RecordError(InputError):
    """A record that is missing, damaged, or not what it is taken for; the message names the file."""


class DatasetError(InputError):
    """A source of a data set is missing, incomplete or damaged; the message names the file or folder."""


class MissingLibraryError(ModuleNotFoundError, InputError):
    """A library is missing; the message names it and the extra of the distribution that brings it."""


class ExecutionError(RepsimError, RuntimeError):
    """What was asked for has begun, and failed."""


class StudyError(ExecutionError):
    """Units of a study failed; what was finished is stored."""


class WriteError(ExecutionError, OSError):
    """A file cannot be written (a full disk, say); the message names it, and what was there is as before."""


class StoreError(ExecutionError, OSError):
    """An entry of a store cannot be read or written."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for the message about an unknown `name`: the nearest of the `known` names, and all of them."""
    known = list(known)
    close = difflib.get_close_matches(name.lower(), [k.lower() for k in known], n=1, cutoff=0.5)
    guess = next((k for k in known if close and k.lower() == close[0]), None)
    if not known:
        return "there are none"
    everything = f"known are: {', '.join(known)}"
    return f"did you mean {guess}? {everything}" if guess else everything
