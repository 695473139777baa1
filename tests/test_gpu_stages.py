"""The stages that wait for a GPU (`benchmarks/gpu.py`), tried on the CPU."""

from __future__ import annotations

import json
import runpy
import sys

import torch
from places import ROOT
from safetensors import safe_open
from safetensors.torch import load_file

from repsim_core.datasets.shifts import STRENGTHS


def test_every_stage_leaves_its_file_and_is_not_done_again(tmp_path, monkeypatch, capsys):
    def run() -> str:
        monkeypatch.setattr(sys, "argv", ["gpu.py", str(tmp_path), "--cpu-test"])
        runpy.run_path(str(ROOT / "benchmarks" / "gpu.py"), run_name="__main__")
        return capsys.readouterr().out

    assert run().count("accuracy") == 5
    names = ("paper-M5", "paper-own-batches-M2", "fast-M2", "fast-M3", "fast-M5")
    for name in names:
        arrays = load_file(tmp_path / f"{name}.safetensors")
        assert arrays["embeddings"].shape == (2, 40, int(name[-1]))
        moved = load_file(tmp_path / f"{name}-shifted.safetensors")
        assert len(moved) == 3 * len(STRENGTHS)
        assert {each.shape for each in moved.values()} == {arrays["embeddings"].shape}
        assert not torch.equal(moved["blur/0.5/embeddings"], moved["blur/2/embeddings"])
    with safe_open(tmp_path / "paper-M5.safetensors", "pt") as file:
        assert json.loads(file.metadata()["recipe"])["name"] == "paper"
    assert len(json.loads((tmp_path / "speed.json").read_text())) == 5
    assert not list((tmp_path / "state").iterdir())
    assert run() == ""
