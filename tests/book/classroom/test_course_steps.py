"""The page of two weeks: every command on it, on downloads of Moodle and of Canvas; and a class of thirty."""

import re
import shlex
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import downloads
import nbformat
import pytest
from places import CLASSROOM, ROOT
from tiny import MASTER, RELEASE, answered, cell, data, write

from repsim_book.classroom.collect import collect_submissions
from repsim_book.classroom.course import Course
from repsim_book.classroom.grade_class import grade_class
from repsim_book.classroom.release import release
from repsim_book.classroom.report import write_grades

PAGE = (ROOT / "book" / "course_steps.md").read_text("utf-8")
DUE = datetime(2026, 4, 20, 23, 59).astimezone()
NAMES = {
    "ada": "Ada Lovelace",
    "bob": "Bob Müller",
    "eve": "Eve Adams",
    "finn": "Finn O'Neil",
    "gina": "Gina de la Cruz",
    "hugo": "Hugo Boss",
    "iris": "Iris Ng",
    "kim": "Kim Lee",
}
NUMBERS = {who: str(123 + number) for number, who in enumerate(NAMES)}
LATE = {"bob": DUE + timedelta(days=1), "iris": DUE + timedelta(hours=30)}


def blocks(system):
    """What stands in blocks of code on the page for this system, in order."""
    heading = ""
    for part in re.finditer(
        r"^#+ (?P<heading>[^\n]+)$|^```\n(?P<block>.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
    ):
        if part["heading"]:
            heading = part["heading"]
        elif "On " not in heading or system in heading:
            yield part["block"]


def misplaced():
    notebook = answered(why=cell(RELEASE, "why").source)
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell("Because two is even."))
    return notebook


def odd_class():
    """Ada is as she should be, Bob late within his time; Kim hands in nothing."""
    return {
        "ada": data(MASTER),
        "bob": data(MASTER),
        "eve": data(misplaced()),
        "finn": b"",
        "gina": data(answered(student='student = "ada"')),
        "hugo": data(nbformat.v4.new_notebook()),
        "iris": data(MASTER),
    }


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book with two assignments that are called as on the page, whose tasks are parts; one works in its folder."""
    folder = tmp_path / "book"
    master = (CLASSROOM / "notebooks" / "assignments" / "01_tiny.md").read_text()
    for number, first in ((1, "id: student"), (2, "id: square"), (3, "id: root")):
        fence = master.rindex("```{code-cell}", 0, master.index(first))
        master = f"{master[:fence]}## {number}. Part {number} (2 points)\n\n{master[fence:]}"
    shutil.copytree(CLASSROOM, folder)
    assignments = folder / "notebooks" / "assignments"
    (assignments / "01_tiny.md").unlink()
    masters = {"01_twins.md": master.encode(), "02_kl.md": master.encode()}
    write(assignments, masters)
    own = master.replace("square(-3) == 9", "square(-5) == 25").encode()
    write(folder / "my-masters", dict.fromkeys(masters, own))
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.usefixtures("not_executed")
@pytest.mark.parametrize("system", ["Moodle", "Canvas"])
def test_every_command_of_the_page_does_what_the_page_says(book, run, system):
    files = odd_class()
    downloads.moodle(Path("downloads/moodle.zip"), NAMES, files, "work.ipynb")
    downloads.worksheet(Path("downloads/worksheet.csv"), NAMES, dict.fromkeys(files, DUE) | LATE)
    downloads.canvas(Path("downloads/canvas.zip"), NAMES, NUMBERS, files, {*LATE})
    times = "".join(f"{who},{time.isoformat()}\n" for who, time in LATE.items())
    Path("downloads/late.csv").write_text(f"id,time\n{times}")
    course, typed = Course(Path("course")), []
    for block in blocks(system):
        words = shlex.split(block)
        if block.startswith("id,name"):
            rest = (f"{who},{NAMES[who]},{who}@example.org,{NUMBERS[who]},,\n" for who in [*NAMES][2:])
            Path("course/roster.csv").write_text(block + "".join(rest), "utf-8")
        elif "[01_twins]" in block:
            assert {"percent_a_day", "grace_minutes"} <= {*Path("course/course.toml").read_text().split()}
            Path("course/course.toml").write_text(block)
        elif words[0] == "repsim":
            if words[2:4] == ["counts", "02_kl"]:
                pair = {f"{who}.ipynb": data(answered(why=who)) for who in ("ada", "bob")}
                collect_submissions(course, "02_kl", write(Path("pair"), pair))
                assert run("grade", "02_kl")[0] == 0
            root = ["--root", "."] if words[2] == "release" else []  # not that of this package
            code, out, err = run(*words[2:], *root)
            # Files that nobody can use, and grades that are not final, are named.
            assert code == (1 if words[2] in ("collect", "export") else 0), (block, err)
            check(words[2], words[3:], course, out, err)
            typed.append(words[2])
    assert {*typed} == {
        *("release", "seal", "collect", "grade", "summary", "seen", "similar", "feedback"),
        *("export", "withdraw", "counts", "forget"),
    }


def check(command, words, course, out, err):
    """What the page promises of a command."""
    if command == "release":
        assert ("warning: anybody can read" in err) == ("--masters" not in words)
    elif command == "collect":
        assert out == "5 new, 0 changed, 0 unchanged\n"
        assert err.count("is not taken") == 2
        assert 'gina: the notebook says that it is of "ada"' in err
    elif command == "grade":
        assert "\neve: why: left as it was" in out, "sentences stand below the table, which fits a terminal"
        assert max(map(len, out.partition("eve: ")[0].splitlines())) < 90
        table = write_grades(course).set_index("student")
        assert dict(table["state"]) == {
            "ada": "needs grading",
            "bob": "needs grading",
            "eve": "look",
            "finn": "nothing",
            "gina": "look",
            "hugo": "nothing",
            "iris": "needs grading",
            "kim": "nothing",
        }
        assert dict(table["late_days"][table["late_days"] > 0]) == {"iris": 2}
        assert table.loc["iris", "deducted"] == pytest.approx(2 * 0.1 * 9)
    elif command == "summary":
        assert "2 look (" in out
        assert "\n  finn hugo kim\n" in out
    elif command == "export" and "csv" not in words:
        assert err.startswith("repsim: not final: ")
    elif command == "withdraw":
        assert out == "withdrawn: test-root, why\n", "all of part 3"
    elif command == "counts":
        assert out in ("ada: attempt 1 of 1\n", "bob: attempt 1 of 1; for ada, bob\n")
    elif command == "forget":
        assert "ada" not in course.submissions("01_twins")


def test_every_state_is_explained_on_the_page():
    from repsim_book.classroom.standing import STATES

    explained = re.findall(r"^\| `([\w ]+)` \|", PAGE, re.MULTILINE)
    assert explained == list(STATES)


@pytest.mark.thorough
def test_a_class_of_thirty_with_one_of_each_odd_kind(book):
    """Really executed, side by side: each has its own state, and nobody else's points suffer."""
    name, course = "01_twins", Course(book / "course")
    release(book, course)
    victim = course.submission(name, "good0")
    printed = {"output_type": "stream", "name": "stdout", "text": "x" * 25_000_000}
    stored = answered()
    next(each for each in stored.cells if each.cell_type == "code").outputs = [nbformat.from_dict(printed)]
    old = data(MASTER).replace(b'"nbformat_minor": 5', b'"nbformat_minor": 4')
    rewrite = f"open({str(victim)!r}, 'w').write('{{}}')"
    wrong = "def square(number): return 5"
    odd = {
        "blank": data(RELEASE),
        "below": data(misplaced()),
        "loop": data(answered(root="while True: pass")),
        "memory": data(answered(root="data = bytearray(4_000_000_000)")),
        "died": data(answered(root="import os\nos._exit(1)")),
        "import": data(answered(square="import no_such_module")),
        "flood": data(answered(root="print('x' * 30_000_000)\nimport math\nroot = math.sqrt")),
        "rewrites": data(answered(square=rewrite)),
        "wrong": data(answered(square=wrong)),
        "edits": data(answered(square=wrong, test_square="pass")),
        "thief": data(answered(student='student = "good0"')),
        "stored": data(stored),
        "old": old,
        "late": data(MASTER),
        "hidden": data(answered(square="import builtins\n" + wrong)),
        "again": data(answered(square=wrong)),
    }
    good = [f"good{number}" for number in range(30 - len(odd) - 4)]
    pair, refused = ["pair0", "pair1"], {"empty": b"", "other": data(nbformat.v4.new_notebook())}
    everybody = [*good, *odd, *pair, *refused]
    assert len(everybody) == 30
    roster = "".join(f"{who},{'P' if who in pair else ''}\n" for who in [*everybody, "nobody"])
    settings = "groups = true\npoints_a_day = 1\n[01_twins]\ndue = 2026-04-20 23:59:00\n"
    write(course.directory, {"roster.csv": f"id,group\n{roster}".encode(), "course.toml": settings.encode()})
    handed_in = dict.fromkeys([*good, "pair1"], data(MASTER)) | odd | refused
    handed_in["pair1"] = data(answered(student='student = "pair0"'))
    times = dict.fromkeys(handed_in, DUE) | {"late": DUE + timedelta(days=2)}
    downloads.moodle(book / "in.zip", {}, handed_in, "work.ipynb")
    table = book / "times.csv"
    table.write_text("id,time\n" + "".join(f"{who},{time.isoformat()}\n" for who, time in times.items()))
    found = collect_submissions(course, name, book / "in.zip", times=table)
    assert sorted(found.new) == sorted([*good, *odd, "pair1"])
    assert sorted(found.refused) == sorted(
        f"{who}_{900 + list(handed_in).index(who)}_assignsubmission_file/work.ipynb" for who in refused
    )
    assert found.says == {"thief": "good0"}
    later = {"again": data(MASTER)}
    downloads.moodle(book / "again.zip", {}, later, "work.ipynb")
    table.write_text(f"id,time\nagain,{(DUE + timedelta(minutes=-1)).isoformat()}\n")
    # One minute before: the newest by its time is the first.
    assert collect_submissions(course, name, book / "again.zip", times=table).older == ["again"]
    before = {student: path.read_bytes() for student, path in course.submissions(name).items()}
    grade_class(course, name, jobs=2)
    assert {student: path.read_bytes() for student, path in course.submissions(name).items()} == before
    grades = write_grades(course).set_index("student")
    state, points = grades["state"], grades["points"]
    for student in (*good, "stored", "old", *pair):
        assert (state[student], points[student]) == ("needs grading", 5), student
    assert grades.loc["pair0", "handed_in_by"] == "pair1"
    assert (points["late"], grades.loc["late", "deducted"]) == (3, 2)
    assert {state[student] for student in ("loop", "memory", "died", "flood")} == {"stopped"}
    assert {state[student] for student in ("below", "import", "thief")} == {"look"}
    assert state["blank"] == "blank"
    assert [points[student] for student in ("wrong", "edits", "again", "hidden")] == [3, 3, 3, 3]
    assert (points["thief"], points["blank"]) == (2, 0)
    assert state["rewrites"] in ("harmful", "look", "needs grading")
    assert points["rewrites"] <= 3
    assert {state[student] for student in (*refused, "nobody")} == {"nothing"}
