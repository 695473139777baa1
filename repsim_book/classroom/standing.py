"""The one state of a student's work that tells a teacher what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# In the order of urgency: of those that apply a submission has the first. With what is to be done.
STATES: Mapping[str, str] = {
    "nothing": "nothing was handed in",
    "ungraded": "handed in, or changed, since the last grading: grade",
    "harmful": "it changed files of the course, and has no points: talk to the student",
    "refused": "no points, since it cannot be graded (message says why): ask for another file",
    "stopped": "not run to its end: look, or grade with other limits",
    "blank": "nothing was answered in it: ask for another file; if it is meant so: repsim classroom seen",
    "look": "look at what look_at or message names; then: repsim classroom seen",
    "needs grading": "written answers wait for points: formgrader",
    "graded": "nothing is left to do",
}
# How the execution of a submission went, as its record has it, and what follows.
_RUNS = {
    "graded": "graded",
    "raised": "look",
    "timeout": "stopped",
    "memory": "stopped",
    "died": "stopped",
    "unreadable": "refused",
    "refused": "refused",
    "harmful": "harmful",
}
# A person who has looked has done what these ask for.
SEEN = ("stopped", "blank", "look")


def standing(
    *,
    handed_in: bool,
    run: str | None,
    current: bool,
    look_at: Sequence[str],
    pending: int,
    seen: bool,
    blank: bool = False,
) -> str:
    """The state, one of `STATES`.

    Args:
        handed_in: there is a submission.
        run: how its execution went, see `GradingRecord.state`; None for one that was not executed.
        current: the record is of this submission and this assignment.
        look_at: what a person has to look at.
        pending: answers that wait for points.
        seen: a person has looked.
        blank: nothing was answered.
    """
    if not handed_in:
        return "nothing"
    if run is None or not current:
        return "ungraded"
    state = _RUNS.get(run, "look")  # what is new to this list is for a person
    if state == "graded" and look_at:
        state = "look"
    if blank and state in ("graded", "look"):
        state = "blank"
    if state == "graded" or (seen and state in SEEN):
        state = "needs grading" if pending else "graded"
    return state
