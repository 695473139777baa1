"""What leaves a course and what stays: states, summaries, grades for learning systems, data of students."""

import csv
import subprocess

import pandas as pd
import pytest
from tiny import MASTER, NAME, RELEASE, SKELETON, answered, data, write

from repsim_book.claims import claimed
from repsim_book.classroom.collect import collect_submissions
from repsim_book.classroom.course import Course
from repsim_book.classroom.export import export_grades
from repsim_book.classroom.feedback import write_feedback
from repsim_book.classroom.grade_class import grade_class
from repsim_book.classroom.report import write_grades
from repsim_book.classroom.standing import STATES, standing
from repsim_book.classroom.summary import cells_of, parts_of, write_summary
from repsim_book.classroom.tables import write_table
from repsim_core.errors import InputError

CSV = """id,name,email,lms_id,extra_time,group
ada,Ada Lovelace,ada@example.org,123,,
bob,=HYPERLINK("x"),bob@example.org,,,
yuki,Yuki Mori,yuki@example.org,125,,
zoe,Zoe,zoe@example.org,126,,
"""


@pytest.fixture
def graded(course, tmp_path, not_executed):
    """Ada's grade is final, Bob's waits for a person, Yuki left the written answer as it was, Zoe handed in nothing."""
    write(course.directory, {"roster.csv": CSV.encode()})
    why = next(
        cell.source for cell in RELEASE.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "why"
    )
    files = {"ada": data(MASTER), "bob": data(MASTER), "yuki": data(answered(why=why))}
    collect_submissions(
        course, NAME, write(tmp_path / "in", {f"{who}.ipynb": each for who, each in files.items()})
    )
    grade_class(course, NAME)
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade("why", NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 3.5, False
        gradebook.db.commit()
    return course


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


# States


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({"handed_in": False}, "nothing"),
        ({"run": None}, "ungraded"),
        ({"current": False}, "ungraded"),
        ({"run": "harmful", "pending": 1, "seen": True}, "harmful"),
        ({"run": "unreadable"}, "refused"),
        ({"run": "refused", "seen": True}, "refused"),
        ({"run": "timeout"}, "stopped"),
        ({"run": "died", "pending": 1, "seen": True}, "needs grading"),
        ({"run": "raised"}, "look"),
        ({"run": "raised", "blank": True}, "blank"),
        ({"blank": True, "pending": 1}, "blank"),
        ({"run": "raised", "blank": True, "seen": True}, "graded"),
        ({"run": "timeout", "blank": True}, "stopped"),
        ({"current": False, "blank": True}, "ungraded"),
        ({"run": "something new"}, "look"),
        ({"look_at": ["why: ..."], "pending": 1}, "look"),
        ({"look_at": ["why: ..."], "pending": 1, "seen": True}, "needs grading"),
        ({"pending": 2}, "needs grading"),
        ({}, "graded"),
    ],
)
def test_a_submission_has_one_state_that_says_what_to_do(known, state):
    usual = {"handed_in": True, "run": "graded", "current": True, "look_at": (), "pending": 0, "seen": False}
    assert standing(**(usual | known)) == state
    assert state in STATES


def test_states_are_those_of_the_class(graded):
    table = write_grades(graded).set_index("student")
    assert dict(table["state"]) == {
        "ada": "graded",
        "bob": "needs grading",
        "yuki": "graded",
        "zoe": "nothing",
    }


# Summary


def test_a_summary_has_each_question_and_what_waits(graded, run):
    table, states = write_summary(graded, NAME)
    assert states == {"nothing": ["zoe"], "needs grading": ["bob"], "graded": ["ada", "yuki"]}
    found = table.set_index("cell")
    assert list(found.index) == ["test-square", "test-root", "why", ""], (
        "questions and the whole: there are no parts"
    )
    assert dict(found.loc["why", ["graded", "mean", "full", "zero", "waiting"]]) == {
        "graded": 2,
        "mean": 1.75,
        "full": 0,
        "zero": 0.5,
        "waiting": 1,
    }
    assert tuple(table.iloc[-1][["max_points", "graded", "mean"]]) == (9, 2, (8.5 + 5) / 2)
    code, out, _ = run("summary", NAME, "--course", graded.directory)
    assert (code, "1 needs grading (written answers wait for points: formgrader)\n  bob\n" in out) == (
        0,
        True,
    )
    assert len(rows(graded.directory / "summary.csv")) == 1 + len(table)


def test_a_summary_of_a_class_that_nobody_has_graded_yet(course, tmp_path):
    write(course.directory, {"roster.csv": CSV.encode()})
    collect_submissions(course, NAME, write(tmp_path / "in", {"ada.ipynb": data(MASTER)}))
    table, states = write_summary(course, NAME)
    assert states["ungraded"] == ["ada"]
    assert table["graded"].tolist() == [0] * len(table)
    assert table["max_points"].tolist()[-2:] == [4, 9], "what can be earned is known before"


def test_parts_are_headings_and_a_task_is_known_by_its_test_answer_or_part():
    from places import ROOT

    from repsim_book.classroom.notebooks import read_master, skeleton_notebook

    skeleton = skeleton_notebook(read_master(ROOT / "notebooks" / "assignments" / "03_llv.md"))
    assert parts_of(skeleton)["test-label-term"] == "2. Labels: the first term"
    tests = [name for name in parts_of(skeleton) if name.startswith("test-label-term")]
    assert len(tests) > 1
    for task in ("label-term", "2"):
        assert cells_of(skeleton, task) == tests
    assert cells_of(skeleton, tests[0]) == tests[:1]
    with pytest.raises(InputError, match="found label; did you mean label-term"):
        cells_of(skeleton, "label")
    assert cells_of(SKELETON, "why") == ["why"]


# Export


def test_canvas_gets_its_columns_and_no_grade_that_is_not_final(graded, run):
    place = ["--course", graded.directory]
    code, out, err = run("export", NAME, "--for", "canvas", "--column", "Twins (77)", *place)
    assert (code, err) == (1, "repsim: not final: bob\n")
    assert rows(graded.directory / "export" / f"{NAME}-canvas.csv") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Twins (77)"],
        ["Points Possible", "", "", "", "", "9.0"],
        ["Ada Lovelace", "123", "", "", "", "8.5"],
        ["Yuki Mori", "125", "", "", "", "5.0"],
        ["Zoe", "126", "", "", "", "0.0"],
    ]
    assert out.strip().endswith(f"{NAME}-canvas.csv")


def test_moodle_gets_ids_addresses_points_and_percent(graded):
    path, left_out = export_grades(graded, NAME, "moodle")
    assert left_out == ["bob"]
    head, ada, *_ = rows(path)
    assert head == ["ID number", "Email address", "Full name", NAME, f"{NAME} (%)"]
    assert ada == ["ada", "ada@example.org", "Ada Lovelace", "8.5", "94.44"]


def test_everything_is_a_table_in_which_no_text_is_a_formula(graded):
    path, left_out = export_grades(graded, NAME, "csv", unfinished=True)
    assert left_out == []
    table = pd.read_csv(path).set_index("id")
    assert table.loc["bob", "name"] == '\'=HYPERLINK("x")'
    assert list(table["points"]) == [8.5, 5, 5, 0]
    assert list(table["percent"].round(2)) == [94.44, 55.56, 55.56, 0]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_begins_like_a_formula_is_quoted(tmp_path, text):
    write_table(tmp_path / "t.csv", pd.DataFrame({"text": [text, "a=1"], "number": [-1.5, 2]}))
    quoted = "'" + text.replace("\r", "\n")
    assert rows(tmp_path / "t.csv")[1:] == [[quoted, "-1.5"], ["a=1", "2.0"]]


def test_an_export_that_cannot_be_is_one_message(graded, run):
    place = ["--course", graded.directory]
    (graded.directory / "roster.csv").unlink()
    for arguments, complaint in (
        ([NAME, "--for", "blackboard"], "--for: found blackboard, expected one of moodle, canvas, csv"),
        ([NAME, "--for", "canvas"], "roster.csv: found none, expected names and addresses for canvas"),
        (["02_none"], "02_none: found nothing that was handed in"),
    ):
        code, _, err = run("export", *arguments, *place)
        assert (code, complaint in err) == (2, True), err
    code, out, _ = run("export", NAME, *place)
    assert (code, out.strip()) == (1, str(graded.directory / "export" / f"{NAME}-csv.csv"))


# Data of students


def test_git_leaves_a_course_out_wherever_it_lies(course, tmp_path):
    repository = tmp_path / "repository"
    repository.mkdir()
    subprocess.run(["git", "init", "-q", repository], check=True)
    place = Course(repository / "teaching" / "course")
    course.directory.rename(place.directory.parent.mkdir() or place.directory)
    write(place.directory, {"roster.csv": CSV.encode(), "submitted/ada/x/x.ipynb": b"{}"})
    done = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all"],
        cwd=repository,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_all_that_a_course_holds_of_a_student_can_be_deleted(graded, run):
    """Rows are rows: the list says what goes of a file of all, and whose work is not touched."""
    place, folder = ["--course", graded.directory], graded.directory
    write_feedback(graded, NAME)
    write_summary(graded, NAME)
    for system in ("moodle", "canvas", "csv"):
        run("export", NAME, "--for", system, "--unfinished", *place)
    write(folder, {"similar.csv": b"assignment,one,other\n01_tiny,ada,yuki\n01_tiny,ada,zoe\n"})
    assert run("counts", NAME, "yuki", "--attempt", "1", *place)[0] == 0
    code, out, err = run("seen", NAME, "ada", *place)
    assert (code, out) == (0, "ada: graded\n")
    assert err == "repsim: ada: there was nothing to look at, and nothing is noted\n"
    exported = (folder / "export" / f"{NAME}-csv.csv").read_text("utf-8").splitlines()
    code, listed, _ = run("forget", "yuki", *place)
    assert (code, (folder / "submitted" / "yuki").is_dir()) == (0, True)
    for line in (
        f"{folder}/feedback/yuki",
        f"1 row in {folder}/similar.csv",
        f"1 row in {folder}/export/{NAME}-moodle.csv",
        f"points and comments in {folder}/gradebook.db",
        f"decisions in {folder}/decisions.json",
    ):
        assert line in listed.splitlines(), line
    code, out, _ = run("forget", "yuki", "--yes", *place)
    assert code == 0
    gone = [line.removeprefix("deleted: ") for line in out.splitlines() if line.startswith("deleted: ")]
    assert gone == [line for line in listed.splitlines() if "named in" not in line][:-1], "as it was listed"
    left = [
        path
        for path in folder.rglob("*")
        if "yuki" in path.name or (path.is_file() and b"yuki" in path.read_bytes())
    ]
    assert left == []
    assert (folder / "similar.csv").read_text() == "assignment,one,other\n01_tiny,ada,zoe\n"
    rows = (folder / "export" / f"{NAME}-csv.csv").read_text("utf-8").splitlines()
    assert rows == [row for row in exported if "yuki" not in row], "all others are as they were"
    assert set(write_grades(graded)["student"]) == {"ada", "bob", "zoe"}
    for yes in ([], ["--yes"]):
        code, _, err = run("forget", "yuki", *yes, *place)
        assert (code, "yuki: found nothing of such a student" in err) == (2, True)


@pytest.mark.usefixtures("not_executed")
def test_a_row_of_the_roster_goes_and_a_group_s_work_is_not_called_one_s_own(course, run, tmp_path):
    roster = "id,name,email,group\nada,Ada Lovelace,ada@example.org,A\nbob,Bob,bob@example.org,A\n"
    write(course.directory, {"roster.csv": roster.encode(), "course.toml": b"groups = true\n"})
    collect_submissions(
        course, NAME, write(tmp_path / "in", {"bob.ipynb": data(answered(student='student = "ada"'))})
    )
    grade_class(course, NAME)
    place = ["--course", course.directory]
    code, out, err = run("forget", "ada", "--yes", *place)
    assert (code, err) == (0, "")
    assert f"deleted: 1 row in {course.directory}/roster.csv\n" in out
    notebook = course.submission(NAME, "bob")
    assert f"still named in {notebook}, which stays\n" in out
    assert (course.directory / "roster.csv").read_text().splitlines() == roster.splitlines()[::2]
    write(course.directory, {"roster.csv": roster.encode()})
    code, _, err = run("forget", "bob", *place)
    assert (code, "01_tiny: the hand-in of bob is that of ada as well, who has none without it" in err) == (
        0,
        True,
    )


# While a class is graded


def test_what_reads_also_reads_while_a_class_is_graded(graded, run):
    """It changes nothing that the grading has: its own table is all that it writes."""
    place = ["--course", graded.directory]
    run("withdraw", NAME, "test-square", *place)
    unwatched = ("summary.csv", "similar.csv", "export")
    before = {path: path.read_bytes() for path in graded.directory.rglob("*") if path.is_file()}
    with claimed(graded.directory):
        for words in (["summary"], ["similar"], ["export"], ["export", "--for", "moodle"], ["withdraw"]):
            code, out, err = run(words[0], NAME, *words[1:], *place)
            assert code == (1 if words[0] == "export" else 0), err  # not final: Bob
            assert out
        assert run("forget", "yuki", *place)[0] == 0
        for words in (["feedback"], ["withdraw", "why"], ["seen", "ada"], ["counts", "ada", "--undo"]):
            code, _, err = run(words[0], NAME, *words[1:], *place)
            assert (code, "is in use by another run" in err) == (2, True), words
    after = {path: path.read_bytes() for path in before if path.is_file()}
    changed = [path for path in before if after.get(path) != before[path]]
    assert not [
        path for path in changed if path.relative_to(graded.directory).parts[0] not in (*unwatched, ".in-use")
    ]


@pytest.mark.parametrize(
    "command", ["summary", "similar", "export", "withdraw", "feedback", "forget", "grade"]
)
def test_a_course_that_is_none_is_not_made_by_asking(tmp_path, run, command):
    code, out, err = run(command, NAME, "--course", tmp_path / "nowhere")
    assert (code, out) == (2, "")
    assert "expected" in err
    assert not (tmp_path / "nowhere").exists()
