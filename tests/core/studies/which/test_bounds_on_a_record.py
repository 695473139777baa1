"""What the chapter "Two theorems" says of the bounds on the recorded networks for images."""

from itertools import combinations

import numpy as np
import pytest
from places import ROOT

import repsim_core as rc
from repsim_core.studies.records import read_record
from repsim_core.studies.stored_representations import read_representations

pytestmark = pytest.mark.usefixtures("mathematics_only")


RECORD = ROOT / "book" / "records" / "cifar10"
PAGE = (ROOT / "notebooks" / "04b_two_theorems.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pairs() -> list[tuple[rc.Representations, rc.Representations]]:
    groups = read_representations(RECORD, read_record(RECORD)).values()
    return [pair for group in groups for pair in combinations(group.models.values(), 2)]


def test_the_figures_in_the_prose_are_those_of_the_record(pairs):
    comparisons = [rc.compare(*pair) for pair in pairs]
    d_fg = np.array([each.d_fg for each in comparisons])
    sharp, quadratic = (
        np.array([getattr(each, name) for each in comparisons]) for name in ("ratio_bound", "quadratic_bound")
    )
    mismatch = np.median([each.normaliser_mismatch / each.label_term for each in comparisons])
    assert (sharp < 1).all()
    share, times = 100 * (quadratic < 1).mean(), np.median(quadratic / d_fg)
    for said in (
        f"below 1 for all {len(comparisons)} pairs, with a median of {np.median(sharp / d_fg):.1f} times",
        f"below 1 for {share:.0f} % of them, with a median of {times:.1f} times",
        f"The median of $\\nu/T_1$ is {mismatch:.2f}",
    ):
        assert said in " ".join(PAGE.split())


def test_the_certificate_and_its_counterpart_enclose_what_all_label_sets_give(pairs):
    for a, b in pairs[::9]:
        found = rc.compare(a, b, left_out="none")
        assert found.representation.exhaustive
        assert found.least_d_svd_f is not None
        assert found.least_d_svd_f - 1e-12 <= found.max_d_svd_f <= found.certificate + 1e-12
