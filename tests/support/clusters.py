"""Dask clusters of processes of this machine, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from processes import HANG

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

# On a busy machine processes answer late, and none that does is lost.
_PATIENT = {
    **{f"distributed.comm.timeouts.{name}": f"{HANG}s" for name in ("connect", "tcp")},
    "distributed.scheduler.worker-ttl": None,
}
_TRIES = 3


@contextmanager
def local_cluster(workers: int = 2) -> Iterator[Any]:
    """A cluster of so many processes with one thread each; a start that fails is tried again."""
    from dask.config import set as configured

    with configured(_PATIENT), _started(workers) as cluster:
        yield cluster


def _started(workers: int) -> Any:
    # Any port: the usual one may be that of another test's.
    options = {"threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    for _ in range(_TRIES - 1):
        # A process ended, or its connection closed, before it was there.
        with suppress(RuntimeError, OSError):
            return distributed.LocalCluster(n_workers=workers, **options)
    return distributed.LocalCluster(n_workers=workers, **options)
