"""What a study needs is said before it begins, and refused where the machine does not have it."""

from __future__ import annotations

from pathlib import Path

import pytest
from studies import command, compute, entries, small

from repsim_book.cli import study_work as study_commands
from repsim_core.errors import InputError
from repsim_core.store import Store
from repsim_core.studies import estimate as estimates
from repsim_core.studies.catalogue import declare_study
from repsim_core.studies.estimate import Estimate, estimate
from repsim_core.studies.image_study import ImageGroup
from repsim_core.studies.study import comparing

WORDS = ["width", "--grid", "smoke", "--variant", "free"]


@pytest.fixture(autouse=True)
def usual_machine(monkeypatch):
    """No clock decides what is estimated: a machine of two cores, as fast as the one that units count by."""
    monkeypatch.setattr(estimates, "_slowness", lambda: 1.0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)


def test_only_what_is_not_stored_is_counted(tmp_path):
    everything = estimate(small(), Store(tmp_path), 1)
    assert everything.units == 4
    compute(small(widths=[4]), tmp_path)
    half = estimate(small(), Store(tmp_path), 1)
    assert half.units == 2
    assert half.seconds < everything.seconds
    assert half.disk < everything.disk
    compute(small(), tmp_path)
    assert estimate(small(), Store(tmp_path), 1) == Estimate(0, 1, 0.0, 0.0, 0.0)


def test_a_lost_stack_is_counted_and_what_is_compared_with_it(tmp_path):
    compute(small(), tmp_path)
    next(tmp_path.glob("train-K4-w8-*")).unlink()
    assert estimate(small(), Store(tmp_path), 1).units == 2


def test_time_falls_with_processes_down_to_the_longest_unit(tmp_path):
    study = declare_study("width", "paper")
    one, two, many = (estimate(study, Store(tmp_path), jobs) for jobs in (1, 2, 50))
    assert two.seconds < 0.6 * one.seconds
    assert many.seconds == two.seconds  # there are two cores
    assert 3_600 < two.seconds < 3 * 3_600  # two hours once, beside other work
    single = declare_study("width", "paper", classes=[4], widths=[256], seeds=[0, 1])
    longest = single.trainings(single.groups[0])[0].needs.cost / 1e6
    assert estimate(single, Store(tmp_path), 2).seconds > longest


def test_what_entries_take_is_what_was_said(tmp_path):
    for study, folder in (
        (small(), tmp_path / "width"),
        (declare_study("digits", "smoke").prepared(), tmp_path / "digits"),
    ):
        compute(study, folder)
        store = Store(folder)
        for group in study.groups:
            units = study.trainings(group)
            names = [unit.address.entry(store.get(unit.address)) for unit in units]
            for unit in (*units, comparing(study, group, names)):
                assert 0.5 < unit.needs.kept / len(store.get(unit.address)) < 2, unit


def test_the_papers_recipe_needs_days_and_checkpoints(tmp_path):
    paper = estimate(declare_study("cifar10", "paper"), Store(tmp_path), 2)
    fast = estimate(declare_study("cifar10", "fast"), Store(tmp_path), 2)
    assert paper.units == fast.units == 33
    assert 48 * 3_600 < paper.seconds < 200 * 3_600
    assert 3_600 < fast.seconds < 8 * 3_600
    assert paper.disk > 2 * 130e6
    assert 1e9 < fast.memory < 3e9


def test_of_a_gpu_no_time_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    study = declare_study("width", "smoke", device="cuda")
    assert estimate(study, Store(tmp_path), 1).seconds is None
    assert command([*WORDS, "--device", "cuda", "--estimate", "--cache", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("with 1 process: ")
    assert said.endswith(" of disk; how long GPUs take is not estimated\n")


def test_models_in_step_have_their_checkpoints_at_a_time(tmp_path):
    one, ten = (
        estimate(declare_study("cifar10", "fast", dims=[2], device=device), Store(tmp_path), 1).disk
        for device in ("cpu", "cuda")
    )
    scratch = declare_study("cifar10", "fast").trainings(ImageGroup("fast", 2))[0].needs.scratch
    assert ten - one == pytest.approx(9 * scratch)


def test_what_would_be_refused_is_not_estimated(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    gpu = ["--device", "cuda"]
    for words in ([*WORDS, *gpu, "--estimate"], [*WORDS, *gpu]):
        assert command(words) == 2
        assert "--device: found 'cuda', expected" in capsys.readouterr().err
    assert (
        command([*WORDS, *gpu, "--estimate", "--scheduler", "127.0.0.1:9"]) == 0
    )  # its workers may have some
    assert "of memory for each worker" in capsys.readouterr().out
    for address in ("foo", "", "tcp://", "tcp://host", "tcp://host:x", "tcp://host:99999", "http://host:80"):
        for words in ([*WORDS, "--estimate"], WORDS):
            assert command([*words, "--scheduler", address]) == 2
            assert f"--scheduler: found {address!r}, expected an address" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_memory_and_disk_that_are_not_there_are_refused(tmp_path, monkeypatch, capsys):
    needs = Estimate(units=3, jobs=4, seconds=1.0, memory=1e9, disk=5e9)
    monkeypatch.setattr(estimates, "total", lambda: 3.9e9)
    monkeypatch.setattr(estimates, "_free", lambda folder: 6e9)
    with pytest.raises(
        InputError, match=r"jobs: found 4, each with 1.0 GB of memory, expected at most the 3.9 GB"
    ):
        needs.check(Store(tmp_path))
    needs.check(Store(tmp_path), here=False)
    monkeypatch.setattr(estimates, "_free", lambda folder: 4e9)
    with pytest.raises(InputError, match=r"cache: found 4.0 GB free in .*, expected 5.0 GB"):
        needs.check(Store(tmp_path), here=False)
    monkeypatch.setattr(study_commands, "local_executor", None)  # nothing is begun
    assert command([*WORDS, "--cache", str(tmp_path / "new"), "--jobs", "100"]) == 2
    assert "--jobs: found 100, each with" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_it_and_stops(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(study_commands, "local_executor", None)
    assert command(["width", "--jobs", "2", "--estimate"]) == 0
    said = capsys.readouterr().out
    assert "with 2 processes" in said
    assert "of memory each" in said
    assert "of disk" in said
    assert command(["width", "--scheduler", "tcp://127.0.0.1:9", "--estimate"]) == 0
    assert "of one core like this machine's" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_of_a_complete_study_nothing_is_left(tmp_path, capsys):
    compute(small(), tmp_path)
    before = entries(tmp_path)
    assert command([*WORDS, "--cache", str(tmp_path), "--estimate"]) == 0
    assert capsys.readouterr().out == "nothing is left to compute\n"
    assert entries(tmp_path) == before


def test_free_disk_is_that_of_the_folder_to_be_made():
    assert estimates._free(Path("/nowhere/at/all")) == estimates._free(Path("/")) > 0
