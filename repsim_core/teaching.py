"""What the assignments import beside the package itself: numbers that depend on the student."""

import hashlib

from repsim_core.parameters import ParameterError


def student_seed(student: str) -> int:
    """A seed below 2**32 from a student's id, the same on every machine; capitals and surrounding spaces do not count.

    Raises:
        ParameterError: the id is empty, or no text.
    """
    if not isinstance(student, str) or not student.strip():
        raise ParameterError(f"student: found {student!r}, expected your id as text")
    return int.from_bytes(hashlib.sha256(student.strip().casefold().encode()).digest()[:4])
