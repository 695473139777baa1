"""Networks on radial data at other radii and angles."""

import pytest

from repsim_core.studies.inputs.live import at_angles, at_radii, trained


@pytest.fixture(scope="module")
def networks():
    return trained(3, 3, width=16, steps=60)


def test_a_factor_of_one_changes_nothing_and_networks_without_a_bias_scale(networks):
    stack, points = networks
    found = at_radii(stack, points, [0.5, 1.0, 50.0, 100.0]).set_index(["factor", "seed_a", "seed_b"])
    assert len(found) == 4 * 3
    assert found["ratio_distance"].between(0, 2).all()
    # Far out a network of rectifiers is linear along each ray, and nothing that is standardised changes any more.
    far = found.loc[50.0, ["ratio_distance", "mean_cca"]], found.loc[100.0, ["ratio_distance", "mean_cca"]]
    assert far[0].to_numpy() == pytest.approx(far[1].to_numpy(), rel=0.02)
    assert (found.loc[100.0, "farther_kl"] > found.loc[1.0, "farther_kl"]).all()


def test_halves_by_angle_are_within_the_bound(networks):
    found = at_angles(*networks)
    assert found.groupby("part").size().to_dict() == {"borders": 3, "mid-cone": 3}
    assert (found["there"] <= found["bound"]).all()
    assert found["density"].to_numpy() == pytest.approx(2.0, abs=0.01)
