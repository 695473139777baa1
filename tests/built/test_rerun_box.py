"""The examples of the page on running it again do what the page says."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from places import ROOT

from repsim_book.chapters import find_chapter
from repsim_book.cli import main
from repsim_book.execution import sweeps
from repsim_book.pages import book, standalone
from repsim_book.profiles import load_values

PAGE = (ROOT / "book" / "rerun.md").read_text(encoding="utf-8")
COMMANDS = [shlex.split(line, comments=True)[1:] for line in re.findall(r"^repsim .+$", PAGE, re.MULTILINE)]


def file_of_the_page(name: str) -> str:
    """The file of values that the page shows under this name."""
    (found,) = re.findall(rf"```yaml\n# {re.escape(name)}\n(.*?)```", PAGE, re.DOTALL)
    return found


def command(*words: str) -> list[str]:
    """The one command of the page with these words."""
    (found,) = [each for each in COMMANDS if set(words) <= set(each)]
    return found


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch, tmp_path):
    """Folders that the commands make are under the current one."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def a_page_of_its_own(monkeypatch):
    """Stands for how one is made, which takes long and has tests of its own."""

    def stand_in(_root: Path, _chapter: Path, notebook: Path) -> Path:
        page = notebook.with_suffix(".html")
        page.touch()
        return page

    monkeypatch.setattr(standalone, "standalone_page", stand_in)


def test_every_command_of_the_page_is_tested_here():
    tested = {
        "chapters",
        "rho_max=8",
        "classes=3",
        "nine.yml",
        "rho_max=5,8",
        "mine.yml",
        "my_chapter.md",
        "runs",
    }
    assert len(COMMANDS) == len(tested) + 1  # `runs` is there twice
    assert all(tested & set(each) for each in COMMANDS)


def test_one_chapter_with_other_values(a_page_of_its_own, capsys):
    assert main.main(command("chapters")) == 0
    listed = capsys.readouterr().out
    assert "rho_max" in listed
    assert main.main([*command("rho_max=8"), "--out", "runs/theorem"]) == 0
    made = {Path(line).name for line in capsys.readouterr().out.splitlines()}
    assert {"02_theorem.ipynb", "results.json", "table1.csv", "02_theorem.html"} <= made

    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert example
    found: dict = {}
    exec(example[1], found)
    assert found["numbers"]["rho_last"] == 8
    assert isinstance(found["table"], pd.DataFrame)

    assert main.main(command("classes=3")) == 2
    assert "classes = 3 is not possible; allowed is" in capsys.readouterr().err

    assert main.main(["runs"]) == 0
    assert "classes=9, rho_max=8.0" in capsys.readouterr().out
    run = "runs/theorem"
    assert main.main(["runs", run, run]) == 0


def test_values_from_a_file():
    Path("nine.yml").write_text(file_of_the_page("nine.yml"))
    chapter = find_chapter(ROOT, "02")
    values = chapter.values(load_values(Path("nine.yml"), chapter))
    assert values["classes"] == len(values["permutation"]) == 9
    assert command("nine.yml")[:4] == ["run", "02", "-f", "nine.yml"]


def what_begins(monkeypatch, module) -> list:
    """What a module would execute goes in here, and it is interrupted."""
    begun = []

    def stop(chapters, *_, **__):
        begun.extend(chapters)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "execute_all", stop)
    return begun


def test_a_chapter_over_several_values(monkeypatch):
    """What a sweep makes of its runs, the tests of sweeps show."""
    begun = what_begins(monkeypatch, sweeps)
    assert main.main(command("--sweep")) == 130
    assert [each.values["rho_max"] for each in begun] == [5, 8]
    assert [each.values["redraws"] for each in begun] == [2, 2]


def test_a_set_of_values_for_the_whole_book(monkeypatch):
    """How a book of such a file is made, the tests of the book show."""
    Path("mine.yml").write_text(file_of_the_page("mine.yml"))
    begun = what_begins(monkeypatch, book)
    assert main.main(command("book")) == 130
    (values,) = [each.values for each in begun if each.chapter.name == "02_theorem"]
    assert (values["rho_max"], values["classes"]) == (8, 9)


def test_a_failing_cell_leaves_what_one_needs(tmp_path, capsys):
    source = (ROOT / "tests" / "fixtures" / "book" / "notebooks" / "02_small.md").read_text(encoding="utf-8")
    Path("my_chapter.md").write_text(source.replace("fail: bool = False", "fail: bool = True"))
    assert main.main(command("my_chapter.md")) == 1
    said = capsys.readouterr().err
    for part in (
        "in cell",
        "my_chapter.md",
        "parameters: count = 4",
        "my_chapter.partial.ipynb",
        "my_chapter.log",
    ):
        assert part in said
    (log,) = Path("runs").glob("*/my_chapter.log")
    assert "RuntimeError: asked to fail" in log.read_text(encoding="utf-8")
    assert log.with_name("my_chapter.partial.ipynb").exists()
