"""What several test files share: the book, built once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# Tests run in several processes, and threads of one that wait for a core held by another spin.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# A shell starts what it puts in the background deaf to Ctrl-C, and children inherit that; some tests interrupt theirs.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# The same examples every time, and no deadline for one: a busy machine is no bug.
settings.register_profile("repsim", deadline=None, derandomize=True, database=None)
settings.load_profile("repsim")


@pytest.fixture(scope="session")
def book() -> Path:
    """The folder of the book's pages, built with the smoke profile and warnings as errors."""
    folder = ROOT / "_build"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / ".smoke.lock"):  # tests may run in several processes
        done = subprocess.run(
            [sys.executable, "-m", "repsim_core.cli", "book", "--profile", "smoke"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=500,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html-smoke"
