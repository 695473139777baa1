"""How much work a search or a sample may be: none takes longer than a part of what two models' logits take.

So a comparison costs a few products of matrices, whatever the sizes, and what is not looked at is said.
"""

from __future__ import annotations

from typing import NamedTuple


class Budget(NamedTuple):
    """Work, in multiplications.

    Attributes:
        share: one `share`-th of both models' logits is allowed.
        least: and so many in any case.
    """

    share: int
    least: int

    def affords(self, cost: int, logits: int) -> int:
        """How many things may be looked at, of `cost` multiplications each, where the logits take so many: at least
        one."""
        return max(1, max(self.least, logits // self.share) // cost)


# Pivots and the label that is left out, and input sets.
SEARCHES = Budget(share=4, least=4 * 10**9)
# All pivots, where the products that they take are no more than those of the logits.
ALL_PIVOTS = Budget(share=1, least=0)
# Label subsets of d_{f,g}: 0.1 s, or as long as the logits of one model.
SUBSETS = Budget(share=2, least=6 * 10**8)
# Label sets of d_rep, whose maps are products of batches: 1 s, or as long as those.
LABEL_SETS = Budget(share=2, least=10**10)
