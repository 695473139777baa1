"""What git says about the folder of the book, where there is git."""

import shutil
import subprocess
from pathlib import Path


def git(root: Path, *arguments: str) -> str | None:
    """What git prints; None where it is not installed, `root` is no repository's own folder, or git fails."""
    if not (root / ".git").exists() or not shutil.which("git"):
        return None
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None
