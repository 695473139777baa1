"""Two models that are compared: checked once, with what several measures need of both."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from repsim_core.measures.log_ratios import LogRatios
from repsim_core.representations import Representations, require_pair

# Of a log-probability, relative to the logits that it is the difference of.
_ROUNDING = 4 * torch.finfo(torch.float64).eps


class ModelPair:
    """Two models on the same inputs and labels, of the same dimension.

    Raises:
        TypeError, ValueError: naming the argument, if they are not.
    """

    def __init__(self, a: Representations, b: Representations) -> None:
        require_pair(a, b)
        self.a, self.b = a, b

    @cached_property
    def between_labels(self) -> LogRatios:
        """Log-ratios of labels: points are the K labels, observations the N inputs."""
        error_a = _rounding(self.a).square().mean(dim=0, keepdim=True).sqrt()
        error_b = _rounding(self.b).square().mean(dim=0, keepdim=True).sqrt()
        return LogRatios(self.a.log_probs().T, self.b.log_probs().T, error_a, error_b)

    def between_inputs(self, inputs: Sequence[int] | Int64[Tensor, " points"] | None = None) -> LogRatios:
        """Log-ratios of inputs: points are those asked for (None: all N), observations the K labels."""
        chosen = slice(None) if inputs is None else torch.as_tensor(inputs)
        p, q = self.a.log_probs()[chosen].contiguous(), self.b.log_probs()[chosen].contiguous()
        return LogRatios(p, q, _rounding(self.a, chosen), _rounding(self.b, chosen))


def _rounding(
    model: Representations, inputs: slice | Int64[Tensor, " points"] = slice(None)
) -> Float64[Tensor, " points"]:
    """Size of the rounding errors in log p(y|x) for each input: relative to the logits, not to their differences."""
    f = torch.linalg.vector_norm(model.embeddings[inputs], dim=1)
    g = torch.linalg.vector_norm(model.unembeddings, dim=1)
    return _ROUNDING * (1.0 + f * g.max())
