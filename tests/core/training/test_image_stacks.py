"""Models of images trained in step: the numbers of the plain loop, interruptions, and the same on a GPU."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from repsim_core.datasets.images import digit_images
from repsim_core.training.image_stacks import train_image_stack
from repsim_core.training.image_training import train_images
from repsim_core.training.recipes import RECIPES

TRAIN, TEST = digit_images()
# One with rates that change, sizes that change and an auxiliary classifier, and one with none of them.
FAST = replace(
    RECIPES["fast"],
    steps=24,
    widths=(4, 8, 8),
    batch_size=50,
    hidden=(8,),
    resolutions=(8, 10),
    bfloat16=False,
)
PAPER = replace(RECIPES["paper"], network="small", widths=(4, 8, 8), steps=24)
SEEDS, BATCHES = [0, 3], [0, 7]


class Stop(Exception):
    pass


def stack(recipe, **options):
    return train_image_stack(
        TRAIN, **{"recipe": recipe, "seeds": SEEDS, "batch_seeds": BATCHES, "device": "cpu", **options}
    )


def plain(recipe, device="cpu"):
    return [
        train_images(TRAIN, recipe=recipe, seed=seed, batch_seed=batch_seed, device=device)
        for seed, batch_seed in zip(SEEDS, BATCHES, strict=True)
    ]


def same(a, b) -> bool:
    parts = zip(a.model.state_dict().values(), b.model.state_dict().values(), strict=True)
    return torch.equal(a.losses, b.losses) and all(torch.equal(*pair) for pair in parts)


def test_a_stack_by_the_papers_recipe_has_the_bits_of_the_plain_loop():
    assert all(map(same, stack(PAPER), plain(PAPER)))


def test_a_stack_with_changing_rates_has_the_losses_of_the_plain_loop():
    """Its learning rates are tensors of 32 bits, which a graph can read; the plain loop's are Python's numbers. The
    training is a calm one: FAST amplifies the last bit at once."""
    calm = replace(FAST, steps=16, hidden=(), standardise=1.0, lr=2e-3, unembedding_lr=1e-4)
    for one, other in zip(stack(calm), plain(calm), strict=True):
        torch.testing.assert_close(one.losses, other.losses, rtol=0, atol=1e-5)
        assert one.losses.std() > 5e-4


@pytest.mark.parametrize("recipe", [FAST, PAPER], ids=["fast", "paper"])
def test_an_interrupted_stack_ends_with_the_same_bits(recipe, tmp_path):
    recipe = replace(recipe, steps=14)
    paths = [tmp_path / f"{seed}.safetensors" for seed in SEEDS]
    begun = {"checkpoints": paths, "checkpoint_seconds": 0.0}

    def stop(progress):
        raise Stop

    with pytest.raises(Stop):
        stack(recipe, progress=stop, **begun)
    # Killed between two writings: one model has no checkpoint yet, and catches up.
    paths[0].unlink()
    told = []
    resumed = stack(recipe, progress=told.append, **begun)
    assert [each.step for each in told] == [14]
    assert all(map(same, resumed, stack(recipe)))


@pytest.mark.usefixtures("own_checks_only")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": []}, "seeds: found none"),
        ({"seeds": [-1, 0]}, "seeds: found -1"),
        ({"batch_seeds": [1]}, "batch_seeds: found 1, expected 2, one a seed"),
        ({"checkpoints": ["a"]}, "checkpoints: found 1, expected 2, one a seed"),
        ({"recipe": replace(FAST, batch_size=5_000)}, "recipe.batch_size: found 5000"),
    ],
)
def test_a_bad_argument_of_a_stack_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        stack(**{"recipe": FAST, **change})


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("recipe", [FAST, PAPER], ids=["fast", "paper"])
def test_on_a_gpu_the_recorded_steps_are_those_of_the_plain_loop(recipe, tmp_path):
    recipe = replace(recipe, steps=24)
    one, other = (
        torch.stack([each.losses for each in found])
        for found in (stack(recipe, device="cuda"), plain(recipe, "cuda"))
    )
    torch.testing.assert_close(one, other, rtol=1e-2, atol=1e-2)
    paths = [tmp_path / f"{seed}.safetensors" for seed in SEEDS]

    def stop(progress):
        raise Stop

    with pytest.raises(Stop):
        stack(recipe, device="cuda", checkpoints=paths, checkpoint_seconds=0.0, progress=stop)
    resumed = torch.stack([each.losses for each in stack(recipe, device="cuda", checkpoints=paths)])
    torch.testing.assert_close(resumed, one, rtol=1e-2, atol=1e-2)
