"""The folder of a run: all its files or none, whatever fails."""

import errno
import json
import os
from pathlib import Path

import pytest

from repsim_book.execution.run_files import keep_run, refuse_foreign
from repsim_core.errors import InputError, WriteError

NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("fails_at", range(4))
def test_a_full_disk_leaves_the_earlier_run_whole(tmp_path, monkeypatch, fails_at):
    keep_run(tmp_path, "02_x", NOTEBOOK, {"a.csv": b"1", "results.json": b"{}"}, {"number": 1})
    before = content(tmp_path)
    assert json.loads(before["run.json"]) == {"number": 1}
    write, written = Path.write_bytes, []

    def full(path: Path, data: bytes) -> int:
        written.append(path)
        if len(written) > fails_at:
            write(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(WriteError, match=r"cannot write .*: No space left on device") as error:
            keep_run(tmp_path, "02_x", NOTEBOOK, {"a.csv": b"2", "results.json": b"{}"}, {"number": 2})
    assert written[-1].name in str(error.value)
    assert ".part-" not in str(error.value)
    assert content(tmp_path) == before
    keep_run(tmp_path, "02_x", NOTEBOOK, {"results.json": b"{}"}, {"number": 2})
    assert json.loads((tmp_path / "run.json").read_text()) == {"number": 2}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_full_disk_at_the_first_run_does_not_make_the_folder_a_foreign_one(tmp_path, monkeypatch):
    def full(path: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(WriteError):
            keep_run(tmp_path, "02_x", NOTEBOOK, {"results.json": b"{}"}, {})
    refuse_foreign(tmp_path, "02_x")
    (tmp_path / "results").mkdir(exist_ok=True)
    refuse_foreign(tmp_path, "02_x")
    (tmp_path / "results" / "mine.txt").touch()
    with pytest.raises(InputError, match="is something other than of a run of 02_x"):
        refuse_foreign(tmp_path, "02_x")


def test_what_a_killed_run_was_writing_goes_with_the_next_one(tmp_path):
    (tmp_path / ".part-0" / "results").mkdir(parents=True)
    keep_run(tmp_path, "02_x", NOTEBOOK, {"results.json": b"{}"}, {})
    assert not (tmp_path / ".part-0").exists()
