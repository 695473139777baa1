"""The wheel: built from the sources, unpacked into an environment that has nothing else of this project, and used."""

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest
from kept_back import kept_back, leaks
from places import ROOT

import repsim_core as rc
from repsim_core.extras import EXTRA_OF

SOURCES = ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT", "repsim_core", "repsim_book")
# Every module but those that start something when they are imported, or that a kernel or a service runs.
IMPORT_ALL = """
import importlib, pkgutil, repsim_book, repsim_core
for package in (repsim_core, repsim_book):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
print(repsim_core.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", "dist", "."]
    done = subprocess.run([sys.executable, *build], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = (folder / "dist").glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """Run Python, in an empty folder, where the wheel is installed, and the libraries of the lock."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv")
    (packages,) = (folder / "venv").glob("lib/python*/site-packages")  # lib64 is a link to it
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # A path that is added so has no .pth files of its own: the project's own installation is not among the libraries.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    interpreter = next((folder / "venv").glob("*/python"))
    (folder / "empty").mkdir()

    def run(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [interpreter, *words], cwd=folder / "empty", capture_output=True, text=True, env={"PATH": ""}
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def test_a_wheel_holds_both_packages_with_their_data_and_the_command(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        points = next(name for name in names if name.endswith("entry_points.txt"))
        assert "repsim = repsim_book.cli.main:main" in archive.read(points).decode()
    for data in ("repsim_core/py.typed", "repsim_core/__init__.pyi", "repsim_book/py.typed"):
        assert data in names
    assert "repsim_book/execution/comparison.md" in names
    assert "repsim_book/cli/compare.schema.json" in names
    for data in ("typeset.js", "katex/LICENSE", "katex/katex.min.js", "katex/fonts/KaTeX_Main-Regular.woff2"):
        assert f"repsim_book/site/{data}" in names
    for data in ("LICENSE", "reveal.js", "reveal.css", "reset.css", "slides.css"):
        assert f"repsim_book/pages/reveal/{data}" in names
    assert not [name for name in names if name.startswith(("tests", "notebooks", "book/", "benchmarks"))]


def test_a_wheel_holds_no_hidden_tests_and_no_solutions(wheel):
    assert all(len(lines) > 20 for lines in kept_back().values())
    with zipfile.ZipFile(wheel) as archive:
        assert leaks((name, archive.read(name)) for name in archive.namelist()) == {}
        masters = [path.read_bytes() for path in sorted((ROOT / "notebooks" / "assignments").glob("*.md"))]
        assert len(leaks((str(number), text) for number, text in enumerate(masters))) == len(masters)


def test_every_module_of_a_wheel_can_be_imported(python):
    found = python("-c", IMPORT_ALL)
    assert "site-packages/repsim_core/__init__.py" in found.splitlines()[-1]
    assert str(ROOT) not in found


# A library that is hidden is as one that is not installed; None in its place would be one that has been imported.
HIDE = """
import sys
class Hidden:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
"""


@pytest.fixture(scope="module")
def command(python):
    """The command where nothing of the extras is installed: what they bring is hidden."""
    start = HIDE.format(names=set(EXTRA_OF)) + "from repsim_book.cli.main import main; sys.exit(main())"

    def run(*words: str, code: int = 0) -> str:
        return python("-c", start, *words, code=code)

    return run


def test_without_extras_models_are_compared(command, tmp_path):
    rng = np.random.default_rng(0)
    files = [str(tmp_path / name) for name in ("a.npz", "b.safetensors")]
    for file in files:
        rc.Representations(rng.normal(size=(12, 2)), rng.normal(size=(5, 2))).save(file)
    assert str(rc.compare(*map(rc.load, files))) in command("compare", *files)


@pytest.mark.parametrize("words", [["status", "width", "--grid", "smoke"], ["--help"]])
def test_without_extras_a_study_says_what_it_needs(command, words):
    said = command("study", *words, code=2)
    assert (
        said
        == "repsim: study: found no library torch, expected it; to install it: pip install 'repsim-core[train]'\n"
    )


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["compare", "--help"], ["run", "--help"]])
def test_without_extras_there_is_help(command, words):
    assert "repsim" in command(*words)


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (["chapters"], "book"),
        (["run", "02"], "book"),
        (["book"], "book"),
        (["classroom", "release"], "classroom"),
    ],
)
def test_without_extras_a_command_names_the_one_that_it_needs(command, words, extra):
    said = command(*words, "--root", str(ROOT), code=2)
    assert re.fullmatch(
        rf"repsim: \w+: found no library \w+, expected it; to install it: pip install 'repsim-core\[{extra}\]'\n",
        said,
    )


def test_a_wheel_without_a_book_says_so(python):
    assert "there is no folder `notebooks`" in python("-m", "repsim_book", "chapters", code=2)
