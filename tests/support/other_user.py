"""Commands of another user, started by root: one without rights, who sees this Python and this repository.

Python may lie where others may not enter, in root's home say. Then the command has its own view of the files, in which
a folder with Python alone is in that place; nobody else sees that.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from places import ROOT, SUPPORT

USER = 64999
_NEEDED = [Path(sys.base_prefix), Path(sys.prefix), ROOT]


def why_not() -> str:
    """Why no command of another user can be started here; "" where one can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "only root can become another user"
    missing = [name for name in ("unshare", "setpriv", "mount") if shutil.which(name) is None]
    return f"found no {missing[0]}" if missing else ""


def _closed(path: Path) -> Path | None:
    """The first folder on the way to a path that others may not enter."""
    return next((each for each in [*reversed(path.parents), path] if not each.stat().st_mode & 0o001), None)


def _opening(aside: Path) -> Iterator[str]:
    """Lines of the shell that put folders with what is needed in the place of those that others may not enter."""
    paths = {each for path in _NEEDED for each in (path.absolute(), path.resolve())}
    closed = {path: folder for path in sorted(paths) if (folder := _closed(path))}
    for number, path in enumerate(closed):
        yield f"mkdir {aside}/{number} && mount --bind {shlex.quote(str(path))} {aside}/{number}"
    for folder in sorted({*closed.values()}):
        yield f"mount -t tmpfs -o mode=755 none {shlex.quote(str(folder))}"
    for number, path in enumerate(closed):
        yield f"mkdir -p {shlex.quote(str(path))} && mount --bind {aside}/{number} {shlex.quote(str(path))}"


def opened(words: Sequence[str], **options) -> subprocess.CompletedProcess[str]:
    """Run a command of root's with a view of the files in which others may enter what they need."""
    with tempfile.TemporaryDirectory() as aside:
        script = " && ".join([*_opening(Path(aside)), 'exec "$@"'])
        view = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]
        return subprocess.run([*view, *words], capture_output=True, text=True, **options)


@contextmanager
def as_other_user() -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """A function that has the other user run Python with the given arguments, from an empty home."""
    become = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "--inh-caps=-all"]
    kept = ("PATH", "LANG", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"USER": "other", "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, (ROOT, SUPPORT)))
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, USER, USER)
        environment |= {"HOME": home, "TMPDIR": home}
        yield lambda *words: opened([*become, sys.executable, *words], cwd=ROOT, env=environment)
