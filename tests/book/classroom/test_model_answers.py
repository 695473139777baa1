"""What the model answers to written tasks say is so, for every student's numbers."""

import itertools
from functools import cache

import numpy as np
import pytest
from places import ROOT

pytest.importorskip("nbgrader", reason="the extra classroom is not installed")

import repsim_core as rc
from repsim_book.classroom.notebooks import grade_id, read_master
from repsim_core.assignments import student_permutation, student_seed

IDS = [f"student{number}" for number in range(10)]


@cache
def master(name):
    return read_master(ROOT / "notebooks" / "assignments" / f"{name}.md")


def defined(name, *cells, **given):
    """What some cells of a master define."""
    namespace = {"np": np, "rc": rc, "combinations": itertools.combinations} | given
    for cell in master(name).cells:
        if grade_id(cell) in cells:
            exec(cell.source, namespace)
    return namespace


def corners(matrix, shift):
    """The corners of a cube before and after k -> matrix k + shift mod 2."""
    k = np.array(list(itertools.product((0, 1), repeat=len(matrix))))
    return (-1.0) ** k, (-1.0) ** ((k @ np.transpose(matrix) + shift) % 2)


def test_only_m_plus_one_labels():
    """Assignment 1, part 6: the example."""
    f = np.array([[-1.0], [0.5], [2.0]])
    one, two = (
        rc.Representations(f, np.array(g)[:, None]) for g in ([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 3.0, 3.0])
    )
    log_p, log_q = one.log_probs(), two.log_probs()
    assert np.allclose(log_p[:, 1] - log_p[:, 0], log_q[:, 1] - log_q[:, 0])
    assert not np.allclose(log_p[:, 2] - log_p[:, 0], log_q[:, 2] - log_q[:, 0])


def test_the_corners_of_a_cube():
    """Assignment 2, part 6."""
    for student in IDS:
        own = defined("02_kl", "given", seed=student_seed(student), student_permutation=student_permutation)
        units = (own["A"].sum(axis=1) == 1).sum()
        assert np.isclose(rc.mean_cca(*corners(own["A"], own["t"])), units / 3), student
    assert rc.mean_cca(*corners([[1, 1, 0], [0, 1, 1], [1, 1, 1]], [0, 0, 0])) < 1e-12
    squares = [np.reshape(entries, (2, 2)) for entries in itertools.product((0, 1), repeat=4)]
    least = [rc.mean_cca(*corners(m, [0, 0])) for m in squares if round(np.linalg.det(m)) % 2]
    assert min(least) > 0.4


def test_a_small_divergence_at_a_norm_near_18():
    """Assignment 2, part 7: and the mean CCA is what it was."""
    for student in IDS:
        seed = student_seed(student)
        pairs = [
            rc.permuted_circles(
                7, rho=rho, permutation=student_permutation(seed), inputs_per_class=100, seed=seed
            )
            for rho in (1.0, 17.0, 19.0)
        ]
        assert rc.kl_divergence(*pairs[1]) > 1e-4 * 0.9
        assert rc.kl_divergence(*pairs[2]) < 1e-4 * 1.1
        cca = [rc.mean_cca(a.embeddings, b.embeddings) for a, b in pairs]
        assert np.ptp(cca) < 1e-9
        assert cca[0] < 0.85


def test_one_label_that_disagrees():
    """Assignment 3, part 6: the example with equality."""
    for m, angle in ((2, 0.4), (5, 1.5)):
        columns = np.random.default_rng(m).normal(size=(40, m + 2))
        white = np.linalg.qr(columns - columns.mean(axis=0))[0][:, : m + 1] * np.sqrt(39)
        z, u = white[:, :m], white[:, m]
        w = z.copy()
        w[:, -1] = z[:, -1] * np.cos(angle) + u * np.sin(angle)
        expected = (z - w).var(axis=0, ddof=1).sum() / (2 * m)
        assert np.isclose(rc.svd_dissimilarity(z, w), expected)
        assert np.isclose(expected, (1 - np.cos(angle)) / m)


def test_equal_orders_and_other_half_planes():
    """Assignment 4, part 7: the two arrangements."""

    def most_on_one_side(degrees):
        angles = np.radians(degrees)
        directions = np.radians(np.arange(0.5, 360))
        return max((np.cos(angles - u) > 1e-9).sum() for u in directions)

    assert most_on_one_side([0, 30, 60, 90]) == 4
    assert most_on_one_side([0, 90, 180, 270]) == 2


def test_one_label_that_turns():
    """Assignment 6, part 6: the factor m, with equality."""
    own = defined("06_two_angles", "set-sine", "turned")
    for m, s in ((2, 0.5), (4, 0.8)):
        assert np.isclose(own["set_sine"](*own["turned"]([s] + [0] * m), m), s / m)
    rng = np.random.default_rng(6)
    for m in (2, 3):  # and never more
        z = rng.normal(size=(30, m + 1))
        w = z * rng.choice([-1, 1], size=m + 1)
        w[:, 0] = rng.normal(size=30)
        rho = np.corrcoef(z[:, 0], w[:, 0])[0, 1]
        assert np.sqrt(1 - rho**2) <= m * own["set_sine"](z, w, m) + 1e-12


def test_a_comparison_says_how_many_networks_it_rests_on():
    """Assignment 6, part 7, for every student: more than 25 pairs, an interval, a network that moves it most."""
    for student in IDS[:4]:
        own = defined("06_two_angles", "networks", seed=student_seed(student), print=lambda *_: None)
        found = own["comparison"]
        assert found["pairs"] == found["networks"] * (found["networks"] - 1) / 2 > 25
        assert found["low"] < found["difference"] < found["high"]
        assert len(own["without"]) == found["networks"]
