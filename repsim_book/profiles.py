"""Files of values: profiles, with values for several chapters, and files for one.

Both are YAML. A value is read as on the command line, so that the same characters are the same value in both places;
quotes make a text of anything.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from repsim_book.chapters import Chapter, chapter_paths, read_chapter
from repsim_book.parameters import Parameter, find_parameter
from repsim_book.paths import PROFILES, typed_path
from repsim_book.values_file import Entry, read_entries
from repsim_core.errors import InputError, nearest
from repsim_core.texts import is_none, written


def find_profile(root: Path, wanted: str) -> tuple[str, Path]:
    """A profile's name and file: `wanted` is a name in `notebooks/profiles/`, or the path of a .yml file.

    A file's name without .yml is the profile's.

    Raises:
        InputError: there is none of this name, or the file's name cannot be a profile's.
    """
    known = {path.stem: path for path in sorted((root / PROFILES).glob("*.yml"))}
    if wanted in known:
        return wanted, known[wanted]
    path = Path(wanted)
    if path.suffix not in (".yml", ".yaml"):
        raise InputError(f"there is no profile {wanted}; {nearest(wanted, known)}")
    name = path.stem
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise InputError(f"profile {path.name}: expected a file name of letters, digits, _ and -")
    path = typed_path(wanted)
    if not os.path.exists(path):
        raise InputError(f"profile {wanted}: there is no file {path}")
    if name in known and known[name].resolve() != path:
        raise InputError(f"profile {wanted}: the book has a profile {name} of its own; rename the file")
    return name, path


def load_profile(root: Path, wanted: str) -> dict[str, dict[str, object]]:
    """The parameter values of a profile (see `find_profile`), by chapter, as `Chapter.values` takes them.

    Names and types are checked here, what is possible where a chapter is run.

    Raises:
        InputError: the profile cannot be used; with the file, line and column.
    """
    _, path = find_profile(root, wanted)
    where = f"profiles/{path.name}" if path.parent == root / PROFILES else wanted
    paths = chapter_paths(root)
    profile: dict[str, dict[str, object]] = {}
    for name, entry in read_entries(path, where).items():
        if name.text not in paths:
            raise InputError(f"{name.place}: there is no chapter {name.text}; {nearest(name.text, paths)}")
        if entry.plain and not entry.content:
            profile[name.text] = {}
        elif isinstance(entry.content, dict):
            profile[name.text] = _values(read_chapter(paths[name.text]), entry.content)
        else:
            raise InputError(
                f"{entry.place}: found {entry.described()}, expected parameters of {name.text} with values"
            )
    return profile


def load_values(path: Path, chapter: Chapter) -> dict[str, object]:
    """The values of a file for one chapter, `name: value` in each line, as `Chapter.values` takes them.

    Raises:
        InputError: the file cannot be used; with the file, line and column.
    """
    return _values(chapter, read_entries(typed_path(path), str(path)))


def _values(chapter: Chapter, entries: dict[Entry, Entry]) -> dict[str, object]:
    """The values that entries stand for, by the parameter's name."""
    values: dict[str, object] = {}
    for name, entry in entries.items():
        with _at(name):
            parameter = find_parameter(chapter.parameters, name.text, chapter.name)
        with _at(entry):
            value = _value(parameter, entry)
        # a text that the command line would read otherwise, such as none, as it is written there
        values[name.text] = written(value) if isinstance(value, str) else value
    return values


def _value(parameter: Parameter, entry: Entry) -> object:
    """What an entry stands for as a value of a parameter."""
    match entry.content:
        case dict():
            raise InputError(f"{parameter.name}: found {entry.described()}, expected is {parameter.type}")
        case list(entries):
            if not parameter.is_list:
                raise InputError(f"{parameter.name}: found {entry.described()}, expected is {parameter.type}")
            texts = []
            for each in entries:
                with _at(each):
                    texts.append(_single(parameter, each))
            return parameter.convert(texts)
        case text:
            if entry.plain and parameter.optional and is_none(text):
                return None
            if parameter.is_list:
                return parameter.convert(_plain(parameter, entry))
            found = _single(parameter, entry)
            return parameter.convert(written(found) if parameter.kind == "str" else found)


def _single(parameter: Parameter, entry: Entry) -> str:
    """The text of an entry that is a value or an item of a list, of the parameter's kind as far as quotes tell."""
    if parameter.kind != "str":
        return _plain(parameter, entry)
    if not isinstance(entry.content, str):
        raise InputError(f"{parameter.name}: found {entry.described()}, expected a text")
    if entry.plain and not entry.looks_like_a_text():
        raise InputError(
            f"{parameter.name}: found {entry.described()}, which is no text everywhere; expected a text, in quotes"
        )
    return entry.content


def _plain(parameter: Parameter, entry: Entry) -> str:
    """The text of an entry that has to stand without quotes."""
    if not entry.plain or not entry.content:
        raise InputError(
            f"{parameter.name}: found {entry.described()}, expected is {parameter.type}, without quotes"
        )
    return entry.text


@contextmanager
def _at(entry: Entry) -> Iterator[None]:
    """Errors that have no place yet get that of the entry."""
    try:
        yield
    except _PlacedError:
        raise
    except InputError as error:
        raise _PlacedError(f"{entry.place}: {error}") from None


class _PlacedError(InputError):
    """Its message says where in a file."""
