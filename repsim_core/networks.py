"""Networks: multilayer perceptrons, many models at once.

The paper's f and g (section 5, appendix F) are MLPs with leaky ReLU 0.01 between the layers and no bias in the
last. `MLPStack` holds S of them, equal in shape, different in their weights, and runs all S with one batched matrix
product a layer; `ModelStack` joins a stack of f and one of g to S models p(y|x) ∝ exp(f(x)·g(y)) with their
cross-entropy. Gradients are written out by hand, next to the formulas, into buffers that are made once: a step of
small networks costs little more than the calls it makes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

SLOPE = 0.01  # of the leaky ReLU on the negative side


def parameter_shapes(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Layer by layer the weight, (fan_in, fan_out), and the bias, (1, fan_out); the last layer has no bias.

    Args:
        sizes: units of each layer, from the inputs to the outputs.
    """
    for layer, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes), start=2):
        yield fan_in, fan_out
        if layer < len(sizes):
            yield 1, fan_out


def initial_parameters(sizes: Sequence[int], generator: torch.Generator) -> Float[Tensor, " P"]:
    """One network's parameters, in the order of `parameter_shapes`.

    Drawn as `torch.nn.Linear` draws them: U(-1, 1) / sqrt(fan_in), a layer's bias like its weight.
    """
    bounds = (1 / math.sqrt(fan_in) for fan_in in sizes[:-1] for _ in range(2))
    parts = [
        torch.empty(rows * columns).uniform_(-bound, bound, generator=generator)
        for (rows, columns), bound in zip(parameter_shapes(sizes), bounds, strict=False)
    ]
    return torch.cat(parts)


def mlp(sizes: Sequence[int], parameters: Float[Tensor, " P"]) -> nn.Sequential:
    """One network as an ordinary torch module, with these parameters (in the order of `parameter_shapes`)."""
    shapes = list(parameter_shapes(sizes))
    parts = parameters.detach().clone().split([rows * columns for rows, columns in shapes])
    layers: list[nn.Module] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        last = len(layers) == 2 * (len(sizes) - 2)
        layers += [nn.Linear(fan_in, fan_out, bias=not last)] + [nn.LeakyReLU(SLOPE)] * (not last)
    network = nn.Sequential(*layers)
    for parameter, part, shape in zip(network.parameters(), parts, shapes, strict=True):
        parameter.data = part.view(shape).T.contiguous().view_as(parameter)  # torch stores (fan_out, fan_in)
    return network


class MLPStack:
    """S networks of one shape, with a hand-written backward pass.

    Args:
        sizes: units of each layer, from the inputs (D) to the outputs (M).
        parameters: one tensor (S, rows, columns) for each of `parameter_shapes`, contiguous.
        gradients: the like, which `backward` fills.
    """

    def __init__(
        self, sizes: Sequence[int], parameters: Sequence[Tensor], gradients: Sequence[Tensor]
    ) -> None:
        self.sizes = tuple(sizes)
        self.weights, self.biases = parameters[::2], parameters[1::2]
        self.weight_gradients, self.bias_gradients = gradients[::2], gradients[1::2]
        self._transposed = [weight.mT for weight in self.weights]
        self._batch = -1

    def _make_buffers(self, batch: int) -> None:
        """Buffers for h_l, dLoss/dh_l and the outputs, and the transposed views of h_l."""
        self._batch, stack, like = batch, len(self.weights[0]), self.weights[0]
        self._hidden = [like.new_empty(stack, batch, width) for width in self.sizes[1:-1]]
        self._deltas = [like.new_empty(stack, batch, width) for width in self.sizes[1:-1]]
        self._outputs = like.new_empty(stack, batch, self.sizes[-1])
        self._hidden_transposed = [hidden.mT for hidden in self._hidden]

    def forward(self, inputs: Float[Tensor, "B D"]) -> Float[Tensor, "S B M"]:
        """Outputs of the S networks for inputs that they share, in a buffer that the next call overwrites.

        h_0 = x;  z_l = h_{l-1} W_l + b_l,  h_l = max(z_l, 0.01 z_l);  the outputs are h W of the last layer.
        """
        if len(inputs) != self._batch:
            self._make_buffers(len(inputs))
        hidden = self._inputs = inputs.expand(len(self.weights[0]), -1, -1)
        for weight, bias, buffer in zip(self.weights, self.biases, self._hidden, strict=False):
            hidden = nn.functional.leaky_relu_(torch.bmm(hidden, weight, out=buffer).add_(bias), SLOPE)
        return torch.bmm(hidden, self.weights[-1], out=self._outputs)

    def backward(self, delta: Float[Tensor, "S B M"]) -> None:
        """The parameters' gradients, from delta = dLoss/d(outputs) at the last `forward`.

        With delta_l = dLoss/dz_l:  dLoss/dW_l = h_{l-1}^T delta_l,  dLoss/db_l = the batch's sum of delta_l,
        delta_{l-1} = delta_l W_l^T where h_{l-1} > 0, 0.01 times that elsewhere (h and z have the same sign).
        """
        for layer in range(len(self.weights) - 1, 0, -1):
            hidden, buffer = self._hidden[layer - 1], self._deltas[layer - 1]
            torch.bmm(self._hidden_transposed[layer - 1], delta, out=self.weight_gradients[layer])
            torch.bmm(delta, self._transposed[layer], out=buffer)
            delta = _leaky_relu_backward(buffer, hidden)
            torch.sum(delta, 1, keepdim=True, out=self.bias_gradients[layer - 1])
        torch.bmm(self._inputs.mT, delta, out=self.weight_gradients[0])


def _leaky_relu_backward(gradient: Tensor, hidden: Tensor) -> Tensor:
    """gradient, times 0.01 where hidden <= 0; in place."""
    backward = torch.ops.aten.leaky_relu_backward.grad_input
    return backward(gradient, hidden, SLOPE, True, grad_input=gradient)


class Rescaled:
    """A stack whose outputs u are rescaled to a given norm: e = r u / |u|. With norm None, e = u."""

    def __init__(self, network: MLPStack, norm: float | None) -> None:
        self.network, self.norm = network, norm

    def forward(self, inputs: Float[Tensor, "B D"]) -> Float[Tensor, "S B M"]:
        outputs = self.network.forward(inputs)
        if self.norm is None:
            return outputs
        self._scale = self.norm / outputs.norm(dim=-1, keepdim=True)
        self._rescaled = outputs * self._scale
        return self._rescaled

    def backward(self, delta: Float[Tensor, "S B M"]) -> None:
        """dLoss/du = (r / |u|) (delta - (delta·e) e / r²): what points along e changes nothing."""
        if self.norm is not None:
            along = (delta * self._rescaled).sum(-1, keepdim=True) / self.norm**2
            delta = self._scale * (delta - along * self._rescaled)
        self.network.backward(delta)


@dataclass(frozen=True)
class Architecture:
    """The shape of a model.

    Attributes:
        inputs: D, entries of an input.
        classes: K, number of labels; g reads a label's one-hot vector, its last entry cut off.
        dim: M, dimension of the representations.
        width, depth: units of a hidden layer and number of hidden layers, of f and of g.
        embedding_norm, unembedding_norm: the norm that every f(x), every g(y) is rescaled to; None for free ones.
    """

    inputs: int
    classes: int
    dim: int = 2
    width: int = 64
    depth: int = 3
    embedding_norm: float | None = None
    unembedding_norm: float | None = None

    @property
    def embedding_sizes(self) -> list[int]:
        """Units of each layer of f."""
        return [self.inputs, *[self.width] * self.depth, self.dim]

    @property
    def unembedding_sizes(self) -> list[int]:
        """Units of each layer of g."""
        return [self.classes - 1, *[self.width] * self.depth, self.dim]

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Shapes of a model's parameters: f's, then g's."""
        return [*parameter_shapes(self.embedding_sizes), *parameter_shapes(self.unembedding_sizes)]

    @property
    def num_parameters(self) -> int:
        """P, the parameters of one model."""
        return sum(rows * columns for rows, columns in self.shapes)

    def initial(self, seed: int) -> Float[Tensor, " P"]:
        """One model's parameters, f's then g's, from the seed's own generator."""
        generator = torch.Generator().manual_seed(seed)
        sizes = (self.embedding_sizes, self.unembedding_sizes)
        return torch.cat([initial_parameters(one, generator) for one in sizes])


class ModelStack:
    """S models p(y|x) ∝ exp(f(x)·g(y)) of one architecture.

    All parameters lie in one flat buffer, `parameters`, and their gradients in another, so that one call updates
    them; within it, layer by layer, (S, rows, columns), so that a layer's batched product needs no copy.

    Args:
        architecture: the shape of f and g.
        rows: parameters (S, P), a row a model; copied.
    """

    def __init__(self, architecture: Architecture, rows: Float[Tensor, "S P"]) -> None:
        self.architecture, self.size = architecture, len(rows)
        self.parameters = self.pack(rows)
        self.gradients = torch.zeros_like(self.parameters)
        layers, gradients = self._layers(self.parameters), self._layers(self.gradients)
        f_sizes, g_sizes = architecture.embedding_sizes, architecture.unembedding_sizes
        split = len(list(parameter_shapes(f_sizes)))
        f = MLPStack(f_sizes, layers[:split], gradients[:split])
        g = MLPStack(g_sizes, layers[split:], gradients[split:])
        self.f = Rescaled(f, architecture.embedding_norm)
        self.g = Rescaled(g, architecture.unembedding_norm)
        one_hot = torch.eye(architecture.classes, dtype=rows.dtype, device=rows.device)
        self._labels = one_hot[:, :-1].contiguous()

    def _layers(self, flat: Float[Tensor, " n"]) -> list[Tensor]:
        """Views (S, rows, columns) of the flat buffer, one for each of the architecture's shapes."""
        shapes = self.architecture.shapes
        parts = flat.split([self.size * rows * columns for rows, columns in shapes])
        return [part.view(self.size, *shape) for part, shape in zip(parts, shapes, strict=True)]

    def pack(self, rows: Float[Tensor, "S P"]) -> Float[Tensor, " n"]:
        """A row a model -> layer by layer."""
        parts = rows.split([a * b for a, b in self.architecture.shapes], dim=1)
        return torch.cat([part.flatten() for part in parts])

    def unpack(self, flat: Float[Tensor, " n"]) -> Float[Tensor, "S P"]:
        """Layer by layer -> a row a model."""
        return torch.cat([layer.flatten(1) for layer in self._layers(flat)], dim=1)

    def embeddings(self, inputs: Float[Tensor, "B D"]) -> Float[Tensor, "S B M"]:
        """f(x) of each model, in a buffer that the next call overwrites."""
        return self.f.forward(inputs)

    def unembeddings(self) -> Float[Tensor, "S K M"]:
        """g(y) of each model for all labels, in a buffer that the next call overwrites."""
        return self.g.forward(self._labels)

    def loss_and_gradients(
        self, inputs: Float[Tensor, "B D"], targets: Float[Tensor, "K B"], losses: Float[Tensor, " S"]
    ) -> None:
        """Fill `losses` with each model's mean cross-entropy (nats) and `gradients` with its gradient.

        Args:
            inputs: a mini-batch, the same for all models.
            targets: -1/B where the label is y, else 0; so loss = sum over y, x of targets · log p(y|x).
            losses: filled.
        """
        embeddings, unembeddings = self.embeddings(inputs), self.unembeddings()
        log_probs = torch.log_softmax(torch.bmm(unembeddings, embeddings.mT), 1)  # (S, K, B)
        torch.mv(log_probs.flatten(1), targets.flatten(), out=losses)
        # dLoss/dlogits = (p - onehot) / B; the logits are g·f, hence each one's gradient is delta times the other.
        delta = torch.add(targets, log_probs.exp_(), alpha=1 / len(inputs))
        self.f.backward(torch.bmm(delta.mT, unembeddings))
        self.g.backward(torch.bmm(delta, embeddings))
