"""Labels in another order are suspected where there is reason to, and only there."""

import numpy as np
import pytest

import repsim_core as rc
from repsim_core.measures.label_orders import suspected_order

pytestmark = pytest.mark.usefixtures("mathematics_only")


INPUTS = 300


def predicted(f: np.ndarray, g: np.ndarray) -> np.ndarray:
    return (f @ g.T).argmax(axis=1)


@pytest.mark.parametrize("labels", [3, 4, 6, 10, 30])
@pytest.mark.parametrize("dim", [2, 5])
def test_renamed_labels_are_found_and_unrelated_models_are_left_alone(labels, dim):
    rng = np.random.default_rng([labels, dim])
    for _ in range(60):
        f, h = rng.normal(size=(2, INPUTS, dim))
        g, u = rng.normal(size=(2, labels, dim))
        assert suspected_order(predicted(f, g), predicted(h, u)) is None
        order = rng.permutation(labels)
        swap = np.arange(labels)
        swap[:2] = 1, 0
        noisy = f + 0.05 * rng.normal(size=f.shape)
        assert suspected_order(predicted(f, g), predicted(noisy, g)) is None
        for renamed, embeddings in ((order, noisy), (swap, f)):
            here, there = predicted(f, g), predicted(embeddings, g[renamed])
            if (here != predicted(f, g[renamed])).mean() < 0.15:
                continue  # the labels that trade places are seldom predicted
            found = suspected_order(here, there)
            assert found is not None
            matched, names = found
            assert matched > (here == there).mean() + 0.1
            often = [int(b) for b in np.unique(there) if (there == b).sum() >= 20]
            assert [names.get(b, b) for b in often] == [renamed[b] for b in often]


def test_the_suspicion_is_a_note_with_names():
    rng = np.random.default_rng(0)
    f, g = rng.normal(size=(200, 3)), rng.normal(size=(6, 3))
    a, b = rc.Representations(f, g), rc.Representations(f, g[[1, 0, 2, 3, 4, 5]])
    (note,) = (note for note in rc.compare(a, b).notes if "another order" in note)
    assert "with labels matched on 1" in note
    assert "b's label 1 is a's 0, 0 is a's 1" in note
    assert not [note for note in rc.compare(a, a).notes if "another order" in note]
