"""Grading again: what people gave stays where the answer is the same; questions come, go and are withdrawn."""

import shutil

import pytest
from places import CLASSROOM as BOOK
from tiny import NAME, answered, data, write

from repsim_book.classroom.collect import collect_submissions
from repsim_book.classroom.feedback import write_feedback
from repsim_book.classroom.grade_class import grade_class
from repsim_book.classroom.records import read_grading_records
from repsim_book.classroom.report import write_grades

pytestmark = pytest.mark.usefixtures("not_executed")
OTHER = "Another reason."


@pytest.fixture
def graded(course, tmp_path):
    """Ada's submission, with points and comments from a person: 3.5 of 4 for `why`, 1 of 2 for `test-square`."""
    hand_in(course, tmp_path)
    grade_class(course, NAME)
    give(course, "why", 3.5)
    give(course, "test-square", 1.0)
    with course.gradebook() as gradebook:
        gradebook.find_comment("square", NAME, NAME, "ada").manual_comment = "Too long."
        gradebook.db.commit()
    return course


def hand_in(course, folder, **sources):
    collect_submissions(course, NAME, write(folder / "in", {"ada.ipynb": data(answered(**sources))}))


def give(course, cell, points):
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade(cell, NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()


def now(course):
    """Points, comment, and what has to be looked at."""
    with course.gradebook() as gradebook:
        grades = {cell: gradebook.find_grade(cell, NAME, NAME, "ada") for cell in ("why", "test-square")}
        points = {cell: (grade.score, grade.needs_manual_grade) for cell, grade in grades.items()}
        comment = gradebook.find_comment("square", NAME, NAME, "ada").manual_comment
    return points, comment, list(read_grading_records(course, NAME)["ada"].look_at)


KEPT = ({"why": (3.5, False), "test-square": (1.0, False)}, "Too long.", [])


def test_the_same_answers_keep_what_a_person_gave(graded):
    grade_class(graded, NAME, force=True)
    assert now(graded) == KEPT
    row = write_grades(graded).iloc[0]
    assert (row["state"], row["points"]) == ("graded", 3.5 + 1 + 3)


def test_another_answer_loses_it_and_says_so(graded, tmp_path):
    hand_in(graded, tmp_path, why=OTHER)
    grade_class(graded, NAME)
    points, comment, look_at = now(graded)
    assert points == {"why": (0, True), "test-square": (1, False)}
    assert comment == "Too long."
    assert look_at == ["why: 3.5 points by hand before, not kept: the answer is another"]
    assert write_grades(graded).iloc[0]["state"] == "look"


def test_the_first_answer_again_gets_it_back(graded, tmp_path):
    """Also after a file that is no notebook, which has no points at all."""
    path = graded.submission(NAME, "ada")
    good = path.read_bytes()
    path.write_bytes(b"{")
    grade_class(graded, NAME)
    points, _, look_at = now(graded)
    assert points == {"why": (0, False), "test-square": (0, False)}
    assert look_at[-1] == "why: 3.5 points by hand before, not kept: nothing of this submission was graded"
    path.write_bytes(good)
    grade_class(graded, NAME)
    assert now(graded) == KEPT


def test_code_of_another_task_does_not_matter_and_that_of_the_task_does(graded, tmp_path):
    hand_in(graded, tmp_path, root="def root(number): return number ** 0.5")
    grade_class(graded, NAME)
    assert now(graded) == KEPT
    hand_in(graded, tmp_path, square="def square(number): return number ** 2")
    grade_class(graded, NAME)
    points, comment, look_at = now(graded)
    assert (points["test-square"], comment) == ((2, False), None)
    assert look_at == [
        'square: the comment "Too long." by hand before, not kept: the answer is another',
        "test-square: 1 points by hand before, not kept: the answer is another",
    ]


def test_what_a_person_took_back_stays_away(graded):
    grade_class(graded, NAME, force=True)
    with graded.gradebook() as gradebook:
        grade = gradebook.find_grade("test-square", NAME, NAME, "ada")
        grade.manual_score = None
        gradebook.db.commit()
    grade_class(graded, NAME, force=True)
    assert now(graded)[0]["test-square"] == (2, False)


# Masters that change


@pytest.fixture
def book(tmp_path):
    """A book of one's own, and a way to add a question to its assignment."""
    root = shutil.copytree(BOOK, tmp_path / "book")
    master = root / "notebooks" / "assignments" / f"{NAME}.md"
    question = (
        '\n\n+++ {"nbgrader": {"grade": true, "grade_id": "more", "locked": false, "points": 1, '
        '"schema_version": 3, "solution": true, "task": false}}\n\nMore.\n'
    )
    return root, lambda: master.write_text(master.read_text() + question)


def test_a_cell_added_after_submissions_is_a_choice(graded, book, run):
    root, add = book
    place = ["--root", root, "--course", graded.directory]
    assert run("release", *place)[0] == 0, "nothing has changed"
    add()
    before = graded.source(NAME).read_bytes()
    code, _, err = run("release", *place)
    assert (code, graded.source(NAME).read_bytes()) == (2, before)
    assert f"  {NAME}: added: more\n" in err
    assert run("release", "--as-released", "--replace", *place)[0] == 2
    code, out, _ = run("release", "--as-released", *place)
    assert (code, out.strip(), graded.source(NAME).read_bytes()) == (0, "", before)
    grade_class(graded, NAME)
    assert now(graded) == KEPT


def test_the_new_assignment_takes_the_place_of_the_old_and_points_by_hand_stay(graded, book, run):
    root, add = book
    add()
    assert run("release", "--replace", "--root", root, "--course", graded.directory)[0] == 0
    row = write_grades(graded).iloc[0]
    assert (row["state"], row["max_points"]) == ("ungraded", 10)
    grade_class(graded, NAME)
    assert now(graded) == KEPT
    with graded.gradebook() as gradebook:
        assert gradebook.find_grade("more", NAME, NAME, "ada").score == 0


def test_a_release_that_fails_leaves_the_gradebook(graded, book, run):
    root, add = book
    add()
    graded.source(NAME).write_text(graded.source(NAME).read_text() + " ")
    code, _, err = run("release", "--replace", "--root", root, "--course", graded.directory)
    assert (code, "were changed or not made by `release`" in err) == (2, True)
    assert now(graded) == KEPT


# Withdrawn questions


def test_a_withdrawn_question_counts_for_nobody_until_it_counts_again(graded, run):
    place = ["--course", graded.directory]
    for task in ("test-root", "root"):  # a test, or the answer that it tests
        assert run("withdraw", NAME, task, "--reason", "unclear", *place)[1] == "withdrawn: test-root\n"
    row = write_grades(graded).iloc[0]
    assert (row["points"], row["max_points"]) == (4.5, 6)
    assert f"{NAME},ada,test-root,3.0,3.0,False,True\n" in (graded.directory / "cells.csv").read_text()
    (page,) = write_feedback(graded, NAME).pages
    assert "(Score: 4.5 / 6.0; 1 question withdrawn)" in page.read_text()
    assert page.read_text().count("Withdrawn, not counted") == 2, "in the contents and at the answer"
    code, out, _ = run("summary", NAME, *place)
    assert (code, "True" in out) == (0, True)
    (graded.directory / "roster.csv").write_text("id\nada\n")
    said = run("export", NAME, "--for", "moodle", *place)[2]
    assert "6 points can be earned; make this the maximum of the assignment in Moodle" in said
    assert run("withdraw", NAME, "root", "--undo", *place)[1] == "withdrawn: nothing\n"
    row = write_grades(graded).iloc[0]
    assert (row["points"], row["max_points"]) == (7.5, 9)
    assert "maximum" not in run("export", NAME, "--for", "moodle", *place)[2]
    code, _, err = run("withdraw", NAME, "rot", *place)
    assert (code, "found rot; did you mean root" in err) == (2, True)


def test_a_withdrawn_answer_does_not_wait(graded, tmp_path, run):
    hand_in(graded, tmp_path, why=OTHER)
    grade_class(graded, NAME)
    place = ["--course", graded.directory]
    run("seen", NAME, "ada", *place)
    assert write_grades(graded).iloc[0]["state"] == "needs grading"
    run("withdraw", NAME, "why", *place)
    assert write_grades(graded).iloc[0]["state"] == "graded"


def test_what_was_seen_is_looked_at_again_when_something_else_is_handed_in(graded, tmp_path, run):
    hand_in(graded, tmp_path, why=OTHER)
    grade_class(graded, NAME)
    assert run("seen", NAME, "ada", "--course", graded.directory)[0] == 0
    give(graded, "why", 2.0)
    assert write_grades(graded).iloc[0]["state"] == "graded"
    hand_in(graded, tmp_path, why=f"{OTHER} {OTHER}")
    assert write_grades(graded).iloc[0]["state"] == "ungraded"
    grade_class(graded, NAME)
    assert write_grades(graded).iloc[0]["state"] == "look"
    code, _, err = run("seen", NAME, "nobody", "--course", graded.directory)
    assert (code, "found nobody" in err) == (2, True)
