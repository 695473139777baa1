"""When work was handed in, which of it counts, and whose it is: due dates, attempts, groups."""

import zipfile
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from tiny import MASTER, NAME, answered, data, write

from repsim_book.classroom.attempts import attempts_of
from repsim_book.classroom.collect import collect_submissions
from repsim_book.classroom.feedback import write_feedback
from repsim_book.classroom.grade_class import grade_class
from repsim_book.classroom.report import write_grades
from repsim_book.classroom.roster import ROSTER, read_roster
from repsim_book.classroom.settings import SETTINGS, TEMPLATE, Settings, extra_time, read_settings
from repsim_core.errors import InputError

CSV = """id,name,email,lms_id,extra_time,group
ada,Ada Lovelace,ada@example.org,123,,Team A
bob,Bob Müller,bob@example.org,124,2d,Team A
eve,Eve Adams,eve@example.org,125,,
"""
DUE = datetime(2026, 4, 20, 21, 59, tzinfo=UTC)
RULES = f"""percent_a_day = 10
grace_minutes = 15

[{NAME}]
due = 2026-04-20T21:59:00Z
"""


@pytest.fixture
def ruled(course):
    """A course with a roster and a due date."""
    write(course.directory, {ROSTER: CSV.encode(), SETTINGS: RULES.encode()})
    return course


def submission(number):
    return data(answered(why=f"Reason {number}."))


def gradescope(folder, submissions):
    """Gradescope's download: by folder the time and the submitters, of whom it knows the address."""
    metadata = {
        name: {":submitters": [{":email": f"{who}@example.org"} for who in people], ":created_at": time}
        for name, (people, time, _) in submissions.items()
    }
    files = {f"{name}/my work.ipynb": content for name, (_, _, content) in submissions.items()}
    write(folder, {"submission_metadata.yml": yaml.safe_dump(metadata).encode(), **files})
    return folder


def one(course, folder, content, time, *people):
    return collect_submissions(
        course, NAME, gradescope(folder, {"submission_1": (people or ("ada",), time, content)})
    )


def row(course, student="ada"):
    return write_grades(course).set_index("student").loc[student]


# Settings


@pytest.mark.parametrize(
    ("after", "days"),
    [
        (timedelta(0), 0),
        (timedelta(minutes=15), 0),
        (timedelta(minutes=16), 1),
        (timedelta(days=1), 1),
        (timedelta(days=1, microseconds=1), 2),
        (timedelta(days=-3), 0),
    ],
)
def test_a_day_that_has_begun_is_late_after_the_grace(after, days):
    settings = Settings(due=DUE, grace_minutes=15)
    assert settings.late_days(DUE + after) == days
    assert settings.late_days(DUE + after + timedelta(days=2), extra=timedelta(days=2)) == days
    assert settings.late_days(None) == 0


def test_what_lateness_costs_is_never_more_than_there_is():
    settings = Settings(points_a_day=1, percent_a_day=10)
    assert settings.deduction(0, 12, 20) == 0
    assert settings.deduction(2, 12, 20) == 2 * (1 + 2)
    assert settings.deduction(9, 12, 20) == 12
    assert not Settings(due=DUE).lateness_costs


def test_a_table_of_an_assignment_goes_before_what_holds_for_all(tmp_path):
    path = tmp_path / SETTINGS
    assert read_settings(path, NAME) == Settings()
    path.write_text(TEMPLATE)
    assert read_settings(path, NAME) == Settings(), "all of it is remarks"
    path.write_text(f'{RULES}percent_a_day = 0\n[02_kl]\ndue = 2026-05-01\ncounts = "first"\n')
    found = read_settings(path, NAME)
    assert (found.due, found.percent_a_day, found.grace_minutes) == (DUE, 0, 15)
    other = read_settings(path, "02_kl")
    assert other.due == datetime(2026, 5, 2).astimezone(), "a day ends at its end"
    assert (other.counts, other.percent_a_day) == ("first", 10)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("grace = 3", "found grace; did you mean grace_minutes"),
        ("points_a_day = -1", "points_a_day: found -1, expected a number of at least 0"),
        ("points_a_day = true", "points_a_day: found True"),
        ('[01_tiny]\ndue = "monday"', "01_tiny: due: found monday, expected a date and a time"),
        ('counts = "best"', "counts: found best, expected one of last, first"),
        ("groups = 1", "groups: found 1, expected true or false"),
        ("due = 2026-01-01", "found due for all assignments"),
        ("due =", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_one_message(tmp_path, text, complaint):
    (tmp_path / SETTINGS).write_text(text)
    with pytest.raises(InputError, match=complaint):
        read_settings(tmp_path / SETTINGS, NAME)


def test_extra_time_is_days_hours_or_minutes(tmp_path):
    found = {text: extra_time(text) for text in ("", "2d", "36 h", "90m", "1.5 days", "2 hours", "5 min")}
    assert list(found.values()) == [
        timedelta(0),
        timedelta(days=2),
        timedelta(hours=36),
        timedelta(minutes=90),
        timedelta(days=1.5),
        timedelta(hours=2),
        timedelta(minutes=5),
    ]
    (tmp_path / ROSTER).write_text("id,extra_time\nada,1.5\n")
    with pytest.raises(
        InputError, match=r'line 2: extra_time: found "1\.5", expected days, hours or minutes'
    ):
        read_roster(tmp_path / ROSTER)


# Times


@pytest.mark.usefixtures("not_executed")
def test_late_days_cost_points_and_extra_time_is_everybody_s_own(ruled, tmp_path):
    late = DUE + timedelta(days=1, hours=3)
    submissions = {f"submission_{who}": ((who,), late, data(MASTER)) for who in ("ada", "bob")}
    collect_submissions(ruled, NAME, gradescope(tmp_path / "in", submissions))
    grade_class(ruled, NAME)
    table = write_grades(ruled).set_index("student")
    assert list(table["late_days"]) == [2, 0, 0]
    assert list(table["points"]) == [pytest.approx(5 - 2 * 0.9), 5, 0]
    assert list(table["time_from"].dropna()) == ["Gradescope", "Gradescope"]
    assert datetime.fromisoformat(table.loc["ada", "submitted"]) == late
    pages = write_feedback(ruled, NAME).pages
    assert "1.8 taken off for 2 late days)" in pages[0].read_text()
    write(ruled.directory, {SETTINGS: b""})  # a rule that is taken back costs nothing, without grading again
    assert row(ruled)["points"] == 5


def test_gradescope_s_times_are_read_in_every_form(ruled, tmp_path):
    forms = [
        "2026-04-20 21:59:00 Z",
        "2026-04-20 21:59:00",
        "2026-04-20T23:59:00+02:00",
        "2026-04-20 21:59:00 UTC",
    ]
    for number, time in enumerate(forms):
        folder = tmp_path / str(number)
        text = f"submission_1:\n  :submitters:\n  - :sid: ada\n  :created_at: {time}\n"
        write(folder, {"submission_metadata.yml": text.encode(), "submission_1/a.ipynb": submission(number)})
        assert collect_submissions(ruled, NAME, folder).refused == {}
    assert [attempt.time for attempt in attempts_of(ruled, NAME, "ada")] == [DUE] * len(forms)
    ruby = "submission_1: !ruby/hash:Some::Class\n  submitters:\n  - !ruby/object:User\n    email: eve@example.org\n"
    write(tmp_path / "ruby", {"submission_metadata.yml": ruby.encode(), "submission_1/a.ipynb": data(MASTER)})
    assert collect_submissions(ruled, NAME, tmp_path / "ruby").new == ["eve"]


def test_moodle_s_worksheet_and_a_teacher_s_table_say_when(ruled, tmp_path, run):
    moodle = write(tmp_path / "in", {f"Ada Lovelace_9_assignsubmission_file/{NAME}.ipynb": data(MASTER)})
    sheet = (
        "Identifier,Full name,Email address,Status,Grade,Last modified (submission),Last modified (grade)\n"
        'Participant 9,Ada Lovelace,ada@example.org,Submitted,,"Tuesday, 21 April 2026, 11:59 PM",-\n'
        "Participant 10,Bob Müller,bob@example.org,No submission,,-,-\n"
    )
    write(
        tmp_path, {"sheet.csv": sheet.encode(), "wrong.csv": b"a,b\n1,2\n", "no.csv": b"id,time\nada,soon\n"}
    )
    place = ["--course", ruled.directory]
    assert run("collect", NAME, moodle, "--times", tmp_path / "sheet.csv", *place)[0] == 0
    (attempt,) = attempts_of(ruled, NAME, "ada")
    assert attempt.time == datetime(2026, 4, 21, 23, 59).astimezone()
    stamp = (ruled.submission(NAME, "ada").parent / "timestamp.txt").read_text()
    assert stamp == f"{attempt.time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC\n", "as nbgrader reads it"
    for file, complaint in (
        ("wrong.csv", "found the columns a, b, expected time"),
        ("no.csv", 'line 2: found "soon", expected a time'),
    ):
        code, _, err = run("collect", NAME, moodle, "--times", tmp_path / file, *place)
        assert (code, complaint in err) == (2, True)


@pytest.mark.usefixtures("not_executed")
def test_a_time_that_only_an_archive_tells_takes_nothing_off_and_is_looked_at(ruled, tmp_path):
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("ada.ipynb", (2026, 4, 25, 12, 0, 0)), data(MASTER))
        # Moodle and Canvas write the time of the download.
        archive.writestr(
            zipfile.ZipInfo("mllerbob_LATE_124_7_w.ipynb", (2026, 4, 25, 12, 0, 0)), data(MASTER)
        )
    assert collect_submissions(ruled, NAME, tmp_path / "in.zip").refused == {}
    grade_class(ruled, NAME)
    table = write_grades(ruled).set_index("student")
    assert (table.loc["ada", "state"], table.loc["ada", "deducted"]) == ("look", 0)
    assert "if the time in the archive is right" in table.loc["ada", "look_at"]
    assert (table["submitted"].notna()["bob"], table.loc["bob", "state"]) == (False, "look")
    assert table.loc["bob", "look_at"].startswith("late, says the learning system, and not by how much")


# Attempts


def test_all_attempts_are_kept_and_the_rule_says_which_counts(ruled, tmp_path, run):
    times = [DUE - timedelta(days=2), DUE - timedelta(days=1), DUE + timedelta(days=1)]
    for number, time in enumerate(times):
        one(ruled, tmp_path / str(number), submission(number), time)
    one(ruled, tmp_path / "0", submission(0), times[0])  # the oldest download, once more
    assert [attempt.time for attempt in attempts_of(ruled, NAME, "ada")] == times
    counted = ruled.submission(NAME, "ada")
    assert counted.read_bytes() == submission(2)
    place = ["--course", ruled.directory]
    for rule, number in (("first", 0), ("last on time", 1), ("last", 2)):
        write(ruled.directory, {SETTINGS: f'counts = "{rule}"\n{RULES}'.encode()})
        code, out, _ = run("counts", NAME, "ada", "--undo", *place)
        assert (code, out) == (0, f"ada: attempt {number + 1} of 3\n")
        assert counted.read_bytes() == submission(number)
    assert run("counts", NAME, "ada", "--attempt", 1, *place)[:2] == (0, "ada: attempt 1 of 3\n")
    assert counted.read_bytes() == submission(0)
    for arguments, complaint in (
        (["ada", "--attempt", 7], "found 7, expected one of 1 (2026-04-18 "),
        (["ada"], "found none, expected the number of one of ada: 1 ("),
        (["zoe", "--attempt", 1], "found zoe; "),
    ):
        code, _, err = run("counts", NAME, *arguments, *place)
        assert (code, complaint in err) == (2, True), err


def canvas(folder, content, *, late):
    name = f"lovelaceada_{'LATE_' if late else ''}123_{7 + late}_w.ipynb"
    return write(folder, {name: content})


@pytest.mark.usefixtures("not_executed")
def test_unchanged_work_that_was_punctual_is_not_late_by_being_handed_in_once_more(ruled, tmp_path, run):
    first, again = (
        canvas(tmp_path / "first", submission(0), late=False),
        canvas(tmp_path / "again", submission(0), late=True),
    )
    collect_submissions(ruled, NAME, first)
    collect_submissions(ruled, NAME, again)
    times = write(tmp_path, {"late.csv": f"id,time\nada,{(DUE + timedelta(days=3)).isoformat()}\n".encode()})
    collect_submissions(
        ruled, NAME, again, times=times / "late.csv"
    )  # as the guide says of what is called late
    grade_class(ruled, NAME)
    found = row(ruled)
    assert (found["attempts"], found["late_days"], found["deducted"], found["look_at"]) == (1, 0, 0, "")
    changed = canvas(tmp_path / "changed", submission(1), late=True)
    collect_submissions(ruled, NAME, changed, times=times / "late.csv")
    assert (row(ruled)["attempts"], row(ruled)["late_days"]) == (2, 3), "other work is late"


def test_work_that_was_late_is_not_when_the_learning_system_takes_it_back(ruled, tmp_path):
    for late in (True, False, True):
        collect_submissions(ruled, NAME, canvas(tmp_path / str(late), submission(0), late=late))
        (attempt,) = attempts_of(ruled, NAME, "ada")
    assert attempt.late is False
    plain = write(tmp_path / "plain", {"eve.ipynb": submission(0)})
    collect_submissions(ruled, NAME, plain)
    files = write(tmp_path / "eve", {"adamseve_LATE_125_9_w.ipynb": submission(0)})
    collect_submissions(ruled, NAME, files)
    assert [attempt.late for attempt in attempts_of(ruled, NAME, "eve")] == [True], (
        "a folder says nothing of it"
    )


@pytest.mark.parametrize("order", [(0, 5), (5, 0)])
def test_the_same_work_has_the_earliest_of_its_times(ruled, tmp_path, order):
    for number, days in enumerate(order):
        one(ruled, tmp_path / str(number), submission(0), DUE + timedelta(days=days))
    assert [attempt.time for attempt in attempts_of(ruled, NAME, "ada")] == [DUE]
    one(ruled, tmp_path / "other", submission(1), DUE + timedelta(days=6))
    one(ruled, tmp_path / "back", submission(0), DUE + timedelta(days=7))
    times = [(attempt.time - DUE).days for attempt in attempts_of(ruled, NAME, "ada")]
    assert times == [0, 6, 7], "what is taken back to an earlier state is handed in anew"


def test_an_older_download_does_not_win_over_a_newer(ruled, tmp_path):
    one(ruled, tmp_path / "new", submission(1), DUE)
    found = one(ruled, tmp_path / "old", submission(0), DUE - timedelta(days=1))
    assert (found.older, found.unchanged) == (["ada"], ["ada"])
    assert ruled.submission(NAME, "ada").read_bytes() == submission(1)


@pytest.mark.usefixtures("not_executed")
def test_what_a_teacher_puts_there_by_hand_counts_and_nothing_is_lost(ruled, tmp_path):
    one(ruled, tmp_path / "in", submission(0), DUE)
    path = ruled.submission(NAME, "ada")
    for content in (submission(1), submission(0)):  # mended, and put back
        path.write_bytes(content)
        grade_class(ruled, NAME)
        assert path.read_bytes() == content
    assert [attempt.time_from for attempt in attempts_of(ruled, NAME, "ada")] == [
        "Gradescope",
        "by hand",
        "by hand",
    ]


def test_files_beside_a_notebook_are_of_its_attempt(ruled, tmp_path):
    write(tmp_path / "in", {f"ada/{NAME}.ipynb": submission(0), "ada/photo.jpg": b"jpg"})
    collect_submissions(ruled, NAME, tmp_path / "in")
    one(ruled, tmp_path / "new", submission(1), DUE)
    folder = ruled.submission(NAME, "ada").parent
    assert sorted(path.name for path in folder.iterdir()) == [f"{NAME}.ipynb", "timestamp.txt"]
    assert (ruled.directory / "attempts" / NAME / "ada" / "1" / "photo.jpg").read_bytes() == b"jpg"
    write(
        tmp_path / "bad", {f"eve/{NAME}.ipynb": data(MASTER), "eve/timestamp.txt": b"2020-01-01 00:00:00 UTC"}
    )
    assert (
        "expected a plain name"
        in collect_submissions(ruled, NAME, tmp_path / "bad").refused["eve/timestamp.txt"]
    )


# Groups


@pytest.mark.usefixtures("not_executed")
def test_one_hand_in_is_that_of_the_group(ruled, tmp_path):
    """Whoever hands in, and whatever the learning system calls the file."""
    mine = data(answered(student='student = "bob"'))
    files = {f"Team A_7_assignsubmission_file/{NAME}.ipynb": mine}
    assert collect_submissions(ruled, NAME, write(tmp_path / "in", files)).new == []
    write(ruled.directory, {SETTINGS: f"groups = true\n{RULES}".encode()})
    found = collect_submissions(ruled, NAME, tmp_path / "in")
    assert (found.new, found.says) == (["ada"], {}), (
        "the first of the group; its notebook may name any of them"
    )
    grade_class(ruled, NAME)
    notebook = ruled.autograded(NAME, "ada").read_text()
    assert "assert student == 'bob'" not in notebook  # nbgrader puts the released tests back
    table = write_grades(ruled).set_index("student")
    assert list(table["state"]) == ["needs grading", "needs grading", "nothing"]
    assert list(table["points"]) == [5, 5, 0]
    assert table.loc["bob", "handed_in_by"] == "ada"
    pages = write_feedback(ruled, NAME).pages
    assert [page.parent.name for page in pages] == ["ada", "bob"]


def test_a_group_s_tests_ask_for_the_numbers_of_whom_the_notebook_names(ruled, tmp_path, monkeypatch):
    from repsim_book.classroom import grade_class as module
    from repsim_book.classroom.isolated import ExecutedSubmission

    asked = []

    def execute(notebook, *, student, **_):
        asked.append((student, [cell.source for cell in notebook.cells if "assert student" in cell.source]))
        return ExecutedSubmission(notebook, "graded", "")

    monkeypatch.setattr(module, "execute_apart", execute)
    one(ruled, tmp_path / "in", data(answered(student='student = "bob"')), DUE, "ada", "bob")
    grade_class(ruled, NAME)
    ((student, (source,)),) = asked
    assert (student, "assert student == 'bob'" in source) == ("bob", True)


@pytest.mark.usefixtures("not_executed")
def test_different_work_of_one_group_is_asked_about(ruled, tmp_path, run):
    write(ruled.directory, {SETTINGS: f"groups = true\n{RULES}".encode()})
    files = {f"{who}.ipynb": submission(number) for number, who in enumerate(("ada", "bob"))}
    code, _, err = run("collect", NAME, write(tmp_path / "in", files), "--course", ruled.directory)
    question = "ada, bob are one group and handed in different work; which counts: repsim classroom counts"
    assert (code, err) == (0, f"repsim: {question} {NAME} ID\n")
    grade_class(ruled, NAME)
    table = write_grades(ruled).set_index("student")
    assert list(table["state"]) == ["look", "look", "nothing"]
    assert "ada, bob are one group and handed in different work" in table.loc["bob", "look_at"]
    code, out, _ = run("counts", NAME, "bob", "--course", ruled.directory)
    assert (code, out) == (0, "bob: attempt 1 of 1; for ada, bob\n")
    assert row(ruled)["handed_in_by"] == "bob"
    assert row(ruled)["state"] == "needs grading"
    same = {f"{who}.ipynb": submission(3) for who in ("ada", "bob")}
    run("counts", NAME, "bob", "--undo", "--course", ruled.directory)
    collect_submissions(ruled, NAME, write(tmp_path / "same", same))
    assert row(ruled, "bob")["handed_in_by"] == "ada", "the same work is no question"
