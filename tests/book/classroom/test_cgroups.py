"""Groups of processes with limits of the system's own: made, kept to, and gone afterwards."""

import errno
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from processes import HANG, MEETING, REPORT, Meeting, running
from tiny import MASTER, NAME, answered, data, ends, write

from repsim_book.classroom import isolated
from repsim_book.classroom.apart import cgroups
from repsim_book.classroom.apart.cgroups import Group, Groups, groups_here
from repsim_book.classroom.apart.limits import MAX_PROCESSES, Limits
from repsim_book.classroom.apart.sandbox import choose
from repsim_book.classroom.grade import grade_notebook

LIMITS = Limits(HANG, 10 * HANG, megabytes=600)
# More than 4 GB in processes each of which keeps to its own limit; the system ends some.
HOGS = """\
import os, signal
def square(number):
    started = []
    for _ in range(14):
        started.append(os.fork())
        if started[-1] == 0:
            mine = b"1" * 300_000_000
            signal.pause()
    _, status = os.wait()
    assert os.WTERMSIG(status) == signal.SIGKILL
    for process in started:
        os.kill(process, signal.SIGKILL)
    return number * number"""
BOMB = """\
import os, signal
def root(number):
    for _ in range(220):
        if os.fork() == 0:
            signal.pause()
    return math.sqrt(number)"""
# No other limit on all of a submission's processes binds.
UNWATCHED = f"""
from repsim_book.classroom.apart import family
family._TICK = {HANG}
{isolated._WORKER}"""


@pytest.fixture
def groups():
    with groups_here() as found:
        if not found.folders:
            pytest.skip(found.why)
        yield found
        assert left(found) == []


def left(groups):
    """The groups of this process that are there."""
    return [path for folder in groups.folders for path in folder.glob(f"{cgroups._mark()}-*")]


@pytest.mark.parametrize("isolation", ["bubblewrap", "none"])
def test_memory_and_processes_of_a_submission_have_a_limit_together(groups, isolation, monkeypatch):
    sandbox = choose("auto" if isolation == "bubblewrap" else "none", groups=groups)
    if sandbox.name != isolation:
        pytest.skip(sandbox.why)
    assert not any("processes" in each for each in sandbox.open)
    sandbox = replace(sandbox, drops=False, closes=False)  # the user's number of processes is not limited
    monkeypatch.setattr(isolated, "_WORKER", UNWATCHED)
    grade = grade_notebook(MASTER, answered(square=HOGS, root=BOMB), limits=LIMITS, sandbox=sandbox)
    assert ends(grade) == {"test-square": None, "test-root": "BlockingIOError"}
    assert grade.state == "memory"
    assert grade.message.endswith("its processes together need more than 600 MB")


def test_a_group_ends_with_all_that_is_in_it(groups):
    with groups.new(100_000_000) as group:
        words = ["sh", "-c", "setsid tail -f /dev/null & echo; wait"]
        with running(group.entered(words), stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            for folder in group.folders:
                assert len((folder / "cgroup.procs").read_text().split()) == 2
            group.remove()
            assert process.wait() == -signal.SIGKILL
        assert not any(folder.exists() for folder in group.folders)
        refused = subprocess.run(group.entered(["echo", "outside"]), capture_output=True, text=True)
        assert (refused.returncode != 0, refused.stdout) == (True, "")


GRADE = [sys.executable, "-m", "repsim_book", "classroom", "grade", NAME, "--cell-seconds", str(HANG)]


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.thorough)])
def test_a_grading_that_is_ended_leaves_nothing_behind(groups, course, tmp_path, number):
    loop = f"import os\n{REPORT}\nwhile True: pass"
    write(course.directory, {f"submitted/ada/{NAME}/{NAME}.ipynb": data(answered(square=loop))})
    words = [*GRADE, "--isolation", "none", "--course", course.directory]
    environment = os.environ | {MEETING: str(tmp_path / "meeting")}
    with Meeting(tmp_path / "meeting") as meeting, running(words, env=environment) as process:
        (kernel,) = meeting.reports(1)
        beside = next(each for each in psutil.Process(kernel).parents() if each.ppid() == process.pid)
        mark = f"repsim-{process.pid}-{cgroups._start(process.pid)}"
        assert sum(mark in line for line in Path(f"/proc/{kernel}/cgroup").read_text().splitlines()) == len(
            groups.folders
        )
        process.send_signal(number)
        process.wait()
        meeting.ended()
        beside.wait()  # after a kill this one removes what is left
    assert [path for folder in groups.folders for path in folder.glob(f"{mark}-*")] == []


def test_leftovers_of_a_grading_that_is_no_more_are_removed(groups):
    ended = subprocess.Popen(["true"])
    ended.wait()
    with running(["tail", "-f", "/dev/null"]) as process:
        for folder in groups.folders:
            (folder / f"repsim-{ended.pid}-1-ab").mkdir()
            (folder / f"repsim-{ended.pid}-1-ab" / "inner").mkdir()
            (folder / f"repsim-{ended.pid}-1-ab" / "inner" / "cgroup.procs").write_text(str(process.pid))
        mine = [folder / f"{cgroups._mark()}-cd" for folder in groups.folders]
        for path in mine:
            path.mkdir()
        with groups_here():
            assert process.wait() == -signal.SIGKILL
            assert [path for folder in groups.folders for path in folder.glob(f"repsim-{ended.pid}-*")] == []
        assert all(path.exists() for path in mine), "of a process that runs"
        for path in mine:
            path.rmdir()


# Version 2, whose files the kernel of the tests' machine may not have


FILES = {"pids": ["pids.max"], "memory": ["memory.max", "memory.swap.max", "memory.oom.group"]}


class Kernel:
    """A tree of folders that stands in for version 2, with its rules on processes and controllers."""

    def __init__(self, root, monkeypatch, *, inside=()):
        self.rmdir = os.rmdir
        self.own = root / "cgroup" / "user.slice" / "run-1.scope"
        self.own.mkdir(parents=True)
        self.written = []
        for name in ("cgroup.controllers", "cgroup.subtree_control", "cgroup.procs"):
            (self.own / name).write_text("")
        (self.own / "cgroup.controllers").write_text("cpu memory pids\n")
        (self.own / "cgroup.procs").write_text("".join(f"{pid}\n" for pid in (os.getpid(), *inside)))
        (root / "proc").mkdir()
        (root / "proc" / "cgroup").write_text("0::/user.slice/run-1.scope\n")
        point = root / "cgroup"
        (root / "proc" / "mountinfo").write_text(
            f"30 23 0:26 / {point} rw,nosuid shared:4 - cgroup2 cgroup2 rw\n31 23 0:27 / /dev rw - tmpfs tmpfs rw\n"
        )
        monkeypatch.setattr(cgroups, "_OWN", root / "proc")
        monkeypatch.setattr(cgroups, "_make", self.make)
        monkeypatch.setattr(cgroups, "_write", self.write)
        monkeypatch.setattr(os, "rmdir", self.remove)

    def make(self, folder):
        folder.mkdir()
        handed = (folder.parent / "cgroup.subtree_control").read_text().split()
        files = [file for name in handed for file in FILES[name]]
        for name in ("cgroup.procs", "cgroup.subtree_control", "cgroup.controllers", "cgroup.kill", *files):
            (folder / name).write_text("")
        (folder / "memory.events").write_text("oom 0\noom_kill 0\n")

    def write(self, path, text):
        if not path.exists():
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        self.written.append((path.relative_to(self.own).as_posix(), text))
        if path.name == "cgroup.subtree_control":
            if (path.parent / "cgroup.procs").read_text().split():
                raise OSError(errno.EBUSY, "Device or resource busy", str(path))
            handed = {*path.read_text().split()}
            for change in text.split():
                (handed.add if change[0] == "+" else handed.discard)(change[1:])
            text = " ".join(sorted(handed))
        elif path.name == "cgroup.procs":
            if (path.parent / "cgroup.subtree_control").read_text():
                raise OSError(errno.EBUSY, "Device or resource busy", str(path))
            for other in self.own.rglob("cgroup.procs"):
                other.write_text("\n".join(pid for pid in other.read_text().split() if pid != text))
            text = path.read_text() + f"\n{text}"
        path.write_text(text)

    def remove(self, folder):
        folder = Path(folder)
        if (folder / "cgroup.procs").read_text().split() or any(path.is_dir() for path in folder.iterdir()):
            raise OSError(errno.EBUSY, "Device or resource busy", str(folder))
        for path in folder.iterdir():
            path.unlink()
        self.rmdir(folder)


def test_version_2_has_processes_in_its_leaves_only(tmp_path, monkeypatch):
    kernel = Kernel(tmp_path, monkeypatch)
    me = str(os.getpid())
    with groups_here() as groups:
        assert (groups.folders, groups.why) == ((kernel.own,), "")
        assert (kernel.own / "cgroup.procs").read_text().split() == []
        itself = kernel.own / f"{cgroups._mark()}-itself"
        assert (itself / "cgroup.procs").read_text().split() == [me]
        assert (kernel.own / "cgroup.subtree_control").read_text() == "memory pids"
        kernel.written.clear()
        with groups.new(5_000) as group:
            (folder,) = group.folders
            wrote = {path.rpartition("/")[2]: text for path, text in kernel.written}
            assert wrote == {
                "pids.max": str(MAX_PROCESSES),
                "memory.max": "5000",
                "memory.swap.max": "0",
                "memory.oom.group": "1",
            }
            assert subprocess.run(group.entered(["true"])).returncode == 0
            assert (folder / "cgroup.procs").read_text() == "0\n"
            (folder / "cgroup.procs").write_text("")
            assert not group.out_of_memory()
            (folder / "memory.events").write_text("oom 1\noom_kill 2\n")
            assert group.out_of_memory()
        assert not folder.exists()
        assert (f"{folder.name}/cgroup.kill", "1") in kernel.written
    assert [path for path in kernel.own.iterdir() if path.is_dir()] == []
    assert (kernel.own / "cgroup.procs").read_text().split() == [me]
    assert (kernel.own / "cgroup.subtree_control").read_text() == ""


def test_other_processes_stay_where_they_are_and_the_way_out_is_named(tmp_path, monkeypatch):
    kernel = Kernel(tmp_path, monkeypatch, inside=[1])
    with groups_here() as groups:
        assert groups.folders == ()
        assert "other processes are in the one of this command" in groups.why
        assert "systemd-run --user --scope -p Delegate=yes repsim" in groups.why
        said = [each for each in choose("none", groups=groups).open if "processes" in each]
        assert any(groups.why in each for each in said) == (os.geteuid() == 0)
    assert [path.name for path in kernel.own.iterdir() if path.is_dir()] == []
    assert (kernel.own / "cgroup.procs").read_text().split() == [str(os.getpid()), "1"]


@pytest.mark.parametrize(
    ("own", "mounts", "why"),
    [
        ("0::/", "30 23 0:26 / {point} rw - cgroup2 cgroup2 rw", "no cgroup with pids and memory is there"),
        (
            "8:pids:/\n0::/",
            "30 23 0:26 / {point} rw - cgroup cgroup rw,pids",
            "no cgroup with memory is there",
        ),
        (
            "8:pids:/other\n",
            "30 23 0:26 /mine {point} rw - cgroup cgroup rw,pids",
            "no cgroup with pids and memory",
        ),
        (
            "8:pids:/\n4:memory:/here",
            "30 23 0:26 / {point}/none rw - cgroup cgroup rw,pids,memory",
            "no cgroup can be made: No such file or directory",
        ),
        ("", "", "no cgroup with pids and memory is there"),
    ],
)
def test_where_no_group_can_be_made_it_says_why(tmp_path, monkeypatch, own, mounts, why):
    (tmp_path / "cgroup").write_text(own)
    (tmp_path / "mountinfo").write_text(mounts.format(point=tmp_path))
    monkeypatch.setattr(cgroups, "_OWN", tmp_path)
    with groups_here() as groups:
        assert (groups.folders, groups.why.startswith(why)) == ((), True), groups.why
    monkeypatch.setattr(cgroups, "_OWN", tmp_path / "none")
    with groups_here() as groups, groups.new(1) as group:
        assert group == Group()
        assert group.entered(["a", "b"]) == ["a", "b"]
    assert Groups() == replace(groups, why="")
