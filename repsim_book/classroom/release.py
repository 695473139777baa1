"""The release of assignments into a course: the teacher's notebooks with all tests, and those for students."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sysconfig
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment
from sqlalchemy.exc import SQLAlchemyError

from repsim_book.classroom.course import Course, convert, made, require_name
from repsim_book.classroom.masters import Masters, assignment_secret, course_secret, drawn_anew, masters
from repsim_book.classroom.settings import SETTINGS, TEMPLATE
from repsim_book.errors import ClassroomError
from repsim_core.errors import InputError, nearest
from repsim_core.files import to_json, write_atomic

# What was written, by path a hash, so that files changed since are not overwritten; and from which masters.
_WRITTEN, MASTERS = ".released.json", "masters.json"
_CONFIG = """\
c = get_config()  # noqa: F821, nbgrader's own

# As with `repsim classroom grade`, a warning in a test costs nothing.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = "Warning"
c.Execute.timeout = 120

# grades.csv is what `repsim classroom grade` writes.
c.ExportPlugin.to = "export.csv"

# Pages that show what students wrote and printed, the formgrader's too, run no scripts of theirs.
c.HTMLExporter.sanitize_html = True
clean = "repsim_book.classroom.clean."
c.HTMLExporter.filters = {name: clean + name for name in ("clean_html", "markdown2html")}
"""
# Data of students are nobody else's: whatever repository the course lies in, git leaves it out.
_OWN_FILES = {"nbgrader_config.py": _CONFIG, SETTINGS: TEMPLATE, ".gitignore": "*\n"}


@dataclass(frozen=True)
class Released:
    """What a release has written.

    Attributes:
        origin: which masters it used, in words for a teacher.
        open: those that anybody can read.
        notebooks: for students.
    """

    origin: str
    open: list[str]
    notebooks: list[Path]


def release(
    root: Path,
    course: Course,
    names: Sequence[str] = (),
    *,
    own_masters: Path | None = None,
    key: Path | None = None,
    force: bool = False,
) -> Released:
    """Release from the masters that `masters.masters` finds; see `release_from`.

    Args:
        root: the book's folder.
        own_masters: a folder, .zip or sealed file, in place of the course's own or the book's masters.
        key: the file of the key that opens a sealed file.
    """
    return release_from(masters(root, course.directory, own_masters, key), course, names, force=force)


def release_from(
    used: Masters, course: Course, names: Sequence[str] = (), *, force: bool = False
) -> Released:
    """Write the teacher's and the students' notebooks of these assignments (of all by default) into the course.

    All is prepared before anything is written; the same masters give the same files. Which masters an assignment is
    from is kept in masters.json.

    Args:
        force: overwrite also files that were changed since they were released.

    Raises:
        InputError: there is no such master, nbgrader does not accept it, or a file was changed by hand.
        ClassroomError: nbgrader failed (cells were added or removed after submissions were graded, say).
    """
    chosen = _chosen(used, names)
    if not force:
        require_no_open_masters(used, course, chosen)
    sources = {name: used.read(name) for name in chosen}
    made(course.directory)
    secret = course_secret(course.directory)
    for name, master in sources.items():
        drawn_anew(master, assignment_secret(secret, name))
    written = {name: nbformat.writes(master).encode() for name, master in sources.items()}
    files = {f"source/{name}/{name}.ipynb": data for name, data in written.items()}
    released = [f"release/{name}/{name}.ipynb" for name in chosen]
    manifest = course.directory / _WRITTEN
    before = json.loads(manifest.read_text()) if manifest.exists() else {}
    changed = [
        path
        for path in [*files, *released]
        if (found := _checksum(course.directory / path)) is not None
        and found != before.get(path)
        and found != hashlib.sha256(files.get(path, b"")).hexdigest()
    ]
    if changed and not force:
        raise InputError(
            f"found files in {course.directory} that were changed or not made by `release`: {', '.join(changed)}; "
            "they stay as they are; --force overwrites them"
        )
    with tempfile.TemporaryDirectory(prefix="repsim-") as folder:
        if not (course.directory / "gradebook.db").exists():
            write_atomic(course.directory / "gradebook.db", _new_gradebook(Path(folder)))
        for name, data in written.items():
            write_atomic(Path(folder, "source", name, f"{name}.ipynb"), data)
        for name in chosen:
            convert(name, GenerateAssignment(coursedir=course.nbgrader(name, root=Path(folder).resolve())))
        files |= {path: Path(folder, path).read_bytes() for path in released}
    for file, text in _OWN_FILES.items():
        if not (course.directory / file).exists():  # from then on it is the teacher's
            write_atomic(course.directory / file, text.encode())
    for path, data in files.items():
        write_atomic(course.directory / path, data)
        before[path] = hashlib.sha256(data).hexdigest()
    write_atomic(manifest, to_json(before).encode())
    about = {name: used.about(name) for name in chosen}
    write_atomic(course.directory / MASTERS, to_json(released_from(course) | about).encode())
    return Released(
        used.origin,
        [name for name in chosen if name in used.open],
        [course.directory / path for path in released],
    )


def released_from(course: Course) -> dict[str, dict[str, str | bool]]:
    """By assignment, from which masters it was released: see `Masters.about`.

    Raises:
        InputError: the file is damaged.
    """
    path = course.directory / MASTERS
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{MASTERS}: cannot be read ({error}), expected what `release` writes") from error
    return found if isinstance(found, dict) else {}


def require_no_open_masters(used: Masters, course: Course, names: Sequence[str]) -> None:
    """Refuse the open masters where an assignment was released from others: they do not take their place unasked.

    Raises:
        InputError: they would.
    """
    about = released_from(course)
    closed = {
        name: about[name]["from"]
        for name in names
        if name in used.open and name in about and not about[name]["open"]
    }
    if closed:
        said = "; ".join(f"{name} from {origin}" for name, origin in closed.items())
        raise InputError(
            f"masters: found {used.origin}, expected those of the release before ({said}): name them with --masters; "
            "--force takes the open ones"
        )


def _chosen(used: Masters, names: Sequence[str]) -> list[str]:
    for name in names:
        require_name(name)
        if name not in used.texts:
            raise InputError(f"there is no assignment {name}; {nearest(name, used.texts)}")
    if not used.texts:
        raise InputError(f"found no assignments in {used.origin}, expected NN_name.md")
    return list(names or used.texts)


def _new_gradebook(folder: Path) -> bytes:
    """An empty gradebook, made in this folder."""
    path = os.environ.get("PATH", "")
    # nbgrader calls alembic by name, and who calls .venv/bin/repsim need not have .venv/bin among the paths.
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), path])
    try:
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}"):
            pass
    except (OSError, subprocess.CalledProcessError, SQLAlchemyError) as error:
        raise ClassroomError(f"gradebook: nbgrader cannot make one: {error}") from error
    finally:
        os.environ["PATH"] = path
    return (folder / "gradebook.db").read_bytes()


def _checksum(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
