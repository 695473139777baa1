"""Networks: multilayer perceptrons, many models at once.

The paper's f and g (section 5, appendix F) are MLPs with leaky ReLU 0.01 between the layers and no bias in the
last. `MLPStack` holds S of them, equal in shape, different in their weights, and runs all S with one batched matrix
product a layer; `ModelStack` joins a stack of f and one of g to S models p(y|x) ∝ exp(f(x)·g(y)) with their
cross-entropy. Gradients are written out by hand, next to the formulas, into buffers that are made once: a step of
small networks costs little more than the calls it makes.

In the shapes below D is the number of entries of an input, and D1 = D + 1 counts the constant as well.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

# Of the leaky ReLU on the negative side.
SLOPE = 0.01
# What autograd calls: writes `gradient` where `hidden` > 0, SLOPE times it elsewhere, to where it is told.
_leaky_relu_backward = torch.ops.aten.leaky_relu_backward.grad_input


def with_constant(inputs: Float[Tensor, "N D"]) -> Float[Tensor, "N D+1"]:
    """Inputs with a 1 appended to each: what networks read. Its weights are the first layer's bias."""
    return torch.cat([inputs, inputs.new_ones(len(inputs), 1)], dim=1)


def parameter_shapes(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Shapes of a network's parameters, in order.

    The first layer's weight, (D + 1, width), whose last row is its bias (see `with_constant`); a weight (fan_in,
    fan_out) and a bias (1, fan_out) for each further hidden layer; the last layer's weight, which has no bias.

    Args:
        sizes: units of each layer, from the inputs (D) over at least one hidden layer to the outputs.
    """
    shapes = [(sizes[0] + 1, sizes[1])]
    for fan_in, fan_out in itertools.pairwise(sizes[1:-1]):
        shapes += [(fan_in, fan_out), (1, fan_out)]
    shapes.append((sizes[-2], sizes[-1]))
    return shapes


def initial_parameters(sizes: Sequence[int], generator: torch.Generator) -> Float[Tensor, " P"]:
    """One network's parameters, in the order of `parameter_shapes`.

    Drawn as `torch.nn.Linear` draws them: U(-1, 1) / sqrt(fan_in), a layer's bias like its weight.
    """
    # Of the first layer with its bias; of each further hidden layer's weight, then of its bias; of the last layer.
    fan_ins = [sizes[0]]
    for fan_in in sizes[1:-2]:
        fan_ins += [fan_in, fan_in]
    fan_ins.append(sizes[-2])
    parts = []
    for (rows, columns), fan_in in zip(parameter_shapes(sizes), fan_ins, strict=True):
        bound = fan_in**-0.5
        parts.append(torch.empty(rows * columns).uniform_(-bound, bound, generator=generator))
    return torch.cat(parts)


def mlp(sizes: Sequence[int], parameters: Float[Tensor, " P"]) -> nn.Sequential:
    """One network as an ordinary torch module (which needs no constant input), with these parameters."""
    shapes = parameter_shapes(sizes)
    parts = parameters.detach().clone().split([rows * columns for rows, columns in shapes])
    tensors = [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]
    weights, biases = _weights_and_biases(tensors)
    # The first layer's bias is the last row of its weight.
    biases = [weights[0][-1:], *biases]
    weights[0] = weights[0][:-1]
    layers: list[nn.Module] = []
    for weight, bias in zip(weights[:-1], biases, strict=True):
        layers += [_linear(weight, bias), nn.LeakyReLU(SLOPE)]
    return nn.Sequential(*layers, _linear(weights[-1], None))


def _linear(weight: Float[Tensor, "ins outs"], bias: Float[Tensor, "1 outs"] | None) -> nn.Linear:
    """A torch layer with these parameters."""
    layer = nn.Linear(*weight.shape, bias=bias is not None)
    # torch stores (fan_out, fan_in).
    layer.weight.data = weight.T.contiguous()
    if bias is not None:
        layer.bias.data = bias.flatten()
    return layer


def _weights_and_biases(tensors: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """What stands in the order of `parameter_shapes` (weight, then weight, bias, weight, bias, ..., weight), sorted."""
    weights, biases = [tensors[0]], []
    for place in range(1, len(tensors) - 1, 2):
        weights.append(tensors[place])
        biases.append(tensors[place + 1])
    weights.append(tensors[-1])
    return weights, biases


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
        self.size, self.sizes = len(parameters[0]), tuple(sizes)
        self.weights, self.biases = _weights_and_biases(parameters)
        self.weight_gradients, self.bias_gradients = _weights_and_biases(gradients)
        self._transposed = [weight.mT for weight in self.weights]
        self._batch = -1

    def _make_buffers(self, batch: int) -> None:
        self._batch, like = batch, self.weights[0]
        self._hidden = [like.new_empty(self.size, batch, width) for width in self.sizes[1:-1]]
        self._hidden_transposed = [hidden.mT for hidden in self._hidden]
        # One for all hidden layers: they are equally wide.
        self._back = torch.empty_like(self._hidden[0])
        self._outputs = like.new_empty(self.size, batch, self.sizes[-1])

    def forward(self, inputs: Float[Tensor, "B D1"]) -> Float[Tensor, "S B M"]:
        """Outputs of the S networks for inputs that they share, in a buffer that the next call overwrites.

        h_0 = (x, 1);  z_l = h_{l-1} W_l + b_l,  h_l = max(z_l, 0.01 z_l);  the outputs are h W of the last layer.
        """
        if len(inputs) != self._batch:
            self._make_buffers(len(inputs))
        self._inputs = inputs.expand(self.size, -1, -1)
        hidden = torch.bmm(self._inputs, self.weights[0], out=self._hidden[0])
        nn.functional.leaky_relu_(hidden, SLOPE)
        for weight, bias, buffer in zip(self.weights[1:-1], self.biases, self._hidden[1:], strict=True):
            hidden = torch.bmm(hidden, weight, out=buffer).add_(bias)
            nn.functional.leaky_relu_(hidden, SLOPE)
        return torch.bmm(hidden, self.weights[-1], out=self._outputs)

    def backward(self, delta: Float[Tensor, "S B M"]) -> None:
        """The parameters' gradients, from delta = dLoss/d(outputs) at the last `forward`, once for each.

        With delta_l = dLoss/dz_l:  dLoss/dW_l = h_{l-1}^T delta_l,  dLoss/db_l = the batch's sum of delta_l,
        delta_{l-1} = delta_l W_l^T where h_{l-1} > 0, 0.01 times that elsewhere (h and z have the same sign).
        Each delta_l takes the place of h_l, which is not needed any more.
        """
        for layer in range(len(self.weights) - 1, 0, -1):
            torch.bmm(self._hidden_transposed[layer - 1], delta, out=self.weight_gradients[layer])
            if layer <= len(self.biases):
                torch.sum(delta, 1, keepdim=True, out=self.bias_gradients[layer - 1])
            torch.bmm(delta, self._transposed[layer], out=self._back)
            delta = self._hidden[layer - 1]
            _leaky_relu_backward(self._back, delta, SLOPE, True, grad_input=delta)
        torch.bmm(self._inputs.mT, delta, out=self.weight_gradients[0])


class Rescaled:
    """A stack whose outputs u are rescaled to a given norm: e = r u / |u|. With norm None, e = u."""

    def __init__(self, network: MLPStack, norm: float | None) -> None:
        self.network, self.norm = network, norm

    def forward(self, inputs: Float[Tensor, "B D1"]) -> Float[Tensor, "S B M"]:
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
        return [self.inputs] + self.depth * [self.width] + [self.dim]

    @property
    def unembedding_sizes(self) -> list[int]:
        """Units of each layer of g."""
        return [self.classes - 1] + self.depth * [self.width] + [self.dim]

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Shapes of a model's parameters: f's, then g's."""
        return parameter_shapes(self.embedding_sizes) + parameter_shapes(self.unembedding_sizes)

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
        split = len(parameter_shapes(f_sizes))
        f = MLPStack(f_sizes, layers[:split], gradients[:split])
        g = MLPStack(g_sizes, layers[split:], gradients[split:])
        self.f = Rescaled(f, architecture.embedding_norm)
        self.g = Rescaled(g, architecture.unembedding_norm)
        one_hot = torch.eye(architecture.classes, dtype=rows.dtype, device=rows.device)
        self._labels = with_constant(one_hot[:, :-1])

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

    def embeddings(self, inputs: Float[Tensor, "B D1"]) -> Float[Tensor, "S B M"]:
        """f(x) of each model for inputs `with_constant`, in a buffer that the next call overwrites."""
        return self.f.forward(inputs)

    def unembeddings(self) -> Float[Tensor, "S K M"]:
        """g(y) of each model for all labels, in a buffer that the next call overwrites."""
        return self.g.forward(self._labels)

    def loss_and_gradients(
        self, inputs: Float[Tensor, "B D1"], targets: Float[Tensor, "K B"], losses: Float[Tensor, " S"]
    ) -> None:
        """Fill `losses` with each model's mean cross-entropy (nats) and `gradients` with its gradient.

        Args:
            inputs: a mini-batch `with_constant`, the same for all models.
            targets: -1/B where the label is y, else 0; so loss = sum over y, x of targets · log p(y|x).
            losses: filled.
        """
        embeddings, unembeddings = self.embeddings(inputs), self.unembeddings()
        # Shape (S, K, B).
        log_probs = torch.log_softmax(torch.bmm(unembeddings, embeddings.mT), 1)
        torch.mv(log_probs.flatten(1), targets.flatten(), out=losses)
        # dLoss/dlogits = (p - onehot) / B; the logits are g·f, hence each one's gradient is delta times the other.
        delta = torch.add(targets, log_probs.exp_(), alpha=1 / len(inputs))
        self.f.backward(torch.bmm(delta.mT, unembeddings))
        self.g.backward(torch.bmm(delta, embeddings))
