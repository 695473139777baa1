"""The authors' radial networks: read from one file, refused where it is another, measured as the study measures."""

import numpy as np
import pytest
from places import ROOT

import repsim_core as rc
from repsim_core.datasets.tabular import radial
from repsim_core.errors import InputError
from repsim_core.studies.records import read_record
from repsim_core.studies.width.authors_radial import SOURCE, authors_study, record_authors_radial

RECORD = read_record(ROOT / "book" / "records" / "authors-radial")


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    """Networks that were never trained, under the names of the authors'."""
    draw, found = np.random.default_rng(0), {}
    for count in (4, 6):
        test = radial(count, 2_000, seed=1)
        found |= {f"x_{count}": test.inputs.numpy(), f"y_{count}": test.labels.numpy()}
        for width in (16, 32, 64, 128):
            for seed in range(5):
                found[f"f_{count}_{width}_{seed}"] = draw.normal(size=(2_000, 2)).astype(np.float32)
                found[f"g_{count}_{width}_{seed}"] = draw.normal(size=(count, 2)).astype(np.float32)
    return found


@pytest.mark.usefixtures("mathematics_only")
def test_pairs_are_measured_as_any_others(arrays, tmp_path):
    np.savez(tmp_path / "all.npz", **arrays)
    record = record_authors_radial(tmp_path / "all.npz", tmp_path / "record")
    assert (len(record.models), len(record.pairs)) == (40, 80)
    a, b = (
        rc.Representations(arrays[f"f_6_64_{seed}"], arrays[f"g_6_64_{seed}"], arrays["y_6"])
        for seed in (1, 4)
    )
    row = record.pairs.query("classes == 6 and width == 64 and seed_a == 1 and seed_b == 4").iloc[0]
    found = rc.compare(a, b, input_set="sampled")
    for name in ("d_kl", "d_kl_reverse", "d_llv", "d_fg", "mean_cca", "ratio_distance"):
        assert row[name] == pytest.approx(getattr(found, name), rel=1e-6), name
    model = record.models.query("classes == 6 and width == 64 and seed == 1").iloc[0]
    assert model["test_accuracy"] == a.accuracy()
    assert record.models["train_loss"].isna().all()


def test_a_file_that_lacks_something_or_is_of_other_points_is_refused(arrays, tmp_path):
    path = tmp_path / "part.npz"
    np.savez(path, **{name: each for name, each in arrays.items() if name != "g_4_16_3"})
    with pytest.raises(InputError, match="found no array g_4_16_3"):
        record_authors_radial(path, tmp_path / "record")
    np.savez(path, **(arrays | {"x_4": arrays["x_4"] + 1}))
    with pytest.raises(InputError, match="other test points for K = 4"):
        record_authors_radial(path, tmp_path / "record")
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read"):
        record_authors_radial(path, tmp_path / "record")
    assert not (tmp_path / "record").exists()


def test_the_readme_has_their_means():
    accurate = RECORD.models[RECORD.models["test_accuracy"] > 0.9]
    pairs = RECORD.pairs
    for end in ("seed_a", "seed_b"):
        names = accurate[["classes", "width", "seed"]].rename(columns={"seed": end})
        pairs = pairs.merge(names, on=["classes", "width", end])
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for count, own in pairs.groupby("classes"):
        means = own.groupby("width")["d_llv"].mean()
        assert f"{', '.join(f'{mean:.2f}' for mean in means)} (K = {count}" in readme
    assert f"than {(pairs['d_fg'] / pairs['quadratic_bound']).max():.2f} of it" in readme


def test_the_committed_record_says_where_it_comes_from():
    assert RECORD.study == authors_study()
    assert {name: RECORD.provenance["trained"][name] for name in SOURCE} == SOURCE
    assert (len(RECORD.models), len(RECORD.pairs)) == (40, 80)
    pairs = RECORD.pairs
    assert (pairs["d_fg"] <= pairs["quadratic_bound"]).all()
