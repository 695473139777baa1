"""A study on a Dask cluster of several processes, one of which is killed: the same bytes as without."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from studies import TINY, command, compute, entries, tiny

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


@pytest.fixture
def cluster():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
    ):
        yield cluster


def kill_one_at_work(cluster, directory: Path, killed: list[int]) -> None:
    """When the first entry is stored and a worker is computing, kill that worker."""
    with distributed.Client(cluster, set_as_default=False) as client:
        while not killed:
            busy = [name for name, tasks in client.processing().items() if tasks]
            if busy and directory.exists() and entries(directory):
                nanny = next(w for w in cluster.workers.values() if w.worker_address == busy[0])
                killed.append(nanny.pid)
                os.kill(nanny.pid, signal.SIGKILL)
            time.sleep(0.02)


def test_a_study_survives_a_killed_worker(cluster, tmp_path, capsys):
    directory, killed = tmp_path / "cache", []
    killer = threading.Thread(target=kill_one_at_work, args=(cluster, directory, killed))
    killer.start()
    words = ["width", *TINY, "--cache", str(directory)]
    code = command([*words, "--scheduler", cluster.scheduler_address])
    finished = bool(killed)
    killed.append(0)  # ends the thread, should it have found nothing to kill
    killer.join()
    assert code == 0, capsys.readouterr().err
    assert finished
    assert entries(directory) == compute(tiny(), tmp_path / "alone")
