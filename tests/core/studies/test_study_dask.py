"""A study on a Dask cluster of several processes, one of which is killed: the same bytes as without."""

from __future__ import annotations

import os
import signal

import pytest
from clusters import local_cluster
from processes import HANG, Meeting
from studies import TINY, command, compute, entries, stop_second_training, tiny

from repsim_core import executors
from repsim_core.store import Store

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setattr(executors, "_ANSWER_SECONDS", HANG)
    with local_cluster() as cluster:
        yield cluster


def test_a_study_survives_a_killed_worker(cluster, tmp_path, capsys, monkeypatch):
    """The worker is killed in the middle of a training, when the first entry is stored."""
    directory, killed, put = tmp_path / "cache", [], Store.put

    def put_and_kill(*given):
        path = put(*given)
        if not killed:
            killed.extend(meeting.reports(1))
            os.kill(killed[0], signal.SIGKILL)
            meeting.ended()
        return path

    with Meeting(tmp_path / "meeting") as meeting:
        with distributed.Client(cluster, set_as_default=False) as client:
            assert len(client.run(stop_second_training, str(meeting.path))) == 2
        monkeypatch.setattr(Store, "put", put_and_kill)
        words = ["width", *TINY, "--cache", str(directory)]
        code = command([*words, "--scheduler", cluster.scheduler_address])
    assert code == 0, capsys.readouterr().err
    assert killed
    monkeypatch.undo()
    assert entries(directory) == compute(tiny(), tmp_path / "alone")
