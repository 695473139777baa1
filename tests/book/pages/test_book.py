"""The book: what is executed again, what is built again, and what stops it."""

import base64
import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path

import nbformat
import pytest
from places import BOOK as FIXTURE

import repsim_book
import repsim_core
from repsim_book import execution, repository
from repsim_book.chapters import read_chapter
from repsim_book.cli import main
from repsim_book.execution import keys
from repsim_book.execution.batch import FinishedExecution
from repsim_book.pages import book, jupyter_book, sources, standalone
from repsim_book.repository import tracked_files
from repsim_book.site import profile_notice
from repsim_core.errors import InputError

SMALL = "notebooks/02_small.md"


@pytest.fixture
def root(tmp_path):
    shutil.copytree(FIXTURE, tmp_path / "book")
    return tmp_path / "book"


@pytest.fixture
def done(monkeypatch):
    """Replaces the slow parts by records: names of executed chapters, and "pages" for each run of Sphinx."""
    record = []

    def execute_all(stale, *, at_once, strict, command, cell_seconds, watcher):
        for each in stale:
            record.append(each.name)
            each.folder.mkdir(parents=True, exist_ok=True)
            nbformat.write(each.chapter.notebook, each.notebook)
            key = json.dumps({"key": each.key, "seconds": 1.0})
            (each.folder / "key.json").write_text(key)
        return {each.name: FinishedExecution(1.0, "", False) for each in stale}

    def run_jupyter_book(source, work, log, *, strict=True, temporary=None):
        record.append("pages")
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(source, work)
        (work / "index.html").touch()
        return work

    monkeypatch.setattr(book, "execute_all", execute_all)
    monkeypatch.setattr(jupyter_book, "run_jupyter_book", run_jupyter_book)

    def since():
        found = record.copy()
        record.clear()
        return found

    return since


def append(path, text="\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)


def test_only_what_changed_is_done_again(root, done):
    second = root / "notebooks" / "03_second.md"
    shutil.copy(root / SMALL, second)
    append(root / "_toc.yml", "  - file: notebooks/03_second\n")
    index = book.build(root)
    assert index == root / "_build" / "html" / "index.html"
    assert sorted(done()) == ["02_small", "03_second", "pages"]
    book.build(root)
    assert done() == []

    append(second, "\nMore.\n")
    book.build(root)
    assert done() == ["03_second", "pages"]
    append(root / "book" / "intro.md", "\nMore.\n")
    book.build(root)
    assert done() == ["pages"]
    (root / "_build" / "executed" / "default" / "02_small" / "02_small.ipynb").unlink()
    book.build(root)
    assert done() == ["02_small"]
    (root / "_build" / "executed" / "default" / "02_small" / "key.json").write_text("no JSON")
    book.build(root)
    assert done() == ["02_small"]
    shutil.rmtree(root / "_build" / "html")
    book.build(root)
    assert done() == ["pages"]
    book.build(root, force=True)
    assert sorted(done()) == ["02_small", "03_second", "pages"]


PAGES = ["pages"]
BOTH = ["02_small", "03_reader"]
EXECUTED_AND_BUILT = {
    # what a chapter is made from
    "notebooks/02_small.md": ["02_small", "pages"],
    "notebooks/profiles/mine.yml": ["02_small", "pages"],
    "book/records/read/pairs.csv": ["03_reader", "pages"],
    "book/records/read/provenance.json": ["03_reader", "pages"],
    "repsim_core/measures/bounds.py": [*BOTH, "pages"],
    "repsim_core/figures/style.py": [*BOTH, "pages"],
    "repsim_core/__init__.pyi": [*BOTH, "pages"],
    # what pages are made from
    "book/intro.md": PAGES,
    "book/_static/book.css": PAGES,
    "book/records/other/pairs.csv": PAGES,
    "_config.yml": PAGES,
    "_toc.yml": PAGES,
    "repsim_book/site/page_footer.py": PAGES,
    "repsim_book/pages/jupyter_book.py": PAGES,
    "repsim_book/execution/batch.py": PAGES,  # counts by its version alone
    "repsim_book/cli/main.py": PAGES,
    # what neither is made from
    "README.md": [],
    "requirements.lock": [],  # libraries count by the versions that are installed
    "repsim_core/notes.txt": [],
    "tests/test_a.py": [],
    "benchmarks/a.py": [],
}


@pytest.fixture
def installation(root, monkeypatch):
    """Both packages beside the book, where a test can change them."""
    for package in (repsim_core, repsim_book):
        folder = root / package.__name__
        shutil.copytree(
            Path(package.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__", "py.typed")
        )
        monkeypatch.setattr(package, "__file__", str(folder / "__init__.py"))


@pytest.mark.parametrize("changed", EXECUTED_AND_BUILT)
def test_a_change_of_one_file_does_again_what_depends_on_it(root, installation, done, changed):
    source = (root / SMALL).read_text()
    reader = source.replace("---\n\n", "repsim:\n  reads: [record]\n---\n\n", 1)
    reader = reader.replace("count: int", 'record: str = "book/records/read"  # a folder\ncount: int', 1)
    (root / "notebooks" / "03_reader.md").write_text(reader)
    append(root / "_toc.yml", "  - file: notebooks/03_reader\n")
    append(root / "notebooks" / "profiles" / "mine.yml", "02_small: {scale: 3}\n")
    for name in EXECUTED_AND_BUILT:
        append(root / name, "")
    book.build(root, "mine")
    assert sorted(done()) == [*BOTH, "pages"]
    book.build(root, "mine")
    assert done() == []
    if changed == "notebooks/profiles/mine.yml":
        (root / changed).write_text("02_small: {scale: 4}\n")
    else:
        append(root / changed, "\n\n")
    book.build(root, "mine")
    assert sorted(done()) == EXECUTED_AND_BUILT[changed]


@pytest.mark.parametrize("place", ["inside", "outside", "nowhere", "none"])
def test_a_record_may_lie_anywhere(root, tmp_path, place):
    folder = {"inside": root / "runs" / "mine", "outside": tmp_path / "mine", "nowhere": tmp_path / "no"}.get(
        place
    )
    values = {"record": "" if folder is None else str(folder)}
    chapter = replace(read_chapter(root / SMALL), reads=("record",))
    key = keys.chapter_key(chapter, values, "common")
    if place in ("inside", "outside"):
        append(folder / "pairs.csv", "1,2\n")
        assert keys.chapter_key(chapter, values, "common") != key
    else:
        append(root / "book" / "more.md", "text")
        assert keys.chapter_key(chapter, values, "common") == key


def test_a_new_version_of_what_executes_executes_all(root, done, monkeypatch):
    book.build(root)
    done()
    monkeypatch.setattr(execution, "VERSION", execution.VERSION + 1)
    book.build(root)
    assert done() == ["02_small"]


def test_profiles_are_apart_and_follow_their_values(root, done):
    book.build(root)
    done()
    assert book.build(root, "smoke") == root / "_build" / "html-smoke" / "index.html"
    assert done() == ["02_small", "pages"]
    book.build(root)
    book.build(root, "smoke")
    assert done() == []
    profile = root / "notebooks" / "profiles" / "smoke.yml"
    profile.write_text("02_small: {count: 3, scale: 2.0}  # the same")
    book.build(root, "smoke")
    assert "02_small" not in done()
    profile.write_text("02_small: {count: 3, scale: 3}")
    book.build(root, "smoke")
    assert done()[0] == "02_small"


def test_a_profile_file_makes_a_variant_that_takes_what_the_book_has(root, done, tmp_path):
    shutil.copy(root / SMALL, root / "notebooks" / "03_second.md")
    append(root / "_toc.yml", "  - file: notebooks/03_second\n")
    book.build(root)
    done()
    mine = tmp_path / "mine.yml"
    mine.write_text("02_small: {count: 7}\n")
    index = book.build(root, str(mine))
    assert index == root / "_build" / "html-mine" / "index.html"
    assert done() == ["02_small", "pages"]  # the other chapter has the book's values
    assert json.loads((root / "_build" / "source" / "mine" / "profile.json").read_text()) == {
        "profile": "mine"
    }
    assert not (root / "_build" / "source" / "default" / "profile.json").exists()
    book.build(root, str(mine))
    assert done() == []


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("none.yml", None, "there is no file"),
        ("my values.yml", "", "expected a file name of letters, digits, _ and -"),
        ("smoke.yml", "", "the book has a profile smoke of its own; rename the file"),
        (
            "mine.yml",
            "02_small: {cuont: 7}",
            "mine.yml, line 1, column 12: cuont is no parameter of 02_small; did you mean count",
        ),
        ("mine.yml", "02_small: {count: 0}", "count = 0 is not possible"),
        ("mine.yml", "a: [", "mine.yml, line 1, column 5: this is not YAML"),
    ],
)
def test_a_profile_file_that_is_not_usable_is_named(root, done, tmp_path, name, text, complaint):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=r".") as error:
        book.build(root, str(tmp_path / name))
    assert complaint in str(error.value)
    assert done() == []


def test_the_longest_chapter_goes_first(root, done):
    for name in ("03_b", "04_c"):
        shutil.copy(root / SMALL, root / "notebooks" / f"{name}.md")
        append(root / "_toc.yml", f"  - file: notebooks/{name}\n")
    book.build(root)
    for name, seconds in (("02_small", 3.0), ("03_b", 20.0)):
        path = root / "_build" / "executed" / "default" / name / "key.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"seconds": seconds}))
    (root / "_build" / "executed" / "default" / "04_c" / "key.json").unlink()
    done()
    book.build(root, force=True)
    assert done()[:3] == ["04_c", "03_b", "02_small"]


@pytest.mark.parametrize(
    ("toc", "complaint"),
    [
        (
            "format: jb-book\nroot: book/intro\nchapters: [{file: notebooks/02_smal}]\n",
            "did you mean 02_small",
        ),
        (None, "there is no table of contents"),
    ],
)
def test_a_table_of_contents_that_leads_nowhere(root, done, toc, complaint):
    (root / "_toc.yml").unlink()
    if toc:
        (root / "_toc.yml").write_text(toc)
    with pytest.raises(InputError, match=complaint):
        book.build(root)
    assert done() == []


def test_gathered_are_the_sources_and_nothing_else(root):
    for stray in (
        "book/.ipynb_checkpoints/intro-checkpoint.md",
        "book/__pycache__/a.pyc",
        "notebooks/09_draft.md",
        "notebooks/02_small.partial.ipynb",
        "private.md",
        "_build/x.md",
    ):
        append(root / stray)
    append(root / "book" / "_static" / "logo.svg", "<svg/>")
    append(root / "README.md")
    append(root / "_toc.yml", "  - file: README\n")
    notebook = nbformat.v4.new_notebook(metadata={"papermill": {"duration": 1}})
    notebook.cells = [nbformat.v4.new_code_cell("1", metadata={"papermill": {"duration": 1}}, id="random")]
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="10%\r50%\r100%\ndone\r\n")]
    nbformat.write(notebook, root / "executed.ipynb")
    files = sources.gather(root, {"02_small": root / "executed.ipynb"})
    expected = {"_config.yml", "_toc.yml", "README.md", "book/intro.md", "book/_static/logo.svg"}
    expected |= {"notebooks/02_small.ipynb", "results/02_small/results.json", "declared.json", "heads.json"}
    profiles = {name for name in files if name.startswith("notebooks/profiles/")}
    assert set(files) - profiles == expected
    staged = nbformat.reads(files["notebooks/02_small.ipynb"].decode(), as_version=4)
    assert staged.metadata == {"source_map": [0]}
    assert (staged.cells[0].id, staged.cells[0].metadata) == ("cell-0", {})
    assert staged.cells[0].outputs[0].text == "100%\ndone\r\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see [x](02_small.md)", "see [x](02_small.ipynb)"),
        ("[x](../notebooks/02_small.md#part-2)", "[x](../notebooks/02_small.ipynb#part-2)"),
        ("[](02_small.md)[](a/b.md)", "[](02_small.ipynb)[](a/b.md)"),
        ("`02_small.md`, 02_small.md, [x](102_small.md)", "`02_small.md`, 02_small.md, [x](102_small.md)"),
    ],
)
def test_links_to_chapters_lead_to_the_executed_ones(text, expected):
    assert sources._to_executed(text, ["02_small"]) == expected
    assert sources._to_executed(text, []) == text


def test_git_says_what_is_a_source(root):
    for name in ("book/draft.md", "book/ignored.md", "book/removed.md"):
        append(root / name)
    (root / ".gitignore").write_text("ignored.md\n")
    subprocess.run(["git", "init", "-q", root], check=True)
    subprocess.run(["git", "-C", root, "add", "book/removed.md", "book/intro.md"], check=True)
    (root / "book" / "removed.md").unlink()
    found = tracked_files(root, "book", "missing", "_toc.yml")
    assert [path.relative_to(root).as_posix() for path in found] == [
        "_toc.yml",
        "book/draft.md",
        "book/intro.md",
    ]


def test_git_is_asked_without_locks(tmp_path):
    """One that is left by a process that was killed would stop the reader's next commit."""
    run = partial(subprocess.run, cwd=tmp_path, check=True, capture_output=True)
    run(["git", "init", "--quiet"])
    append(tmp_path / "file", "1")
    run(["git", "add", "."])
    run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "x"])
    index = tmp_path / ".git" / "index"
    os.utime(tmp_path / "file", (1, 1))  # so that git would write anew what it knows of the file
    before = index.read_bytes()
    assert not repository.short_commit(tmp_path).endswith("+")
    assert repository.state(tmp_path) == repository.commit(tmp_path)
    assert index.read_bytes() == before
    append(tmp_path / "file", "2")
    assert repository.short_commit(tmp_path).endswith("+")
    assert repository.state(tmp_path).endswith("+")


def test_publishing_swaps_whole_folders(tmp_path):
    for folder, text in (("new", "2"), ("html", "1")):
        append(tmp_path / folder / "index.html", text)
    append(tmp_path / "html" / "gone.html")
    jupyter_book.publish(tmp_path / "new", tmp_path / "html")
    assert [path.name for path in tmp_path.iterdir()] == ["html"]
    assert [path.name for path in (tmp_path / "html").iterdir()] == ["index.html"]
    assert (tmp_path / "html" / "index.html").read_text() == "2"


def test_the_book_is_built_and_a_failed_build_leaves_it(root, capsys):
    """The one test here that executes and runs Sphinx: built, then stopped by a warning of each kind."""
    assert main.main(["book", "--root", str(root)]) == 0
    out = capsys.readouterr().out
    index = root / "_build" / "html" / "index.html"
    assert out.splitlines()[-1] == f"the book: {index}"
    assert [line.split()[:2] for line in out.splitlines()[:2]] == [
        ["02_small", "executed,"],
        ["pages", "built,"],
    ]
    page = (root / "_build" / "html" / "notebooks" / "02_small.html").read_text()
    assert '<span class="pasted-text">1.000</span>' in page
    kept = root / "_build" / "html" / "_static" / "results" / "02_small" / "results.json"
    assert json.loads(kept.read_text()) == {"label": "a", "total": 1.0}

    append(root / "book" / "intro.md", "\n[the chapter](../notebooks/02_small.md), [none](none.md)\n")
    append(root / SMALL, "\n[home](../book/intro.md)\n{nobody}`x`\n")
    last_line = len((root / SMALL).read_text().splitlines())
    assert main.main(["book", "--root", str(root)]) == 1
    warnings = [line for line in capsys.readouterr().err.splitlines() if "WARNING" in line]
    assert len(warnings) == 2
    assert "'none.md'" in next(w for w in warnings if w.startswith("book/intro.md:5: WARNING: "))
    assert "nobody" in next(w for w in warnings if w.startswith(f"{SMALL}:{last_line}: WARNING: "))
    append(root / SMALL, '\n```{code-cell} python3\nimport warnings\nwarnings.warn("beware")\n```\n')
    assert main.main(["book", "--root", str(root)]) == 1
    message = capsys.readouterr().err
    assert "cell 8 of 02_small wrote to stderr: " in message
    assert "UserWarning: beware" in message
    assert (root / "_build" / "html" / "notebooks" / "02_small.html").read_text() == page
    assert index.is_file()


def test_a_page_of_its_own_refers_to_no_file(tmp_path):
    folder = tmp_path / "site" / "notebooks"
    static = tmp_path / "site" / "_static"
    append(static / "book.js", "no other files")
    append(
        static / "style.css",
        "@font-face {src: url(a.woff2) format('woff2'), url(a.ttf) format('truetype')} b {}",
    )
    append(static / "a.woff2", "font")
    append(static / "a.ttf", "other font")
    append(static / "plot.png", "png")
    append(
        folder / "02_small.html",
        """<html><head><link rel="stylesheet" href="../_static/style.css?v=1"/><link rel="next" href="03.html"/>
        <script src="../_static/book.js" defer></script></head><body>
        <div class="bd-sidebar-primary">menu</div><img src="../_static/plot.png"/>
        <a href="03.html#x">chapter 3</a> <a href="#here">here</a> <a href="https://example.org/x">there</a>
        <script>let keep = 1;</script></body></html>""",
    )
    html = standalone.inline(folder / "02_small.html")
    assert "../" not in html
    assert '<div class="bd-sidebar-primary" style="display: none !important">' in html
    assert "03.html" not in html
    for part in ('href="#here"', 'href="https://example.org/x"', "<span>chapter 3</span>", "let keep = 1;"):
        assert part in html
    for kind, text in (("javascript", b"no other files"), ("png", b"png")):
        assert any(kind in head and decode(body) == text for head, body in data_uris(html))
    (css,) = [decode(body).decode() for head, body in data_uris(html) if "css" in head]
    assert [decode(body) for _, body in data_uris(css)] == [b"font"]
    assert "ttf" not in css


def data_uris(text):
    return re.findall(r"data:([\w/.+-]+);base64,([\w+/=]*)", text)


def decode(body):
    return base64.b64decode(body)


def test_each_page_of_a_variant_leads_to_its_page_in_the_book():
    assert 'href="../html/index.html"' in profile_notice.notice("mine", "index")
    assert 'href="../../html/notebooks/02_small.html"' in profile_notice.notice("mine", "notebooks/02_small")
