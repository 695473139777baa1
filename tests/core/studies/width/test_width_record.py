"""What README, errata and chapter say in their own words of the width record is what is in it.

A record that is not complete is checked as far as it goes.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from places import ROOT

from repsim_core.measures.shared_models import carriers
from repsim_core.studies.catalogue import declare_study
from repsim_core.studies.records import read_record

RECORD = read_record(ROOT / "book" / "records" / "width")
README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
ERRATA = " ".join((ROOT / "book" / "errata.md").read_text(encoding="utf-8").split())
GROUP = ["classes", "width", "variant"]
complete = pytest.mark.skipif(bool(RECORD.provenance["missing"]), reason="the record is not complete")


def accurate_pairs() -> pd.DataFrame:
    """Pairs of accurate networks, in groups of ten or more, with both orders of each network."""
    good = RECORD.models[RECORD.models["test_accuracy"] > 0.9]
    good = good[good.groupby(GROUP)["seed"].transform("size") >= 10]
    pairs = RECORD.pairs
    for end in ("a", "b"):
        names = {name: f"{name}_{end}" for name in ("seed", "order", "order_about_mean")}
        pairs = pairs.merge(good[[*GROUP, *names]].rename(columns=names), on=[*GROUP, f"seed_{end}"])
    return pairs.dropna(subset=["d_llv"])


PAIRS = accurate_pairs()
FREE = PAIRS[PAIRS["variant"] == "free"]


def whole(count: int) -> bool:
    """Whether the record has all widths of this number of labels, free norms."""
    planned = [
        group.width
        for group in declare_study("width").groups
        if (group.classes, group.variant) == (count, "free")
    ]
    held = {group.width for group in RECORD.study.groups if (group.classes, group.variant) == (count, "free")}
    return set(planned) <= held


def means(count: int) -> str:
    """Mean d_LLV at the narrowest and the widest width."""
    own = FREE[FREE["classes"] == count].groupby("width")["d_llv"].mean()
    return f"from {own.iloc[0]:.2f} to {own.iloc[-1]:.2f}"


def test_the_record_is_of_the_declared_study():
    planned = declare_study("width")
    missing = {tuple(group) for group in RECORD.provenance["missing"]}
    held = {(group.classes, group.width, group.variant) for group in RECORD.study.groups}
    assert held | missing == {(group.classes, group.width, group.variant) for group in planned.groups}
    assert RECORD.study.seeds == planned.seeds
    assert RECORD.provenance["study"]["steps"] == planned.steps == 15_000
    assert RECORD.provenance["environment"]["protocol"] == planned.protocols()


@pytest.mark.parametrize("count", [4, 6, 10, 18])
def test_the_readme_has_the_means(count):
    if whole(count):
        assert means(count) in README


def test_both_bounds_hold_for_every_recorded_pair():
    """The record has nine digits."""
    pairs = RECORD.pairs.dropna(subset=["d_llv"])
    for bound, bounded in (
        ("linear_bound", "d_fg"),
        ("quadratic_bound", "d_fg"),
        ("ratio_bound", "max_d_svd_f"),
        ("certificate", "max_d_svd_f"),
    ):
        assert (pairs[bounded] <= pairs[bound] * (1 + 1e-7) + 1e-12).all(), bound
    # Theorem A2: the two parts of the first term.
    parts = pairs[["ratio_distance", "normaliser_mismatch"]]
    assert (pairs["label_term"] <= parts.sum(axis=1) * (1 + 1e-7)).all()
    halves = np.maximum(parts["ratio_distance"] / 2, parts["normaliser_mismatch"])
    assert (halves <= pairs["label_term"] * (1 + 1e-7)).all()


@complete
def test_the_errata_have_the_numbers_of_pairs_of_other_order():
    other = PAIRS[PAIRS["order_a"] != PAIRS["order_b"]]
    alike = other["mean_cca"] > 0.9
    assert (
        f"Of {len(other):,} recorded pairs of accurate networks of different order {alike.sum()} have"
        in ERRATA
    )
    for count, own in other.groupby("classes"):
        number = int((own["mean_cca"] > 0.9).sum())
        assert re.search(rf"{number or 'none'} of {len(own):,} for \$K = {count}\$", ERRATA)


def test_the_readme_has_what_is_close_both_ways_and_dissimilar():
    assert whole(4)
    near = FREE[(FREE["classes"] == 4) & (FREE[["d_kl", "d_kl_reverse"]].max(axis=1) < 0.06)]
    listed = near[near["mean_cca"] < 0.7]
    groups = listed[GROUP].itertuples(index=False, name=None)
    ends = listed[["seed_a", "seed_b"]].itertuples(index=False, name=None)
    found = carriers(((*group, a), (*group, b)) for group, (a, b) in zip(groups, ends, strict=True))
    assert f"K = 4: {len(listed)} of {len(near):,} pairs that are closer than 0.06 nats both ways" in README
    assert f"has one of {found.fewest} networks in it" in README
