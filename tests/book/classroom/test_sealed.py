"""Sealed masters: one file that may be anywhere, and that the teacher's key alone opens."""

import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

import pytest
from places import CLASSROOM as BOOK
from tiny import MASTER, NAME, data, write

from repsim_book.classroom.masters import masters, seal_masters
from repsim_book.classroom.release import MASTERS, release, released_from
from repsim_book.classroom.sealed import KEY, files_of, make_key, opened, read_key, seal, unseal
from repsim_core.errors import InputError

TEXT = (BOOK / "notebooks" / "assignments" / f"{NAME}.md").read_text("utf-8")
OWN = TEXT.replace("square(-3) == 9", "square(-5) == 25")
MORE = OWN.replace("grade_id: root", "grade_id: other-root")
# In the folder of a course there is a key, and a .gitignore.
VARIABLE = "REPSIM_MASTERS_KEY"


@pytest.fixture
def mine(tmp_path):
    """A folder of masters with what belongs to them."""
    files = {f"spring/{NAME}.md": OWN, "README.md": "mine", "data/numbers.csv": "1,2\n", ".git/x": "no"}
    return write(tmp_path / "mine", {name: text.encode() for name, text in files.items()})


@pytest.fixture
def sealed(mine, tmp_path):
    """The sealed file and its key."""
    to, key = tmp_path / "public" / "masters.sealed", tmp_path / "home" / "my.key"
    done = seal_masters(mine, key, to)
    assert (done.names, done.new) == ([NAME], True)
    return to, key


def test_what_is_sealed_is_opened_by_its_key_whole_and_by_nothing_else(mine, sealed, tmp_path):
    to, key = sealed
    assert opened(to, read_key(key)) == files_of(mine)
    assert {*files_of(mine)} == {f"spring/{NAME}.md", "README.md", "data/numbers.csv"}
    text = to.read_text("ascii")
    for secret in (NAME, "README", "square", key.read_text().strip(), "UEsDB"):  # the last begins a .zip
        assert secret not in text
    other = make_key(tmp_path / "other.key")
    with pytest.raises(
        InputError, match=f"key: found the key {other.name} in .*other.key, expected {read_key(key).name}"
    ):
        opened(to, other)


def test_any_change_of_a_sealed_file_is_noticed(sealed):
    to, key = sealed
    text, used = to.read_text(), read_key(key)
    places = [*range(text.index("\n") + 1, len(text), 97), len(text) - 2]
    for place in places:
        if text[place] == "\n":
            continue
        to.write_text(text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :])
        with pytest.raises(InputError, match=r"masters: found .* damaged"):
            opened(to, used)
    to.write_text(text[: len(text) // 2])
    with pytest.raises(InputError, match="damaged"):
        opened(to, used)
    to.write_text(text.replace("sealed 1", "sealed 9"))
    with pytest.raises(InputError, match="does not begin as a sealed file does"):
        opened(to, used)
    to.write_bytes(text.replace("\n", "\r\n").encode())  # as git may write it on Windows
    assert opened(to, used)


def test_a_key_is_its_owner_s_alone_and_never_overwritten(tmp_path):
    path = tmp_path / "new" / "my.key"
    key = make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_key(path) == key
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"key: found a file .* already"):
        make_key(path)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["my.key"]
    path.chmod(0o644)
    with pytest.warns(UserWarning, match=r"others on this machine can read the key .*: chmod 600"):
        read_key(path)


def test_a_key_is_made_where_a_file_system_knows_no_links(tmp_path, monkeypatch):
    def link(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    key = make_key(tmp_path / "my.key")
    assert read_key(tmp_path / "my.key") == key
    assert [each.name for each in tmp_path.iterdir()] == ["my.key"]
    with pytest.raises(InputError, match="already"):
        make_key(tmp_path / "my.key")


@pytest.mark.parametrize("text", ["", "no key", "A" * 44, "A" * 43 + "=\nmore"])
def test_a_file_that_is_no_key_is_refused(tmp_path, text):
    path = tmp_path / "my.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(InputError, match=r"key: found something else in .*my\.key, expected a key"):
        read_key(path)


def test_what_cannot_be_sealed_is_said(mine, sealed, tmp_path):
    to, key = sealed
    with pytest.raises(InputError, match="folder: found no folder"):
        seal_masters(tmp_path / "nowhere", key, to)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"folder: found no masters in .*, expected files NN_name\.md"):
        seal_masters(tmp_path / "empty", key, to)
    for argument, words in {"key": (mine / "my.key", to), "to": (key, mine / "masters.sealed")}.items():
        with pytest.raises(InputError, match=rf"{argument}: found .* in the folder that is sealed"):
            seal_masters(mine, *words)
    with pytest.raises(InputError, match=r"key: found no file .*lost.key, expected the key that opens"):
        seal_masters(mine, tmp_path / "lost.key", to)
    assert not (tmp_path / "lost.key").exists()
    with pytest.raises(InputError, match=r"to: found .*, which the key [0-9a-f]{16} opens"):
        seal(files_of(mine), make_key(tmp_path / "other.key"), to)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"to: found .*which is no sealed file"):
        seal_masters(mine, key, tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "mine"
    (mine / "link.md").symlink_to(key)
    with pytest.raises(InputError, match=r"folder: found the link .*link\.md"):
        seal_masters(mine, key, to)


def test_what_is_opened_is_its_owner_s_alone_and_git_leaves_it_out(mine, sealed, tmp_path):
    to, key = sealed
    folder = tmp_path / "opened"
    files = unseal(to, read_key(key), folder)
    assert files_of(folder) == files_of(mine)
    assert sorted(files) == sorted(folder / name for name in files_of(mine))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / ".gitignore").read_text() == "*\n"
    with pytest.raises(InputError, match=r"to: found .*opened, expected a new folder"):
        unseal(to, read_key(key), folder)
    (folder / "spring" / f"{NAME}.md").write_text(MORE)
    seal_masters(folder, key, to)  # changed, and sealed again
    assert opened(to, read_key(key))[f"spring/{NAME}.md"] == MORE.encode()


def test_paths_in_a_sealed_file_do_not_leave_the_folder(sealed, tmp_path):
    to, key = sealed
    used = read_key(key)
    seal({"../outside.md": b"x"}, used, to)
    with pytest.raises(InputError, match=r"found the path \.\./outside\.md in"):
        unseal(to, used, tmp_path / "opened")
    assert not (tmp_path / "outside.md").exists()


def test_a_release_from_a_sealed_file_is_that_from_its_folder(mine, sealed, course, tmp_path, monkeypatch):
    """To the byte; it is opened in memory, and nothing of it stays anywhere but in the course."""
    to, key = sealed
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    paths = [course.source(NAME), course.directory / "release" / NAME / f"{NAME}.ipynb"]
    release(BOOK, course, own_masters=mine)
    from_folder, about_folder = [path.read_bytes() for path in paths], released_from(course)[NAME]
    found = release(BOOK, course, own_masters=to, key=key)
    assert (found.origin, found.open) == (f"the masters in {to}, opened with the key {key}", [])
    assert b"square(-5) == 25" in paths[0].read_bytes()
    assert [path.read_bytes() for path in paths] == from_folder
    assert list((tmp_path / "temporary").iterdir()) == []
    about = released_from(course)[NAME]
    assert (about["key"], about["open"]) == (read_key(key).name, False)
    assert about["sha256"] == about_folder["sha256"]


def test_the_key_is_the_named_one_else_that_of_the_course(sealed, course, run, monkeypatch):
    to, key = sealed
    place = ["--masters", to, "--root", BOOK, "--course", course.directory]
    code, _, err = run("release", *place)
    assert (code, f"--key: found none, expected the file of the key that opens {to}" in err) == (2, True)
    monkeypatch.setenv(VARIABLE, str(key))
    code, _, err = run("release", *place)
    assert (code, f"opened with the key {key}" in err) == (0, True)
    monkeypatch.setenv(VARIABLE, str(key.with_name("nowhere")))
    code, _, err = run("release", *place)
    assert (code, "--key: found no file" in err) == (2, True)
    monkeypatch.delenv(VARIABLE)
    own = course.directory / KEY
    os.replace(key, own)
    found = masters(BOOK, course.directory, to)
    assert found.origin == f"the masters in {to}, opened with the key {own}"


def test_sealed_masters_in_the_book_take_the_place_of_open_ones(mine, tmp_path):
    """So that a public copy of the book releases what its public cannot read."""
    book, key = tmp_path / "book", tmp_path / "my.key"
    write(book, {f"notebooks/assignments/{NAME}.md": TEXT.encode()})
    assert masters(book, tmp_path).open
    seal_masters(mine, key, book / "notebooks" / "assignments" / "masters.sealed")
    found = masters(book, tmp_path, key=key)
    assert (found.open, found.texts) == (frozenset(), {NAME: OWN})
    assert OWN not in repr(found), "no message shows what is in them"


@pytest.mark.usefixtures("not_executed")
def test_a_class_graded_from_sealed_masters(sealed, mine, course, tmp_path, run):
    """The commands from release to feedback, and another edition with another cell."""
    to, key = sealed
    place = ["--course", course.directory]
    words = ["--masters", to, "--key", key, "--root", BOOK, *place]
    assert run("release", *words)[0] == 0
    write(tmp_path / "in", {"ada.ipynb": data(MASTER)})
    assert run("collect", NAME, tmp_path / "in", *place)[0] == 0
    assert run("grade", NAME, *place)[0] == 0
    assert run("feedback", NAME, *place)[0] == 0
    assert "square(-5) == 25" in course.autograded(NAME, "ada").read_text()
    write(mine, {f"spring/{NAME}.md": MORE.encode()})
    assert run("seal", mine, "--to", to, "--key", key, *place)[0] == 0
    code, _, err = run("release", *words)
    assert (code, "01_tiny: added: other-root; removed: root" in err) == (2, True)
    assert run("release", *words, "--as-released")[0] == 0
    assert run("release", *words, "--replace")[0] == 0
    code, out, _ = run("grade", NAME, *place)
    assert (code, re.search(r"ada\s+\S+", out) is not None) == (0, True)
    code, _, err = run("release", "--root", BOOK, *place)
    assert code == 2, "the open ones do not take the place of these unasked"
    assert f"expected those of the release before ({NAME} from the masters in {to}" in err


def test_the_commands_say_what_they_did(mine, course, tmp_path, run, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    code, out, err = run("seal", mine, "--to", "masters.sealed")
    assert (code, out) == (0, "masters.sealed\n")
    assert err.splitlines() == [
        "repsim: a new key, course/masters.key: keep a copy; nobody opens the file without",
        f"repsim: {NAME}: only course/masters.key opens them",
    ]
    assert Path("course/.gitignore").read_text() == "*\n", "no repository takes the key"
    code, out, err = run("seal", mine)
    assert (code, out, len(err.splitlines())) == (0, f"{mine}.sealed\n", 1)
    code, out, _ = run("unseal", "masters.sealed")
    assert (code, sorted(out.splitlines())) == (
        0,
        sorted(str(Path("masters", name)) for name in files_of(mine)),
    )
    assert run("unseal", "masters.sealed")[0] == 2
    shutil.copy(course.directory / "gradebook.db", "course")  # a new one takes long
    code, _, err = run("release", "--root", BOOK)
    assert code == 0
    assert err.splitlines()[1].startswith("repsim: warning: anybody can read the solutions and hidden tests")
    assert '"from": "the open example set of the book"' in Path("course", MASTERS).read_text()
