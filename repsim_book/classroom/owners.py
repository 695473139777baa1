"""Whose the files of a download are, and what the download tells of their time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

import yaml

from repsim_book.classroom.course import STUDENT, STUDENT_IDS, Course, quoted
from repsim_book.classroom.origins import ARCHIVE, File, path_of
from repsim_book.classroom.roster import ROSTER, of_learning_system, read_roster
from repsim_core.errors import InputError

# No student is called so.
ASSIGNMENT = re.compile(r"\d\d_\w+")
# What file systems take as the name of a folder.
NAME_BYTES = 255
# Files that come with a download.
_BESIDE = re.compile(r"README.*|submission_metadata\.yml", re.IGNORECASE)
_METADATA = "submission_metadata.yml"


@dataclass(frozen=True)
class Owner:
    """Whose a file is.

    Attributes:
        student: the id; of a group that of the member who handed in, or the first.
        members: ids of all who handed it in together, where the download says so; empty otherwise.
        time: when it was handed in, None where that is not known.
        time_from: who says so: `Gradescope`, or `origins.ARCHIVE`.
        late: whether the learning system calls it late; None where it says nothing.
    """

    student: str
    members: tuple[str, ...] = ()
    time: datetime | None = None
    time_from: str = ""
    late: bool | None = None


class Owners:
    """Whose the files of an origin are.

    Args:
        course, name: the course and the assignment.
        files: of the origin, by path.
        who: ids by what a student is called there, for names that tell nothing.
        names: a regular expression that is looked for in a file's path, with a group `id`.
        groups: whether members of a group of the roster hand in together.

    Raises:
        InputError: the roster or the pattern is wrong.
    """

    def __init__(
        self,
        course: Course,
        name: str,
        files: Mapping[str, File],
        who: Mapping[str, str],
        names: str | None,
        groups: bool,
    ) -> None:
        self.name, self.who, self.groups, self.files = name, dict(who), groups, files
        self.roster = read_roster(course.directory / ROSTER)
        self.known = {student.casefold(): student for student in course.submissions(name)}
        self.pattern = _pattern(names)
        paths = [path_of(file).parts for file in files]
        notebooks = [parts for parts in paths if parts[-1].lower().endswith(".ipynb")]
        tops = {parts[:1] for parts in paths}
        # One folder is the one that an archive was made of, or that of the only student.
        only = len(notebooks) == 1 and len(notebooks[0]) == 2
        of_one = only and (
            notebooks[0][1] == f"{name}.ipynb" or of_learning_system(notebooks[0][:1]) is not None
        )
        around = len(tops) == 1 and (len(paths) > 1 or only) and not of_one
        # What is inside a student's own folder was named by that student.
        self.top = tops.pop() if around and not any(map(self._is_somebody_s, tops)) else ()
        self.gradescope: dict[str, _Submission] = {}
        for file, found in files.items():
            # One in a student's folder is the student's own.
            if path_of(file).name == _METADATA and of_learning_system(path_of(file).parts[:-1]) is None:
                self.gradescope |= _submissions(found.read())

    def _is_somebody_s(self, folders: tuple[str, ...]) -> bool:
        named = self.roster is not None and self.roster.find(*folders) is not None
        return named or of_learning_system(folders) is not None

    def of_nobody(self, file: str) -> bool:
        """Whether a file comes with the download."""
        path = path_of(file)
        return path.parts[:-1] in ((), self.top) and _BESIDE.fullmatch(path.name) is not None

    def of(self, file: str) -> Owner:
        """Whose a file is.

        Raises:
            InputError: that cannot be known, or its path leads elsewhere.
        """
        path = path_of(file)
        if path.is_absolute() or ".." in path.parts or ":" in file or "\0" in file:
            raise InputError("found a path that leaves the folder, expected one within")
        folders = path.parts[:-1]
        if self.top and folders[:1] == self.top:
            folders = folders[1:]
        parts = of_learning_system(folders, "" if self._is_somebody_s(folders) else path.stem)
        if parts is None and any(folder in self.gradescope for folder in folders):
            parts = {}
        changed = self.files[file].changed if parts is None else None  # of a download: when it was made
        time_from = ARCHIVE if changed else ""
        if self.pattern is not None:
            found = self.pattern.search("/".join([*folders, path.name]))
            if found is None:
                raise InputError(
                    "found no part that the pattern of --names describes, expected the student's id"
                )
            return Owner(self._student([found["id"]]), (), changed, time_from)
        if parts is not None:
            return self._of_download(folders, path, parts)
        return Owner(self._of_path(folders, path), (), changed, time_from)

    def id_of(self, said: str) -> str:
        """The id of who says so, as it is known here."""
        said = unicodedata.normalize("NFC", said.strip())
        found = self.roster.find(said) if self.roster else self.known.get(said.casefold())
        return found or said

    def group_of(self, student: str) -> tuple[str, ...]:
        """All who hand in with a student by the roster, who is one of them."""
        if self.roster is None or not self.groups:
            return (student,)
        return self.roster.group_of(student)

    def _of_download(self, folders: tuple[str, ...], path: PurePosixPath, parts: Mapping[str, str]) -> Owner:
        made = (each for each in folders if each in self.gradescope or of_learning_system([each]) is not None)
        folder = next(made, path.stem)
        names = [parts[key] for key in ("number", "name") if key in parts]
        late = "late" in parts if "number" in parts else None  # Canvas alone says it
        if submission := self.gradescope.get(folder):
            members = [self._student([*labels, folder], certain=False) for labels in submission.submitters]
            if members:
                time_from = "Gradescope" if submission.time else ""
                together = tuple(members) if len(members) > 1 else ()
                return Owner(members[0], together, submission.time, time_from)
        return Owner(self._student([*names, folder], certain=False), late=late)

    def _of_path(self, folders: tuple[str, ...], path: PurePosixPath) -> str:
        notebook = path.suffix.lower() == ".ipynb"
        if not folders and not notebook:
            raise InputError(f"found a file {path.suffix or 'without suffix'}, expected .ipynb")
        if notebook and path.stem != self.name:
            if folders and self.roster is None:
                raise InputError(
                    f"found {quoted(path.name)} in a student's folder, expected {self.name}.ipynb"
                )
            if ASSIGNMENT.fullmatch(path.stem):
                raise InputError(f"found the name of an assignment, expected <student>.ipynb of {self.name}")
            return self._student([*self._own(folders), path.stem])
        return self._student([*self._own(folders), ""])

    def _own(self, folders: tuple[str, ...]) -> list[str]:
        """The folders that may be a student's: first those that the roster knows, outermost first, then all."""
        inner = [folder for folder in reversed(folders) if folder != self.name]
        return [*(folder for folder in folders if self._is_somebody_s((folder,))), *inner]

    def _student(self, labels: list[str], *, certain: bool = True) -> str:
        """The id of whom one of these stands for; without a roster the first is one, if that is certain."""
        label = unicodedata.normalize("NFC", labels[0])  # an accent is one character or two
        if given := next((self.who[each] for each in labels if each in self.who), None):
            label, certain = given, True
            labels = [given]
        if self.roster is not None:
            found = self.roster.find(*labels)
            if found is None and self.groups:
                found = next(iter(self.roster.members(*labels)), None)
            if found is None:
                raise self.roster.unknown(label)
            return found
        if not certain:
            raise InputError(
                f"found the name of a download, {quoted(label)}, expected {ROSTER} in the course, which says whose it "
                f"is, or --who {label}=ID"
            )
        if not STUDENT.fullmatch(label):
            found = quoted(label) if label else "no folder of a student"
            if len(label) > 100:
                found = f"a name of {len(label)} characters"
            raise InputError(f"found {found}, expected {STUDENT_IDS}")
        if (length := len(label.encode())) > NAME_BYTES:
            raise InputError(f"found a name of {length} bytes, expected at most {NAME_BYTES}")
        return self.known.setdefault(label.casefold(), label)


def _pattern(names: str | None) -> re.Pattern[str] | None:
    if names is None:
        return None
    try:
        found = re.compile(names)
    except re.error as error:
        raise InputError(f"names: found {names!r}, expected a regular expression: {error}") from error
    if "id" not in found.groupindex:
        raise InputError(f"names: found {names!r}, expected a group for the student's id, (?P<id>...)")
    return found


@dataclass(frozen=True)
class _Submission:
    """What Gradescope says of a folder: of each submitter the id, address and name; and the time."""

    submitters: tuple[tuple[str, ...], ...]
    time: datetime | None


class _Loader(yaml.SafeLoader):
    """Reads mappings and texts whatever class of Ruby they were."""


def _untagged(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


_Loader.add_multi_constructor("!ruby/", _untagged)


def _submissions(data: bytes) -> dict[str, _Submission]:
    """By folder, what Gradescope's `submission_metadata.yml` says; nothing where it cannot be read."""
    try:
        metadata = yaml.load(data, _Loader)  # a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError):
        return {}
    found = {}
    for folder, entry in metadata.items() if isinstance(metadata, dict) else ():
        if not isinstance(entry, dict):
            continue
        people = _entry(entry, "submitters")
        submitters = tuple(
            labels
            for person in (people if isinstance(people, list) else [])
            if isinstance(person, dict)
            and (labels := tuple(str(v) for key in ("sid", "email", "name") if (v := _entry(person, key))))
        )
        found[str(folder)] = _Submission(submitters, _time(_entry(entry, "created_at")))
    return found


def _entry(entry: Mapping[object, object], key: str) -> object:
    """A value under a symbol of Ruby or a plain key."""
    return entry.get(f":{key}", entry.get(key))


def _time(value: object) -> datetime | None:
    """Gradescope's times without a zone are in UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
