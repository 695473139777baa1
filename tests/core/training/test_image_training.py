"""Models of images: what is trained, how mini-batches are made, and that no interruption changes a bit."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from processes import running
from safetensors.torch import load_file

from repsim_core.datasets.images import digit_images
from repsim_core.studies.units import one_thread
from repsim_core.training.image_networks import ImageModel
from repsim_core.training.image_run import ImageData, ImageRun, crops, rate_at, reflected, side_at
from repsim_core.training.image_training import train_images
from repsim_core.training.recipes import RECIPES, Recipe

TRAIN, TEST = digit_images()
TINY = replace(RECIPES["digits"], steps=24, widths=(4, 8, 8))
PAPER = replace(RECIPES["paper"], steps=4, batch_size=8)


@pytest.fixture(autouse=True)
def _one_thread():
    with one_thread():
        yield


def model(recipe: Recipe = TINY, **changes) -> ImageModel:
    return ImageModel(recipe, **{"channels": 1, "classes": 10, "dim": 2, "seed": 0, **changes})


def same_parameters(a: ImageModel, b: ImageModel) -> bool:
    return all(map(torch.equal, a.state_dict().values(), b.state_dict().values()))


# -- networks ------------------------------------------------------------------------------------------------------


def test_the_paper_s_networks_have_their_sizes():
    paper = model(RECIPES["paper"], channels=3)
    # ResNet-18 for CIFAR-10 is known to have 11,173,962 parameters, 5,130 of them in a last layer for ten classes.
    assert sum(p.numel() for p in paper.body.parameters()) == 11_173_962 - 5_130
    assert [tuple(p.shape) for p in paper.g.parameters()] == [
        (128, 9), (128,), (128, 128), (128,), (128, 128), (128,), (2, 128)
    ]  # fmt: skip


def test_a_seed_draws_the_initial_model_and_nothing_else_is_drawn():
    before = torch.random.get_rng_state()
    first, again, other = model(seed=3), model(seed=3), model(seed=4)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert same_parameters(first, again)
    assert not torch.equal(first.embeddings(TEST.images[:5]), other.embeddings(TEST.images[:5]))


def test_logits_are_products_of_embeddings_and_unembeddings():
    trained = model().eval()
    logits, _ = trained(TEST.images[:7])
    expected = trained.embeddings(TEST.images[:7]) @ trained.unembeddings().T
    torch.testing.assert_close(logits, expected)


def test_hidden_layers_and_an_auxiliary_classifier_stand_on_the_same_features():
    recipe = replace(TINY, hidden=(12, 6), auxiliary=0.5)
    helped = model(recipe).eval()
    weights = [tuple(p.shape) for p in helped.head.parameters() if p.ndim == 2]
    assert weights == [(12, 8), (6, 12), (2, 6)]
    logits, auxiliary = helped(TEST.images[:7])
    assert logits.shape == auxiliary.shape == (7, 10)
    features = helped.features(TEST.images[:7])
    torch.testing.assert_close(auxiliary, helped.auxiliary(features))
    torch.testing.assert_close(logits, helped.head(features) @ helped.unembeddings().T)


def test_the_auxiliary_loss_reaches_the_features_and_is_not_recorded():
    plain = train_images(TRAIN, recipe=replace(TINY, steps=2, auxiliary=0.0), seed=0)
    assert plain.model.auxiliary is None
    helped = train_images(TRAIN, recipe=replace(TINY, steps=2, auxiliary=1.0), seed=0)
    assert helped.losses[0] == plain.losses[0]  # same initial model, and the loss is the model's alone
    assert helped.losses[1] != plain.losses[1]


def test_images_are_resized_for_equal_shares_of_the_steps():
    recipe = replace(TINY, steps=6, resolutions=(10, 9, 8))
    assert [side_at(recipe, step) for step in range(6)] == [10, 10, 9, 9, 8, 8]
    assert side_at(replace(recipe, resolutions=()), 3) is None
    some, sizes = model(), []
    some.body[0].register_forward_hook(lambda module, inputs, output: sizes.append(inputs[0].shape[2:]))
    for side in (None, 8, 12):
        some.features(TEST.images[:3], side)
    assert sizes == [(8, 8), (8, 8), (12, 12)]


def test_standardised_embeddings_have_the_scale_asked_for():
    embeddings = model(replace(TINY, standardise=5.0)).embeddings(TEST.images)
    torch.testing.assert_close(embeddings.mean(0), torch.zeros(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(embeddings.std(0, correction=0), torch.full((2,), 5.0), rtol=1e-2, atol=0)


# -- mini-batches --------------------------------------------------------------------------------------------------


@given(
    margin=st.integers(0, 3),
    down=st.integers(0, 6),
    across=st.integers(0, 6),
    mirror=st.booleans(),
    row=st.integers(0, 4),
)
def test_a_crop_is_a_window_of_the_reflected_image(margin, down, across, mirror, row):
    images = torch.randint(0, 256, (5, 6, 7, 3), dtype=torch.uint8)
    down, across = min(down, 2 * margin), min(across, 2 * margin)
    padded = reflected(images, margin)
    found = crops(padded, *map(torch.tensor, ([row], [down], [across], [mirror])), (6, 7))[0].numpy()
    expected = np.pad(images[row].numpy(), ((margin, margin), (margin, margin), (0, 0)), mode="reflect")
    expected = expected[down : down + 6, across : across + 7]
    assert np.array_equal(found, expected[:, ::-1] if mirror else expected)


def test_the_learning_rate_rises_and_falls_and_is_never_zero():
    rates = [rate_at(replace(TINY, steps=100, warmup=0.2), step) for step in range(100)]
    assert 18 <= int(np.argmax(rates)) <= 20
    assert max(rates) > 0.98
    assert 0 < min(rates) < 0.05
    assert rate_at(replace(TINY, warmup=None), 7) == 1.0


# -- training ------------------------------------------------------------------------------------------------------


def test_it_learns_digits_in_two_dimensions():
    trained = train_images(TRAIN, recipe=replace(RECIPES["digits"], steps=250), seed=0, device="cpu")
    found = trained.representations(TEST)
    assert found.accuracy() > 0.85
    assert trained.losses[-20:].mean() < 0.5 * trained.losses[:20].mean()


def test_the_size_of_a_pass_does_not_change_the_representations():
    trained = train_images(TRAIN, recipe=TINY, seed=0, device="cpu")
    one, other = trained.representations(TEST), trained.representations(TEST, block=7)
    torch.testing.assert_close(one.embeddings, other.embeddings, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("recipe", [TINY, PAPER], ids=["sgd", "adam"])
def test_an_interrupted_run_ends_with_the_same_bits(recipe, tmp_path):
    whole = train_images(TRAIN, recipe=recipe, seed=1, device="cpu")

    class Stop(Exception):
        pass

    def stop(progress):
        raise Stop

    path = tmp_path / "run.safetensors"
    with pytest.raises(Stop):
        train_images(
            TRAIN, recipe=recipe, seed=1, device="cpu", checkpoint=path, checkpoint_every=3, progress=stop
        )
    assert path.exists()
    resumed = train_images(TRAIN, recipe=recipe, seed=1, device="cpu", checkpoint=path, checkpoint_every=3)
    assert same_parameters(whole.model, resumed.model)
    assert torch.equal(whole.losses, resumed.losses)


# A run that writes its state after each step, and is killed at its third writing, at the place given.
KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
import torch
from repsim_core.training.image_run import ImageData, ImageRun
from repsim_core.training.image_training import train_images
from repsim_core.datasets.images import digit_images
from repsim_core.training.recipes import RECIPES
path, place = sys.argv[1:]
write, rename, written = Path.write_bytes, os.replace, []
def killed(at):
    if at == place and len(written) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
def write_bytes(path, data):
    written.append(path)
    write(path, data[: len(data) // 2])
    killed("half is written")
    return write(path, data)
def move(source, target):
    killed("all is written")
    rename(source, target)
    killed("it has its name")
Path.write_bytes, os.replace = write_bytes, move
torch.set_num_threads(1)
recipe = replace(RECIPES["digits"], steps=24, widths=(4, 8, 8))
train_images(digit_images()[0], recipe=recipe, seed=1, device="cpu", checkpoint=path, checkpoint_every=1)
"""


@pytest.mark.parametrize(
    ("place", "steps"), [("half is written", 2), ("all is written", 2), ("it has its name", 3)]
)
def test_a_killed_run_goes_on_to_the_same_bits(place, steps, tmp_path):
    path = tmp_path / "run.safetensors"
    with running([sys.executable, "-c", KILLED, path, place], stderr=subprocess.PIPE) as process:
        message = process.communicate()[1]
    assert process.returncode == -signal.SIGKILL, message
    assert len(load_file(path)["losses"]) == steps
    resumed = train_images(TRAIN, recipe=TINY, seed=1, device="cpu", checkpoint=path)
    whole = train_images(TRAIN, recipe=TINY, seed=1, device="cpu")
    assert same_parameters(whole.model, resumed.model)
    assert torch.equal(whole.losses, resumed.losses)


@pytest.mark.parametrize(
    "recipe", [TINY, replace(RECIPES["paper"], network="small", widths=(4, 8, 8), steps=2)]
)
def test_what_is_restored_is_laid_out_as_before(recipe, tmp_path):
    """An optimiser that works on a GPU refuses a state whose strides are not its parameters'."""
    run = ImageRun(ImageData(TRAIN, recipe, torch.device("cpu")), recipe, seed=1, dim=2, batch_seed=0)
    run.step()
    run.save(tmp_path / "run.safetensors")
    run.restore(tmp_path / "run.safetensors")
    assert any(each.stride() != each.contiguous().stride() for each in run.model.parameters())
    for optimizer, _ in run.optimizers:
        states = [(p, own) for p, own in optimizer.state.items() if own]
        assert states
        for parameter, own in states:
            shaped = [each for each in own.values() if each.shape == parameter.shape]
            assert shaped
            assert {each.stride() for each in shaped} == {parameter.stride()}


def test_a_damaged_or_foreign_checkpoint_is_refused_and_kept(tmp_path):
    path = tmp_path / "run.safetensors"
    train_images(TRAIN, recipe=TINY, seed=1, device="cpu", checkpoint=path)
    whole = path.read_bytes()
    for change in ({"seed": 2}, {"dim": 3}, {"batch_seed": 1}, {"recipe": replace(TINY, lr=0.2)}):
        with pytest.raises(ValueError, match=r"checkpoint: .* is of another run"):
            train_images(TRAIN, **{"recipe": TINY, "seed": 1, "device": "cpu", "checkpoint": path, **change})
    assert path.read_bytes() == whole
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"checkpoint: .* is damaged"):
        train_images(TRAIN, recipe=TINY, seed=1, device="cpu", checkpoint=path)


@pytest.mark.usefixtures("own_checks_only")
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"images": torch.zeros(3)}, TypeError, "images: found Tensor"),
        ({"recipe": "fast"}, TypeError, "recipe: found 'fast'"),
        ({"seed": -1}, ValueError, "seed: found -1"),
        ({"dim": 0}, ValueError, "dim: found 0"),
        ({"device": "tpu"}, ValueError, "device: found 'tpu'"),
        ({"recipe": replace(TINY, batch_size=5_000)}, ValueError, "recipe.batch_size: found 5000"),
    ],
)
def test_a_bad_argument_is_named(change, error, message):
    with pytest.raises(error, match=message):
        train_images(**{"images": TRAIN, "recipe": TINY, "seed": 0, "device": "cpu", **change})


@pytest.mark.usefixtures("own_checks_only")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": "vgg"}, "recipe.network: found 'vgg', expected one of resnet18, small"),
        ({"optimizer": "lion"}, "recipe.optimizer: found 'lion'"),
        ({"steps": 0}, "recipe.steps: found 0"),
        ({"warmup": 1.0}, "recipe.warmup: found 1.0"),
        ({"widths": (4, 4)}, r"recipe.widths: found \(4, 4\)"),
        ({"lr": -0.1}, "recipe.lr: found -0.1"),
    ],
)
def test_a_bad_recipe_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        replace(TINY, **change)
