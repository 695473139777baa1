"""All that a student has handed in for an assignment, and which of it counts.

Each attempt is a folder `attempts/NN_name/<student>/<number>/` with the notebook, the files beside it and what is known
of its time. The one that counts is copied to where nbgrader and the grading look for it, `submitted/`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from repsim_book.classroom.course import Course
from repsim_book.classroom.decisions import read_decisions
from repsim_book.classroom.origins import ARCHIVE
from repsim_book.classroom.roster import ROSTER, read_roster
from repsim_book.classroom.settings import SETTINGS, Settings, read_settings
from repsim_core.files import to_json, write_atomic

_ABOUT = "handed_in.json"
# nbgrader's own place of a submission's time.
_TIMESTAMP = "timestamp.txt"
# A hash of the notebook that was put into `submitted/`: another one there is somebody's who put it there by hand.
_PLACED = "placed"
# What no student's file is called.
OWN_FILES = (_ABOUT, _TIMESTAMP)


@dataclass(frozen=True)
class Attempt:
    """One of a student's.

    Attributes:
        number: from 1, in the order of collection.
        time: when it was handed in; None where that is not known.
        time_from: who says so.
        late: whether the learning system called it late; None where it says nothing.
        members: who handed it in together, where a download says so.
    """

    number: int
    time: datetime | None = None
    time_from: str = ""
    late: bool | None = None
    members: tuple[str, ...] = ()


def attempts_of(course: Course, name: str, student: str) -> list[Attempt]:
    """A student's attempts by number; none where the submission was put into `submitted/` by hand."""
    found = []
    for path in _home(course, name, student).glob(f"*/{_ABOUT}"):
        about = json.loads(path.read_text(encoding="utf-8"))
        time = datetime.fromisoformat(about["time"]) if about["time"] else None
        found.append(Attempt(**{**about, "time": time, "members": tuple(about["members"])}))
    return sorted(found, key=lambda attempt: attempt.number)


def keep_attempt(
    course: Course, name: str, student: str, files: Mapping[str, bytes], about: Attempt
) -> Attempt:
    """Keep what was handed in, the notebook under the assignment's own name; the same files once.

    Args:
        files: by their names.
        about: what is known of it; its number does not matter.
    """
    adopt(course, name, student)
    attempts = attempts_of(course, name, student)
    number = 1 + max((attempt.number for attempt in attempts), default=0)
    newest = _in_order(attempts)[-1:]
    for attempt in reversed(attempts):
        if _files(course, name, student, attempt) == dict(files) and (
            attempt in newest or _may_be(about, attempt)
        ):
            about = _same_work(attempt, about)
            number = attempt.number
            break
    kept = replace(about, number=number)
    folder = _home(course, name, student) / str(number)
    for file, data in files.items():
        write_atomic(folder / file, data)
    write_atomic(folder / _ABOUT, to_json({**asdict(kept), "time": _written(kept.time)}).encode())
    return kept


def _may_be(about: Attempt, earlier: Attempt) -> bool:
    """Whether the same files are an attempt before the newest, and not one made again."""
    if about.time is None or earlier.time is None:
        return about.time is not None
    return about.time == earlier.time or ARCHIVE in (about.time_from, earlier.time_from)


def _same_work(first: Attempt, again: Attempt) -> Attempt:
    """What is known of unchanged work that was collected before: it keeps its first time.

    A learning system knows better than an archive. Work that it called punctual stays so, whatever it says of the same
    files later: then they were handed in once more.
    """
    members = again.members or first.members
    if first.late is False and again.late:
        return replace(first, members=members)
    late = first.late and again.late if None not in (first.late, again.late) else first.late or again.late
    times = [each for each in (first, again) if each.time is not None]
    told = [each for each in times if each.time_from != ARCHIVE] or times
    earliest = min(told, key=lambda each: each.time or datetime.max, default=first)
    return Attempt(0, earliest.time, earliest.time_from, late, members)


def adopt(course: Course, name: str, student: str) -> None:
    """Make an attempt of what lies in `submitted/` and was put or changed there by hand."""
    path, placed = course.submission(name, student), _home(course, name, student) / _PLACED
    if not path.is_file():
        return
    if placed.is_file() and placed.read_text(encoding="utf-8") == _hash(path.read_bytes()):
        return
    number = 1 + max((attempt.number for attempt in attempts_of(course, name, student)), default=0)
    folder = _home(course, name, student) / str(number)
    for file, data in _beside(path.parent).items():
        write_atomic(folder / file, data)
    write_atomic(folder / _ABOUT, to_json(asdict(Attempt(number, time_from="by hand"))).encode())
    write_atomic(placed, _hash(path.read_bytes()).encode())


def counting(
    attempts: Sequence[Attempt],
    settings: Settings,
    extra: timedelta = timedelta(0),
    chosen: int | None = None,
) -> Attempt | None:
    """Which attempt counts: the chosen one, or that of the course's rule; None if there is none.

    Args:
        attempts: by number.
        extra: the student's time beyond that of others.
        chosen: its number.
    """
    by_choice = [attempt for attempt in attempts if attempt.number == chosen]
    if by_choice or not attempts:
        return by_choice[0] if by_choice else None
    ordered = _in_order(attempts)
    if settings.counts == "first":
        return ordered[0]
    in_time = [each for each in ordered if not settings.late_days(each.time, extra)]
    if settings.counts == "last on time" and in_time:
        return in_time[-1]
    return ordered[-1]


def _in_order(attempts: Sequence[Attempt]) -> list[Attempt]:
    """By age: what was collected later is newer, unless their times say otherwise."""
    ordered = list(attempts[:1])
    for attempt in attempts[1:]:
        times = attempt.time, ordered[-1].time
        ordered.insert(
            len(ordered) - 1 if times[0] and times[1] and times[0] < times[1] else len(ordered), attempt
        )
    return ordered


def counting_attempts(course: Course, name: str, students: Sequence[str] = ()) -> dict[str, Attempt]:
    """The attempt that counts of each student (of all by default), and nobody of whom there is none."""
    settings = read_settings(course.directory / SETTINGS, name)
    decisions, roster = read_decisions(course, name), read_roster(course.directory / ROSTER)
    everybody = [path.name for path in sorted((course.directory / "attempts" / name).glob("*"))]
    found = {}
    for student in students or everybody:
        extra = roster.extra_time(student) if roster else timedelta(0)
        attempts = attempts_of(course, name, student)
        attempt = counting(attempts, settings, extra, decisions.counts.get(student))
        if attempt is not None:
            found[student] = attempt
    return found


def place_attempts(course: Course, name: str, students: Sequence[str] = ()) -> dict[str, Attempt]:
    """Put the attempt that counts of each student (of all by default) into `submitted/`; which that is."""
    for student in students or list(course.submissions(name)):
        if _home(course, name, student).is_dir():
            adopt(course, name, student)
    found = counting_attempts(course, name, students)
    for student, attempt in found.items():
        files = _files(course, name, student, attempt)
        if attempt.time is not None:
            files[_TIMESTAMP] = f"{attempt.time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC\n".encode()
        folder = course.submission(name, student).parent
        if folder.is_dir() and _beside(folder, _TIMESTAMP) == files:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        for file, data in files.items():
            write_atomic(folder / file, data)
        write_atomic(_home(course, name, student) / _PLACED, _hash(files[f"{name}.ipynb"]).encode())
    return found


def forget_attempts(course: Course, student: str) -> None:
    """Remove a student from the attempts of others who handed in together."""
    for path in course.directory.glob(f"attempts/*/*/*/{_ABOUT}"):
        about = json.loads(path.read_text(encoding="utf-8"))
        if student in about["members"]:
            about["members"].remove(student)
            write_atomic(path, to_json(about).encode())


def _home(course: Course, name: str, student: str) -> Path:
    return course.directory / "attempts" / name / student


def _files(course: Course, name: str, student: str, attempt: Attempt) -> dict[str, bytes]:
    return _beside(_home(course, name, student) / str(attempt.number))


def _beside(folder: Path, *also: str) -> dict[str, bytes]:
    """The files of a folder by name, without what is known about them."""
    return {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.is_file() and (path.name not in (_ABOUT, _TIMESTAMP) or path.name in also)
    }


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _written(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
