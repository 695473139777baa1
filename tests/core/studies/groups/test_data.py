"""What groups are trained on: how much is changed, and that nothing else is."""

import numpy as np
import pytest

from repsim_core.datasets.tabular import Dataset, digits
from repsim_core.studies.groups.data import COPIES, KINDS, asked_data, marked, training_data

TRAIN, TEST = digits()
PIXELS, LABELS = TRAIN.inputs.numpy(), TRAIN.labels.numpy()


@pytest.mark.parametrize("kind", ["labels", "own-labels"])
@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_so_many_labels_are_drawn(kind, share):
    found = training_data(TRAIN, kind, share)
    np.testing.assert_array_equal(found.inputs.numpy(), PIXELS)
    changed = (found.labels.numpy() != LABELS).mean()
    # Of those that are drawn, a tenth stays by chance.
    assert changed == pytest.approx(0.9 * share, abs=0.03)


def test_levels_and_seeds_are_drawn_apart_and_again_alike():
    def labels(share, seed):
        return training_data(TRAIN, "labels", share, seed=seed).labels.numpy()

    np.testing.assert_array_equal(labels(0.5, 1), labels(0.5, 1))
    changed = [labels(share, seed) != LABELS for share, seed in ((0.5, 1), (0.5, 2), (0.75, 1))]
    for other in changed[1:]:
        # Independent: they share about as many as chance has it.
        assert (changed[0] & other).mean() == pytest.approx(changed[0].mean() * other.mean(), abs=0.04)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_marks_give_the_label_away_in_so_many_images(share):
    found = training_data(TRAIN, "shortcut", share)
    np.testing.assert_array_equal(found.labels.numpy(), LABELS)
    edges = found.inputs.numpy().reshape(-1, 8, 8)[:, 1:6, [0, 7]]
    assert ((edges == 1).sum(axis=(1, 2)) == 1).all()
    assert ((edges == -1).sum(axis=(1, 2)) == 9).all()
    places = edges.transpose(0, 2, 1).reshape(len(edges), -1).argmax(axis=1)
    assert (places == LABELS).mean() == pytest.approx(share + 0.1 * (1 - share), abs=0.03)


def test_marks_change_nothing_inside_the_image():
    found = marked(PIXELS, LABELS).reshape(-1, 8, 8)
    np.testing.assert_array_equal(found[:, :, 1:7], PIXELS.reshape(-1, 8, 8)[:, :, 1:7])


def test_misleading_marks_are_never_the_labels_own():
    found = asked_data(TEST, "misleading")
    own = marked(TEST.inputs.numpy(), TEST.labels.numpy())
    assert (np.abs(found.inputs.numpy() - own).max(axis=1) == 2).all()
    for name in ("plain", "unmarked"):
        assert asked_data(TEST, name) is TEST


@pytest.mark.parametrize("kind", ["noise", "shift", "rotation"])
def test_changed_images_are_copies_with_their_labels(kind):
    first, *_, last = KINDS[kind].levels
    same = training_data(TRAIN, kind, first)
    np.testing.assert_array_equal(same.inputs.numpy(), np.tile(PIXELS, (COPIES, 1)))
    found = training_data(TRAIN, kind, last)
    np.testing.assert_array_equal(found.labels.numpy(), np.tile(LABELS, COPIES))
    copies = found.inputs.numpy().reshape(COPIES, *PIXELS.shape)
    # No two copies are alike, and all are nearer to their image than to another.
    assert np.abs(copies[0] - copies[1]).max(axis=1).min() > 0
    assert ((copies[0] - PIXELS) ** 2).sum(axis=1).mean() < ((copies[0] - PIXELS[::-1]) ** 2).sum(
        axis=1
    ).mean()


def test_noise_has_its_deviation():
    found = training_data(TRAIN, "noise", 0.5).inputs.numpy().reshape(COPIES, *PIXELS.shape) - PIXELS
    assert found.std() == pytest.approx(0.5, rel=0.01)
    assert found.mean() == pytest.approx(0.0, abs=0.01)


def test_a_shift_moves_the_ink():
    """By no more than was asked for, and on the whole in no direction."""
    images = training_data(TRAIN, "shift", 1.0).inputs.numpy().reshape(COPIES, -1, 8, 8) + 1
    inner = images[:, (PIXELS.reshape(-1, 8, 8)[:, :, [0, 7]] == -1).all(axis=(1, 2))]
    columns = (inner.sum(axis=2) * np.arange(8)).sum(axis=2) / inner.sum(axis=(2, 3))
    moves = columns - columns.mean(axis=0)
    assert 0.3 < moves.std() < 0.6
    assert abs(moves.mean()) < 0.01


@pytest.mark.parametrize(
    ("kind", "level", "message"),
    [
        ("colour", 0.5, "kind: found 'colour', expected one of labels, own-labels, shortcut"),
        ("labels", 1.5, "level: found 1.5, expected 0 to 1 for labels"),
        ("noise", -1.0, "level: found -1.0, expected a finite number of at least 0"),
    ],
)
def test_refusals_name_what_is_wrong(kind, level, message):
    with pytest.raises(ValueError, match=message):
        training_data(TRAIN, kind, level)


def test_other_data_are_refused():
    with pytest.raises(ValueError, match="dataset: found inputs of 63 pixels, expected 8×8"):
        training_data(Dataset(TRAIN.inputs[:, 1:], TRAIN.labels, 10, "cut"), "noise", 1.0)
    with pytest.raises(ValueError, match="inputs: found 'shifted', expected plain, unmarked or misleading"):
        asked_data(TEST, "shifted")
