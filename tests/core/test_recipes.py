"""The page "Your own models": its recipes are executed, and the figures of its tables are computed anew."""

from __future__ import annotations

import copy
import importlib.util
import re
import runpy
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from places import ROOT

import repsim_core as rc
from repsim_core.measures.canonical import chance_cca
from repsim_core.wording import significant

RECIPES = ROOT / "book" / "recipes"
PAGE = (ROOT / "book" / "own_models.md").read_text("utf-8")
# What each needs, M of both models, K, and the accuracy that both reach.
EXPECTED = {
    "torch_classifier": ((), (64, 32), 10, 0.9),
    "logistic_regression": ((), (64, 64), 10, 0.85),
    "language_model": ((), (32, 48), None, 0.15),
    "onnx_classifier": (("onnx", "onnxruntime"), (64, 32), 10, 0.85),
    "jax_network": (("jax",), (64, 32), 10, 0.9),
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """By name, the names that a recipe leaves; it is executed once, in a folder of its own."""

    @cache
    def execute(name: str) -> SimpleNamespace:
        with pytest.MonkeyPatch.context() as monkeypatch, torch.random.fork_rng():
            monkeypatch.chdir(tmp_path_factory.mktemp(name))
            return SimpleNamespace(**runpy.run_path(str(RECIPES / f"{name}.py")))

    def execute_or_skip(name: str) -> SimpleNamespace:
        if absent := [each for each in EXPECTED[name][0] if importlib.util.find_spec(each) is None]:
            pytest.skip(f"there is no {' and no '.join(absent)}")
        return execute(name)

    return execute_or_skip


@pytest.fixture(params=EXPECTED)
def recipe(request, executed):
    return request.param, executed(request.param)


def softmax(logits: np.ndarray) -> np.ndarray:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def test_a_recipe_ends_in_a_comparison_of_two_trained_models(recipe):
    name, found = recipe
    _, dims, labels, accuracy = EXPECTED[name]
    assert isinstance(found.comparison, rc.Comparison)
    assert found.comparison.dims == dims
    assert labels is None or found.comparison.num_labels == labels
    assert found.comparison.accuracies is not None
    assert min(found.comparison.accuracies) > accuracy


def test_the_arrays_of_a_recipe_give_the_model_s_own_probabilities(recipe):
    """By NumPy alone: what the check in the recipe says is so."""
    name, found = recipe
    a = found.a
    bias = 0.0 if a.bias is None else np.asarray(a.bias)
    probabilities = softmax(np.asarray(a.embeddings) @ np.asarray(a.unembeddings).T + bias)
    if name in ("torch_classifier", "language_model"):
        own = found.logits.softmax(dim=-1).numpy()
    elif name == "logistic_regression":
        own = found.first.predict_proba(found.inputs)
    else:
        own = np.asarray(found.own)
    assert np.abs(probabilities - own).max() < 1e-5
    if a.bias is not None:  # it is not there for nothing: without it they are others
        assert np.abs(softmax(np.asarray(a.embeddings) @ np.asarray(a.unembeddings).T) - own).max() > 1e-3


def test_what_the_page_says_of_ranks(recipe):
    name, found = recipe
    expected = (32, 48) if name == "language_model" else (9, 9)
    assert found.comparison.ranks == expected
    assert found.comparison.representation.exhaustive == (name != "language_model")


def test_a_network_without_a_bias(executed):
    take = executed("torch_classifier").representations
    network = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3, bias=False))
    a, logits = take(network, network[-1], torch.randn(600, 6))
    assert a.bias is a.labels is None
    assert torch.allclose(a.log_probs().exp(), logits.softmax(dim=1).double(), atol=1e-6)
    assert not network[-1]._forward_pre_hooks


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_check_of_a_network_in_half_precision(executed, dtype):
    found = executed("torch_classifier")
    network = copy.deepcopy(found.first).to(dtype)
    a, logits = found.representations(network, network[-1], found.inputs.to(dtype))
    check = (RECIPES / "torch_classifier.py").read_text("utf-8")
    lines = check.partition("# The check")[2].partition("comparison =")[0].splitlines()[1:]
    loosened = "\n".join(lines).replace("1e-5", "0.03")
    assert loosened.count("0.03") == 1
    exec(loosened, {"a": a, "logits": logits, "torch": torch})
    with pytest.raises(AssertionError):
        exec("\n".join(lines), {"a": a, "logits": logits, "torch": torch})


def test_a_regression_with_two_classes_has_two_rows(executed):
    found = executed("logistic_regression")
    assert found.c.unembeddings.shape == (2, 64)
    assert found.c.rank == 1
    own = found.binary.predict_proba(found.images[found.two])
    assert np.abs(np.exp(found.c.log_probs()) - own).max() < 1e-12


def test_the_two_language_models_are_tied_and_untied(executed):
    found = executed("language_model")
    assert found.first.lm_head.weight is found.first.embed.weight
    assert found.second.lm_head.weight is not found.second.embed.weight
    real = found.unseen[:, 1:] != found.PAD
    assert found.a.num_inputs == int(real.sum()) < real.numel()
    assert not bool((found.a.labels == found.PAD).any())


@pytest.mark.parametrize("end", ["Gemm", "transposed Gemm", "MatMul", "MatMul and Add"])
@pytest.mark.parametrize("bias", [True, False])
def test_the_ends_that_an_onnx_file_can_have(tmp_path, executed, end, bias):
    found = executed("onnx_classifier")
    if (end == "MatMul and Add") != bias and end.startswith("MatMul"):
        pytest.skip("a MatMul has a bias where there is an Add")
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    weights, shift = rng.normal(size=(5, 3)).astype(np.float32), rng.normal(size=3).astype(np.float32)
    arrays = {"w": weights.T if "transposed" in end else weights} | ({"b": shift} if bias else {})
    if "Gemm" in end:
        turned = {"transB": 1} if "transposed" in end else {}
        nodes = [helper.make_node("Gemm", ["h", "w", *(["b"] if bias else [])], ["logits"], **turned)]
    else:
        nodes = [helper.make_node("MatMul", ["h", "w"], ["p" if bias else "logits"])]
        nodes += [helper.make_node("Add", ["b", "p"], ["logits"])] if bias else []
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["h"]), *nodes],
        "end",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 5])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 3])],
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in arrays.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), tmp_path / "end.onnx")
    x = rng.normal(size=(20, 5)).astype(np.float32)
    a, logits = found.representations(tmp_path / "end.onnx", x)
    assert np.allclose(a.embeddings, np.maximum(x, 0))
    assert np.allclose(a.unembeddings, weights.T)
    assert (a.bias is None) == (not bias)
    assert np.allclose(np.exp(a.log_probs()), softmax(logits), atol=1e-6)


def test_the_shown_part_of_the_jax_recipe_with_numpy_in_the_place_of_jax(capsys):
    """So that it is executed where there is no JAX, too."""
    text = (RECIPES / "jax_network.py").read_text("utf-8")
    shown = text.split("# [recipe]")[1].split("# [use]")[0] + text.split("# [compare]")[1]
    rng = np.random.default_rng(0)

    def params(width):
        return {
            name: {"kernel": rng.normal(size=shape), "bias": rng.normal(size=shape[1])}
            for name, shape in (("hidden", (5, width)), ("head", (width, 4)))
        }

    relu = SimpleNamespace(relu=lambda x: np.maximum(x, 0), softmax=softmax)
    names = {"jax": SimpleNamespace(nn=relu), "np": np, "rc": rc, "first": params(8), "second": params(6)}
    names |= {"inputs": rng.normal(size=(50, 5)), "truth": np.arange(50) % 4}
    exec(compile(shown, "jax_network.py", "exec"), names)
    assert names["comparison"].dims == (8, 6)
    assert capsys.readouterr().out == f"{names['comparison']}\n"


def test_the_page_shows_every_recipe_and_where_it_begins():
    shown = re.findall(r"\{literalinclude\} recipes/(\w+)\.py\n((?::.*\n)+)", PAGE)
    assert {name for name, _ in shown} == set(EXPECTED) == {path.stem for path in RECIPES.glob("*.py")}
    for name, options in shown:
        text = (RECIPES / f"{name}.py").read_text("utf-8")
        for mark in re.findall(r'"(# \[\w+\])"', options):
            assert text.count(f"\n{mark}\n") == 1
        assert f"<recipes/{name}.py>" in PAGE


# -- tables ----------------------------------------------------------------------------------------------------------


def table(heading: str) -> list[list[str]]:
    """The rows of the page's table whose first cell is this."""
    lines = PAGE.split(f"| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.fixture(scope="module")
def pair():
    """K = 20 labels in M = 8 dimensions, and a noisy copy, of the first of 10,000 inputs."""
    rng = np.random.default_rng(0)
    f, g = rng.normal(size=(100_000, 8)), rng.normal(size=(20, 8))
    noise, other = 0.3 * rng.normal(size=f.shape), g + 0.3 * rng.normal(size=g.shape)

    def first(count):
        return rc.Representations(f[:count], g), rc.Representations((f + noise)[:count], other)

    return first


def test_mean_cca_by_chance_in_the_table():
    expected = []
    for count in (100, 300, 1000, 3000, 10_000, 30_000):
        chance = {r: chance_cca(count, r, r) for r in (9, 64, 512) if 2 * r < count}
        expected.append([f"{count:,}", *(f"{chance[r]:.2f}" if r in chance else "–" for r in (9, 64, 512))])
        for r, value in chance.items():
            assert value == pytest.approx(0.85 * (r / count) ** 0.5, rel=0.08)
    assert table("Inputs $N$") == expected
    assert round(chance_cca(20 * 64, 64, 64), 2) == 0.19
    assert "by chance is then 0.19" in PAGE


def test_intervals_against_the_number_of_inputs_in_the_table(pair):
    rows = PAGE.split("| Inputs $N$ |")[2].split("\n\n")[0].splitlines()[2:]
    for row, count in zip(rows, (100, 1000, 10_000), strict=True):
        found = rc.bootstrap_intervals(*pair(count), pivot=0, labels="all")
        chosen = (found[name] for name in ("d_kl", "mean_cca", "ratio_distance"))
        cells = [f"{x.value:.3f} [{x.low:.3f}, {x.high:.3f}]" for x in chosen]
        assert row == f"| {count:,} | {' | '.join(cells)} |"


def rounded_to(array: np.ndarray, bits: int) -> np.ndarray:
    fraction, exponent = np.frexp(array)
    return np.ldexp(np.round(np.ldexp(fraction, bits)), exponent - bits)


def test_what_half_precision_does_in_the_table(pair):
    a, _ = pair(3000)
    expected = []
    for name, bits in (("float16", 11), ("bfloat16", 8)):
        b = rc.Representations(rounded_to(a.embeddings, bits), rounded_to(a.unembeddings, bits))
        found = rc.compare(a, b, pivot=0, labels="all")
        figures = (found.d_kl, found.d_llv, found.d_fg, 1 - found.mean_cca)
        expected.append([name, *(significant(figure, 1) for figure in figures)])
    assert table("Rounded to") == expected
