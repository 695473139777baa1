"""How much memory there is: of the machine, or of the container that the process is in."""

import pytest

from repsim_core import memory


@pytest.fixture
def container(monkeypatch, tmp_path):
    """A container of this form with a limit and what it holds."""

    def make(limit: str, used: str) -> None:
        files = tmp_path / "limit", tmp_path / "used"
        for file, text in zip(files, (limit, used), strict=True):
            file.write_text(text)
        monkeypatch.setattr(memory, "_CONTAINERS", (files, (tmp_path / "none", tmp_path / "none")))

    return make


def test_the_container_has_less_than_the_machine(container):
    container("3000000\n", "1000000\n")
    assert memory.total() == 3e6
    assert memory.available() == 2e6


def test_a_container_without_a_limit(container, monkeypatch, tmp_path):
    machine = tmp_path / "meminfo"
    machine.write_text("MemTotal:  4000 kB\nMemFree:  1000 kB\nMemAvailable:  2000 kB\n")
    monkeypatch.setattr(memory, "_MACHINE", machine)
    container("max\n", "1000000\n")
    assert memory.available() == 2000 * 1024
    total = memory.total()
    assert total is None or total > 1e8


def test_where_nothing_says(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_MACHINE", tmp_path / "none")
    monkeypatch.setattr(memory, "_CONTAINERS", ())
    monkeypatch.delattr(memory.os, "sysconf", raising=False)
    assert memory.available() is None
    assert memory.total() is None


def test_bytes_as_people_say_them():
    said = [memory.size(number) for number in (10, 3.2e7, 9.2e8, 2.2e12)]
    assert said == ["less than 1 MB", "32 MB", "0.9 GB", "2,200.0 GB"]
