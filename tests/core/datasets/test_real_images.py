"""On CIFAR-10 itself, where a copy is at hand: the loader, a moment of training by the fast recipe, a comparison."""

from __future__ import annotations

import os
import tarfile
from collections import Counter
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
import torch
from places import CIFAR_COPY as COPY

import repsim_core as rc
from repsim_core.datasets.cifar import CLASS_NAMES, cifar10
from repsim_core.training.image_training import train_images
from repsim_core.training.recipes import RECIPES

SOURCE = Path(os.environ.get("REPSIM_CIFAR10") or COPY)


def write_part(source: Path, target: Path) -> Counter[str]:
    """Copy every tenth file of each folder of an archive; how many each folder has."""
    found: Counter[str] = Counter()
    with tarfile.open(source, "r|*") as archive, tarfile.open(target, "w") as part:
        for member in archive:
            if member.isfile():
                folder = member.name.rpartition("/")[0]
                if found[folder] % 10 == 0:
                    part.addfile(member, archive.extractfile(member))
                found[folder] += 1
    return found


@pytest.mark.skipif(not SOURCE.is_file(), reason="there is no archive of CIFAR-10's images")
def test_two_models_learn_and_can_be_compared(tmp_path, monkeypatch):
    monkeypatch.setenv("REPSIM_CACHE", str(tmp_path))
    found = write_part(SOURCE, tmp_path / "part.tar")
    if found.keys() != {f"{part}/{name}" for part in ("train", "test") for name in CLASS_NAMES}:
        pytest.skip("the archive of CIFAR-10 holds no folders of images")
    train, test = cifar10(tmp_path / "part.tar")
    assert (len(train), len(test)) == (5_000, 1_000)
    means = train.images.float().mean((0, 1, 2)) / 255
    assert torch.all((means > 0.4) & (means < 0.55))
    models = []
    for seed, steps in ((0, 40), (1, 2)):
        recipe = replace(RECIPES["fast"], steps=steps, batch_size=64)
        trained = train_images(train, recipe=recipe, seed=seed, device="cpu")
        models.append(trained.representations(test))
        if seed == 0:
            assert trained.losses[-10:].mean() < trained.losses[:10].mean()
    compared = rc.compare(*models)
    assert 0 < compared.d_kl < inf  # of few steps, two models may be as far apart as they like
    assert compared.d_fg <= compared.quadratic_bound
    assert 0 < compared.mean_cca <= 1
