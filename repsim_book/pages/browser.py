"""A browser of this machine, which prints a page to PDF without showing itself."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from repsim_book.processes import child
from repsim_core.errors import ExecutionError, InputError

# As they are called on the search path, and where other systems keep them.
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
# The first version that draws boxes in a page's margin, where the number of the page stands.
OLDEST = 131
# It opens one file of the book and nothing else, so it needs no sandbox, which not every container allows.
_FLAGS = [
    *["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"],
    *[
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
    ],
    *["--no-pdf-header-footer", "--export-tagged-pdf", "--generate-pdf-document-outline"],
]
# What starts the browser, and ends with it and its files when this process does.
_PRINTER = """
import shutil, subprocess, sys
from repsim_book.processes import end_with_parent
end_with_parent(lambda: shutil.rmtree(sys.argv[1], ignore_errors=True))
sys.exit(subprocess.run(sys.argv[2:]).returncode)
"""


def find_browser(given: Path | None = None) -> Path:
    """The browser that prints: the one given, or one that is installed.

    Raises:
        InputError: there is none, or it is too old; the message says what to install.
    """
    found = next(_installed(), None) if given is None else shutil.which(given)
    if found is None:
        raise InputError(
            f"browser: found no program {given}, expected that of Chromium or Chrome"
            if given is not None
            else "found no browser that prints, expected Chromium or Chrome: install one (on Debian and Ubuntu: "
            "apt install chromium), or name its program with --browser"
        )
    done = subprocess.run([found, "--version"], capture_output=True, encoding="utf-8", errors="replace")
    version = re.search(r"(\d+)\.\d+\.\d+", done.stdout)
    if version is None:
        raise InputError(f"browser: found {found}, which tells no version; expected Chromium or Chrome")
    if int(version[1]) < OLDEST:
        raise InputError(f"browser: found {done.stdout.strip()}, expected version {OLDEST} or later")
    return Path(found)


def print_page(browser: Path, page: Path, pdf: Path, folder: Path) -> None:
    """Print an HTML file, in the size of paper that it asks for.

    Args:
        browser: from `find_browser`.
        page: the file.
        pdf: what is written.
        folder: for the browser's own files; removed should this process be killed.

    Raises:
        ExecutionError: the browser failed.
    """
    words = [
        str(browser),
        *_FLAGS,
        f"--user-data-dir={folder / 'browser'}",
        f"--print-to-pdf={pdf}",
        page.as_uri(),
    ]
    with child(["-P", "-c", _PRINTER, str(folder), *words], stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        said = process.stdout.read().decode(errors="replace")
        code = process.wait()
    if code or not pdf.is_file():
        raise ExecutionError(f"{browser.name} did not print the pages: {_reason(said, code)}")


def _installed() -> Iterator[str]:
    yield from filter(None, map(shutil.which, NAMES))
    yield from (place for place in _PLACES if os.access(place, os.X_OK))


def _reason(said: str, code: int) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line or "FATAL" in line]
    return (errors or lines or [f"it ended with code {code}"])[-1]
