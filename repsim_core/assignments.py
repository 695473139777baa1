"""What the assignments import beside the package itself: numbers that depend on the student, and whose code it is."""

import hashlib
import unicodedata

import numpy as np

from repsim_core.errors import InputError
from repsim_core.measures.circular_orders import order_cca


def student_seed(student: str) -> int:
    """A seed below 2**32 from a student's id, the same on every machine; capitals and surrounding spaces do not count.

    Raises:
        InputError: the id is empty, or no text.
    """
    if not isinstance(student, str) or not student.strip():
        raise InputError(f"student: found {student!r}, expected your id as text")
    # A letter with an accent is one character or two.
    name = unicodedata.normalize("NFC", student.strip()).casefold()
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])


def student_permutation(seed: int, num_labels: int = 7) -> list[int]:
    """A permutation of labels on a circle of which a linear map explains little.

    Rotations, reflections and their like are drawn again: the mean CCA of the labels' places before and after is at
    most 0.8.

    Args:
        seed: of the draw.
        num_labels: K, at least 5; with 4, every permutation has a mean CCA of 1/2 or 1.
    """
    draw = np.random.default_rng(seed)
    while True:
        # The place of each label on the circle.
        places = draw.permutation(num_labels).tolist()
        around = tuple(np.argsort(places).tolist())
        if order_cca(tuple(range(num_labels)), around) <= 0.8:
            return places


def is_own(function: object) -> bool:
    """Whether a function is a student's own: it is none of this package's, and calls none by the package's name."""
    # What functools.partial holds.
    function = getattr(function, "func", function)
    names = getattr(getattr(function, "__code__", None), "co_names", ())
    module = str(getattr(function, "__module__", None))
    return not {"rc", "repsim_core"} & set(names) and not module.startswith("repsim_core")
