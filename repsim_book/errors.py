"""The errors of the press, beside those of `repsim_core.errors`."""

from repsim_core.errors import ExecutionError


class ChapterError(ExecutionError):
    """A chapter that cannot be read, or that failed while it was executed; or pages that could not be built."""


class ClassroomError(ExecutionError):
    """nbgrader failed at something that is no one's input."""
