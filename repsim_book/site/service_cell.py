"""The first cell of a launch notebook: what `launch.py` puts in front of a chapter that is opened on a service.

The cell is the source of this module, and a call of `prepare`; it can therefore import nothing of this package.
"""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

# Each of these is in the environment of one of the services: Colab, Binder, a JupyterHub.
SERVICES = {"COLAB_RELEASE_TAG", "BINDER_LAUNCH_HOST", "BINDER_SERVICE_HOST", "JUPYTERHUB_USER"}
# Of these the exact version is installed; of what computes, torch above all, a service's own version is kept.
EXACT = {"altair", "jaxtyping", "matplotlib", "myst-nb", "seaborn", "vl-convert-python"}


def prepare(repository: str, commit: str, requirements: list[str]) -> None:
    """On a service: fetch the book, install what is missing, and go to its notebooks. Elsewhere: nothing.

    Args:
        repository: the address of the book's repository.
        commit: the commit, or the branch, that the notebook was made from.
        requirements: lines of the book's lock, `name==version` with or without a marker.

    Raises:
        RuntimeError: the repository cannot be fetched, a package cannot be installed, or one was in use already.
    """
    if not SERVICES & os.environ.keys() or Path("../repsim_core").is_dir():
        return
    folder = Path(f"repsim-{commit[:12].replace('/', '-')}").resolve()
    if not (folder / "notebooks").is_dir():
        run("git", "init", "--quiet", str(folder))
        run("git", "-C", str(folder), "fetch", "--quiet", "--depth", "1", repository, commit)
        run("git", "-C", str(folder), "checkout", "--quiet", "FETCH_HEAD")
    if wanted := [line for line in requirements if not is_met(line, requirements)]:
        run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted)
        stale = {line.partition("==")[0] for line in wanted} & sys.modules.keys()
        if stale:
            raise RuntimeError(
                f"kernel: found old versions of {', '.join(sorted(stale))}; restart it, run this again"
            )
    sys.path.insert(0, str(folder))
    os.chdir(folder / "notebooks")


def is_met(line: str, requirements: list[str]) -> bool:
    """Whether the package of a requirement is here, in one of the versions that all its lines name if that matters."""
    name = line.partition("==")[0]
    try:
        installed = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return name not in EXACT or any(
        other.partition(" ;")[0] == f"{name}=={installed}" for other in requirements
    )


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: found {done.stderr.strip()}; expected no error")
