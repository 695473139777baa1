import itertools

import pytest
import torch
from torch import nn

from repsim_core.training.networks import (
    Architecture,
    ModelStack,
    initial_parameters,
    mlp,
    parameter_shapes,
    with_constant,
)

SHAPES = [
    Architecture(inputs=3, classes=5),
    Architecture(inputs=2, classes=2, dim=1, width=4, depth=1),
    Architecture(inputs=64, classes=10, dim=5, width=16, depth=2),
    Architecture(inputs=2, classes=4, width=8, embedding_norm=20.0, unembedding_norm=3.0),
    Architecture(inputs=2, classes=18, width=8, unembedding_norm=20.0),
]


def modules(shape: Architecture, row: torch.Tensor) -> tuple[nn.Sequential, nn.Sequential]:
    """f and g as ordinary modules with the parameters of one row."""
    split = sum(a * b for a, b in parameter_shapes(shape.embedding_sizes))
    return mlp(shape.embedding_sizes, row[:split]), mlp(shape.unembedding_sizes, row[split:])


def parameter_row(network: nn.Sequential, name: str = "data") -> torch.Tensor:
    """Back from a module to a row; torch stores weights as (fan_out, fan_in)."""
    return torch.cat([getattr(parameter, name).t().flatten() for parameter in network.parameters()])


def plain_outputs(shape, f, g, inputs):
    """f(x) and g(y) by autograd's own operations."""
    labels = torch.eye(shape.classes, dtype=inputs.dtype)[:, :-1]
    embeddings, unembeddings = f(inputs), g(labels)
    if shape.embedding_norm is not None:
        embeddings = shape.embedding_norm * nn.functional.normalize(embeddings, dim=1)
    if shape.unembedding_norm is not None:
        unembeddings = shape.unembedding_norm * nn.functional.normalize(unembeddings, dim=1)
    return embeddings, unembeddings


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_outputs_loss_and_gradients_are_those_of_autograd(shape):
    rows = torch.stack([shape.initial(seed) for seed in range(3)]).double()
    generator = torch.Generator().manual_seed(0)
    stack = ModelStack(shape, rows)
    losses = torch.empty(3, dtype=torch.float64)
    for batch in (7, 12):  # another batch size makes other buffers
        inputs = torch.randn(batch, shape.inputs, dtype=torch.float64, generator=generator)
        labels = torch.randint(shape.classes, (batch,), generator=generator)
        targets = nn.functional.one_hot(labels, shape.classes).double().T.contiguous() / -batch
        stack.loss_and_gradients(with_constant(inputs), targets, losses)
        gradients = stack.unpack(stack.gradients)
        for model, row in enumerate(rows):
            f, g = modules(shape, row)
            embeddings, unembeddings = plain_outputs(shape, f, g, inputs)
            torch.testing.assert_close(stack.embeddings(with_constant(inputs))[model], embeddings.detach())
            torch.testing.assert_close(stack.unembeddings()[model], unembeddings.detach())
            loss = nn.functional.cross_entropy(embeddings @ unembeddings.T, labels)
            loss.backward()
            torch.testing.assert_close(losses[model], loss.detach(), rtol=1e-12, atol=1e-12)
            expected = torch.cat([parameter_row(network, "grad") for network in (f, g)])
            torch.testing.assert_close(gradients[model], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_rows_survive_packing(shape):
    rows = torch.randn(4, shape.num_parameters)
    stack = ModelStack(shape, rows)
    assert torch.equal(stack.unpack(stack.parameters), rows)
    assert torch.equal(stack.unpack(stack.pack(2 * rows)), 2 * rows)


def test_paper_s_network_has_the_paper_s_layers():
    shape = Architecture(inputs=2, classes=6, width=16)
    assert parameter_shapes(shape.embedding_sizes) == [(3, 16), (16, 16), (1, 16), (16, 16), (1, 16), (16, 2)]
    f, g = modules(shape, shape.initial(0))
    assert torch.equal(torch.cat([parameter_row(f), parameter_row(g)]), shape.initial(0))
    assert [type(layer).__name__ for layer in f] == ["Linear", "LeakyReLU"] * 3 + ["Linear"]
    assert {layer.negative_slope for layer in f if isinstance(layer, nn.LeakyReLU)} == {0.01}
    assert f[-1].bias is None
    assert g[0].in_features == 5


def test_initial_parameters_are_drawn_as_torch_draws_a_linear_layer_s():
    sizes = [4, 300, 300, 2]
    drawn = initial_parameters(sizes, torch.Generator().manual_seed(1))
    ours = mlp(sizes, drawn)
    for (fan_in, fan_out), layer in zip(itertools.pairwise(sizes), ours[::2], strict=True):
        reference = nn.Linear(fan_in, fan_out)
        for name in ("weight", "bias") if layer.bias is not None else ("weight",):
            found, expected = getattr(layer, name), getattr(reference, name)
            assert found.shape == expected.shape
            assert float(found.detach().abs().max()) <= fan_in**-0.5
            if found.numel() > 500:
                assert float(found.detach().std()) == pytest.approx((3 * fan_in) ** -0.5, rel=0.1)


def test_a_seed_s_initial_parameters_depend_on_the_seed_alone():
    shape = Architecture(inputs=2, classes=4, width=8)
    torch.manual_seed(0)
    first = shape.initial(5)
    torch.rand(3)
    assert torch.equal(shape.initial(5), first)
    assert not torch.equal(shape.initial(6), first)
