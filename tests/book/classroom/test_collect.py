"""Whose a submission is: downloads of learning systems, the roster, and what is asked rather than invented."""

import zipfile

import pytest
import yaml
from tiny import MASTER, NAME, answered, data, write

from repsim_book.classroom.collect import collect_submissions
from repsim_book.classroom.grade_class import grade_class
from repsim_book.classroom.roster import ROSTER, Roster, Student, read_roster
from repsim_core.errors import InputError

CSV = """id,name,email,lms_id,extra_time,group
ada,Ada Lovelace,ada.lovelace@example.org,123,,A
bob,Bob Müller,b.mueller@example.org,124,2d,B
jose,José de la Cruz,jc@example.org,125,,
"""
METADATA = {
    "submission_1234": {
        ":submitters": [{":name": "Bob Müller", ":sid": "124", ":email": "b.mueller@example.org"}]
    }
}


@pytest.fixture
def class_of_three(course):
    write(course.directory, {ROSTER: CSV.encode()})
    return course


DOWNLOADS = {
    f"Ada Lovelace_99_assignsubmission_file_/{NAME}.ipynb": "ada",
    "Ada Lovelace_99_assignsubmission_file/my homework.ipynb": "ada",
    f"lovelaceada_123_456_{NAME}-1.ipynb": "ada",
    f"mllerbob_LATE_124_457_{NAME}.ipynb": "bob",
    f"delacruzjose_125_458_{NAME}.ipynb": "jose",
    f"José de la Cruz/{NAME}.ipynb": "jose",
    "Jose\u0301 de la Cruz.ipynb": "jose",
    "b.mueller@example.org.ipynb": "bob",
    "b.mueller.ipynb": "bob",
    "ADA.ipynb": "ada",
    "124.ipynb": "bob",
}


@pytest.mark.parametrize("path", DOWNLOADS)
def test_downloads_are_known_by_the_roster(class_of_three, tmp_path, path):
    found = collect_submissions(class_of_three, NAME, write(tmp_path / "in", {path: data(MASTER)}))
    assert (found.new, found.refused) == ([DOWNLOADS[path]], {})


def test_gradescope_says_whose_a_folder_is_in_a_file(class_of_three, tmp_path):
    files = {
        "export/submission_1234/homework.ipynb": data(MASTER),
        "export/submission_1234/picture.png": b"png",
        "export/submission_99/homework.ipynb": data(MASTER),
        "export/submission_metadata.yml": yaml.safe_dump(METADATA).encode(),
    }
    found = collect_submissions(class_of_three, NAME, write(tmp_path / "in", files))
    assert found.new == ["bob"]
    assert found.kept == {"bob": ["picture.png"]}
    assert class_of_three.submission(NAME, "bob").with_name("picture.png").read_bytes() == b"png"
    (reason,) = found.refused.values()
    assert reason.endswith("add a row, or say who it is: --who submission_99=ID")


BOB, ADA = "Bob Müller_98_assignsubmission_file_", "Ada Lovelace_99_assignsubmission_file_"
OF_ADA = {
    "submission_5": {":submitters": [{":name": "Ada Lovelace", ":sid": "123"}], ":created_at": "2020-01-01"}
}


@pytest.mark.parametrize(
    "files",
    [
        {f"{BOB}/{ADA}/{NAME}.ipynb": b""},
        {f"{BOB}/{ADA}/{NAME}.ipynb": b"", f"{BOB}/notes.txt": b"beside"},
        {f"{BOB}/submission_5/{NAME}.ipynb": b"", "submission_metadata.yml": yaml.safe_dump(OF_ADA).encode()},
        {f"{BOB}/ada.ipynb": b""},
        {f"bob/ada/{NAME}.ipynb": b""},
        {f"bob/ada/{NAME}.ipynb": b"", "bob/notes.txt": b"beside"},
        {"class/bob/lovelaceada_123_456_mine.ipynb": b"", "class/notes.txt": b"beside"},
        {f"mllerbob_124_457_lovelaceada_123_456_{NAME}.ipynb": b""},
        {
            f"export/submission_1234/submission_5/{NAME}.ipynb": b"",
            "export/submission_metadata.yml": yaml.safe_dump(METADATA | OF_ADA).encode(),
        },
        {
            f"export/submission_1234/{NAME}.ipynb": b"",
            "export/submission_1234/submission_metadata.yml": yaml.safe_dump(OF_ADA).encode(),
            "export/submission_1234/ada/submission_metadata.yml": yaml.safe_dump(
                {"submission_1234": OF_ADA["submission_5"]}
            ).encode(),
            "export/submission_metadata.yml": yaml.safe_dump(METADATA).encode(),
        },
    ],
)
def test_what_a_student_names_a_file_or_a_folder_makes_it_nobody_else_s(class_of_three, tmp_path, files):
    files = {file: content or data(MASTER) for file, content in files.items()}
    found = collect_submissions(class_of_three, NAME, write(tmp_path / "in", files))
    assert found.new == ["bob"]
    assert not class_of_three.submission(NAME, "bob").with_name("timestamp.txt").exists(), "a time of his own"


def test_who_is_in_no_roster_does_not_become_somebody_by_a_file_s_name(class_of_three, tmp_path):
    files = {
        f"Zoe Unknown_97_assignsubmission_file_/{name}.ipynb": data(MASTER) for name in ("ada", "ada/mine")
    }
    for path, content in files.items():
        found = collect_submissions(class_of_three, NAME, write(tmp_path / "in", {path: content}))
        assert found.new == []
        assert "--who 'Zoe Unknown=ID'" in found.refused[path]


@pytest.mark.parametrize(
    "path",
    [
        f"submission_1234/{NAME}.ipynb",
        f"lovelaceada_123_456_{NAME}-1.ipynb",
        f"Ada Lovelace_99_assignsubmission_file_/{NAME}.ipynb",
    ],
)
def test_without_a_roster_a_download_makes_no_student(course, tmp_path, path):
    found = collect_submissions(course, NAME, write(tmp_path / "in", {path: data(MASTER)}))
    assert found.new == []
    (reason,) = found.refused.values()
    assert "expected roster.csv in the course" in reason


def test_who_is_not_in_the_roster_is_asked_about(class_of_three, tmp_path):
    files = write(tmp_path / "in", {"abgabe.ipynb": data(MASTER), "bop.ipynb": data(MASTER)})
    found = collect_submissions(class_of_three, NAME, files)
    assert found.new == []
    assert found.refused["bop.ipynb"] == (
        'found "bop", expected somebody in roster.csv; did you mean bob? Add a row, or say who it is: --who bop=ID'
    )
    again = collect_submissions(class_of_three, NAME, files, who={"abgabe": "ada", "bop": "bob"})
    assert (sorted(again.new), again.refused) == (["ada", "bob"], {})
    wrong = collect_submissions(class_of_three, NAME, files, who={"abgabe": "nobody"})
    assert set(wrong.refused) == {"abgabe.ipynb", "bop.ipynb"}


def test_a_pattern_says_where_the_id_is(class_of_three, tmp_path):
    files = write(tmp_path / "in", {"hw/week 1 - ada final.ipynb": data(MASTER)})
    found = collect_submissions(class_of_three, NAME, files, names=r"- (?P<id>\w+) final")
    assert found.new == ["ada"]
    for pattern, complaint in (("(", "expected a regular expression"), (r"\w+", "expected a group")):
        with pytest.raises(InputError, match=complaint):
            collect_submissions(class_of_three, NAME, files, names=pattern)


def test_a_notebook_that_names_somebody_else_is_said(class_of_three, tmp_path):
    files = {
        "ada.ipynb": data(answered(student='student = "bob"')),
        "bob.ipynb": data(answered(student='student = "B.Mueller"')),
    }
    found = collect_submissions(class_of_three, NAME, write(tmp_path / "in", files))
    assert sorted(found.new) == ["ada", "bob"]
    assert found.says == {"ada": "bob"}


@pytest.mark.usefixtures("not_executed")
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("bob", "bob"),
        ("Ada Lovelace", "Ada Lovelace"),
        (" ADA ", ""),
        ("", ""),
        ("your-id", ""),
        ("\ud800", "?"),
    ],
)
def test_who_has_other_numbers_than_tests_ask_for_is_looked_at(class_of_three, tmp_path, said, shown):
    notebook = data(answered(student=f'student = "{said}"'))
    collect_submissions(class_of_three, NAME, write(tmp_path / "in", {"ada.ipynb": notebook}))
    (record,) = grade_class(class_of_three, NAME)
    found = [each for each in record.look_at if "tests ask for" in each]
    assert found == ([f'it says that it is of "{shown}"; tests ask for the numbers of ada'] if shown else [])


def test_what_lies_beside_a_notebook_is_kept_and_what_a_system_left_is_not(course, tmp_path):
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr("README.md", "read me")
        archive.writestr("Thumbs.db", "")
        archive.writestr("__MACOSX/ada/._01_tiny.ipynb", "")
        archive.writestr(f"ada\\{NAME}.ipynb", data(MASTER))
        archive.writestr("ada\\photo.jpg", "jpg")
        archive.writestr(f"bob/{NAME}.ipynb", data(MASTER))
        archive.writestr("bob/desktop.ini", "")
    found = collect_submissions(course, NAME, tmp_path / "in.zip")
    assert (sorted(found.new), found.refused, found.kept) == (["ada", "bob"], {}, {"ada": ["photo.jpg"]})


def test_one_folder_with_one_notebook_is_taken(course, tmp_path):
    found = collect_submissions(course, NAME, write(tmp_path / "in", {"handed in/ada.ipynb": data(MASTER)}))
    assert (found.new, found.refused) == (["ada"], {})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id,age\nada,3\n", "found the column age"),
        ("id,name\n,Ada\n", 'line 2: found "", expected'),
        ("id\nada\nADA\n", "line 3: found ADA a second time"),
        ("id\na/b\n", 'line 2: found "a/b"'),
    ],
)
def test_a_wrong_roster_is_one_message(tmp_path, text, complaint):
    (tmp_path / ROSTER).write_text(text)
    with pytest.raises(InputError, match=complaint):
        read_roster(tmp_path / ROSTER)


def test_a_roster_from_a_spreadsheet_is_read(tmp_path):
    (tmp_path / ROSTER).write_bytes(b"\xef\xbb\xbfid,name\r\nada,Ada\r\n,\r\n")
    assert read_roster(tmp_path / ROSTER).students == {"ada": Student("ada", "Ada")}
    assert read_roster(tmp_path / "none.csv") is None


def test_a_name_of_two_students_is_nobody_s():
    roster = Roster([Student("a1", "Kim Lee"), Student("a2", "Kim Lee")])
    assert roster.find("a2") == "a2"
    with pytest.raises(InputError, match="not a1, a2"):
        roster.find("Kim Lee")
