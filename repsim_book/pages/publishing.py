"""Publishing: the built pages become the next commit of a branch that a service shows.

After what was published before, because those who have pulled the branch pull again. Neither the working tree nor git's
index is touched.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from repsim_book.pages.built_from import NOTE, built_from
from repsim_book.pages.contents import pages_in_toc
from repsim_book.pages.jupyter_book import KEY_FILE
from repsim_book.paths import build_folder, pages_folder
from repsim_book.repository import commit
from repsim_core.errors import ExecutionError, InputError
from repsim_core.files import write_atomic

# What `git ls-remote --exit-code` says where the remote has no such branch.
_NO_BRANCH = 2


def publish(root: Path, remote: str = "origin", branch: str = "gh-pages") -> str:
    """Add the pages of the book to a branch of a remote repository; what was done, in a line.

    Where the branch has the same pages already, nothing is added.

    Args:
        root: the folder of the book, a git repository.
        remote: the repository that receives the pages: a name that git knows, or an address.
        branch: of that repository.

    Raises:
        InputError: there is no book; or it is not that of the commit that is checked out, of other values than the
            chapters' own, or lacks pages of the table of contents.
        ExecutionError: git, the remote repository or the network fails.
    """
    html = pages_folder(root, "default")
    source = _checked(root, html)
    write_atomic(html / ".nojekyll", b"")  # the pages are served as they are
    pages = len(list(html.rglob("*.html")))
    parent = _fetched(root, remote, branch)
    tree = _tree(root, html)
    where = f"{branch} of {remote}"
    if parent and _git(root, "rev-parse", f"{parent}^{{tree}}") == tree:
        return f"nothing has changed: {where} has these {pages} pages, in its commit {parent[:7]}"
    message = f"The book of {source[:7]}"
    new = _git(root, "commit-tree", "-m", message, *(["-p", parent] if parent else []), tree)
    _git(root, "push", "--quiet", remote, f"{new}:refs/heads/{branch}")
    return f"{where} has the {pages} pages of {source[:7]} now, in its commit {new[:7]}"


def _checked(root: Path, html: Path) -> str:
    """The commit of a book that can be published."""
    if not (html / "index.html").is_file():
        raise InputError(f"there is no book yet at {html}: run `make book` first")
    if not shutil.which("git"):
        raise ExecutionError("git: found no such program, which publishes the pages")
    here, book = commit(root), built_from(html)
    if not here:
        raise InputError(f"{root} is no git repository with a commit, whose pages could be published")
    if book is None:
        raise InputError(f"nothing says what the pages at {html} were built from: run `make book` again")
    if book.commit != here:
        found = f"the commit {book.commit[:7]}" if book.commit else "sources without git"
        if book.commit.endswith("+"):
            found = f"sources that differ from the commit {book.commit[:7]}; commit them"
        raise InputError(
            f"the book at {html} is of {found}, expected the commit {here[:7]}: run `make book` again"
        )
    if book.profile != "default":
        raise InputError(
            f"the book at {html} is of the profile {book.profile}, expected default: run `make book` again"
        )
    if missing := [name for name in pages_in_toc(root) if not (html / f"{name}.html").is_file()]:
        raise InputError(
            f"the book at {html} lacks {', '.join(missing)}: run `make book PROFILE=default` again"
        )
    return here


def _fetched(root: Path, remote: str, branch: str) -> str:
    """The last commit of the branch, which is fetched; "" where there is no such branch yet."""
    reference = f"refs/heads/{branch}"
    if not _git(root, "ls-remote", "--exit-code", remote, reference, allowed=_NO_BRANCH):
        return ""
    _git(root, "fetch", "--quiet", "--no-tags", "--depth", "1", remote, reference)
    return _git(root, "rev-parse", "FETCH_HEAD")


def _tree(root: Path, html: Path) -> str:
    """The tree of the pages, without the notes for those who build them."""
    with tempfile.TemporaryDirectory(dir=build_folder(root)) as folder:
        own_index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        place = [f"--git-dir={_git(root, 'rev-parse', '--absolute-git-dir')}", f"--work-tree={html}"]
        left_out = [f":(exclude){name}" for name in (NOTE, KEY_FILE)]
        _git(html, *place, "add", "--all", "--force", ".", *left_out, environment=own_index)
        return _git(html, *place, "write-tree", environment=own_index)


def _git(
    folder: Path, *arguments: str, allowed: int = 0, environment: Mapping[str, str] | None = None
) -> str:
    """What git prints; it ends with 0 or the `allowed` code."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "LC_ALL": "C", **(environment or {})},
    )
    if done.returncode not in (0, allowed):
        command = next(word for word in arguments if not word.startswith("-"))
        raise ExecutionError(f"git {command} failed: {_reason(done.stderr)}")
    return done.stdout.strip()


def _reason(said: str) -> str:
    """Of what git says when it fails, the line that tells why: the first, before advice and what follows from it."""
    lines = [line.strip() for line in said.splitlines()]
    telling = [line for line in lines if line and not line.startswith(("To ", "hint:", "warning:"))]
    return telling[0] if telling else "it does not say why"
