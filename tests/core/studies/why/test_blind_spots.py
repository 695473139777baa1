"""What measures do not see, on models made by hand."""

import numpy as np
import pytest

import repsim_core as rc
from repsim_core.studies.why import blind_spots

ONE, OTHER = rc.permuted_circles(7, rho=20.0, inputs_per_class=6, seed=0)
TWIN = ONE.linear_twin(rc.random_linear_map(2, condition=3.0, seed=3))


def test_a_twin_is_stitched_without_loss_and_another_order_is_not() -> None:
    assert blind_spots.agreement(ONE, OTHER) == 1
    assert blind_spots.agreement(ONE, blind_spots.stitched(ONE, TWIN)) == 1
    assert blind_spots.agreement(ONE, blind_spots.stitched(ONE, OTHER)) < 0.6
    np.testing.assert_allclose(blind_spots.stitched(ONE, TWIN).embeddings, ONE.embeddings, atol=1e-9)


def test_measures_of_pairs_and_verdicts() -> None:
    found = blind_spots.measured({"twin": (ONE, TWIN), "order": (ONE, OTHER)})
    assert found.shape == (8, 2)
    kept = blind_spots.results(found, {"a": "twin"})
    assert kept["cca_a"] == pytest.approx(1)
    assert kept["cka_a"] == pytest.approx(rc.linear_cka(ONE.embeddings, TWIN.embeddings))
    assert kept["d_fg_a"] == pytest.approx(0, abs=1e-9)
    table = blind_spots.judged(found).set_index(["pair", "measure"])
    assert table["unlike"].between(-1e-9, 1).all()
    assert table.loc[("twin", "CCA"), "unlike"] == pytest.approx(0)
    distance = table.loc[("order", "Procr.")]
    assert distance["unlike"] == pytest.approx(distance["value"] / np.sqrt(2))
    assert blind_spots.in_a_figure(table.reset_index()).startswith("twin: agree 1.00, d_KL 0.00, d_LLV 0.00")


def test_only_cca_does_not_notice_stretching() -> None:
    matrices = {c: rc.random_linear_map(2, condition=c, seed=3) for c in (1.0, 10.0)}
    table = blind_spots.stretched(ONE, matrices).pivot(index="condition", columns="measure", values="value")
    assert table["mean CCA"].tolist() == pytest.approx([1, 1])
    assert table.loc[10.0, "linear CKA"] < 0.9 < table.loc[1.0, "linear CKA"]


def test_where_a_twin_arrives() -> None:
    table = blind_spots.carried(ONE, {"twin": TWIN, "order": OTHER})
    own = table[table["model"] == "twin"]
    np.testing.assert_allclose(own[["x", "y"]], own[["target_x", "target_y"]], atol=1e-9)
    assert len(table) == 2 * len(ONE.embeddings)
