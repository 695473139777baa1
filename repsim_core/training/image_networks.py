"""Models of images: f a convolutional network, g the paper's MLP on labels (section 5, appendix F)."""

from __future__ import annotations

from itertools import pairwise

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from repsim_core.extras import require
from repsim_core.training.networks import initial_parameters, mlp
from repsim_core.training.recipes import Recipe

# Widths of the hidden layers of g.
_LABEL_LAYERS = (128, 128, 128)


class ImageModel(nn.Module):
    """One model p(y|x) ∝ exp(f(x)·g(y)) of images x.

    Args:
        recipe: which network f is, and how its outputs are scaled.
        channels, classes, dim: C of the images, K and M.
        seed: of the initial parameters; no global generator is touched.
    """

    labels: Tensor

    def __init__(self, recipe: Recipe, *, channels: int, classes: int, dim: int, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.random.manual_seed(seed)
            if recipe.network == "resnet18":
                self.body, features = _resnet18(channels)
            else:
                self.body, features = _small(channels, recipe.widths)
            self.head = _head(features, recipe.hidden, dim, recipe.standardise)
            self.auxiliary = nn.Linear(features, classes) if recipe.auxiliary else None
            sizes = [classes - 1, *_LABEL_LAYERS, dim]
            self.g = mlp(sizes, initial_parameters(sizes, torch.Generator().manual_seed(seed)))
        self.reduced = recipe.bfloat16
        self.register_buffer("labels", torch.eye(classes)[:, :-1], persistent=False)

    def features(
        self, images: UInt8[Tensor, "B H W C"], side: int | None = None
    ) -> Float[Tensor, "B features"]:
        """What the convolutions make of images, their pixels scaled to [-1, 1].

        Args:
            images: as bytes.
            side: resize them to side × side pixels first.
        """
        # In memory the channels stay last, as the convolutions want them.
        inputs = images.permute(0, 3, 1, 2).to(self.labels.dtype) / 127.5 - 1.0
        if side is not None and (side, side) != inputs.shape[2:]:
            inputs = nn.functional.interpolate(inputs, (side, side), mode="bilinear", antialias=True)
        with torch.autocast("cuda", torch.bfloat16, enabled=self.reduced and images.is_cuda):
            features = self.body(inputs)
        return features.to(inputs.dtype)

    def embeddings(self, images: UInt8[Tensor, "B H W C"]) -> Float[Tensor, "B M"]:
        """f(x)."""
        return self.head(self.features(images))

    def unembeddings(self) -> Float[Tensor, "K M"]:
        """g(y) of all labels."""
        return self.g(self.labels)

    def forward(
        self, images: UInt8[Tensor, "B H W C"], side: int | None = None
    ) -> tuple[Float[Tensor, "B K"], Float[Tensor, "B K"] | None]:
        """The logits f(x)·g(y), and the auxiliary classifier's where the recipe has one."""
        features = self.features(images, side)
        auxiliary = None if self.auxiliary is None else self.auxiliary(features)
        return self.head(features) @ self.unembeddings().T, auxiliary


class _Standardise(nn.BatchNorm1d):
    """Outputs with mean 0 and deviation `scale` in each coordinate: over the mini-batch in training, afterwards with
    the running moments, so that f is a function of the image alone."""

    def __init__(self, dim: int, scale: float) -> None:
        super().__init__(dim, affine=False)
        self.scale = scale

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input) * self.scale


def _head(features: int, hidden: tuple[int, ...], dim: int, scale: float | None) -> nn.Module:
    sizes = (features, *hidden)
    layers = [
        nn.Sequential(nn.Linear(fan_in, fan_out, bias=False), nn.BatchNorm1d(fan_out), nn.ReLU(inplace=True))
        for fan_in, fan_out in pairwise(sizes)
    ]
    if scale is None:
        return nn.Sequential(*layers, nn.Linear(sizes[-1], dim))
    return nn.Sequential(*layers, nn.Linear(sizes[-1], dim, bias=False), _Standardise(dim, scale))


def _resnet18(channels: int) -> tuple[nn.Module, int]:
    """ResNet-18 in its form for CIFAR: a stem of 3×3 convolutions without stride, no max-pooling."""
    require("resnet18", "torchvision")
    from torchvision.models import resnet18

    network = resnet18(weights=None)
    network.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
    network.maxpool = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]
    features = network.fc.in_features
    network.fc = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]
    return network.to(memory_format=torch.channels_last), features  # pyright: ignore[reportCallIssue]


def _small(channels: int, widths: tuple[int, int, int]) -> tuple[nn.Module, int]:
    """Seven convolutions, the first with stride 2, so that no other sees more than a quarter of the pixels."""
    first, second, third = widths
    network = nn.Sequential(
        _convolution(channels, first, size=4, stride=2),
        _convolution(first, second),
        nn.MaxPool2d(2),
        _Residual(second),
        _convolution(second, third),
        nn.MaxPool2d(2),
        _Residual(third),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
    )
    return network.to(memory_format=torch.channels_last), third  # pyright: ignore[reportCallIssue]


def _convolution(fan_in: int, fan_out: int, *, size: int = 3, stride: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(fan_in, fan_out, size, stride, padding=1, bias=False),
        nn.BatchNorm2d(fan_out),
        nn.ReLU(inplace=True),
    )


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(_convolution(width, width), _convolution(width, width))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)
