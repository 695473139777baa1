"""Groups of processes that the system limits together (Linux's cgroups): one for each submission.

A group counts whoever is in it, of whatever user and in whatever session, root included, and what starts there stays
there: from within a sandbox it cannot be left. It is a folder in a file system of the kernel's, made beneath the group
that grading itself is in, where that is allowed: with version 1 a folder for `pids` and one for `memory`, with
version 2 one for both.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shlex
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from repsim_book.classroom.apart.limits import MAX_PROCESSES

CONTROLLERS = ("pids", "memory")
_OWN = Path("/proc/self")
_NAME = re.compile(r"repsim-(\d+)-(\d+)-\w+")
# Seconds that killed processes have to be gone.
_GRACE = 10.0
_DELEGATE = "systemd-run --user --scope -p Delegate=yes"


@dataclass(frozen=True)
class Group:
    """A submission's processes.

    Attributes:
        folders: of the group, in each hierarchy; none where nothing can be limited in this way.
    """

    folders: tuple[Path, ...] = ()

    def entered(self, words: Sequence[str]) -> list[str]:
        """The words of a command that enters the group, for good, and then is the given one."""
        if not self.folders:
            return list(words)
        enter = "".join(f"echo 0 > {shlex.quote(str(path / 'cgroup.procs'))} && " for path in self.folders)
        return ["/bin/sh", "-c", f'{enter}exec "$@"', "sh", *words]

    def out_of_memory(self) -> bool:
        """Whether the system has ended a process because all together took more memory than they may."""
        for name in ("memory.events", "memory.oom_control"):
            for path in self.folders:
                with suppress(OSError):
                    if re.search(r"^oom_kill [1-9]", (path / name).read_text(), re.MULTILINE):
                        return True
        return False

    def remove(self) -> None:
        """End all that is in the group, and the group."""
        for folder in self.folders:
            _remove(folder)


@dataclass(frozen=True)
class Groups:
    """Where groups are made.

    Attributes:
        folders: of the group beneath which they are, in each hierarchy; none where none can be made.
        why: why none can be made.
    """

    folders: tuple[Path, ...] = ()
    why: str = ""

    @contextmanager
    def new(self, memory: int) -> Iterator[Group]:
        """A group that is removed afterwards, with all that is in it.

        Args:
            memory: bytes that its processes may use together, files in memory included.
        """
        group = Group(tuple(folder / f"{_mark()}-{secrets.token_hex(4)}" for folder in self.folders))
        try:
            for folder in group.folders:
                _make(folder)
                _limit(folder, memory)
            yield group
        finally:
            group.remove()


NO_GROUPS = Groups()


@contextmanager
def groups_here() -> Iterator[Groups]:
    """Where groups can be made, as a trial has shown; leftovers of a grading that was killed are removed.

    With version 2 a group that has groups beneath it holds no processes: this process then waits in one of its own, and
    goes back in the end.
    """
    found = _own_folders()
    if missing := [name for name in CONTROLLERS if name not in found]:
        yield Groups(why=f"no cgroup with {' and '.join(missing)} is there")
        return
    folders = tuple(dict.fromkeys(found[name] for name in CONTROLLERS))
    for folder in folders:
        _remove_leftovers(folder)
    undo: list[Path] = []
    try:
        try:
            for folder in folders:
                if (folder / "cgroup.subtree_control").exists() and _hand_down(folder, found):
                    undo.append(folder)
            with Groups(folders).new(1 << 30):
                pass
        except OSError as error:
            yield Groups(why=f"no cgroup can be made: {_said(error)}")
        else:
            yield Groups(folders)
    finally:
        for folder in undo:
            _take_back(folder)


def _own_folders() -> dict[str, Path]:
    """The folder of the group that this process is in, by controller."""
    try:
        lines = (_OWN / "cgroup").read_text().splitlines()
        mounts = (_OWN / "mountinfo").read_text().splitlines()
    except OSError:  # no Linux
        return {}
    own = dict(line.split(":", 2)[1:] for line in lines)  # of version 2 under ""
    found: dict[str, Path] = {}
    for mount in mounts:
        before, _, after = mount.partition(" - ")
        root, point = before.split()[3:5]
        kind, _, options = after.split(maxsplit=2)
        for names, path in own.items():
            held = names.split(",")
            if kind != ("cgroup" if names else "cgroup2") or (
                names and not set(held) & {*options.split(",")}
            ):
                continue
            if not Path(path).is_relative_to(root):
                continue
            folder = Path(point) / Path(path).relative_to(root)
            if not names:
                held = _words(folder / "cgroup.controllers")
            found.update({name: folder for name in held if name in CONTROLLERS})
    return found


def _hand_down(folder: Path, found: dict[str, Path]) -> bool:
    """Have groups beneath one of version 2 limited, too; whether this process had to leave it for that."""
    control = folder / "cgroup.subtree_control"
    missing = [name for name in CONTROLLERS if found[name] == folder and name not in _words(control)]
    if not missing:
        return False
    wanted = " ".join(f"+{name}" for name in missing)
    try:
        _write(control, wanted)
        return False
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
    here = psutil.Process()
    ours = {here.pid, *(child.pid for child in here.children(recursive=True))}
    if not {*map(int, _words(folder / "cgroup.procs"))} <= ours:
        raise OSError(
            f"other processes are in the one of this command; to start it in its own: {_DELEGATE} repsim ..."
        )
    itself = folder / f"{_mark()}-itself"
    _make(itself)
    try:
        _move(folder, itself)
        _write(control, wanted)
    except OSError:
        _take_back(folder)
        raise
    return True


def _take_back(folder: Path) -> None:
    """Undo `_hand_down`, where this process has left the group for it."""
    itself = folder / f"{_mark()}-itself"
    with suppress(OSError):
        _write(folder / "cgroup.subtree_control", " ".join(f"-{name}" for name in CONTROLLERS))
        _move(itself, folder)
        itself.rmdir()


def _move(source: Path, target: Path) -> None:
    for process in _words(source / "cgroup.procs"):
        with suppress(ProcessLookupError):  # it has ended meanwhile
            _write(target / "cgroup.procs", process)


def _limit(folder: Path, memory: int) -> None:
    """Write the limits into a new group; in one of version 1 those of its own controller."""
    wanted = {
        "pids.max": MAX_PROCESSES,
        "memory.limit_in_bytes": memory,
        "memory.memsw.limit_in_bytes": memory,
        "memory.max": memory,
        "memory.swap.max": 0,
        "memory.oom.group": 1,
    }
    written = [name for name in wanted if (folder / name).exists()]
    for name in written:
        _write(folder / name, str(wanted[name]))
    if not {"pids.max", "memory.limit_in_bytes", "memory.max"} & {*written}:
        raise OSError(f"found no limit in {folder}")


def _remove(group: Path) -> None:
    """End all that is in a group and beneath it, and the group."""
    last = time.monotonic() + _GRACE
    for folder, _, _ in os.walk(group, topdown=False):
        while os.path.isdir(folder):
            with suppress(OSError):
                _write(Path(folder, "cgroup.kill"), "1")
            for process in _words(Path(folder, "cgroup.procs")):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(int(process), signal.SIGKILL)
            with suppress(OSError):
                os.rmdir(folder)
                break
            if time.monotonic() > last:
                return  # left for the next grading
            time.sleep(0.01)


def _remove_leftovers(folder: Path) -> None:
    """Remove the groups of gradings that are no more."""
    for path in folder.glob("repsim-*"):
        if (marks := _NAME.fullmatch(path.name)) and not _runs(*map(int, marks.groups())):
            _remove(path)


def _runs(pid: int, started: int) -> bool:
    try:
        return _start(pid) == started
    except OSError:
        return False


def _start(pid: int) -> int:
    """When a process was started, in ticks since the start of the system: no change of the clock changes it."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def _mark() -> str:
    """The beginning of the names of this process's groups."""
    return f"repsim-{os.getpid()}-{_start(os.getpid())}"


def _make(folder: Path) -> None:
    folder.mkdir()


def _write(path: Path, text: str) -> None:
    """The kernel's files are there, or are not; none is made."""
    with open(os.open(path, os.O_WRONLY), "w") as file:
        file.write(text)


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


def _said(error: OSError) -> str:
    return f"{error.strerror}: {error.filename}" if error.filename else str(error)
