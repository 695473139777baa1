"""Where code of students runs: what it sees, what it can take, and what is said where nothing holds it."""

import os
import subprocess
import sys

import pytest
from processes import HANG
from tiny import MASTER, answered, ends

from repsim_book.classroom.apart import sandbox as sandbox_module
from repsim_book.classroom.apart.limits import Limits
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


FILLS = """\
def square(number):
    for number in range(40):
        with open(f"/tmp/{number}", "wb") as file:
            file.write(b"1" * 30_000_000)
    return number * number"""
BOMB = """\
import os, signal
def root(number):
    for _ in range(400):
        if os.fork() == 0:
            signal.pause()
    return math.sqrt(number)"""
HOGS = """\
import os, signal
def root(number):
    for _ in range(12):
        if os.fork() == 0:
            mine = b"1" * 100_000_000
            signal.pause()
    signal.pause()"""
LIMITS = Limits(HANG, 10 * HANG, megabytes=600)


def test_full_disks_and_bombs_of_processes_end_a_test(sandbox):
    grade = grade_notebook(MASTER, answered(square=FILLS, root=BOMB), limits=LIMITS, sandbox=sandbox)
    found = ends(grade)
    assert (grade.state, grade.total, found["test-square"]) == ("graded", 0, "OSError")
    if any("processes" in each for each in sandbox.open):
        pytest.skip("here nothing limits how many processes a submission starts, as the command says")
    assert found["test-root"] == "BlockingIOError"


def test_the_memory_of_all_processes_together_has_a_limit(sandbox):
    grade = grade_notebook(MASTER, answered(root=HOGS), limits=LIMITS, sandbox=sandbox)
    assert ends(grade) == {"test-square": None, "test-root": "NotExecuted"}
    assert (grade.state, grade.total) == ("memory", 2)
    assert grade.message == "cell 7 (test-root): its processes together need more than 600 MB"


def test_an_ordinary_user_has_the_same_sandbox():
    if os.geteuid() != 0:
        pytest.skip("this is one already")
    code = "from repsim_book.classroom.apart import sandbox as s; f = s.choose('auto'); print(f.name, f.open)"
    nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", code], capture_output=True, text=True, cwd="/", **nobody
        )
    except PermissionError:
        pytest.skip("another user cannot enter the folder of this Python")
    if done.returncode != 0:
        pytest.skip(f"another user cannot run this Python: {done.stderr[-100:]}")
    if choose("auto").name == "bubblewrap":
        assert done.stdout == "bubblewrap ()\n"


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
