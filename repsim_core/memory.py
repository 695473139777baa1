"""How much memory this process may have: of the machine, and of the container that it may be in."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

# Where Linux says it, of a container in its second and in its first form: what it may hold, what it holds, and of what.
_MACHINE = Path("/proc/meminfo")
_CONTAINERS = tuple(
    tuple(Path("/sys/fs/cgroup") / name for name in names)
    for names in (
        ("memory.max", "memory.current", "memory.stat"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
    )
)
# Files that were read and are no longer looked at: they count as held, and are let go where memory is asked for.
_LET_GO = ("inactive_file", "total_inactive_file")


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
    """What the container may hold and what it holds and would not let go, if it has a limit."""
    found = []
    for limit, used, kinds in _CONTAINERS:
        with suppress(OSError, ValueError):  # no such file, or "max" in it
            found.append((float(limit.read_text()), float(used.read_text()) - _let_go(kinds)))
    return found


def _let_go(kinds: Path) -> float:
    """Bytes that a container holds and lets go: of it and all within it, which the first form counts apart."""
    with suppress(OSError, ValueError):
        rows = dict(line.split() for line in kinds.read_text().splitlines())
        return max(float(rows.get(name, 0)) for name in _LET_GO)
    return 0.0


def size(number: float) -> str:
    """Bytes as people say them: `30 MB`, `0.9 GB`."""
    if number < 1e6:
        return "less than 1 MB"
    return f"{number / 1e6:.0f} MB" if number < 5e8 else f"{number / 1e9:,.1f} GB"
