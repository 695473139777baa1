"""Probes of one representation from another."""

import numpy as np
import pytest

from repsim_core import linear_r2
from repsim_core.measures import probes


def test_a_square_needs_the_second_harmonic():
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    source = 2 * np.column_stack([np.cos(angle), np.sin(angle)])
    target = np.column_stack([np.cos(2 * angle), np.sin(2 * angle)])
    r2 = np.array([probes.harmonic_probe(source, target, n).r2 for n in (1, 2, 3)])
    assert r2 == pytest.approx([0, 1, 1], abs=1e-9)
    assert probes.harmonic_probe(source, target, 2).predicted == pytest.approx(target, abs=1e-9)
    assert [probes.sufficient(r2), probes.sufficient(r2[:1])] == [2, 1]


def test_the_first_probe_is_linear():
    z, w = np.random.default_rng(0).standard_normal((2, 30, 2))
    assert probes.harmonic_probe(w, z, 1).r2 == pytest.approx(linear_r2(z, w))
