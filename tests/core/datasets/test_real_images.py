"""On CIFAR-10 itself, where a copy is at hand: the loader, a minute of training by the fast recipe, a comparison."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
import torch
from places import CIFAR_COPY as COPY

import repsim_core as rc
from repsim_core.datasets.cifar import cifar10
from repsim_core.datasets.images import ImageSet
from repsim_core.training.image_training import train_images
from repsim_core.training.recipes import RECIPES

SOURCE = os.environ.get("REPSIM_CIFAR10") or (str(COPY) if COPY.exists() else None)


@pytest.mark.skipif(SOURCE is None, reason="no copy of CIFAR-10 here")
def test_two_models_learn_and_can_be_compared(tmp_path, monkeypatch):
    monkeypatch.setenv("REPSIM_CACHE", str(tmp_path))
    train, test = cifar10(SOURCE)
    assert (len(train), len(test)) == (50_000, 10_000)
    means = train.images[:5_000].float().mean((0, 1, 2)) / 255
    assert torch.all((means > 0.3) & (means < 0.6))
    few = ImageSet(test.images[::20], test.labels[::20], test.class_names, test.name)
    models = {}
    for seed, steps in ((0, 90), (1, 10)):
        recipe = replace(RECIPES["fast"], steps=steps)
        trained = train_images(train, recipe=recipe, seed=seed, device="cpu")
        models[seed] = trained.representations(few)
        if seed == 0:
            assert trained.losses[-5:].mean() < trained.losses[:5].mean() - 0.1
            assert models[seed].accuracy() > 0.15
    found = rc.compare(models[0], models[1])
    assert 0 < found.d_kl < 10
    assert found.d_fg <= found.quadratic_bound
    assert 0 < found.mean_cca < 1
