"""What the page on own models computes by itself is what `repsim compare` prints, and it refuses the same files."""

from __future__ import annotations

import json
import math
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import torch
from model_files import (
    NOT_AS_THE_HEADER_SAYS,
    OTHER_THINGS,
    REFUSED,
    F,
    G,
    archive,
    huge,
    npy,
    npz,
    safetensors,
)
from own_modules import in_node
from places import ROOT
from safetensors.torch import save_file

import repsim_core as rc
from repsim_book.site import own_page
from repsim_core.measures.printed import many

NAMES = {"embeddings": "embeddings", "unembeddings": "unembeddings", "bias": None, "labels": None}


# --- the same draws ---


def test_draws_are_numpys():
    found = in_node(
        ("random.js",),
        """const g = new own.Generator(given);
        const normal = () => Array.from({ length: 2000 }, () => g.normal());
        const sets = [g.permutation(1200), g.choice(30000, 4000), g.choice(300, 7)];
        return [...sets, normal(), g.uniform(-1, 2), g.random()];""",
        5,
    )
    g = np.random.default_rng(5)
    drawn = [g.permutation(1200), g.choice(30000, 4000, replace=False), g.choice(300, 7, replace=False)]
    for expected, each in zip(drawn, found[:3], strict=True):
        assert expected.tolist() == each
    np.testing.assert_allclose(found[3], g.standard_normal(2000), rtol=1e-12)
    assert found[4:] == [g.uniform(-1, 2), g.random()]


# --- the same figures ---


def _normal(n: int, k: int, m: int, seed: int, **options) -> rc.Representations:
    rng = np.random.default_rng(seed)
    return rc.Representations(rng.normal(size=(n, m)), rng.normal(size=(k, m)), **options)


def _narrow(model: rc.Representations, dtype: type) -> rc.Representations:
    return rc.Representations(np.asarray(model.embeddings, dtype), np.asarray(model.unembeddings, dtype))


def _dead() -> rc.Representations:
    """A dimension that is dead, and one that is a bias."""
    model = _normal(100, 12, 6, 6)
    f = np.asarray(model.embeddings).copy()
    f[:, 4], f[:, 5] = 0.0, 1.0
    return rc.Representations(f, model.unembeddings)


def _dependent() -> rc.Representations:
    """Of the label subsets that are compared by default one is not diverse."""
    rng = np.random.default_rng(20)
    f, g = rng.normal(size=(50, 3)), rng.normal(size=(6, 3))
    g[3] = g[1] - 2 * (g[2] - g[0])
    return rc.Representations(f, g)


def _summed(noise: float) -> rc.Representations:
    """In half precision, with three columns that are sums of others but for what it rounds off."""
    rng = np.random.default_rng(2)
    f, g = rng.normal(size=(150, 5)) @ rng.normal(size=(5, 8)), rng.normal(size=(14, 8))
    g += noise * rng.normal(size=g.shape)
    return rc.Representations(f.astype(np.float16), g.astype(np.float16), bias=np.linspace(0, 1, 14))


@cache
def pairs() -> dict[str, tuple[rc.Representations, rc.Representations]]:
    labels = np.arange(200) % 8
    plain, many, narrow, biased = (
        _normal(200, 8, 3, 0),
        _normal(150, 20, 5, 8),
        _normal(120, 16, 6, 7),
        _normal(200, 8, 3, 3),
    )
    biased = rc.Representations(biased.embeddings, biased.unembeddings, labels, bias=np.linspace(0, 2, 8))
    renamed = rc.permuted_circles(5, rho=3.0, permutation=[1, 0, 2, 4, 3], inputs_per_class=20)[0]
    other_order = rc.noisy_copy(
        rc.Representations(renamed.embeddings, np.asarray(renamed.unembeddings)[[1, 0, 2, 4, 3]]),
        0.02,
        seed=3,
    )
    few = _normal(120, 6, 20, 5)
    return {
        "noisy copies": (plain, rc.noisy_copy(plain, 0.1, seed=1)),
        "other dimensions": (plain, _normal(200, 8, 4, 1)),
        "biases and labels": (biased, rc.noisy_copy(biased, 0.3, seed=2)),
        "close": (plain, rc.noisy_copy(plain, 1e-5, seed=2)),
        "fewer labels than dimensions": (few, rc.noisy_copy(few, 0.5, seed=2)),
        "dead dimensions": (_dead(), rc.noisy_copy(_normal(100, 12, 6, 6), 0.2, seed=4)),
        "32 bits": (_narrow(narrow, np.float32), _narrow(rc.noisy_copy(narrow, 0.3, seed=1), np.float32)),
        "16 bits, and a sum of columns": (_summed(0.0), _summed(0.1)),
        "a sample of label subsets": (many, _normal(150, 20, 5, 9)),
        "more than half of them": (_normal(60, 23, 4, 1), rc.noisy_copy(_normal(60, 23, 4, 1), 0.1, seed=2)),
        "labels in another order": (renamed, other_order),
        "few inputs": (_normal(8, 12, 6, 8), _normal(8, 12, 6, 9)),
        "equal inputs": tuple(
            rc.Representations(np.repeat(np.asarray(m.embeddings)[:6], 10, axis=0), m.unembeddings)
            for m in (_normal(6, 5, 2, 4), _normal(6, 5, 2, 5))
        ),
        "a masked label": tuple(
            rc.Representations(m.embeddings, m.unembeddings, bias=[0.0, 0.0, -1e20, 0.0, 0.0, 0.0])
            for m in (_normal(100, 6, 2, 2), _normal(100, 6, 2, 3))
        ),
        "two inputs": (_normal(2, 4, 2, 8), _normal(2, 4, 2, 9)),
        "three inputs": (_normal(3, 6, 4, 8), _normal(3, 6, 4, 9)),
        "one dimension each": (_normal(40, 5, 1, 2), _normal(40, 5, 1, 3)),
        "one dependent subset": (_dependent(), rc.noisy_copy(_dependent(), 0.1, seed=1)),
        "one dimension and two": (_normal(40, 5, 1, 2), _normal(40, 5, 2, 3)),
        "equal models": (plain, plain),
    }


COMPARED = """
const found = {};
for (const [name, files] of Object.entries(given)) {
  const models = [];
  for (const path of files) {
    const opened = await own.openFile(await fileOf(path));
    models.push(await own.loadModel(opened, own.guessNames(await own.describeArrays(opened))));
  }
  try {
    const compared = own.compareModels(...models);
    found[name] = { json: JSON.parse(own.asJson(compared)), text: own.asText(compared) };
  } catch (error) { found[name] = { error: error.message }; }
}
return found;"""


@pytest.fixture(scope="module")
def compared(tmp_path_factory) -> dict:
    """What the page's modules find for the pairs, read from files of both kinds."""
    folder = tmp_path_factory.mktemp("pairs")
    paths = {
        name: [
            str(model.save(folder / f"{place}-{side}.{suffix}"))
            for side, model, suffix in zip("ab", pair, ("npz", "safetensors"), strict=True)
        ]
        for place, (name, pair) in enumerate(pairs().items())
    }
    return in_node(("files.js", "comparison.js", "printed.js"), COMPARED, paths)


def differences(found: object, expected: object, place: str = "") -> list[tuple]:
    """Where they differ by more than rounding."""
    if isinstance(expected, dict) and isinstance(found, dict):
        names = sorted({*found, *expected})
        return [
            d for name in names for d in differences(found.get(name), expected.get(name), f"{place}/{name}")
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        return [
            d
            for k, each in enumerate(zip(found, expected, strict=True))
            for d in differences(*each, f"{place}/{k}")
        ]
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (found, expected))
    same = math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-13) if numbers else found == expected
    return [] if same else [(place, found, expected)]


ROUNDING = r"below 1e-15|\b\d(\.\d+)?e-1[3-9]\b"


@pytest.mark.parametrize("name", pairs())
def test_the_page_finds_what_the_command_finds(compared, name):
    expected = rc.compare(*pairs()[name])
    assert "error" not in compared[name], compared[name]
    assert differences(compared[name]["json"], expected.to_dict()) == []
    found, printed = compared[name]["text"], f"{expected}\n"
    if found != printed:  # what rounding leaves of a 0 has no digits in common
        found, printed = (re.sub(ROUNDING, "0", re.sub(" +", " ", text)) for text in (found, printed))
    assert found == printed


def test_counts_of_one_are_among_them(compared):
    found = " ".join(note for each in compared.values() for note in each["json"]["notes"])
    for said in (
        "N = 2 inputs show 1 direction at most",
        "r = 1 reaches the distribution",
        "the other one could be anything, and nothing here speaks of it",
        "1 of 1 canonical correlation is 1",
        "1 label subset does not count: its log-ratios",
    ):
        assert said in found, said


def test_arrays_that_the_command_takes_unasked_are_taken_whether_they_fit_or_not(tmp_path):
    """A bias, labels, embeddings of another shape or kind: an error, as of the command, and nothing left out."""
    bias, labels = np.linspace(-1, 1, 6), np.arange(20) % 6
    head = {"hidden_states": F, "lm_head.weight": G}
    cases = [
        {"embeddings": F, "unembeddings": G, "bias": bias[None]},
        {"embeddings": F, "unembeddings": G, "bias": bias[:5]},
        {"embeddings": F, "unembeddings": G, "bias": np.arange(6)},
        {"embeddings": F, "unembeddings": G, "bias": np.where(bias > 0, -np.inf, bias)},
        {"embeddings": F, "unembeddings": G, "bias": np.where(bias > 0, np.inf, bias)},
        {"embeddings": F, "unembeddings": G, "labels": labels.astype(float)},
        {"embeddings": F, "unembeddings": G, "labels": labels[:-1]},
        {"embeddings": F, "unembeddings": G, "labels": labels[:, None]},
        {"embeddings": F, "unembeddings": G, "labels": labels > 2},
        {"embeddings": F, "unembeddings": G, "labels": np.array(["a"] * 20, dtype=object)},
        {"embeddings": F.astype(int), "unembeddings": G, "hidden_states": F},
        {"embeddings": F[0], "unembeddings": G, "hidden_states": F},
        {**head, "bias": bias[None]},
        {**head, "labels": labels[:-1]},
    ]
    paths = []
    for place, arrays in enumerate(cases):
        paths.append(str(tmp_path / f"{place}.npz"))
        np.savez(paths[-1], **arrays)
    found = in_node(
        ("files.js",),
        """const found = [];
        for (const path of given) {
          try {
            const opened = await own.openFile(await fileOf(path));
            await own.loadModel(opened, own.guessNames(await own.describeArrays(opened)));
            found.push("it was read");
          } catch (error) { found.push(error.message); }
        }
        return found;""",
        paths,
    )
    for path, arrays, said in zip(paths, cases, found, strict=True):
        names = (
            {} if "unembeddings" in arrays else dict(zip(("embeddings", "unembeddings"), head, strict=True))
        )
        with pytest.raises((TypeError, ValueError)) as caught:
            rc.load(path, **names)
        expected = re.sub(r"^path: | \(cast with .*\)|(?<=\()\w+Error: ", "", str(caught.value))
        assert said == expected.replace(path, Path(path).name), arrays
    # Where only one of the two has its own name, shapes tell.
    path = tmp_path / "other.npz"
    np.savez(path, **head, embeddings=np.zeros((3, 3)))
    (guess,) = in_node(
        ("files.js",),
        """const opened = await own.openFile(await fileOf(given));
        return [own.guessNames(await own.describeArrays(opened))];""",
        str(path),
    )
    assert (guess["embeddings"], guess["unembeddings"]) == tuple(head)


def test_models_are_refused_in_the_same_words(tmp_path):
    """All inputs the same, one input, other inputs and labels."""
    good, flat = _normal(20, 5, 2, 0), rc.Representations(np.ones((20, 2)), _normal(20, 5, 2, 0).unembeddings)
    refused = {
        "flat first": (flat, good),
        "flat": (good, flat),
        "same labels": (good, rc.Representations(good.embeddings, np.ones((5, 2)))),
        "one input": (_normal(1, 5, 2, 0), _normal(1, 5, 2, 1)),
        "one input there": (good, _normal(1, 5, 2, 1)),
        "other inputs": (good, _normal(21, 5, 2, 1)),
        "other labels": (good, _normal(20, 6, 2, 1)),
        "other true labels": tuple(
            rc.Representations(good.embeddings, good.unembeddings, labels=np.arange(20) % k) for k in (4, 5)
        ),
    }
    paths = {
        name: [
            str(model.save(tmp_path / f"{name} {side}.npz")) for side, model in zip("ab", pair, strict=True)
        ]
        for name, pair in refused.items()
    }
    found = in_node(("files.js", "comparison.js", "printed.js"), COMPARED, paths)
    for name, pair in refused.items():
        with pytest.raises(ValueError, match=r"^[ab]: found") as caught:
            rc.compare(*pair)
        assert found[name] == {"error": str(caught.value)}, name


def test_the_report_is_of_the_commands_schema(compared):
    schema = json.loads((ROOT / "repsim_book" / "cli" / "compare.schema.json").read_text("utf-8"))
    said = {
        "files": ["a", "b"],
        "version": version("repsim-core"),
        "warnings": [],
        "draws": None,
        "intervals": None,
    }
    check = jsonschema.Draft202012Validator(schema)
    for each in compared.values():
        check.validate({**each["json"], **said})


def test_numbers_are_written_as_python_writes_them():
    values = [
        0.0,
        1.0,
        0.40625,
        0.40635,
        1234.5,
        12345.678,
        99999.9,
        1e-4,
        9.99996e-5,
        1.5e-15,
        3e300,
        -2.5e-7,
        0.1,
        100.0,
        1e22,
    ]
    found = in_node(("printed.js",), "return given.map((value) => own.digits(value));", values)
    assert found == [f"{value:.4g}" for value in values]
    counts = [999_999, 10**6, 1_250_000, 1_350_000, 99_500_000, 10**30, math.comb(98, 60)]
    found = in_node(
        ("printed.js",), "return given.map((text) => own.many(BigInt(text)));", [str(c) for c in counts]
    )
    assert found == [many(count) for count in counts]


# --- the same files ---


LOADED = """
const found = [];
for (const { path, names } of given) {
  try {
    const opened = await own.openFile(await fileOf(path));
    const { model, labels } = await own.loadModel(opened, names);
    const table = (columns) => columns.map((column) => [...column]);
    const [bias, truth] = [model.bias, labels].map((each) => each && [...each]);
    found.push({ f: table(model.f), g: table(model.g), bias, labels: truth, roundoff: model.roundoff });
  } catch (error) { found.push({ error: error.message }); }
}
return found;"""


def loaded(files: list[tuple[Path, dict]]) -> list[dict]:
    """What the page's readers make of files and names."""
    return in_node(("files.js",), LOADED, [{"path": str(path), "names": names} for path, names in files])


def test_every_kind_of_array_is_read(tmp_path):
    bias, labels = np.linspace(-1, 1, 6), np.arange(20) % 6
    files = []
    for name in ("<f2", "<f4", "<f8", ">f2", ">f4", ">f8"):
        f, g, b = (x.astype(name) for x in (F, G, bias))
        whole = labels.astype(np.dtype(f"{name[0]}i{name[2]}"))
        for compression in ("stored", "deflated", "by columns", "version 2"):
            path = tmp_path / f"{name.replace('<', 'l').replace('>', 'b')}-{compression}.npz"
            if compression == "version 2":
                path.write_bytes(
                    archive(
                        [
                            ("embeddings", npy(f, (2, 0))),
                            ("unembeddings", npy(g)),
                            ("bias", npy(b)),
                            ("labels", npy(whole)),
                        ]
                    )
                )
            else:
                arrays = {
                    "embeddings": np.asfortranarray(f) if compression == "by columns" else f,
                    "unembeddings": g,
                }
                write = np.savez if compression == "stored" else np.savez_compressed
                write(path, bias=b, labels=whole, **arrays)
            files.append(path)
    tensors = [x for x in map(torch.from_numpy, (F, G, bias))]
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        path = tmp_path / f"{dtype}.safetensors"
        named = dict(zip(("embeddings", "unembeddings", "bias"), (x.to(dtype) for x in tensors), strict=True))
        save_file({**named, "labels": torch.from_numpy(labels).to(torch.uint8)}, path)
        files.append(path)
    names = {name: name for name in NAMES}
    for path, found in zip(files, loaded([(path, names) for path in files]), strict=True):
        assert "error" not in found, (path.name, found)
        model = rc.load(path)
        for part, array in (("f", model.embeddings), ("g", model.unembeddings)):
            assert np.array_equal(np.array(found[part]).T, array), path.name
        assert found["bias"] == np.asarray(model.bias).tolist()
        assert found["labels"] == np.asarray(model.labels).tolist()
        assert found["roundoff"] == list(model.roundoff), path.name


def test_the_same_files_are_refused_in_the_same_words(tmp_path):
    """Good headers over bad arrays, cut and foreign files, objects, pages, pointers."""
    cases = [(name, content, match) for _, name, content, _, match in REFUSED]
    for content, said in NOT_AS_THE_HEADER_SAYS:
        cases.append(
            (
                "x.npz",
                archive([("embeddings", content), ("unembeddings", npy(G))]),
                f"^path: .*no readable .npz file.*{said}",
            )
        )
    for content, said in OTHER_THINGS:
        cases += [(f"model.{suffix}", content, f"^path: found {said}") for suffix in ("npz", "safetensors")]
    cases.append(("x.npz", archive([("embeddings", npy(F))] * 2), r"embeddings\.npy is there more than once"))
    files = []
    for place, (name, content, _) in enumerate(cases):
        path = tmp_path / str(place) / name
        path.parent.mkdir()
        path.write_bytes(content)
        files.append(path)
    with_labels = {**NAMES, "labels": "labels"}
    asked = [(path, with_labels if b"labels" in path.read_bytes() else NAMES) for path in files]
    for (name, _, match), found in zip(cases, loaded(asked), strict=True):
        assert "error" in found, (name, match)
        assert re.search(match.replace("^path: ", "^"), found["error"]), (match, found)


def test_what_else_a_page_refuses(tmp_path):
    """What grows without bounds, overlaps, or is too large for a page: the message says the remedy."""
    zeros = npy(np.zeros((20_001, 1), np.float32))
    good = safetensors(embeddings=F, unembeddings=G)
    length = int.from_bytes(good[:8], "little")
    header = json.loads(good[8 : 8 + length])

    def with_header(change: dict) -> bytes:
        text = json.dumps({**header, **change}).encode()
        return len(text).to_bytes(8, "little") + text + good[8 + length :]

    shared = {
        **header["unembeddings"],
        "data_offsets": [start := header["embeddings"]["data_offsets"][0], start + 96],
    }
    stored = npz(embeddings=F, unembeddings=G)
    encrypted = stored[: (place := stored.index(b"PK\x01\x02")) + 8] + b"\x01" + stored[place + 9 :]
    cases = [
        (
            "x.npz",
            archive([("embeddings", zeros), ("unembeddings", npy(G[:, :1]))]),
            r"found N = 20,001 inputs, expected at most 20,000.*repsim compare",
        ),
        (
            "x.safetensors",
            safetensors(embeddings=F, unembeddings=np.zeros((101, 2))),
            r"found K = 101 labels, expected at most 100.*repsim compare",
        ),
        (
            "x.npz",
            archive([("embeddings", huge(F, b"10000000000000")), ("unembeddings", npy(G))]),
            r"no readable .npz file.*its header asks for|found N",
        ),
        ("x.safetensors", with_header({"unembeddings": shared}), "begins at byte"),
        (
            "x.safetensors",
            with_header({"unembeddings": {**header["unembeddings"], "shape": [7, 2]}}),
            "asks for 112 bytes and there are 96",
        ),
        ("x.safetensors", (2**40).to_bytes(8, "little") + b"{}", "a header of"),
        ("x.npz", encrypted, "is encrypted"),
        ("x.pt", b"PK", r"expected a name that ends in \.safetensors or \.npz"),
    ]
    files = []
    for place, (name, content, _) in enumerate(cases):
        path = tmp_path / str(place) / name
        path.parent.mkdir()
        path.write_bytes(content)
        files.append((path, NAMES))
    for (_, _, match), found in zip(cases, loaded(files), strict=True):
        assert re.search(match, found.get("error", "it was read")), (match, found)


def test_the_samples_are_a_pair_of_table_1(tmp_path):
    one, two = (tmp_path / name for name in own_page.samples())
    for path in (one, two):
        path.write_bytes(own_page.samples()[path.name])
    assert sum(path.stat().st_size for path in (one, two)) < 20_000
    a = rc.load(one)
    b = rc.load(two, embeddings="hidden_states", unembeddings="lm_head.weight", labels="y")
    found = rc.compare(a, b)
    assert found.d_kl < 0.1
    assert found.mean_cca < 0.05
    ((_, described),) = in_node(
        ("files.js",),
        """const opened = await own.openFile(await fileOf(given));
        return [["guess", own.guessNames(await own.describeArrays(opened))]];""",
        str(two),
    )
    assert described == {
        "embeddings": "hidden_states",
        "unembeddings": "lm_head.weight",
        "bias": None,
        "labels": "y",
    }
