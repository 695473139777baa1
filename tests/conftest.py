"""What several test files share: the book, built once, and a browser to read it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import jaxtyping
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings
from places import ROOT

import repsim_book  # before what reads notebooks: without it their library takes seconds to import

# Tests run in several processes, and threads of one that wait for a core held by another spin.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# A shell starts what it puts in the background deaf to Ctrl-C, and children inherit that; some tests interrupt theirs.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# The same examples every time, and no deadline for one or for drawing them: a busy machine is no bug.
settings.register_profile(
    "repsim", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repsim")


@pytest.fixture
def own_checks_only(monkeypatch):
    """Shapes and types are checked at run time in the tests; not here, where it is about the package's own checks."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


@pytest.fixture(scope="session")
def book() -> Path:
    """The folder of the book's pages, built with the smoke profile and warnings as errors."""
    folder = ROOT / "_build"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / ".smoke.lock"):  # tests may run in several processes
        done = subprocess.run(
            [sys.executable, "-m", repsim_book.__name__, "book", "--profile", "smoke"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html-smoke"


@pytest.fixture(scope="module")
def browser() -> Iterator:
    from browsing import launched  # what tests the mathematics needs no browser

    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(book: Path) -> Iterator[str]:
    from browsing import served

    with served(book) as address:
        yield address


@pytest.fixture
def reader(browser, site) -> Iterator[Callable]:
    """Opens windows, with the browser's options for them."""
    from browsing import Reader

    opened: list[Reader] = []

    def new(**options) -> Reader:
        opened.append(Reader(browser, site, **options))
        return opened[-1]

    yield new
    for each in opened:
        each.context.close()


@pytest.fixture(scope="module")
def names(book: Path) -> list[str]:
    """Addresses of the pages that a person wrote."""
    found = [
        f"{folder}/{path.name}"
        for folder in ("book", "notebooks")
        for path in sorted((book / folder).glob("*.html"))
    ]
    assert len(found) >= 5
    return found


@pytest.fixture(scope="module")
def addresses(book: Path, names: list[str]) -> list[str]:
    """Addresses of all pages: those that a person wrote, indices, listings of code, and a search."""
    others = ["genindex.html", "prf-prf.html", "search.html?q=divergence"]
    listings = [path.relative_to(book).as_posix() for path in sorted((book / "source").rglob("*.html"))]
    assert listings
    return [*names, *others, *listings]
