"""Which masters a course uses, and hidden tests that are in no public copy of the book."""

import copy
import json
import re
import shutil
import stat
import zipfile

import pytest

pytest.importorskip("nbgrader", reason="the extra classroom is not installed")

from places import CLASSROOM as BOOK
from places import ROOT
from tiny import NAME

from repsim_book.classroom.course import Course
from repsim_book.classroom.masters import SECRET, assignment_secret, drawn_anew
from repsim_book.classroom.notebooks import read_master
from repsim_book.classroom.release import release
from repsim_book.cli import main
from repsim_core.errors import InputError

FILE = BOOK / "notebooks" / "assignments" / f"{NAME}.md"
# The tests of the project draw nothing.
ASSIGNMENTS = sorted((ROOT / "notebooks" / "assignments").glob("0[1-6]_*.md"))
OWN = FILE.read_text().replace("square(-3) == 9", "square(-5) == 25")


def hidden(source):
    return "".join(re.findall(r"### BEGIN HIDDEN TESTS(.*?)### END", source, re.DOTALL))


@pytest.fixture
def book(tmp_path):
    """A book whose assignment draws in its hidden tests."""
    text = FILE.read_text().replace(
        "assert square(-3) == 9",
        "import numpy as np\nn = np.random.default_rng(3).integers(9)\nassert square(n) == n**2",
    )
    path = tmp_path / "book" / "notebooks" / "assignments" / f"{NAME}.md"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return tmp_path / "book"


def test_hidden_tests_draw_with_a_secret_of_the_course(book, tmp_path):
    courses = [Course(tmp_path / name) for name in ("one", "two", "three")]
    shutil.copytree(tmp_path / "book", tmp_path / "copy")
    release(book, courses[0])
    release(book, courses[1])
    courses[2].directory.mkdir()
    shutil.copy(courses[0].directory / SECRET, courses[2].directory)  # taken along to another machine
    release(tmp_path / "copy", courses[2])
    first, second, third = (course.source(NAME).read_text() for course in courses)
    assert first != second
    assert first == third
    secrets = [(course.directory / SECRET).read_text().strip() for course in courses]
    assert re.fullmatch("[0-9a-f]{32}", secrets[0])
    numbers = [assignment_secret(int(secret, 16), NAME) for secret in secrets]
    assert f"default_rng([3, {numbers[0]}])" in first
    assert str(int(secrets[0], 16)) not in first, (
        "pages of feedback show hidden tests; other assignments have others"
    )
    assert assignment_secret(int(secrets[0], 16), "02_other") != numbers[0]
    given = {(course.directory / "release" / NAME / f"{NAME}.ipynb").read_bytes() for course in courses}
    assert len(given) == 1, "students see nothing of the secret"
    for number in numbers:
        assert str(number).encode() not in next(iter(given))
    before = first
    release(book, courses[0])
    assert courses[0].source(NAME).read_text() == before, "the secret is made once"


def test_a_secret_that_is_damaged_is_refused(tmp_path):
    course = Course(tmp_path / "course")
    course.directory.mkdir()
    (course.directory / SECRET).write_text("none")
    with pytest.raises(InputError, match=r"secret\.txt: found something else than 32 hexadecimal digits"):
        release(BOOK, course)


@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_all_that_hidden_tests_draw_depends_on_it(path):
    master = read_master(path)
    anew = copy.deepcopy(master)
    drawn_anew(anew, 7)
    changed = 0
    for before, after in zip(master.cells, anew.cells, strict=True):
        assert before.source.partition("### BEGIN HIDDEN")[0] == after.source.partition("### BEGIN HIDDEN")[0]
        draws = len(re.findall(r"default_rng\(", hidden(before.source)))
        own = len(re.findall(r"default_rng\(student_seed", hidden(before.source)))
        assert hidden(after.source).count(", 7])") == draws - own
        changed += before.source != after.source
    assert changed >= 1


@pytest.mark.parametrize("form", ["given folder", "given zip", "in the course"])
def test_a_teachers_own_masters_take_the_place_of_the_open_ones(tmp_path, form):
    course, given = Course(tmp_path / "course"), tmp_path / "mine"
    folder = course.directory / "masters" if form == "in the course" else given / "spring"
    folder.mkdir(parents=True)
    (folder / f"{NAME}.md").write_text(OWN)
    (folder / "README.md").write_text("no master")
    if form == "given zip":
        given = tmp_path / "mine.zip"
        with zipfile.ZipFile(given, "w") as archive:
            archive.writestr(f"../../spring/{NAME}.md", OWN)
            archive.writestr("notes.txt", "")
    released = release(BOOK, course, own_masters=None if form == "in the course" else given)
    assert released.origin == (
        f"the course's own masters, {folder}" if form == "in the course" else f"the masters in {given}"
    )
    assert "square(-5) == 25" in course.source(NAME).read_text()
    assert not list(tmp_path.parent.glob("spring"))


def test_masters_that_cannot_be_read_are_refused(tmp_path):
    course = Course(tmp_path / "course")
    (tmp_path / "bad.zip").write_bytes(b"no archive")
    for given in (tmp_path / "bad.zip", tmp_path / "nowhere"):
        with pytest.raises(InputError, match=r"masters: found no readable folder, \.zip or sealed file"):
            release(BOOK, course, own_masters=given)
    for place in ("a", "b"):
        (tmp_path / "twice" / place).mkdir(parents=True)
        shutil.copy(FILE, tmp_path / "twice" / place)
    with pytest.raises(InputError, match=r"masters: found 01_tiny\.md twice"):
        release(BOOK, course, own_masters=tmp_path / "twice")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="found no assignments in the masters in"):
        release(BOOK, course, own_masters=tmp_path / "empty")
    assert not course.directory.exists()


def test_the_command_says_which_masters_it_used(tmp_path, capsys):
    arguments = ["classroom", "release", "--root", str(BOOK), "--course", str(tmp_path / "course")]
    assert main.main(arguments) == 0
    assert "repsim: from the open example set of the book" in capsys.readouterr().err
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / f"{NAME}.md").write_text(OWN)
    assert main.main([*arguments, "--masters", str(tmp_path / "mine")]) == 0
    assert f"repsim: from the masters in {tmp_path / 'mine'}" in capsys.readouterr().err


@pytest.mark.parametrize(("place", "ends"), [("given", "\n"), ("in the course", "\r\n"), ("sealed", "\n")])
def test_a_copy_of_an_open_master_is_as_open_wherever_it_comes_from(released, tmp_path, capsys, place, ends):
    """By what it says, and not by where it lies or what it is called."""
    course = tmp_path / "course"
    course.mkdir()
    shutil.copy(released / "gradebook.db", course)  # a new one takes long
    mine = course / "masters" if place == "in the course" else tmp_path / "mine"
    mine.mkdir(parents=True)
    (mine / "07_mine.md").write_bytes(FILE.read_text().replace("\n", ends).encode())
    (mine / "08_other.md").write_text(OWN)
    options = ["--root", str(BOOK), "--course", str(course)]
    given = [] if place == "in the course" else ["--masters", str(mine)]
    if place == "sealed":
        assert main.main(["classroom", "seal", str(mine), *options]) == 0
        assert (
            "warning: anybody can read the solutions and hidden tests of 07_mine:" in capsys.readouterr().err
        )
        given = ["--masters", f"{mine}.sealed"]
    assert main.main(["classroom", "release", *options, *given]) == 0
    said = capsys.readouterr().err
    assert "warning: anybody can read the solutions and hidden tests of 07_mine: they are" in said
    about = json.loads((course / "masters.json").read_text())
    assert {name: each["open"] for name, each in about.items()} == {"07_mine": True, "08_other": False}


def test_a_new_course_is_its_owner_s_alone_and_one_that_is_there_stays_as_it_is(released, tmp_path, run):
    course, shared = tmp_path / "new" / "course", tmp_path / "shared"
    assert run("release", "--root", BOOK, "--course", course)[0] == 0
    assert [stat.S_IMODE(path.stat().st_mode) for path in (course, course / SECRET)] == [0o700, 0o600]
    shared.mkdir()
    shared.chmod(0o770)
    shutil.copy(released / "gradebook.db", shared)  # a new one takes long
    release(BOOK, Course(shared))
    assert [stat.S_IMODE(path.stat().st_mode) for path in (shared, shared / SECRET)] == [0o770, 0o600]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / f"{NAME}.md").write_text(OWN)
    assert run("seal", tmp_path / "mine", "--course", tmp_path / "keys")[0] == 0
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_course_without_its_gradebook_says_what_is_missing_and_what_to_do(
    course, run, tmp_path, monkeypatch
):
    (course.directory / "gradebook.db").rename(tmp_path / "empty.db")
    for words in (["summary"], ["grade"], ["similar"], ["collect", tmp_path]):
        code, _, err = run(words[0], NAME, *words[1:], "--course", course.directory)
        assert code == 2, words
        assert f"found no gradebook.db in {course.directory}, expected the file that holds all points" in err
        assert "put it back from a copy" in err
        assert "did you mean" not in err
    empty = (tmp_path / "empty.db").read_bytes()
    monkeypatch.setattr("repsim_book.classroom.release._new_gradebook", lambda _: empty)
    assert run("release", "--root", BOOK, "--course", course.directory)[0] == 0, "as it says"
    assert "found no submissions" in run("grade", NAME, "--course", course.directory)[2]
