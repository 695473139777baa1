"""Launching: notebooks to open on a service, the links that open them, and a chapter's downloads.

The published book holds for each chapter `notebooks/launch/NN_name.ipynb`, the chapter without outputs. Where the
book's repository is known, its first cell fetches the book on a service (see `service_cell`), and each page links to
the services. Known it is from `repository` in `_config.yml`, or from the variable REPSIM_REPOSITORY.
"""

import ast
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from repsim_book.chapters import Chapter, chapter_paths, read_chapter, tags
from repsim_book.paths import CONFIG, LAUNCH, LAUNCH_FILE, LOCK, PUBLISHED, RESULTS
from repsim_book.repository import commit
from repsim_book.site import service_cell
from repsim_book.site.address import configured
from repsim_book.site.chapter_words import chapter_words
from repsim_book.site.plain_markdown import Words
from repsim_book.site.plain_notebook import plain_notebook
from repsim_core.errors import InputError

URL = re.compile(r"https://[\w.-]+(?:/[\w.~-]+){2,}")
# What the cells of a chapter import, by the names of the lock; a test compares.
# fmt: off
NEEDED = {
    "altair", "array-api-compat", "array-api-extra", "jaxtyping", "matplotlib", "myst-nb", "numpy", "pandas", "pillow",
    "safetensors", "scikit-learn", "scipy", "seaborn", "threadpoolctl", "torch", "torchvision", "tqdm",
    "vl-convert-python",
}
# fmt: on
ICONS = {
    "Colab": "_static/images/logo_colab.png",
    "Binder": "_static/images/logo_binder.svg",
    "JupyterHub": "_static/images/logo_jupyterhub.svg",
}


@dataclass(frozen=True)
class Repository:
    """Where the book's code is, and where the book is published.

    Attributes:
        url: of the repository, https://HOST/OWNER/NAME.
        commit: what a launch notebook fetches: a commit, or a branch.
        published: the branch that holds the published book.
        jupyterhub: the address of a JupyterHub with nbgitpuller; "" for none.
    """

    url: str
    commit: str
    published: str = "gh-pages"
    jupyterhub: str = ""


def find_repository(root: Path) -> Repository | None:
    """The repository that the configuration or the environment names, None if neither does.

    Raises:
        InputError: an address is none; the message says where it was found.
    """
    import yaml

    config = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))
    declared = config.get("repository") or {}
    more = (config.get("sphinx") or {}).get("config", {}).get("repsim_launch") or {}
    url = configured("REPSIM_REPOSITORY", "_config.yml, repository, url", declared.get("url"))
    hub = configured("REPSIM_JUPYTERHUB", "_config.yml, repsim_launch, jupyterhub", more.get("jupyterhub"))
    if not url:
        return None
    if not URL.fullmatch(url):
        raise InputError(f"repository: found {url}, expected an address https://HOST/OWNER/NAME")
    published = more.get("published", Repository.published)
    return Repository(url, commit(root) or declared.get("branch") or "main", published, hub)


def provider(repository: Repository) -> tuple[str, str]:
    """Binder's abbreviation of the host, and what it calls the repository there."""
    parts = urlsplit(repository.url)
    known = {"github.com": "gh", "gitlab.com": "gl"}.get(parts.netloc)
    return (known, parts.path.strip("/")) if known else ("git", repository.url)


def links(repository: Repository, chapter: str) -> dict[str, str]:
    """The addresses that open a chapter's launch notebook, by service. Colab opens what is on GitHub alone."""
    path = urlsplit(repository.url).path.strip("/")
    notebook = f"{LAUNCH}/{chapter}.ipynb"
    branch = quote(repository.published, safe="")
    found = {}
    host, on_host = provider(repository)
    if host == "gh":
        found["Colab"] = f"https://colab.research.google.com/github/{path}/blob/{branch}/{notebook}"
    on_host = on_host if host == "gh" else quote(on_host, safe="")
    opened = urlencode({"urlpath": f"lab/tree/{notebook}"}, safe="/")
    found["Binder"] = f"https://mybinder.org/v2/{host}/{on_host}/{branch}?{opened}"
    if repository.jupyterhub:
        name = path.rpartition("/")[2]
        query = {
            "repo": repository.url,
            "branch": repository.published,
            "urlpath": f"lab/tree/{name}/{notebook}",
        }
        found["JupyterHub"] = f"{repository.jupyterhub}/hub/user-redirect/git-pull?{urlencode(query)}"
    return found


def launch_notebook(
    chapter: Chapter,
    repository: Repository | None,
    requirements: list[str],
    words: Words | None = None,
) -> Any:
    """A chapter as a notebook to be run elsewhere: the fetching cell, the parameters, their checks, the rest.

    Args:
        chapter: the chapter.
        repository: where the book is fetched from; None for a notebook without the fetching cell.
        requirements: lines of the lock, for what is missing there.
        words: what the text says for references, from `chapter_words`.
    """
    import nbformat

    notebook = plain_notebook(chapter.notebook, words or Words())
    notebook.metadata.pop("jupytext", None)
    first = [c for tag in ("parameters", "parameter-checks") for c in notebook.cells if tag in tags(c)]
    rest = [cell for cell in notebook.cells if not any(cell is other for other in first)]
    if repository is not None:
        cell = nbformat.v4.new_code_cell(_fetching(repository, requirements), id="cell-fetch")
        hidden = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["remove-cell"]}
        cell.metadata = nbformat.from_dict(hidden)
        first.insert(0, cell)
    notebook.cells = [*first, *rest]
    return notebook


def launch_files(root: Path, names: Iterable[str]) -> dict[str, bytes]:
    """What the pages and the published book need of all this, by path in the sources of Sphinx.

    Args:
        root: the folder of the book.
        names: the chapters that the book has.

    Raises:
        InputError: the repository's address is none.
    """
    import nbformat

    repository = find_repository(root)
    requirements = needed(root)
    chapters = {name: read_chapter(chapter_paths(root)[name]) for name in names}
    words = chapter_words(root, chapters.values())
    files, opened = {}, {}
    for name, chapter in chapters.items():
        notebook = launch_notebook(chapter, repository, requirements, words)
        files[f"{PUBLISHED}{LAUNCH}/{name}.ipynb"] = nbformat.writes(notebook).encode()
        files[f"{PUBLISHED}_sources/notebooks/{name}.md"] = chapter.path.read_bytes()
        opened[name] = links(repository, name) if repository else {}
    for path in sorted((root / "binder").glob("*")):  # Binder looks for it on the branch that it opens
        files[f"{PUBLISHED}binder/{path.name}"] = path.read_bytes()
    files[LAUNCH_FILE] = json.dumps(opened, indent=2).encode()
    return files


def needed(root: Path) -> list[str]:
    """The lines of the lock for the packages that the cells of chapters import; none without a lock."""
    lock = root / LOCK
    lines = lock.read_text(encoding="utf-8").splitlines() if lock.is_file() else []
    return [line for line in lines if line.partition("==")[0] in NEEDED]


def add_to_page(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Put a chapter's menus into the page's header, and its downloads at the end."""
    file, chapter = Path(app.srcdir) / LAUNCH_FILE, pagename.removeprefix("notebooks/")
    opened = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if chapter not in opened:
        return
    tables = [path for path in (Path(app.srcdir) / RESULTS / chapter).glob("*") if path.is_file()]
    kept = sorted(tables, key=lambda path: (path.suffix, path.name))
    to = context["pathto"]
    notebooks = {
        "with all outputs (.ipynb)": to(f"_sources/{pagename}.ipynb", 1),
        "without outputs (.ipynb)": to(f"{LAUNCH}/{chapter}.ipynb", 1),
        "its source (.md)": to(f"_sources/{pagename}.md", 1),
    }
    results = {path.name: to(f"_static/results/{chapter}/{path.name}", 1) for path in kept}
    context["body"] += _downloads({"Notebook": notebooks, "Results": results})
    menus = [menu for menu in context.get("header_buttons", []) if menu.get("label") != "download-buttons"]
    launched = [
        {
            "type": "link",
            "text": name,
            "tooltip": f"Run this chapter on {name}",
            "url": url,
            "icon": ICONS[name],
        }
        for name, url in opened[chapter].items()
    ]
    if launched:
        menus.append(_menu("Run this chapter elsewhere", "fas fa-rocket", launched, "launch-buttons"))
    saved = [
        {
            "type": "link",
            "text": "Notebook, results",
            "icon": "fas fa-download",
            "url": "#downloads",
            "tooltip": "All downloads of this chapter",
        },
        {
            "type": "javascript",
            "text": "Print or .pdf",
            "icon": "fas fa-file-pdf",
            "javascript": "window.print()",
            "tooltip": "Print this page",
        },
    ]
    menus.append(_menu("Download this chapter", "fas fa-download", saved, "download-buttons"))
    context["header_buttons"] = menus


def _menu(tooltip: str, icon: str, buttons: list[dict[str, str]], label: str) -> dict[str, Any]:
    return {"type": "group", "tooltip": tooltip, "icon": icon, "buttons": buttons, "label": label}


def _downloads(groups: Mapping[str, Mapping[str, str]]) -> str:
    """The list of downloads as HTML; each group is links by their texts."""
    rows = []
    for title, found in groups.items():
        items = "".join(
            f'<li><a href="{escape(url)}" download>{escape(text)}</a></li>' for text, url in found.items()
        )
        rows.append(f"<dt>{title}</dt><dd><ul>{items}</ul></dd>" if items else "")
    return (
        '<nav class="repsim-downloads" id="downloads" aria-label="Downloads of this chapter">'
        f'<p class="title">Downloads</p><dl>{"".join(rows)}</dl></nav>'
    )


def _fetching(repository: Repository, requirements: list[str]) -> str:
    """The source of the fetching cell: that of `service_cell` without its docstring, and the call."""
    source = Path(service_cell.__file__).read_text(encoding="utf-8")
    begin = ast.parse(source).body[1].lineno - 1
    lines = "".join(f"        {json.dumps(line)},\n" for line in requirements)
    call = f"prepare(\n    {json.dumps(repository.url)},\n    {json.dumps(repository.commit)},\n    [\n{lines}    ],\n)"
    return "\n".join(
        [
            "#@title Fetch the book (on Colab, Binder or a JupyterHub; elsewhere this cell does nothing)",
            *source.splitlines()[begin:],
            "",
            "",
            call,
        ]
    )
