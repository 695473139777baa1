"""What a bound says of two models, in words."""

from __future__ import annotations

from typing import NamedTuple

# A lower bound below this is rounding: of equal models it should be 0.
_NONE = 1e-12


class StatedBound(NamedTuple):
    """A bound on a dissimilarity that lies between 0 and 1.

    Attributes:
        name, formula: by which it is known, and computed.
        value: the bound.
        of: what is bounded, "d_{f,g}" or "d_SVD of f".
        over: the pivot and the sets that it holds for, in words.
        upper: whether it bounds from above.
    """

    name: str
    formula: str
    value: float
    of: str
    over: str
    upper: bool = True

    @property
    def informative(self) -> bool:
        """Whether it says more than that the dissimilarity lies between 0 and 1."""
        return self.value < 1 if self.upper else self.value > _NONE

    @property
    def says(self) -> str:
        """What follows from it."""
        if not self.informative:
            return f"says nothing: {self.of} is {'at most 1' if self.upper else 'at least 0'} anyway"
        if self.upper:
            return f"{self.of} is at most this"
        return f"{self.of} is at least this for one of them"
