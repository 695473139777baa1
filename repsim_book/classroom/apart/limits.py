"""What the execution of one submission may take."""

from __future__ import annotations

import os
import resource
import threading
from dataclasses import dataclass

# Bytes of an executed notebook, and half of any file that it writes.
MAX_OUTPUT = 20_000_000
# Processes and threads of a submission at a time; a kernel has a dozen.
MAX_PROCESSES = 200
# In which the number of those is looked for that are there and cannot be seen.
_STEP = 50
# Bytes that the processes around the kernel take beside its memory.
BESIDE = 300_000_000
# Bytes that a submission can write to its files, and to shared memory.
FILES = 500_000_000
SHARED = 64_000_000


@dataclass(frozen=True)
class Limits:
    """What the execution of one submission may take.

    Attributes:
        cell_seconds: of a cell; it is then interrupted, and the next one is executed.
        seconds: of all cells.
        megabytes: of memory that the kernel allocates, used or not (Linux only; importing torch takes 800), and that
            all processes together use.
    """

    cell_seconds: int = 120
    seconds: int = 600
    megabytes: int = 2000


DEFAULT_LIMITS = Limits()


def bind(limits: Limits) -> None:
    """Put this process and all that it starts under the limits of the system.

    Not the address space: importing torch reserves gigabytes of it and uses none. For root the number of processes is
    without limit.
    """
    memory = limits.megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MAX_OUTPUT, 2 * MAX_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def bind_processes() -> None:
    """Limit how many processes and threads this one's user has, beside those that are there.

    The system may count some that cannot be seen from here: a container has processes of its own, and its users may be
    those of the machine.
    """
    import psutil

    most = MAX_PROCESSES
    for process in psutil.process_iter():
        try:
            if process.uids().real == os.getuid():
                most += process.num_threads()
        except psutil.Error:
            continue
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    unlimited = hard == resource.RLIM_INFINITY
    if not _may_start(most, hard):
        while not _may_start(most, hard) and (unlimited or most < hard):
            most += _STEP
        most += MAX_PROCESSES - _STEP
    most = most if unlimited else min(most, hard)
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _may_start(most: int, hard: int) -> bool:
    """Whether something can be started with such a limit, which stays."""
    resource.setrlimit(
        resource.RLIMIT_NPROC, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
    )
    try:
        threading.Thread(target=int).start()
    except RuntimeError:
        return False
    return True
