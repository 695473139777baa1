"""The `repsim classroom` commands: release assignments, collect and grade submissions, give feedback.

Each is in a module of its own idea. nbgrader is imported only where it is used: its absence is a message of one line,
and `--help` needs none of it.
"""

from __future__ import annotations

import click

from repsim_book.cli.command import Group
from repsim_core.extras import require

_MASTERS = "repsim_book.cli.classroom_masters"
_SUBMISSIONS = "repsim_book.cli.classroom_submissions"
_GRADING = "repsim_book.cli.classroom_grading"
_RESULTS = "repsim_book.cli.classroom_results"
LATER = {
    "release": (_MASTERS, "Make the notebooks for students, of all assignments or of those named."),
    "seal": (_MASTERS, "Encrypt a folder of masters into one file, which may lie in a public place."),
    "unseal": (_MASTERS, "Open a sealed file into a folder, to read or to change the masters."),
    "collect": (_SUBMISSIONS, "Take submissions in."),
    "grade": (_GRADING, "Execute and grade submissions; goes on where it was interrupted."),
    "seen": (_RESULTS, "Note that you have looked at a submission."),
    "summary": (_RESULTS, "Show how the class did by question and part, and what waits."),
    "similar": (_RESULTS, "List pairs of submissions with much in common."),
    "feedback": (_RESULTS, "Write a page for each student."),
    "export": (_RESULTS, "Write the grades as Moodle or Canvas imports them, or all that is known."),
    "withdraw": (_RESULTS, "Take questions out of an assignment, for everybody."),
    "counts": (_SUBMISSIONS, "Decide which attempt counts, or whose work that of a group is."),
    "forget": (_SUBMISSIONS, "Delete all that the course holds of a student."),
}


@click.group(cls=Group, later=LATER)
def classroom() -> None:
    """Assignments of a class, released and graded with nbgrader.

    A course is a folder that plain `nbgrader` reads too. It holds data of students: git leaves it out.

    \b
      repsim classroom release                          the notebooks for students, in course/release/
      repsim classroom collect 01_name submissions.zip  take in what they hand in
      repsim classroom grade 01_name --jobs 2           execute and grade; goes on where it was interrupted
      repsim classroom summary 01_name                  how the class did, and what waits
      repsim classroom feedback 01_name                 a page for each student, in course/feedback/
      repsim classroom export 01_name --for moodle      the grades for a learning system
    """
    require("classroom", "nbgrader")
