"""The browser that prints: which one, and what is said where there is none or it fails."""

import pytest

from repsim_book.pages import browser
from repsim_book.pages.browser import find_browser, print_page
from repsim_core.errors import ExecutionError, InputError


@pytest.fixture
def program(tmp_path):
    """Makes a program that tells a version and then does as a line of shell says."""

    def make(version, line="exit 0"):
        path = tmp_path / "chromium"
        path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{version}" && exit\n{line}\n')
        path.chmod(0o755)
        return path

    return make


def test_without_a_browser_it_is_said_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "_PLACES", ())
    with pytest.raises(
        InputError, match=r"^found no browser that prints, .* apt install chromium.*--browser"
    ):
        find_browser()
    with pytest.raises(InputError, match=r"^browser: found no program .*nowhere, expected"):
        find_browser(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("version", "said"),
    [("Chromium 90.0.1.2", "expected version 131 or later"), ("hello", "tells no version")],
)
def test_a_browser_that_will_not_do_is_refused(program, version, said):
    with pytest.raises(InputError, match=said):
        find_browser(program(version))


def test_why_a_browser_fails_is_said(program, tmp_path):
    failing = find_browser(program("Chromium 131.0.0.0", "echo '[1:ERROR] no paper'; exit 3"))
    with pytest.raises(ExecutionError, match=r"chromium did not print the pages: \[1:ERROR\] no paper"):
        print_page(failing, tmp_path / "a.html", tmp_path / "a.pdf", tmp_path / "own")
