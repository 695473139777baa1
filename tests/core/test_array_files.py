"""Files as they are: under their own names, only what is asked for, of every precision; and what is no such file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import strategies
import torch
from model_files import NOT_AS_THE_HEADER_SAYS, OTHER_THINGS, archive, npy
from safetensors.torch import save_file

import repsim_core as rc
from repsim_core import array_files

F, G = (x.astype(np.float32) for x in strategies.arrays(20, 6, 2, seed=0))
NAMES = {
    "embeddings": "hidden_states",
    "unembeddings": "lm_head.weight",
    "bias": "lm_head.bias",
    "labels": "y",
}


def of_others() -> dict[str, np.ndarray]:
    return {
        "hidden_states": F,
        "lm_head.weight": G,
        "lm_head.bias": np.arange(6, dtype=np.float32),
        "y": np.arange(20) % 6,
        "embeddings": np.zeros((3, 3)),
    }


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.fixture(params=["npz", "NPZ", "safetensors", "folder"])
def source(request, tmp_path) -> Path:
    """The same arrays in each kind of file."""
    path = tmp_path / ("model" if request.param == "folder" else f"model.{request.param}")
    if request.param == "safetensors":
        save_file({name: torch.from_numpy(x) for name, x in of_others().items()}, path)
    elif request.param == "folder":
        path.mkdir()
        for name, array in of_others().items():
            np.save(path / f"{name}.npy", array)
    else:
        with path.open("wb") as stream:
            np.savez_compressed(stream, **of_others())
    return path


def test_arrays_are_found_by_their_names(source):
    found = rc.load(source, **NAMES)
    assert np.array_equal(found.embeddings, F)
    assert np.array_equal(found.unembeddings, G)
    assert found.bias.tolist() == list(range(6))
    assert found.labels.tolist() == (np.arange(20) % 6).tolist()
    said = r"^bias: .* holds lm_head.bias beside lm_head.weight, which is left out"
    with pytest.warns(UserWarning, match=said):
        without = rc.load(source, embeddings="hidden_states", unembeddings="lm_head.weight")
    assert without.bias is None
    assert without.labels is None


@pytest.mark.usefixtures("own_checks_only")
def test_a_name_that_is_not_there_is_said_with_those_that_are(source):
    with pytest.raises(ValueError, match=r"holds .*'hidden_states'.*expected fc.weight"):
        rc.load(source, embeddings="hidden_states", unembeddings="fc.weight")
    with pytest.raises(ValueError, match=r"expected fc.bias"):
        rc.load(source, embeddings="hidden_states", unembeddings="lm_head.weight", bias="fc.bias")
    with pytest.raises(TypeError, match=r"^embeddings: found None, expected the name of an array"):
        rc.load(source, embeddings=None)


def test_of_many_arrays_those_that_are_most_like_the_missing_one_are_said(tmp_path):
    """A language model has hundreds; and nothing is read before all names are found."""
    layers = {f"a.layers.{i}.weight": np.zeros((1, 1), np.float32) for i in range(200)}
    path = tmp_path / "model.npz"
    np.savez(path, **layers, **{"hidden_states": F, "lm_head.weight": np.array([{}], dtype=object)})
    with pytest.raises(
        ValueError, match=r"holds \['lm_head\.weight', .* and 190 more, expected LM_head\.weights"
    ):
        rc.load(path, embeddings="hidden_states", unembeddings="LM_head.weights")
    with pytest.raises(ValueError, match=r"holds \[.*'hidden_states'.* more, expected hidden"):
        rc.load(path, embeddings="hidden", unembeddings="lm_head.weight")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_precision_of_a_safetensors_file(tmp_path, dtype):
    f, g = (torch.from_numpy(x).to(dtype) for x in (F, G))
    save_file({"embeddings": f, "unembeddings": g}, tmp_path / "model.safetensors")
    found = rc.load(tmp_path / "model.safetensors")
    assert np.array_equal(found.embeddings, f.double().numpy())
    assert np.array_equal(found.unembeddings, g.double().numpy())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_what_half_precision_rounded_off_is_no_rank_in_a_file_either(tmp_path, dtype):
    rng = np.random.default_rng(0)
    flat = torch.from_numpy(rng.normal(size=(400, 2)) @ rng.normal(size=(2, 16))).to(dtype)
    save_file(
        {"embeddings": flat, "unembeddings": torch.from_numpy(rng.normal(size=(30, 16))).to(dtype)},
        tmp_path / "model.safetensors",
    )
    assert rc.load(tmp_path / "model.safetensors").rank == 2


def test_numbers_are_saved_as_narrow_as_they_came(tmp_path):
    for dtype in (np.float16, np.float32, np.float64):
        for suffix in ("npz", "safetensors"):
            path = rc.Representations(F.astype(dtype), G.astype(dtype)).save(tmp_path / f"model.{suffix}")
            found = rc.load(path)
            assert np.array_equal(found.embeddings, F.astype(dtype))
            assert found.rank == 2
    assert np.load(rc.Representations(F, G).save(tmp_path / "x.npz"))["embeddings"].dtype == np.float32


def test_what_is_not_asked_for_is_not_read(tmp_path):
    """Objects, damaged members and members that claim to be huge may lie beside."""
    members = [("embeddings", npy(F)), ("unembeddings", npy(G))]
    beside = [("objects", npy(np.array([{}], dtype=object))), ("damaged", b"\x93NUMPY damaged")]
    found = rc.load(written(tmp_path / "x.npz", archive([*members, *beside])))
    assert np.array_equal(found.unembeddings, G)


@pytest.mark.parametrize(("content", "said"), NOT_AS_THE_HEADER_SAYS)
@pytest.mark.parametrize("kind", ["npz", "folder"])
def test_an_array_that_is_not_what_its_header_says(tmp_path, content, said, kind):
    path = tmp_path / ("model" if kind == "folder" else "model.npz")
    if kind == "npz":
        written(path, archive([("embeddings", content), ("unembeddings", npy(G))]))
    else:
        path.mkdir()
        (path / "embeddings.npy").write_bytes(content)
        np.save(path / "unembeddings.npy", G)
    with pytest.raises(
        ValueError, match=rf"^path: .* is no readable .* file of plain arrays \(ValueError: .*{said}"
    ):
        rc.load(path)


REMEDY = r"take fewer inputs \(the first n rows of the embeddings\)$"


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_more_than_is_free_is_refused_before_it_is_held(tmp_path, monkeypatch, suffix):
    path = rc.Representations(F, G).save(tmp_path / f"model.{suffix}")
    monkeypatch.setattr(array_files, "_LITTLE", 0.0)
    # Its 40 numbers of 32 bits, and as many of 64.
    monkeypatch.setattr(array_files, "available", lambda: 480.0)
    rc.load(path)
    monkeypatch.setattr(array_files, "available", lambda: 479.0)
    said = rf"^path: .*model\.{suffix} holds an array of less than 1 MB, .* of memory are free; {REMEDY}"
    with pytest.raises(MemoryError, match=said):
        rc.load(path)
    monkeypatch.setattr(array_files, "available", lambda: None)
    rc.load(path)


def test_memory_that_runs_out_while_a_file_is_read_is_no_damage(tmp_path, monkeypatch):
    """A parser's MemoryError is damage; that of the array's own room is none."""

    def none_left(_):
        raise MemoryError

    path = rc.Representations(F, G).save(tmp_path / "model.npz")
    monkeypatch.setattr(array_files, "bytearray", none_left, raising=False)
    with pytest.raises(MemoryError, match=rf"holds an array .* so much memory is not free; {REMEDY}"):
        rc.load(path)
    tensors = rc.Representations(F, G).save(tmp_path / "model.safetensors")
    opened = array_files.safe_open

    class Full:
        def __init__(self, *given, **options):
            self.file = opened(*given, **options)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def __getattr__(self, name):
            return none_left if name == "get_tensor" else getattr(self.file, name)

    monkeypatch.setattr(array_files, "safe_open", Full)
    with pytest.raises(MemoryError, match=rf"holds an array of 40 numbers, .* not free; {REMEDY}"):
        rc.load(tensors)
    deep = b"\x93NUMPY\x01\x00" + (6000).to_bytes(2, "little") + b"(" * 6000
    with pytest.raises(ValueError, match="is no readable"):
        rc.load(written(tmp_path / "deep.npz", archive([("embeddings", deep), ("unembeddings", npy(G))])))


def test_a_member_that_is_there_twice(tmp_path):
    path = written(tmp_path / "x.npz", archive([("embeddings", npy(F))] * 2))
    with pytest.raises(ValueError, match=r"embeddings\.npy is there more than once"):
        rc.load(path)


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
@pytest.mark.parametrize(("content", "said"), OTHER_THINGS)
def test_other_things_under_the_name(tmp_path, suffix, content, said):
    (tmp_path / f"model.{suffix}").write_bytes(content)
    with pytest.raises(ValueError, match=rf"^path: found {said}"):
        rc.load(tmp_path / f"model.{suffix}")


def test_pointers_in_a_folder_and_links_that_lead_nowhere(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    np.save(folder / "unembeddings.npy", G)
    (folder / "embeddings.npy").write_bytes(OTHER_THINGS[0][0])
    with pytest.raises(ValueError, match=rf"no readable folder .*found {OTHER_THINGS[0][1]}"):
        rc.load(folder)
    annexed = tmp_path / ".git" / "annex" / "objects" / "MD5E-s1--00.npz"
    said = "found a pointer of git-annex .*git annex get"
    for link in (folder / "embeddings.npy", tmp_path / "model.npz", tmp_path / "model.safetensors"):
        link.unlink(missing_ok=True)
        link.symlink_to(annexed)
        with pytest.raises(ValueError, match=said):
            rc.load(folder if link.parent == folder else link)
    other = tmp_path / "other.npz"
    other.symlink_to(tmp_path / "gone.npz")
    with pytest.raises(FileNotFoundError, match=r"^path: there is no file .*other\.npz"):
        rc.load(other)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("model.pt", 'torch.load("model.pt", map_location="cpu", weights_only=True)'),
        ("model.BIN", 'torch.load("model.BIN"'),
        ("model.h5", 'h5py.File("model.h5")'),
        ("model.parquet", 'pd.read_parquet("model.parquet")'),
    ],
)
def test_other_kinds_of_files_are_converted_in_three_lines(name, line):
    with pytest.raises(
        ValueError, match=r"expected a name that ends in \.safetensors or \.npz; to convert it:"
    ) as caught:
        rc.load(name)
    assert line in str(caught.value)
    assert str(caught.value).count("\n    ") == 3


def test_a_transposed_head_is_suspected():
    with pytest.raises(ValueError, match=r"found M = 6 columns, expected 2, .*is it transposed"):
        rc.Representations(F, G.T)
