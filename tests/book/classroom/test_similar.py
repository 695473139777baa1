"""Pairs of submissions with much in common: found whatever was renamed, and nothing that the assignment explains."""

import pytest
from tiny import MASTER, NAME, answered, data, write

from repsim_book.classroom.collect import collect_submissions
from repsim_book.classroom.similar import WINDOW, _winnowed, write_similar
from repsim_core.errors import InputError

ODD = """def square(number):
    total, step = 0, 1
    for _ in range(abs(number)):
        total += step
        step += 2
    return total if number else 0"""
RENAMED = """# my own idea
def square(n):
    acc, odd = 0, 1

    for i in range(abs(n)):
        acc += odd
        odd += 2
    return acc if n else 0"""
OTHER = """def square(number):
    table = {0: 0}
    while len(table) <= abs(number):
        last = max(table)
        table[last + 1] = table[last] + last + last + 1
    return table[abs(number)]"""
PROSE = "Whoever multiplies a number by itself multiplies two factors of one sign, and these give no negative product."


def hand_in(course, folder, **squares):
    files = {f"{who}.ipynb": data(answered(square=square, why=why)) for who, (square, why) in squares.items()}
    collect_submissions(course, NAME, write(folder / "in", files))
    return write_similar(course, NAME)


def test_a_copy_with_other_names_is_found_and_shown(course, tmp_path):
    table = hand_in(course, tmp_path, ada=(ODD, "One."), bob=(RENAMED, "Two."), eve=(OTHER, "Three."))
    assert list(zip(table["one"], table["other"], table["cells"], strict=True)) == [("ada", "bob", "square")]
    assert table.iloc[0]["share"] == 1
    assert "total += step" in table.iloc[0]["passage_one"]
    assert "acc += odd" in table.iloc[0]["passage_other"]
    assert (course.directory / "similar.csv").is_file()


def test_prose_is_compared_by_its_words(course, tmp_path):
    table = hand_in(course, tmp_path, ada=(ODD, PROSE), bob=(OTHER, f"I think: {PROSE.upper()}"))
    assert list(zip(table["kind"], table["cells"], strict=True)) == [("text", "why")]


def test_the_solution_and_what_many_share_is_nobody_s_own(course, tmp_path):
    right = next(cell.source for cell in MASTER.cells if "number * number" in cell.source)
    assert hand_in(course, tmp_path / "1", ada=(right, PROSE[:20]), bob=(right, PROSE[:20])).empty
    crowd = {f"student{number}": (ODD, f"{number}") for number in range(6)}
    assert hand_in(course, tmp_path / "2", **crowd).empty


@pytest.mark.parametrize(("copies", "kind"), [(3, "code"), (5, "code"), (7, "text")])
def test_copies_in_a_small_class_are_not_taken_for_what_all_write(course, tmp_path, copies, kind):
    code, prose = (ODD, "") if kind == "code" else ("", PROSE)
    ring = {f"copy{number}": (code or f"x{number} = 0", prose or f"{number}") for number in range(copies)}
    others = {f"own{number}": (f"y = {number}", f"nothing {number}") for number in range(8 - copies)}
    found = hand_in(course, tmp_path, **ring, **others)
    assert {*found["one"], *found["other"]} == {*ring}
    assert {*found["kind"]} == {kind}


def test_the_command_lists_pairs_and_gives_no_verdict(course, tmp_path, run):
    hand_in(course, tmp_path, ada=(ODD, "One."), bob=(RENAMED, "Two."))
    code, out, _ = run("similar", NAME, "--course", course.directory)
    assert code == 0
    assert out.splitlines()[1].split() == ["ada", "bob", "code", "1.0", "square"]
    code, out, _ = run("similar", NAME, "--least", "1", "--course", course.directory)
    assert code == 0
    with pytest.raises(InputError, match="least: found 0, expected a share"):
        write_similar(course, NAME, least=0)


def test_every_common_passage_of_a_run_and_a_window_has_a_chosen_run():
    """The promise of winnowing."""
    common = [f"t{number * 7 % 5}{number}" for number in range(5 + WINDOW - 1)]
    one, other = [*"abcdefgh", *common, *"ijk"], [*"xyz", *common, *"uvwqrs"]
    chosen = [{run for _, run in _winnowed(tokens, 5)} for tokens in (one, other)]
    assert chosen[0] & chosen[1]
    assert list(_winnowed(list("abc"), 5)) == []
