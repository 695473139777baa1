"""How much memory there is: of the machine, or of the container that the process is in."""

import pytest

from repsim_core import memory


@pytest.fixture
def container(monkeypatch, tmp_path):
    """A container of this form with a limit and what it holds."""

    def make(limit: str, used: str, kinds: str = "anon 500\n") -> None:
        files = tmp_path / "limit", tmp_path / "used", tmp_path / "kinds"
        for file, text in zip(files, (limit, used, kinds), strict=True):
            file.write_text(text)
        monkeypatch.setattr(memory, "_CONTAINERS", (files, (tmp_path / "none",) * 3))

    return make


def test_the_container_has_less_than_the_machine(container):
    container("3000000\n", "1000000\n")
    assert memory.total() == 3e6
    assert memory.available() == 2e6


@pytest.mark.parametrize(
    "kinds", ["anon 500\ninactive_file 600000\n", "inactive_file 4096\ntotal_inactive_file 600000\n"]
)
def test_files_that_a_container_lets_go_are_free(container, kinds):
    """In the second form of containers, and in the first, which counts what is within apart."""
    container("3000000\n", "1000000\n", kinds)
    assert memory.available() == 2.6e6
    (memory._CONTAINERS[0][2]).unlink()
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
