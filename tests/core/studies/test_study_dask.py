"""A study on a Dask cluster of several processes, one of which is killed: the same bytes as without."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from processes import HANG, MEETING, REPORT, Meeting
from studies import TINY, command, compute, entries, tiny

from repsim_core.store import Store
from repsim_core.studies import run, units

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

PATIENT = {
    **{f"distributed.comm.timeouts.{name}": f"{HANG}s" for name in ("connect", "tcp")},
    "distributed.scheduler.worker-ttl": None,
}


@pytest.fixture
def cluster(monkeypatch):
    import dask

    monkeypatch.setattr(run, "_ANSWER_SECONDS", HANG)
    with (
        dask.config.set(PATIENT),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
    ):
        yield cluster


def stop_second_training(path: str) -> None:
    """In a worker: the second training that the cluster begins says which process it is in, and goes no further."""
    os.environ[MEETING] = path
    train = units.train_stack

    def stopping(*given, **options):
        for number in (1, 2):
            try:
                os.close(os.open(f"{path}-{number}", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                continue
            if number == 2:
                options["progress"] = lambda _: stop()
            break
        return train(*given, **options)

    def stop():
        exec(REPORT)
        threading.Event().wait()

    units.train_stack = stopping


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
