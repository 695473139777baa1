"""The book's folder as a repository: which files belong to it, and at which commit it is."""

import shutil
import subprocess
from pathlib import Path

_NO_SOURCES = {"__pycache__", "_build", "runs"}


def git(root: Path, *arguments: str) -> str | None:
    """What git prints; None where it is not installed, `root` is no repository's own folder, or git fails."""
    if not (root / ".git").exists() or not shutil.which("git"):
        return None
    # Without locks that nothing needs: one would stay, and stop the next commit, if this is killed meanwhile.
    words = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", errors="replace")
    return done.stdout if done.returncode == 0 else None


def commit(root: Path) -> str:
    """The commit that is checked out, "" if git does not say."""
    return (git(root, "rev-parse", "HEAD") or "").strip()


def state(root: Path) -> str:
    """The commit that is checked out, with `+` where files differ from it or are new; "" if git does not say."""
    found = commit(root)
    return f"{found}+" if found and git(root, "status", "--porcelain") != "" else found


def short_commit(root: Path) -> str:
    """The short name of the commit that is checked out, with `+` where files differ from it; "" without git."""
    found = (git(root, "rev-parse", "--short", "HEAD") or "").strip()
    # `describe --dirty`, which says both, takes a lock in any case.
    return (
        f"{found}+" if found and git(root, "status", "--porcelain", "--untracked-files=no") != "" else found
    )


def tracked_files(root: Path, *names: str) -> list[Path]:
    """The files under these names, relative to `root`, that git tracks or at least does not ignore.

    Without git (an unpacked archive) all, save hidden ones and products of builds.
    """
    names = tuple(name for name in names if (root / name).exists())
    command = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]
    if names and (listed := git(root, *command, *names)) is not None:
        paths = {root / name for name in listed.split("\0") if name}
        return sorted(path for path in paths if path.is_file())
    starts = [root / name for name in names]
    found = {path for start in starts for path in ([start] if start.is_file() else start.rglob("*"))}
    return sorted(p for p in found if p.is_file() and not _is_hidden(p.relative_to(root)))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part in _NO_SOURCES for part in path.parts)
