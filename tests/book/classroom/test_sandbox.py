"""Where code of students runs: what it sees, what it can take, and what is said where nothing holds it."""

import os
import subprocess

import pytest
from other_user import as_other_user, why_not
from processes import HANG
from tiny import MASTER, answered, cell, ends

from repsim_book.classroom.apart import sandbox as sandbox_module
from repsim_book.classroom.apart.limits import MAX_PROCESSES, Limits
from repsim_book.classroom.apart.sandbox import Sandbox, choose
from repsim_book.classroom.grade import grade_notebook
from repsim_core.errors import InputError


@pytest.fixture(scope="module")
def sandbox():
    found = choose("auto")
    if found.name == "none":
        pytest.skip(f"no sandbox works here: {found.why}")
    return found


def inside(sandbox, code, *, by_hand=False):
    """What code prints in a sandbox."""
    words = [*sandbox.program(os.environ | {"SECRET": "1"}, by_hand=by_hand), "-P", "-c", code]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_sees_the_packages_and_nothing_beside_them(sandbox, tmp_path):
    (tmp_path / "file").touch()
    root = next(path for path in sandbox_module._PACKAGES.values()).parent
    code = f"""
import os, repsim_core
print({str(tmp_path)!r} in [folder for folder, _, _ in os.walk("/tmp")], "SECRET" in os.environ)
print(sorted({{*os.listdir({str(root)!r})}} & {{"repsim_core", "repsim_book", "tests", "notebooks", "book"}}))
print(len([name for name in os.listdir("/proc") if name.isdecimal()]) < 8)
for place in ("/", "/dev", {str(root)!r}, repsim_core.__path__[0]):
    try:
        open(os.path.join(place, "mine"), "w")
        print("written", place)
    except OSError:
        pass
"""
    assert inside(sandbox, code).splitlines() == ["False False", "['repsim_book', 'repsim_core']", "True"]


def test_written_by_hand_is_without_the_package(sandbox):
    code = """
import repsim_book
try:
    import repsim_core
    print(repsim_core.__path__)
except ImportError:
    print("none")
"""
    assert inside(sandbox, code, by_hand=True) == "none"


def test_a_folder_inside_the_environment_is_hidden(sandbox, tmp_path, monkeypatch):
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "gradebook.db").touch()
    tmp_path.chmod(0o755)
    monkeypatch.setattr(sandbox_module, "_SYSTEM", (*sandbox_module._SYSTEM, str(tmp_path)))
    code = f"import os; print(os.listdir({str(tmp_path / 'course')!r}))"
    assert inside(sandbox, code) == "['gradebook.db']"
    hiding = Sandbox(**{**vars(sandbox), "hidden": (tmp_path / "course",)})
    assert inside(hiding, code) == "[]"


TAKES = """\
import os, signal
def filled(name, size):
    try:
        with open(name, "wb") as file:
            for _ in range(size):
                file.write(b"1" * 1_000_000)
    except OSError as error:
        return error.strerror
def started():
    processes = []
    try:
        for _ in range(220):
            processes.append(os.fork())
            if processes[-1] == 0:
                signal.pause()
    except BlockingIOError:
        pass
    for process in processes:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    return len(processes)
def square(number):
    said = [filled("large", 100), *[filled(f"/tmp/{number}", 30) for number in range(FILES)]]
    os.remove("large")
    raise ValueError(f"{started()} processes; {said[0]}; {said[-1]}")"""
HOGS = """\
import os, signal
def root(number):
    for _ in range(8):
        if os.fork() == 0:
            mine = b"1" * 100_000_000
            signal.pause()
    signal.pause()"""
LIMITS = Limits(HANG, 10 * HANG, megabytes=400)


@pytest.mark.parametrize("isolation", ["bubblewrap", "none"])
def test_bombs_of_processes_full_disks_and_greed_in_children_end_a_test(isolation):
    sandbox = choose("auto" if isolation == "bubblewrap" else isolation)
    if sandbox.name != isolation:
        pytest.skip(f"no sandbox works here: {sandbox.why}")
    takes = TAKES.replace("FILES", "20" if isolation == "bubblewrap" else "0")  # nobody's disk is filled here
    grade = grade_notebook(MASTER, answered(square=takes, root=HOGS), limits=LIMITS, sandbox=sandbox)
    assert ends(grade) == {"test-square": "ValueError", "test-root": "NotExecuted"}
    assert (grade.state, grade.total) == ("memory", 0)
    assert grade.message == "cell 7 (test-root): its processes together need more than 400 MB"
    processes, large, full = cell(grade.notebook, "test-square").outputs[-1].evalue.split("; ")
    assert large == "File too large"
    assert full == ("No space left on device" if isolation == "bubblewrap" else large)
    started = int(processes.split()[0])
    if any("processes" in each for each in sandbox.open):
        assert started == 220, "nothing limits it here, as the command says"
    else:
        assert 50 < started < MAX_PROCESSES


OPEN = """
from repsim_book.classroom.apart.sandbox import choose
print(choose("auto").open, choose("none").open)"""


@pytest.mark.parametrize("isolation", ["bubblewrap", pytest.param("none", marks=pytest.mark.thorough)])
def test_an_ordinary_user_is_held_to_the_same_limits(isolation):
    """The tests above, by another user."""
    if why := why_not():
        pytest.skip(why)
    tests = [
        "-k",
        f"bombs and {isolation} or packages or hidden",
        "-p",
        "no:cacheprovider",
        "-n",
        "0",
        "-q",
        "-rs",
    ]
    with as_other_user() as other:
        done = other("-m", "pytest", __file__, *tests)
        said = other("-c", OPEN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("...") or choose("auto").name == "none", done.stdout
    assert "processes" not in said.stdout


def test_processes_that_cannot_be_seen_leave_room_for_a_submission():
    """As in a container, whose users are those of the machine: the system counts all of a user's."""
    if why := why_not():
        pytest.skip(why)
    with as_other_user() as other:
        done = other("-m", "crowded")
    assert done.returncode == 0, done.stderr
    assert MAX_PROCESSES - 50 <= int(done.stdout) <= MAX_PROCESSES


def test_without_bubblewrap_it_is_said_what_does_not_bind(monkeypatch):
    monkeypatch.setenv("PATH", "")
    found = choose("auto")
    assert (found.name, found.why) == ("none", "found no bubblewrap (the command bwrap)")
    assert found.open[0].startswith("it runs with your rights: it can read hidden tests")
    assert any("how many processes" in each for each in found.open) == (os.geteuid() == 0)
    with pytest.raises(InputError, match=r"isolation: found no bubblewrap .*, expected that it works"):
        choose("bubblewrap")
    assert choose("none").open == found.open
    with pytest.raises(InputError, match="isolation: found 'docker', expected auto, bubblewrap, none"):
        choose("docker")


def test_a_bubblewrap_that_does_not_work_is_no_sandbox(monkeypatch, tmp_path):
    """As in a container that forbids namespaces."""
    (tmp_path / "bwrap").write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
    )
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    why = "bubblewrap does not work here: bwrap: No permissions to create new namespace"
    assert (choose("auto").name, choose("auto").why) == ("none", why)
