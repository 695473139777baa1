"""What the tests of commands share."""

import numpy as np
import pytest

import repsim_core
from repsim_book.cli import main
from repsim_book.execution import batch


@pytest.fixture
def nothing_runs(monkeypatch):
    """No process that executes a chapter may start."""

    def refuse(*_, **__):
        raise AssertionError("a chapter was about to be executed")

    monkeypatch.setattr(batch, "child", refuse)


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Call the command in an empty folder; (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = main.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return call


@pytest.fixture
def models(tmp_path):
    """Two models in files, of N = 12 inputs, K = 5 labels and M = 2."""
    rng = np.random.default_rng(0)
    found = [repsim_core.Representations(rng.normal(size=(12, 2)), rng.normal(size=(5, 2))) for _ in range(2)]
    for model, name in zip(found, ("a.npz", "b.safetensors"), strict=True):
        model.save(tmp_path / name)
    return found
