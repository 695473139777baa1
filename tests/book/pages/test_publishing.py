"""Publishing: what is refused, what is added to the branch, and what is said."""

import json
import os
import shutil
import subprocess

import pytest
from places import BOOK as FIXTURE

from repsim_book.pages.built_from import NOTE, built_from, note_sources
from repsim_book.pages.publishing import publish
from repsim_book.repository import state
from repsim_core.errors import ExecutionError, InputError


def git(folder, *words: str) -> str:
    done = subprocess.run(["git", "-C", folder, *words], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def identity(monkeypatch, tmp_path):
    """An author for commits, and no configuration but the repository's own."""
    for who in ("AUTHOR", "COMMITTER"):
        for what in ("NAME", "EMAIL"):
            monkeypatch.setenv(f"GIT_{who}_{what}", "a@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))


@pytest.fixture
def root(tmp_path):
    """A small book in a repository of its own, committed, with a remote repository and pages."""
    root = shutil.copytree(FIXTURE, tmp_path / "book")
    (root / ".gitignore").write_text("_build/\n*.ipynb\n")
    git(tmp_path, "init", "--quiet", "--bare", "remote")
    git(root, "init", "--quiet")
    git(root, "remote", "add", "origin", str(tmp_path / "remote"))
    commit(root)
    build(root)
    return root


def commit(root):
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "book")


def build(root, text="1", profile="default"):
    """Write pages as the command `book` does."""
    html = root / "_build" / "html"
    before = state(root)
    for name in ("index.html", "book/intro.html", "notebooks/02_small.html", "notebooks/a.ipynb", ".key"):
        (html / name).parent.mkdir(parents=True, exist_ok=True)
        (html / name).write_text(text)
    note_sources(root, html, before, profile, ["02_small"])
    return html


def published(root, *words: str) -> str:
    return git(root.parent / "remote", *words)


FILES = [".nojekyll", "book/intro.html", "index.html", "notebooks/02_small.html", "notebooks/a.ipynb"]


def test_pages_are_added_to_their_branch(root):
    head = git(root, "rev-parse", "--short=7", "HEAD")
    said = publish(root)
    tip = published(root, "rev-parse", "--short=7", "gh-pages")
    assert said == f"gh-pages of origin has the 3 pages of {head} now, in its commit {tip}"
    assert published(root, "ls-tree", "-r", "--name-only", "gh-pages").split() == FILES
    assert published(root, "log", "--format=%s", "gh-pages") == f"The book of {head}"
    assert git(root, "status", "--porcelain") == ""

    (root / "book" / "intro.md").write_text("more")
    commit(root)
    (build(root, "2") / "notebooks" / "a.ipynb").unlink()
    publish(root)
    assert published(root, "ls-tree", "-r", "--name-only", "gh-pages").split() == FILES[:-1]
    assert published(root, "show", "gh-pages:index.html") == "2"
    assert published(root, "rev-parse", "--short=7", "gh-pages~1") == tip, "who has pulled, pulls again"


def test_where_nothing_has_changed_nothing_is_added(root):
    publish(root)
    tip = published(root, "rev-parse", "gh-pages")
    expected = f"nothing has changed: gh-pages of origin has these 3 pages, in its commit {tip[:7]}"
    assert publish(root) == expected
    commit(root)  # of something that is in no page
    build(root)
    assert publish(root) == expected
    assert published(root, "rev-parse", "gh-pages") == tip


def test_another_remote_and_branch(root, tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "other")
    assert publish(root, str(tmp_path / "other"), "pages").startswith(
        f"pages of {tmp_path / 'other'} has the 3"
    )
    assert git(tmp_path / "other", "branch", "--format=%(refname:short)") == "pages"


def remove_pages(root):
    shutil.rmtree(root / "_build" / "html")


def commit_more(root):
    (root / "book" / "intro.md").write_text("more")
    commit(root)


def build_changed(root):
    (root / "book" / "new.md").write_text("not tracked")
    build(root)


def damage_note(root):
    (root / "_build" / "html" / NOTE).write_text("{}")


def forget_git(root):
    shutil.rmtree(root / ".git")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (remove_pages, r"there is no book yet at .*html: run `make book` first"),
        (commit_more, r"is of the commit (\w{7}), expected the commit (?!\1)\w{7}: run `make book` again"),
        (build_changed, r"is of sources that differ from the commit \w{7}; commit them, expected"),
        (lambda root: build(root, profile="mine"), r"is of the profile mine, expected default"),
        (
            lambda root: (root / "_build/html/notebooks/02_small.html").unlink(),
            r"lacks notebooks/02_small: run",
        ),
        (
            lambda root: (root / "_build/html" / NOTE).unlink(),
            r"nothing says what the pages at .* were built from",
        ),
        (damage_note, r"nothing says what the pages at .* were built from: run `make book` again"),
        (forget_git, r"book is no git repository with a commit"),
    ],
)
def test_another_book_is_refused(root, change, complaint):
    change(root)
    with pytest.raises(InputError, match=complaint):
        publish(root)
    assert published(root, "branch") == ""


def test_what_changes_while_a_book_is_built_is_noticed(root):
    html, before = root / "_build" / "html", state(root)
    for change in ("tracked", "committed"):
        (root / "book" / "intro.md").write_text("more")
        if change == "committed":
            commit(root)
        note_sources(root, html, before, "default", [])
        found = built_from(html)
        assert found is not None
        assert found.commit == f"{before}+"


def test_a_repository_that_is_not_there_is_named(root, tmp_path):
    with pytest.raises(ExecutionError, match=r"^git ls-remote failed: fatal: 'nowhere' does not appear"):
        publish(root, "nowhere")
    shutil.rmtree(tmp_path / "remote")
    with pytest.raises(ExecutionError, match=r"^git ls-remote failed: fatal: '.*remote' does not appear"):
        publish(root)


def test_a_remote_that_refuses_is_quoted(root, tmp_path):
    hook = tmp_path / "remote" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'these pages are not wanted' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ExecutionError, match=r"^git push failed: remote: these pages are not wanted"):
        publish(root)
    assert published(root, "branch") == ""


def test_without_git_it_is_said(root, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ExecutionError, match=r"^git: found no such program"):
        publish(root)


def test_the_note_says_what_was_built(root):
    note = json.loads((root / "_build" / "html" / NOTE).read_text(encoding="utf-8"))
    assert note == {
        "commit": git(root, "rev-parse", "HEAD"),
        "profile": "default",
        "chapters": ["02_small"],
    }
