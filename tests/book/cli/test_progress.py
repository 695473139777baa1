"""Progress on standard error."""

import os
import sys

import pytest

from repsim_book.cli.progress import ProgressLine


@pytest.fixture
def terminal(monkeypatch):
    """Standard error as a terminal of so many columns."""

    def of(columns):
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        monkeypatch.setattr(sys.stderr, "fileno", lambda: 2)
        monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((columns, 24)))

    return of


def test_a_terminal_has_a_bar(terminal, capsys):
    terminal(80)
    line = ProgressLine("study", "units")
    line.show(1, 4, "about 3 min left")
    line.end()
    assert "study: 1/4 units" in capsys.readouterr().err


def test_a_terminal_without_columns_has_lines(terminal, capsys):
    """As some containers say: a bar would draw nothing there."""
    terminal(0)
    line = ProgressLine("study", "units")
    line.show(4, 4)
    line.end()
    assert capsys.readouterr().err == "study: 4 of 4 units\n"
