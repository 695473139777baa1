"""A submission's process that does not answer is ended from outside it."""

import sys

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from processes import HANG

from repsim_book.classroom.apart import worker as worker_module
from repsim_book.classroom.apart.channel import Channel, EndedError
from repsim_book.classroom.apart.limits import Limits
from repsim_book.classroom.apart.worker import Worker
from repsim_book.classroom.isolated import given_by
from repsim_book.processes import child


def worker_of(tmp_path, seconds: int) -> Worker:
    notebook = new_notebook(cells=[new_code_cell("a = 1")])
    limits = vars(Limits()) | {"cell_seconds": seconds}
    sandbox = {"hidden": []}
    order = {
        "notebook": notebook,
        "given": given_by(notebook),
        "limits": limits,
        "files": {},
        "sandbox": sandbox,
        "group": [],
    }
    return Worker(order, tmp_path)


def test_a_process_that_answers_nothing_is_ended_at_its_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(worker_module, "_LATE", 0)
    worker = worker_of(tmp_path, 1)
    with child(["-c", "import sys; sys.stdin.read()"], program=[sys.executable]) as process:
        worker._executor = Channel(process)
        with pytest.raises(EndedError):
            worker._asked({})
        assert process.wait() != 0
    assert worker.problems == {"timeout": "cell 1 took longer than 1 s"}


def test_a_process_that_ends_by_itself_was_not_late(tmp_path):
    worker = worker_of(tmp_path, HANG)
    with child(["-c", "pass"], program=[sys.executable]) as process:
        worker._executor = Channel(process)
        with pytest.raises(EndedError):
            worker._asked({})
    assert worker.problems == {}
