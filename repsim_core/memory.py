"""How much memory this process may have: of the machine, and of the container that it may be in."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

# Where Linux says it, of a container in its second and in its first form: what it may hold, and what it holds.
_MACHINE = Path("/proc/meminfo")
_CONTAINERS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


def total() -> float | None:
    """Bytes of the machine, or of the container if it has fewer; None where neither says."""
    found = []
    with suppress(AttributeError, ValueError, OSError):
        found.append(float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")))
    found += [limit for limit, _ in _limits()]
    return min(found, default=None)


def available() -> float | None:
    """Bytes that can be had now without others losing theirs; None where nothing says."""
    found = [limit - used for limit, used in _limits()]
    with suppress(OSError, ValueError, IndexError):
        line = next(x for x in _MACHINE.read_text().splitlines() if x.startswith("MemAvailable:"))
        found.append(float(line.split()[1]) * 1024)
    return min(found, default=None)


def _limits() -> list[tuple[float, float]]:
    """What the container may hold and what it holds, if it has a limit."""
    found = []
    for limit, used in _CONTAINERS:
        with suppress(OSError, ValueError):  # no such file, or "max" in it
            found.append((float(limit.read_text()), float(used.read_text())))
    return found


def size(number: float) -> str:
    """Bytes as people say them: `30 MB`, `0.9 GB`."""
    if number < 1e6:
        return "less than 1 MB"
    return f"{number / 1e6:.0f} MB" if number < 5e8 else f"{number / 1e9:,.1f} GB"
