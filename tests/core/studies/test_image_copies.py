"""Studies of images without the images: declared, looked up, recorded; computed with them alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import torch
from studies import command, inline

from repsim_book.cli import study_work as study_commands
from repsim_core.datasets import cifar, loading
from repsim_core.datasets.images import ImageSet
from repsim_core.errors import DatasetError, InputError
from repsim_core.store import Store
from repsim_core.studies.catalogue import declare_study
from repsim_core.studies.image_copies import noted_copies

PART = ["--recipe", "digits", "--m", "2", "--seeds", "0,1", "--steps", "2"]


class Images:
    """Stands for CIFAR-10 on this machine.

    Attributes:
        here: the number of the copy, None where there is none.
        downloads: for each time that it was asked for, whether it might have been fetched.
    """

    def __init__(self) -> None:
        self.here: int | None = None
        self.downloads: list[bool] = []

    def load(self, *, download: bool = True) -> tuple[ImageSet, ImageSet]:
        self.downloads.append(download)
        if self.here is None:
            raise DatasetError("root: found none")
        generator = torch.Generator().manual_seed(self.here)
        pixels = torch.randint(0, 256, (130, 8, 8, 3), dtype=torch.uint8, generator=generator)
        parts = {"training": slice(30, None), "test": slice(30)}
        train, test = (
            ImageSet(
                pixels[rows], torch.arange(130)[rows] % 10, tuple("abcdefghij"), f"copy {self.here}, {part}"
            )
            for part, rows in parts.items()
        )
        return train, test

    def are(self, number: int | None) -> None:
        """From now on it is this copy, or none."""
        self.here = number
        self.downloads.clear()
        loading._loaded.cache_clear()
        loading._copy.cache_clear()


@pytest.fixture
def images(monkeypatch, tmp_path):
    monkeypatch.setenv("REPSIM_CACHE", str(tmp_path / "user"))
    monkeypatch.setattr(study_commands, "local_executor", inline)
    monkeypatch.setattr(loading, "cifar10", (images := Images()).load)
    images.are(None)
    yield images
    images.are(None)


def test_declaring_loads_nothing(images):
    for grid in ("paper", "fast", "auxiliary"):
        study = declare_study("cifar10", grid)
        assert (study.name, study.data) == ("cifar10", None)
    assert images.downloads == []


def test_without_images_and_results_all_is_missing(images, tmp_path, capsys):
    where = ["--cache", str(tmp_path / "store")]
    assert command(["status", "cifar10", "--grid", "fast", *where]) == 0
    assert "0 done, 33 missing, 0 damaged" in capsys.readouterr().out
    assert command(["cifar10", "--estimate", *where]) == 0
    assert command(["record", "cifar10", *where, "--record", str(tmp_path / "record")]) == 2
    assert "no group of the study is complete" in capsys.readouterr().err
    assert not any(images.downloads)
    assert not (tmp_path / "store").exists()


def test_results_are_found_and_recorded_without_images(images, tmp_path, capsys):
    where = ["--cache", str(tmp_path / "store")]
    images.are(1)
    assert command(["cifar10", *PART, *where]) == 0
    copy = loading.copy_here("cifar10")
    images.are(None)
    assert command(["status", "cifar10", *PART, *where]) == 0
    said = capsys.readouterr().out
    assert "3 done, 0 missing, 0 damaged" in said
    assert f"images: copy 1, {copy.data}\n" in said
    assert command(["record", "cifar10", *PART, *where, "--record", str(tmp_path / "record")]) == 0
    assert images.downloads == []
    provenance = json.loads((tmp_path / "record" / "provenance.json").read_bytes())
    assert (provenance["study"]["data"], provenance["study"]["images"]) == (copy.data, "copy 1")
    assert [each["typed"].split()[2] for each in provenance["commands"]] == ["cifar10", "record"]
    # What is recorded of one copy is not checked with another.
    images.are(2)
    words = ["check", "cifar10", "--record", str(tmp_path / "record"), "--cache", str(tmp_path / "check")]
    assert command(words) == 2
    assert "dataset: found other images of cifar10 here (copy 2, " in capsys.readouterr().err
    assert not (tmp_path / "check").exists()


def test_of_several_copies_the_one_at_hand_is_taken_and_others_are_named(images, tmp_path, capsys):
    where = ["--cache", str(tmp_path)]
    for number in (1, 2):
        images.are(number)
        assert command(["cifar10", *PART, *where]) == 0
    noted = noted_copies(Store(tmp_path), "cifar10")
    assert {copy.images for copy in noted} == {"copy 1", "copy 2"}
    for number in (1, 2):
        images.are(number)
        capsys.readouterr()
        assert command(["status", "cifar10", *PART, *where]) == 0
        said = capsys.readouterr().out
        assert f"images: copy {number}, " in said
        assert f"not counted: results of copy {3 - number}, " in said
        assert images.downloads == [False]
    images.are(3)
    assert command(["status", "cifar10", *PART, *where]) == 0
    assert f"images: {noted[0].images}, " in capsys.readouterr().out


def test_results_without_a_note_are_found_with_the_images(images, tmp_path, capsys):
    where = ["--cache", str(tmp_path)]
    images.are(1)
    assert command(["cifar10", *PART, *where]) == 0
    (note,) = tmp_path.glob(".images-*")
    note.write_text("{}", encoding="utf-8")
    messages: list[str] = []
    assert noted_copies(Store(tmp_path, messages.append), "cifar10") == []
    assert messages == [f"damaged note of images, left out: {note}"]
    note.unlink()
    assert command(["status", "cifar10", *PART, *where]) == 0
    assert "3 done, 0 missing, 0 damaged" in capsys.readouterr().out


def test_computing_without_images_is_refused_before_it_begins(images, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(study_commands, "local_executor", None)
    assert command(["cifar10", *PART, "--cache", str(tmp_path / "store")]) == 2
    assert capsys.readouterr().err == "repsim: root: found none\n"
    assert not (tmp_path / "store").exists()


def test_a_study_of_digits_is_called_so(images, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command(["digits", "--grid", "smoke"]) == 0
    assert images.downloads == []
    assert command(["status", "digits", "--grid", "smoke"]) == 0
    assert "4 done, 0 missing, 0 damaged; cache: runs/digits-study" in capsys.readouterr().out
    assert command(["record", "digits", "--grid", "smoke", "--record", "record"]) == 0
    provenance = json.loads((tmp_path / "record" / "provenance.json").read_bytes())
    assert provenance["study"]["name"] == provenance["study"]["dataset"] == "digits"
    with pytest.raises(InputError, match="grid: found 'smoke'; known are: paper, fast, auxiliary"):
        declare_study("cifar10", "smoke")


def test_a_damaged_source_is_one_message_of_the_command(tmp_path):
    damaged = tmp_path / "images.tar"
    damaged.write_bytes(b"no archive")
    environment = {**os.environ, "REPSIM_CIFAR10": str(damaged), "REPSIM_CACHE": str(tmp_path / "user")}
    words = [sys.executable, "-m", "repsim_book", "study", "cifar10", "--cache", str(tmp_path / "store")]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(f"repsim: {damaged}: found a damaged archive")
    assert done.stderr.count("\n") == 1
    status = [*words[:4], "status", *words[4:]]
    done = subprocess.run(status, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 done, 33 missing" in done.stdout


def test_nothing_is_fetched_to_say_what_is_there(tmp_path, monkeypatch):
    monkeypatch.delenv("REPSIM_CIFAR10", raising=False)
    monkeypatch.setenv("REPSIM_CACHE", str(tmp_path))
    monkeypatch.setattr(cifar, "_fetch", lambda archive: pytest.fail("fetched"))
    loading._loaded.cache_clear()
    loading._copy.cache_clear()
    assert loading.copy_at_hand("cifar10") is None


def test_an_unknown_data_set_is_named():
    with pytest.raises(InputError, match="dataset: found 'digit'; did you mean digits"):
        loading.load_images("digit")
