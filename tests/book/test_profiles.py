"""Profiles, and files of values for one chapter."""

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import BOOK as FIXTURE
from places import ROOT

from repsim_book.chapters import find_chapter, list_chapters
from repsim_book.parameters import Parameter
from repsim_book.profiles import find_profile, load_profile, load_values
from repsim_core.errors import InputError


@pytest.fixture
def root(tmp_path):
    """A copy of the small book, to be changed at will."""
    shutil.copytree(FIXTURE, tmp_path / "book")
    return tmp_path / "book"


@pytest.fixture
def mine(root):
    """The file of a profile of the small book."""
    return root / "notebooks" / "profiles" / "mine.yml"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("02_smal: {count: 3}", "line 1, column 1: there is no chapter 02_smal; did you mean 02_small"),
        ("02_small: {cuont: 3}", "line 1, column 12: cuont is no parameter of 02_small; did you mean count"),
        ("02_small: {1: 8}", "line 1, column 12: 1 is no parameter of 02_small"),
        ("02_small: {<<: {count: 1}}", "line 1, column 12: << is no parameter of 02_small"),
        ("02_small: {count: 1.5}", "line 1, column 19: count = 1.5 has the wrong type; expected is int"),
        ("02_small:\n  count: 010", "line 2, column 10: count = 010 has the wrong type"),
        ("02_small: {count: 1:30}", "count = 1:30 has the wrong type"),
        ("02_small: {count: 0x10}", "count = 0x10 has the wrong type"),
        ("02_small: {count: 1_000}", "count = 1_000 has the wrong type"),
        ("02_small: {count: ０１}", "count = ０１ has the wrong type"),
        ("02_small: {count: 2026-01-01}", "count = 2026-01-01 has the wrong type"),
        ("02_small: {count: yes}", "count = yes has the wrong type"),
        ("02_small: {count: '3'}", 'count: found "3", expected is int, without quotes'),
        ("02_small: {count: [3]}", "count: found a list, expected is int"),
        ("02_small: {count: {a: 3}}", "count: found names with values, expected is int"),
        ("02_small: {count: }", "count: found nothing, expected is int"),
        ("02_small: {count: null}", "count = null has the wrong type"),
        ("02_small: {count: ~}", "count = ~ has the wrong type"),
        ("02_small: {scale: .inf}", "scale = .inf has the wrong type"),
        ("02_small: {scale: .nan}", "scale = .nan has the wrong type"),
        ("02_small: {scale: 1e999}", "scale = 1e999 has the wrong type"),
        ("02_small: {fail: yes}", "fail = yes has the wrong type"),
        ("02_small: {fail: off}", "fail = off has the wrong type"),
        ("02_small: {fail: 1}", "fail = 1 has the wrong type"),
        ("02_small: {order: [0, 01]}", "order = [0,01] has the wrong type"),
        (
            "02_small: {order: [0, '1']}",
            'line 1, column 23: order: found "1", expected is list[int] | None, without',
        ),
        ("02_small: {order: '0,1'}", 'order: found "0,1", expected is list[int] | None, without quotes'),
        (
            "02_small: {label: 010}",
            "label: found 010, which is no text everywhere; expected a text, in quotes",
        ),
        ("02_small: {label: no}", "label: found no, which is no text everywhere"),
        ("02_small: {label: 2026-01-01}", "label: found 2026-01-01, which is no text everywhere"),
        ("02_small: {label: ~}", "label: found ~, which is no text everywhere"),
        ("02_small: {label: }", "label: found nothing, which is no text everywhere"),
        ("02_small: [count]", "line 1, column 11: found a list, expected parameters of 02_small with values"),
        ("02_small: 3", "found 3, expected parameters of 02_small with values"),
        ("02_small: ''", 'found "", expected parameters of 02_small with values'),
        ("[02_small]", "line 1, column 1: found a list, expected names with values"),
        ("a: b: c", "line 1, column 5: this is not YAML"),
    ],
)
def test_a_profile_that_cannot_be_used_is_refused_with_the_place(root, mine, text, complaint):
    mine.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"^profiles/mine\.yml, line ") as error:
        load_profile(root, "mine")
    assert complaint in str(error.value)


def test_profiles_may_be_empty_and_unknown_ones_are_named(root, mine):
    assert load_profile(root, "smoke") == {"02_small": {"count": 3, "scale": 2}}
    mine.write_text("# nothing\n02_small:\n")
    assert load_profile(root, "mine") == {"02_small": {}}
    with pytest.raises(InputError, match="there is no profile smok; did you mean smoke"):
        load_profile(root, "smok")


def test_a_profile_may_be_a_file_anywhere(root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "own.yml").write_text("02_small: {count: 5}")
    for wanted in ("own.yml", "./own.yml", "~/own.yml", str(tmp_path / "own.yml")):
        assert find_profile(root, wanted) == ("own", tmp_path / "own.yml")
        assert load_profile(root, wanted) == {"02_small": {"count": 5}}
    (tmp_path / "smoke.yml").touch()
    (tmp_path / "a b.yml").touch()
    (tmp_path / "folder.yml").mkdir()
    for wanted, complaint in [
        ("smoke.yml", "the book has a profile smoke of its own; rename the file"),
        ("a b.yml", "expected a file name of letters, digits, _ and -"),
        ("absent.yml", f"there is no file {tmp_path / 'absent.yml'}"),
        ("absent/own.yml", "there is no file"),
        ("own.yml/own.yml", "there is no file"),
        ("folder.yml", "folder.yml: found a folder, expected a file of values"),
    ]:
        with pytest.raises(InputError) as error:
            load_profile(root, wanted)
        assert complaint in str(error.value)


def test_a_file_for_one_chapter_has_its_parameters_alone(root, tmp_path, monkeypatch):
    chapter = find_chapter(root, "02")
    path = tmp_path / "values.yml"
    path.write_text("count: 5\norder: [1, 0, 2, 4, 3]\nlabel: a name\nscale: 1e-3\nfail: FALSE\n")
    values = load_values(path, chapter)
    assert values == {"count": 5, "order": [1, 0, 2, 4, 3], "label": "a name", "scale": 0.001, "fail": False}
    assert chapter.values(values) == values
    path.write_text("")
    assert load_values(path, chapter) == {}
    path.write_text("count: 5\n02_small: {count: 3}\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        InputError, match=r"^values\.yml, line 2, column 1: 02_small is no parameter of 02_small"
    ):
        load_values(path.relative_to(tmp_path), chapter)
    with pytest.raises(InputError, match=r"^none\.yml: found nothing of this name"):
        load_values(path.relative_to(tmp_path).with_name("none.yml"), chapter)


TEXTS = ["none", "null", "a,b", "[a]", '"a"', "'a'", "", " a ", "010", "yes", "a\nb", "# no remark", "é"]


@given(st.lists(st.sampled_from(TEXTS) | st.text("a, []'\"\\:#", max_size=4), min_size=1))
def test_a_quoted_text_is_itself_whatever_is_in_it(texts):
    chapter = replace(
        find_chapter(FIXTURE, "02"),
        parameters={
            name: Parameter(name, kind, None, "")
            for name, kind in (("one", "str"), ("maybe", "str | None"), ("all", "list[str]"))
        },
    )
    given_values = {"one": texts[0], "maybe": texts[0], "all": texts}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.yml"
        path.write_text(json.dumps(given_values), encoding="utf-8")  # JSON is YAML
        values = load_values(path, chapter)
    assert {name: chapter.parameters[name].convert(value) for name, value in values.items()} == given_values


def test_a_text_without_quotes_may_be_none_where_that_is_a_value(root, tmp_path):
    chapter = replace(find_chapter(root, "02"), parameters={"x": Parameter("x", "str | None", "a", "")})
    path = tmp_path / "values.yml"
    for text, value in (("none", None), ("null", None), ("'none'", '"none"'), ("some", "some")):
        path.write_text(f"x: {text}")
        assert load_values(path, chapter) == {"x": value}


@pytest.mark.parametrize("profile", ["default", "smoke", "paper"])
def test_the_books_own_profiles_are_possible(profile):
    given_values = load_profile(ROOT, profile)
    for chapter in list_chapters(ROOT):
        assert chapter.parameters.keys() == chapter.values(given_values.get(chapter.name, {})).keys()
