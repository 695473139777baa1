"""The commands of studies: what they write beside the cache is refused before anything is computed for it."""

from pathlib import Path

import pytest
from studies import inline

from repsim_book.cli import study_work as study_commands

WORDS = ["study", "width", "--grid", "smoke", "--variant", "free"]


@pytest.mark.parametrize("more", [[], ["--estimate"]], ids=["compute", "estimate"])
@pytest.mark.parametrize("option", ["--out", "--cache"])
@pytest.mark.parametrize("place", ["file", "/dev/null", "file/within"])
def test_a_folder_that_cannot_be_is_refused_at_once(run, monkeypatch, tmp_path, more, option, place):
    monkeypatch.setattr(study_commands, "local_executor", None)  # nothing is begun
    Path("file").touch()
    code, out, err = run(*WORDS, option, place, *more)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert place in err
    assert "expected a folder" in err
    assert option.strip("-") in err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_in_the_place_of_a_table_is_refused(run, monkeypatch):
    monkeypatch.setattr(study_commands, "local_executor", None)
    Path("out/pairs.csv").mkdir(parents=True)
    code, _, err = run(*WORDS, "--out", "out")
    assert (code, "--out: found the folder out/pairs.csv" in err) == (2, True)


def test_a_record_that_cannot_be_is_refused(run):
    Path("file").touch()
    code, _, err = run("study", "record", *WORDS[1:], "--record", "file")
    assert (code, "--record: cannot write to file: it is a file" in err) == (2, True)


def test_the_tables_go_where_they_are_wanted(run, monkeypatch, tmp_path):
    monkeypatch.setattr(study_commands, "local_executor", inline)
    assert run(*WORDS, "--out", "new/out", "--cache", "cache", "--estimate")[0] == 0
    assert list(tmp_path.iterdir()) == []
    code, out, _ = run(*WORDS, "--out", "new/out", "--cache", "cache")
    assert code == 0
    tables = [Path("new/out") / name for name in ("models.csv", "pairs.csv")]
    assert out.splitlines()[-2:] == [str(table) for table in tables]
    assert tables[0].read_text("utf-8").startswith("classes,width,variant,seed,")
