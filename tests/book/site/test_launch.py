"""Launching: what is published to be opened on services, the links that open it, and the first cell there."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import packages_distributions
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from places import BOOK as FIXTURE
from places import ROOT

from repsim_book.chapters import chapter_paths, list_chapters, read_chapter, tags
from repsim_book.execution.chapter import execute, stderr_outputs
from repsim_book.pages.jupyter_book import build_pages
from repsim_book.profiles import load_profile
from repsim_book.repository import tracked_files
from repsim_book.site import launch, service_cell
from repsim_book.site.launch import Repository, find_repository, launch_notebook, links, needed
from repsim_core.errors import InputError

LINKED = find_repository(ROOT) is not None  # as when the book was built, before the variables are taken away
URL = "https://github.com/someone/closeness"
EVERYWHERE = Repository(URL, "abc123", jupyterhub="https://hub.example.org")


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch):
    """On no service, with nothing in the environment that names a repository."""
    for name in (*service_cell.SERVICES, "REPSIM_REPOSITORY", "REPSIM_JUPYTERHUB"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def root(tmp_path):
    shutil.copytree(FIXTURE, tmp_path / "book")
    return tmp_path / "book"


def configure(root, **changes):
    path = root / "_config.yml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))


def published_at(url: str, repository: Repository) -> str:
    """The path in the published branch that a launch link opens; fails where the link is of no known form."""
    parts = urlsplit(url)
    owner_and_name = urlsplit(repository.url).path
    if parts.netloc == "colab.research.google.com":
        start = f"/github{owner_and_name}/blob/{repository.published}/"
        assert parts.path.startswith(start), url
        return parts.path.removeprefix(start)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    opened = query["urlpath"].removeprefix("lab/tree/")
    if parts.netloc == "mybinder.org":
        provider, *_ = re.fullmatch(r"/v2/(?:gh|gl|git)/(.+)/([^/]+)", parts.path).groups()
        assert unquote(provider) in (owner_and_name.strip("/"), repository.url), url
        return opened
    assert parts.path == "/hub/user-redirect/git-pull", url
    assert (query["repo"], query["branch"]) == (repository.url, repository.published)
    folder = owner_and_name.rpartition("/")[2]
    assert opened.startswith(f"{folder}/"), url
    return opened.removeprefix(f"{folder}/")


# --- links ---


def test_every_launch_link_of_the_book_opens_what_is_published(book):
    chapters = sorted((book / "notebooks").glob("*.html"))
    assert len(chapters) == len(chapter_paths(ROOT))
    for page in chapters:
        found = links(EVERYWHERE, page.stem)
        assert list(found) == ["Colab", "Binder", "JupyterHub"]
        for service, url in found.items():
            path = book / published_at(url, EVERYWHERE)
            notebook = nbformat.read(path, as_version=4)
            assert any("parameters" in tags(cell) for cell in notebook.cells), service
    assert (book / "binder" / "requirements.txt").is_file(), "Binder looks for it where the notebooks are"


@pytest.mark.parametrize(
    ("url", "services", "in_binder"),
    [
        (URL, ["Colab", "Binder"], "/v2/gh/someone/closeness/gh-pages"),
        ("https://gitlab.com/group/closeness", ["Binder"], "/v2/gl/group%2Fcloseness/gh-pages"),
        ("https://git.example.org/a/b", ["Binder"], "/v2/git/https%3A%2F%2Fgit.example.org%2Fa%2Fb/gh-pages"),
    ],
)
def test_links_follow_the_host_of_the_repository(url, services, in_binder):
    repository = Repository(url, "abc123")
    found = links(repository, "02_small")
    assert list(found) == services
    assert urlsplit(found["Binder"]).path == in_binder
    for each in found.values():
        assert published_at(each, repository) == "notebooks/launch/02_small.ipynb"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The small book, not executed, with a repository: its pages."""
    root = tmp_path_factory.mktemp("built") / "book"
    shutil.copytree(FIXTURE, root)
    source = root / "notebooks" / "02_small.md"
    source.write_text(source.read_text().replace("{glue:text}`total:.3f`", "a number"))
    ours = {"extra_extensions": ["repsim_book.site"]}
    ours["config"] = {
        "repsim_launch": {"jupyterhub": EVERYWHERE.jupyterhub},
        "html_static_path": ["book/_static"],
    }
    shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
    configure(root, sphinx=ours, repository={"url": URL + ".git", "branch": "main"})
    shutil.copytree(ROOT / "binder", root / "binder")
    notebook = root / "executed.ipynb"
    nbformat.write(read_chapter(source).notebook, notebook)
    build_pages(root, "default", {"02_small": notebook}, root / "html")
    return root / "html"


def test_a_page_links_to_the_services_and_to_its_downloads(built):
    page = BeautifulSoup((built / "notebooks" / "02_small.html").read_text(), "html.parser")
    menu = page.select("div.dropdown-launch-buttons a")
    repository = replace(EVERYWHERE, commit="main")
    assert [a.get_text(strip=True) for a in menu] == ["Colab", "Binder", "JupyterHub"]
    assert {(built / published_at(str(a["href"]), repository)) for a in menu} == {
        built / "notebooks" / "launch" / "02_small.ipynb"
    }
    assert len(page.select(".dropdown-download-buttons")) == 1
    jump = page.select_one(".dropdown-download-buttons a.dropdown-item")
    assert jump is not None
    assert (jump["href"], jump.get("target")) == ("#downloads", None)
    downloads = page.select("article nav#downloads a[download]")
    files = [(built / "notebooks" / str(a["href"])).resolve() for a in downloads]
    assert all(file.is_file() for file in files)
    assert [file.relative_to(built).as_posix() for file in files] == [
        "_sources/notebooks/02_small.ipynb",
        "notebooks/launch/02_small.ipynb",
        "_sources/notebooks/02_small.md",
        "_static/results/02_small/parameters.json",
        "_static/results/02_small/results.json",
    ]
    notebook = nbformat.read(files[1], as_version=4)
    assert f'"{URL}",\n    "main",' in notebook.cells[0].source, "without git, the branch"
    home = BeautifulSoup((built / "book" / "intro.html").read_text(), "html.parser")
    assert not home.select(".dropdown-launch-buttons, .repsim-downloads")


def test_there_are_downloads_and_links_where_a_repository_is_known(book):
    for page in sorted((book / "notebooks").glob("*.html")):
        soup = BeautifulSoup(page.read_text(), "html.parser")
        assert bool(soup.select(".dropdown-launch-buttons")) == LINKED
        texts = [a.get_text() for a in soup.select("nav#downloads a")]
        assert texts[:3] == ["with all outputs (.ipynb)", "without outputs (.ipynb)", "its source (.md)"]
        assert any(text.endswith(".csv") for text in texts)


# --- the repository ---


def test_the_repository_comes_from_the_environment_or_the_configuration(root, monkeypatch):
    assert find_repository(root) is None
    configure(root, repository={"url": URL + "/", "branch": "trunk"})
    assert find_repository(root) == Repository(URL, "trunk")
    configure(root, sphinx={"config": {"repsim_launch": {"published": "pages"}}})
    monkeypatch.setenv("REPSIM_REPOSITORY", "https://gitlab.com/a/b/c.git")
    monkeypatch.setenv("REPSIM_JUPYTERHUB", "https://hub.example.org/")
    expected = Repository("https://gitlab.com/a/b/c", "trunk", "pages", "https://hub.example.org")
    assert find_repository(root) == expected
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    assert find_repository(root) == expected, "there is no commit yet"
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "a"], check=True)
    repository = find_repository(root)
    assert repository
    assert re.fullmatch(r"[0-9a-f]{40}", repository.commit)


@pytest.mark.parametrize(
    ("variable", "address"),
    [
        ("REPSIM_REPOSITORY", "github.com/a/b"),
        ("REPSIM_REPOSITORY", "https://github.com/a"),
        ("REPSIM_REPOSITORY", "git@github.com:a/b"),
        ("REPSIM_REPOSITORY", "https://github.com/a/b?c"),
        ("REPSIM_JUPYTERHUB", "http://hub.example.org"),
    ],
)
def test_an_address_that_is_none_is_refused(root, monkeypatch, variable, address):
    monkeypatch.setenv(variable, address)
    with pytest.raises(InputError, match=f": found {re.escape(address)}, expected"):
        find_repository(root)


# --- the notebook ---


@pytest.mark.parametrize("chapter", list_chapters(ROOT), ids=lambda chapter: chapter.name)
def test_a_launch_notebook_is_the_chapter_with_the_parameters_on_top(chapter):
    notebook = launch_notebook(chapter, EVERYWHERE, needed(ROOT))
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells[:1]] == ["cell-fetch"]
    assert [tags(cell)[0] for cell in notebook.cells[1:3]] == ["parameters", "parameter-checks"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    before, after = chapter.notebook.cells, notebook.cells[1:]
    sources = [cell.source for cell in before if cell.cell_type == "code"]
    assert [cell.source for cell in after if cell.cell_type == "code"] == sources
    plain = launch_notebook(chapter, None, [])
    assert [cell.source for cell in plain.cells] == [cell.source for cell in notebook.cells[1:]]
    assert notebook == launch_notebook(chapter, EVERYWHERE, needed(ROOT)), "the same bytes every time"


def own_modules(tree) -> list[str]:
    """The package's modules that a module imports, wherever in its body."""
    import ast

    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names if alias.name.startswith("repsim_core")]
        elif isinstance(node, ast.ImportFrom) and node.module == "repsim_core":
            names += [f"repsim_core.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("repsim_core."):
            names.append(str(node.module))
    return names


def imported(cells: str) -> set[str]:
    """The modules of others that the code imports, at once or through this package's modules."""
    import ast

    seen: set[str] = set()
    found: set[str] = set()
    waiting = [ast.parse(cells)]
    while waiting:
        tree = waiting.pop()
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found |= {each.partition(".")[0] for each in names}
        for each in own_modules(tree):
            path = ROOT / (each.replace(".", "/") + ".py")
            if not path.is_file():
                path = path.with_suffix("") / "__init__.py"
            if each not in seen and path.is_file():
                seen.add(each)
                waiting.append(ast.parse(path.read_bytes()))
    return found - set(sys.stdlib_module_names) - {"repsim_core"}


def test_what_chapters_import_is_what_is_installed_for_them():
    homes = packages_distributions()
    cells = [cell for chapter in list_chapters(ROOT) for cell in chapter.notebook.cells]
    used = imported("\n".join(cell.source for cell in cells if cell.cell_type == "code"))
    distributions = {homes[module][0].lower() for module in used}
    comes_along = {"ipython", "cycler"}  # with the kernel, with matplotlib
    comes_along |= {"distributed"}  # asked for where a cluster is named, and by no chapter
    assert distributions - comes_along == launch.NEEDED
    assert {line.partition("==")[0] for line in needed(ROOT)} == launch.NEEDED
    assert service_cell.EXACT <= launch.NEEDED


# --- the first cell ---


def fetch(repository, requirements=()):
    """Run the first cell's source as a notebook would, by itself."""
    exec(compile(launch._fetching(repository, list(requirements)), "cell", "exec"), {"__name__": "__main__"})


def test_elsewhere_the_first_cell_does_nothing(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a program was about to start")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "run", refuse)
    path = list(sys.path)
    fetch(EVERYWHERE, ["nothing-of-the-kind==1"])
    assert (sys.path, Path.cwd(), list(tmp_path.iterdir())) == (path, tmp_path, [])
    monkeypatch.setenv("JUPYTERHUB_USER", "reader")
    monkeypatch.chdir(ROOT / "notebooks")
    fetch(EVERYWHERE, ["nothing-of-the-kind==1"])
    assert (sys.path, Path.cwd()) == (path, ROOT / "notebooks"), "a hub's user who has the book already"


def test_only_what_is_missing_is_installed(tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(service_cell, "run", lambda *command: commands.append(command))
    monkeypatch.setattr(
        service_cell.importlib.metadata, "version", {"torch": "1", "altair": "1", "myst-nb": "2"}.__getitem__
    )
    monkeypatch.setattr(service_cell.importlib.metadata, "PackageNotFoundError", KeyError)
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "altair", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "repsim-abc123" / "notebooks").mkdir(parents=True)
    lines = [
        *("torch==2", "altair==6", "absent==2.4 ; python_full_version < '3.12'"),
        *("absent==2.5 ; python_full_version >= '3.12'", "myst-nb==2 ; python_version > '3'"),
    ]
    service_cell.prepare(URL, "abc123", lines)
    assert [command[command.index("pip") :] for command in commands] == [
        ("pip", "install", "--quiet", "--disable-pip-version-check", "altair==6", *lines[2:4])
    ]
    assert Path.cwd() == tmp_path / "repsim-abc123" / "notebooks"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "altair", launch)
    with pytest.raises(RuntimeError, match="found old versions of altair; restart"):
        service_cell.prepare(URL, "abc123", lines)
    assert Path.cwd() == tmp_path


def test_a_repository_that_cannot_be_fetched_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("BINDER_LAUNCH_HOST", "https://example.org")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RuntimeError, match=r"(?s)fetch .*nowhere abc123: found .*nowhere.*; expected"):
        service_cell.prepare(str(tmp_path / "nowhere"), "abc123", [])
    assert Path.cwd() == tmp_path


@pytest.fixture
def repository(tmp_path):
    """The book as it is here, committed to a repository of its own."""
    clone = tmp_path / "repository"
    for path in tracked_files(ROOT, "repsim_core", "notebooks", "book/records"):
        target = clone / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    git = ["git", "-C", str(clone), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "book"], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout
    return Repository(str(clone), commit.strip())


def test_a_launch_notebook_runs_where_there_is_nothing_but_itself(repository, tmp_path, monkeypatch):
    folder = tmp_path / "reader"
    folder.mkdir()
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    chapter = read_chapter(chapter_paths(ROOT)["02_theorem"])
    notebook = launch_notebook(chapter, repository, needed(ROOT))
    imports = next(n for n, cell in enumerate(notebook.cells) if "import repsim_core as rc" in cell.source)
    del notebook.cells[imports + 2 :]  # what comes then needs nothing else
    said = (
        "import repsim_core, pathlib\nprint(repsim_core.__file__, pathlib.Path('../book/records').resolve())"
    )
    notebook.cells.append(nbformat.v4.new_code_cell(said, id="said"))
    given = chapter.values(load_profile(ROOT, "smoke")[chapter.name])
    opened = replace(chapter, path=folder / "02_theorem.ipynb", notebook=notebook)
    done = execute(opened, given, tmp_path / "partial.ipynb")
    fetched = folder / f"repsim-{repository.commit[:12]}"
    assert done.cells[-1].outputs[0].text.split() == [
        str(fetched / "repsim_core" / "__init__.py"),
        str(fetched / "book" / "records"),
    ]
    assert (fetched / "book" / "records" / "width" / "provenance.json").is_file()
    assert stderr_outputs(done) == []


# --- Binder, the container ---


def versions(path: Path) -> set[tuple[str, str]]:
    lines = path.read_text().splitlines()
    return {(name, rest.partition(" ;")[0]) for name, _, rest in (line.partition("==") for line in lines)}


def test_binders_packages_are_those_of_the_lock_without_tools_for_development():
    lock, binder = versions(ROOT / "requirements.lock"), versions(ROOT / "binder" / "requirements.txt")
    assert binder <= lock
    names = {name for name, _ in binder}
    assert launch.NEEDED | {"jupytext", "papermill", "jupyter-book"} <= names
    assert not names & {
        "pytest",
        "ruff",
        "basedpyright",
        "hypothesis",
        "playwright",
        "nbgrader",
        "distributed",
    }
    assert (ROOT / "binder" / "runtime.txt").read_text() == "python-3.11\n"


def test_the_container_installs_as_make_does():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    command = container["postCreateCommand"]
    assert command.startswith("make ")
    done = subprocess.run([*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
