"""Grading a class: submissions are executed in parallel, points are recorded by one process.

nbgrader's own `autograde` executes and records one submission after the other, and SQLite, its gradebook, lets one
process write at a time: several `autograde` at once fail with `database is locked`. So the two halves are taken apart.
Execution, which takes all the time, needs no gradebook: each submission, its tests restored, is executed in a process
of its own (`execute_apart`), and code of students never runs beside an open gradebook. The executed notebooks come back
to this process, where nbgrader's Autograde converter does the rest of its work on them, one after the other: it
checks every locked cell against the gradebook, grades, stores. What a submission does to its own process is recorded
as its state, and the others go on.

Points are recorded a few submissions at a time, when none of them runs any more and the files of the course are what
they were before (`watch`). What a submission came to is kept as soon as it has run (`executed`), the record of its
grading is written last of all; a class that was interrupted goes on where it was.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path

from nbformat import NotebookNode

from repsim_book.classroom.answers import restore
from repsim_book.classroom.apart.family import end_family
from repsim_book.classroom.apart.limits import DEFAULT_LIMITS, Limits
from repsim_book.classroom.apart.sandbox import Sandbox
from repsim_book.classroom.attempts import place_attempts
from repsim_book.classroom.course import Course, quoted
from repsim_book.classroom.executed import all_executed, as_kept, executed_path, kept
from repsim_book.classroom.given import Given, keep_given, remembered
from repsim_book.classroom.groups import numbers_beside, shared_work
from repsim_book.classroom.isolated import ExecutedSubmission, execute_apart, files_beside, given_by
from repsim_book.classroom.notebooks import read_notebook, says
from repsim_book.classroom.recording import have_wait, no_points, store
from repsim_book.classroom.records import GradingRecord, grading_key, read_grading_records, write_record
from repsim_book.classroom.suspicions import suspicions
from repsim_book.classroom.watch import Watch
from repsim_book.errors import ClassroomError
from repsim_core.assignments import student_seed
from repsim_core.errors import InputError

# Seconds between two reports of progress.
_TICK = 1.0
# Submissions that are executed before points are recorded, for each at a time.
_WAVE = 4
_HARM = "it changed files of the course"
# States that other limits would not change.
_RAN = ("graded", "raised", "harmful")


@dataclass(frozen=True)
class GradeProgress:
    """How far a class is.

    Attributes:
        done, submissions: graded (those found included), and all.
        found: that were graded before, and are unchanged.
        running: executing now.
        seconds: since the start.
        seconds_left: expected; None as long as nothing was graded.
        seconds_most: what those that run can still take by their limits; None where nobody does, or it is not known.
        longest: who has been executing for the longest time, and for how many seconds; None where nobody is.
    """

    done: int
    submissions: int
    found: int
    running: int
    seconds: float
    seconds_left: float | None
    longest: tuple[str, float] | None = None
    seconds_most: float | None = None


def grade_class(
    course: Course,
    name: str,
    *,
    jobs: int = 1,
    limits: Limits = DEFAULT_LIMITS,
    sandbox: Sandbox | None = None,
    force: bool = False,
    progress: Callable[[GradeProgress], object] | None = None,
) -> list[GradingRecord]:
    """Grade the submissions of an assignment that have not been graded as they are; a record for each student.

    Args:
        jobs: submissions executed at a time.
        limits: for each submission. One that broke the limits is executed again when they are others.
        sandbox: where students' code runs, from `apart.sandbox.choose`; none by default.
        force: grade also what is graded and unchanged.
        progress: called about once a second and after each submission.

    Raises:
        InputError: the assignment was not released, there are no submissions, or an argument is impossible.
    """
    for argument, value in {"jobs": jobs, **asdict(limits)}.items():
        if value < 1:
            raise InputError(f"{argument}: found {value}, expected at least 1")
    skeleton = course.skeleton(name)
    place_attempts(course, name)
    submissions = course.submissions(name)
    if not submissions:
        raise InputError(
            f"{name}: found no submissions in {course.directory / 'submitted'}, expected some; "
            f"to take them in: repsim classroom collect {name} FROM"
        )
    return _Class(course, name, skeleton, limits, sandbox).grade(submissions, jobs, force, progress)


class _Class:
    """One pass over the submissions of an assignment."""

    def __init__(
        self, course: Course, name: str, skeleton: NotebookNode, limits: Limits, sandbox: Sandbox | None
    ) -> None:
        self.course, self.name, self.skeleton, self.limits = course, name, skeleton, limits
        self.sandbox, self.given = sandbox, given_by(skeleton)
        self.records = read_grading_records(course, name)
        self.running: set[subprocess.Popen[bytes]] = set()
        self.started: dict[str, float] = {}  # when those that run now were, by student
        self.look_at: dict[str, tuple[str, ...]] = {}
        self.files: dict[str, dict[str, bytes]] = {}
        self.members: Mapping[str, Sequence[str]] = {}
        self.environment = dict(os.environ)  # nbgrader changes it while threads would read it

    def grade(
        self,
        submissions: Mapping[str, Path],
        jobs: int,
        force: bool,
        progress: Callable[[GradeProgress], object] | None,
    ) -> list[GradingRecord]:
        # All is read before the first one runs: none can change another.
        handed_in = {student: path.read_bytes() for student, path in submissions.items()}
        self.files = {student: files_beside(path) for student, path in submissions.items()}
        self.members = shared_work(self.course, self.name, submissions).members
        self.keys = {student: self._key(student, data) for student, data in handed_in.items()}
        todo = [student for student in submissions if force or not self._done(student)]
        if force:
            self._forget_executed()
        found, started = len(submissions) - len(todo), time.monotonic()
        self.watch, executed = Watch(self.course), 0

        def report() -> None:
            if progress is None:
                return
            seconds = time.monotonic() - started
            left = seconds / executed * (len(todo) - executed) if executed else None
            done = found + executed
            running = len(self.running)
            longest, most = self._longest(), self._most()
            progress(GradeProgress(done, len(submissions), found, running, seconds, left, longest, most))

        def ended(more: int) -> None:
            nonlocal executed
            executed += more
            report()

        report()
        for first in range(0, len(todo), jobs * _WAVE):
            wave = todo[first : first + jobs * _WAVE]
            try:
                outcomes = self._executed(wave, handed_in, jobs, ended)
            except BaseException:
                self.watch.undo()
                raise
            if self.watch.undo():  # one of these did it; alone each shows
                for student in wave:
                    outcomes[student] = self._execute(student, handed_in[student])
                    if changed := self.watch.undo():
                        outcomes[student] = f"{_HARM}, which are as before: {', '.join(changed)}"
            # No student's code runs beside an open gradebook.
            for student in wave:
                self._record(student, outcomes[student])
            self.watch.renew()
        self._forget_executed()
        return [self.records[student] for student in submissions]

    def _executed(
        self, wave: list[str], handed_in: Mapping[str, bytes], jobs: int, ended: Callable[[int], None]
    ) -> dict[str, ExecutedSubmission | str]:
        """The outcome of each of these; none runs any more. `ended` is told how many more have, about once a second."""
        outcomes = {}
        with ThreadPoolExecutor(jobs) as pool:
            waiting: dict[Future[ExecutedSubmission | str], str] = {
                pool.submit(self._execute, student, handed_in[student]): student for student in wave
            }
            try:
                while waiting:
                    finished, _ = wait(waiting, timeout=_TICK, return_when=FIRST_COMPLETED)
                    for future in finished:
                        student = waiting.pop(future)
                        outcomes[student] = future.result()
                        self._keep(student, outcomes[student])
                    ended(len(finished))  # which may be interrupted: all of these are kept
            except BaseException:
                self._abandon(list(waiting))
                raise
        return outcomes

    def _key(self, student: str, data: bytes) -> str:
        return grading_key(self.skeleton, data, numbers_beside(data, student, self.members))

    def _longest(self) -> tuple[str, float] | None:
        started = dict(self.started)
        if not started:
            return None
        student = min(started, key=lambda each: started[each])
        return student, time.monotonic() - started[student]

    def _most(self) -> float | None:
        begun = max(dict(self.started).values(), default=None)
        return None if begun is None else max(begun + self.limits.seconds - time.monotonic(), 0.0)

    def _keep(self, student: str, outcome: ExecutedSubmission | str) -> None:
        """Keep what a submission came to, unless some submission has changed the course, which is found out later."""
        if isinstance(outcome, str) or (self._with_rights and self.watch.changed()):
            return
        path = executed_path(self.course, self.name, student)
        self.watch.write(path, as_kept(self.keys[student], self.limits, outcome))

    @property
    def _with_rights(self) -> bool:
        """Whether submissions could change the course."""
        return self.sandbox is None or self.sandbox.name == "none"

    def _forget_executed(self) -> None:
        for path in all_executed(self.course, self.name):
            path.unlink()

    def _done(self, student: str) -> bool:
        record = self.records.get(student)
        if record is None or record.key != self.keys[student]:
            return False
        return record.state in _RAN or record.limits == asdict(self.limits)

    def _execute(self, student: str, data: bytes) -> ExecutedSubmission | str:
        """In a thread: the executed submission, or why there is none, which costs the others nothing."""
        try:
            return self._ran(student, data)
        except OSError:  # no matter of one submission: the disk is full, or no process can be started
            raise
        except Exception as error:
            return f"it could not be executed, and the error is not the student's: {type(error).__name__}: {error}"

    def _ran(self, student: str, data: bytes) -> ExecutedSubmission | str:
        try:
            whose = numbers_beside(data, student, self.members) or student
            notebook = read_notebook(data)
            restored = restore(self.skeleton, notebook, whose)
        except InputError as error:
            return str(error)
        self.look_at[student] = (
            *self._another(notebook, whose),
            *restored.look_at,
            *suspicions(restored.notebook, self.skeleton),
        )
        if found := kept(self.course, self.name, student, self.keys[student], self.limits):
            return found
        self.started[student] = time.monotonic()
        try:
            return execute_apart(
                restored.notebook,
                given=self.given,
                student=whose,
                limits=self.limits,
                sandbox=self.sandbox,
                files=self.files[student],
                environment=self.environment,
                running=self.running,
            )
        finally:
            del self.started[student]

    def _another(self, notebook: NotebookNode, whose: str) -> tuple[str, ...]:
        """That a notebook has other numbers than tests ask for: those of whom it names."""
        said = says(notebook).strip().encode(errors="replace").decode()
        if said in ("", says(self.skeleton)) or student_seed(said) == student_seed(whose):
            return ()
        return (f"it says that it is of {quoted(said[:100])}; tests ask for the numbers of {whose}",)

    def _record(self, student: str, outcome: ExecutedSubmission | str) -> None:
        look_at = self.look_at.pop(student, ())
        earlier = self.records[student].given if student in self.records else {}
        given = remembered(
            self.course, self.name, student, {cell: Given(**each) for cell, each in earlier.items()}
        )
        if isinstance(outcome, str):
            state, message = "harmful" if outcome.startswith(_HARM) else "unreadable", outcome
            no_points(self.course, self.name, student)
        else:
            state, message = outcome.state, outcome.message
            look_at += tuple(outcome.look_at)
            try:
                store(self.course, self.name, student, outcome.notebook)
                have_wait(self.course, self.name, student, outcome.waits)
            except ClassroomError as error:
                state, message = "refused", str(error)
                no_points(self.course, self.name, student)
        lost = keep_given(self.course, self.name, student, given)
        remembering = {cell: asdict(each) for cell, each in given.items()}
        record = GradingRecord(
            student, self.keys[student], state, message, asdict(self.limits), [*look_at, *lost], remembering
        )
        write_record(self.course, self.name, record)
        self.records[student] = record

    def _abandon(self, waiting: list[Future[ExecutedSubmission | str]]) -> None:
        """End everything that is waiting or runs."""
        for future in waiting:
            future.cancel()
        while not all(future.done() for future in waiting):
            for process in list(self.running):
                end_family(process)
            wait(waiting, timeout=0.1)
