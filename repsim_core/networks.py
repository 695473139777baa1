"""Multilayer perceptrons, many seeds at once.

The paper's networks (section 5 and appendix F) are MLPs with leaky ReLU 0.01 between the layers and no bias
in the last. `MLPStack` holds S of them, equal in shape and different in their weights, and runs all S with one
batched matrix product a layer. Its gradients are written out by hand, next to the formulas.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

SLOPE = 0.01  # of the leaky ReLU on the negative side


def layer_sizes(inputs: int, width: int, depth: int, outputs: int) -> list[int]:
    """Units of each layer: the inputs, `depth` hidden layers of `width`, the outputs."""
    return [inputs, *[width] * depth, outputs]


def mlp(sizes: Sequence[int]) -> nn.Sequential:
    """One network as a torch module: linear layers, leaky ReLU 0.01 between, the last without bias."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes[:-1]):
        layers += [nn.Linear(fan_in, fan_out), nn.LeakyReLU(SLOPE)]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1], bias=False))


def num_parameters(sizes: Sequence[int]) -> int:
    """Weights and biases of one network (the last layer has no bias)."""
    pairs = itertools.pairwise(sizes)
    return sum(fan_in * fan_out for fan_in, fan_out in pairs) + sum(sizes[1:-1])


def initial_parameters(sizes: Sequence[int], generator: torch.Generator) -> Float[Tensor, " P"]:
    """One network's parameters, drawn as `torch.nn.Linear` draws them: U(-1, 1) / sqrt(fan in).

    Order: layer by layer, weight (fan_out, fan_in) by rows, then bias; as `mlp(sizes).parameters()`.
    """
    parts = []
    last = len(sizes) - 2
    for layer, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes)):
        bound = 1 / math.sqrt(fan_in)
        parts.append(torch.empty(fan_out * fan_in).uniform_(-bound, bound, generator=generator))
        if layer < last:
            parts.append(torch.empty(fan_out).uniform_(-bound, bound, generator=generator))
    return torch.cat(parts)


class MLPStack:
    """S networks of one shape over a flat buffer of parameters, with a hand-written backward pass.

    parameters: (S, P), one row a network, laid out as `initial_parameters` does; gradients the same. Both may
    be views of larger buffers, so that one optimiser update serves several stacks.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        parameters: Float[Tensor, "S P"],
        gradients: Float[Tensor, "S P"] | None = None,
    ) -> None:
        if parameters.shape[-1] != num_parameters(sizes):
            raise ValueError(
                f"parameters: found {parameters.shape[-1]} a network, expected {num_parameters(sizes)} for "
                f"layers of {list(sizes)} units"
            )
        self.sizes = tuple(sizes)
        self.weights, self.biases = self._views(parameters)
        self.weight_gradients, self.bias_gradients = ([], []) if gradients is None else self._views(gradients)
        self._buffers: dict[Any, Tensor] = {}
        self._activations: list[Tensor] = []

    def _views(self, flat: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """(S, out, in) weights and (S, 1, out) biases, as views of the flat (S, P) buffer."""
        weights, biases, start = [], [], 0
        for layer, (fan_in, fan_out) in enumerate(itertools.pairwise(self.sizes)):
            weights.append(flat[:, start : start + fan_in * fan_out].unflatten(1, (fan_out, fan_in)))
            start += fan_in * fan_out
            if layer < len(self.sizes) - 2:
                biases.append(flat[:, start : start + fan_out].unsqueeze(1))
                start += fan_out
        return weights, biases

    def _buffer(self, name: str, layer: int, like: Tensor, width: int) -> Tensor:
        """A (S, B, width) buffer, made once and used at every step."""
        key = (name, layer, like.shape[1], width)
        if key not in self._buffers:
            shape = (self.weights[0].shape[0], like.shape[1], width)
            self._buffers[key] = like.new_empty(shape)
        return self._buffers[key]

    def forward(self, inputs: Float[Tensor, "1 B D"]) -> Float[Tensor, "S B M"]:
        """Outputs of all S networks on shared inputs, in a buffer that the next call overwrites."""
        hidden = inputs.expand(self.weights[0].shape[0], -1, -1)
        self._activations = [hidden]
        for layer, bias in enumerate(self.biases):
            z = self._buffer("h", layer, hidden, bias.shape[2])
            torch.baddbmm(bias, hidden, self.weights[layer].mT, out=z)  # z_l = h_{l-1} W_l^T + b_l
            hidden = nn.functional.leaky_relu_(z, SLOPE)  # h_l = max(z_l, 0.01 z_l), in place
            self._activations.append(hidden)
        out = self._buffer("out", 0, hidden, self.sizes[-1])
        return torch.bmm(hidden, self.weights[-1].mT, out=out)

    def backward(self, delta: Float[Tensor, "S B M"]) -> None:
        """Gradients from delta = dLoss/d(outputs) of the last `forward`; they replace what `gradients` held.

        With delta_l = dLoss/dz_l:  dLoss/dW_l = delta_l^T h_{l-1},  dLoss/db_l = batch sum of delta_l,
        delta_{l-1} = (delta_l W_l) * s(h_{l-1}),  s = 1 where h > 0, else 0.01 (h and z have the same sign).
        """
        for layer in reversed(range(len(self.weights))):
            hidden = self._activations[layer]
            torch.bmm(delta.mT, hidden, out=self.weight_gradients[layer])
            if layer < len(self.biases):
                torch.sum(delta, dim=1, keepdim=True, out=self.bias_gradients[layer])
            if layer > 0:
                back = self._buffer("d", layer, hidden, hidden.shape[2])
                torch.bmm(delta, self.weights[layer], out=back)
                delta = torch.ops.aten.leaky_relu_backward.grad_input(
                    back, hidden, SLOPE, True, grad_input=back
                )
