"""The cache: entries appear whole, damage is noticed, named and repaired, failures lose nothing."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from processes import running

import repsim_core as rc
from repsim_core.errors import StoreError
from repsim_core.store import Address, Store, content_key

ADDRESS = Address("label", content_key({"a": 1}), ".csv")
OTHER = Address("label", content_key({"a": 2}), ".csv")


@pytest.fixture
def messages() -> list[str]:
    return []


@pytest.fixture
def cache(tmp_path, messages) -> Store:
    return Store(tmp_path / "cache", messages.append)


def test_what_was_put_is_there(cache, messages):
    assert cache.get(ADDRESS) is None
    assert cache.state(ADDRESS) == "missing"
    path = cache.put(ADDRESS, b"content")
    assert path.name.startswith("label-")
    assert cache.get(ADDRESS) == b"content"
    assert cache.state(ADDRESS) == "done"
    assert cache.get(OTHER) is None
    assert cache.put(ADDRESS, b"content") == path
    assert messages == []


def test_keys_tell_definitions_apart_and_ignore_order():
    assert content_key({"a": 1, "b": [1.5, None]}) == content_key({"b": [1.5, None], "a": 1})
    assert content_key({"a": 1}) != content_key({"a": 2}) != content_key({"a": 2.5})
    with pytest.raises(ValueError, match="JSON"):
        content_key({"a": float("nan")})


def flipped(data: bytes) -> bytes:
    return data[:3] + bytes([data[3] ^ 1]) + data[4:]


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-1], flipped, lambda data: b"", lambda data: data + b"\n", lambda data: b"foreign"],
    ids=["truncated", "flipped bit", "empty", "longer", "foreign"],
)
def test_damage_is_noticed_named_and_repaired(cache, messages, damage):
    path = cache.put(ADDRESS, b"content")
    path.write_bytes(damage(b"content"))
    assert cache.state(ADDRESS) == "damaged"
    assert messages == []
    assert cache.get(ADDRESS) is None
    assert len(messages) == 1
    assert str(path) in messages[0]
    cache.put(ADDRESS, b"content")
    assert cache.get(ADDRESS) == b"content"
    assert len(messages) == 1


def test_content_of_another_entry_is_foreign(cache, messages):
    theirs = cache.put(OTHER, b"content")
    theirs.rename(theirs.with_name(theirs.name.replace(OTHER.key, ADDRESS.key)))
    assert cache.get(ADDRESS) is None
    assert "damaged" in messages[0]


def test_a_whole_file_counts_beside_a_damaged_one(cache):
    """Two machines may store different digits under one key; the damaged file goes when the entry is stored."""
    cache.put(ADDRESS, b"one")
    path = cache.put(ADDRESS, b"two")
    path.write_bytes(b"")
    assert cache.get(ADDRESS) == b"one"
    cache.put(ADDRESS, b"one")
    assert not path.exists()


def test_a_full_disk_is_told_and_loses_nothing(cache, monkeypatch):
    kept = cache.put(OTHER, b"kept")
    write = Path.write_bytes

    def full(path, data):
        write(path, data[:3])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(StoreError, match=r"cannot write .*label-.*: No space left"):
            cache.put(ADDRESS, b"content")
    assert list(cache.directory.iterdir()) == [kept]
    assert cache.get(OTHER) == b"kept"
    assert cache.state(ADDRESS) == "missing"


def test_a_folder_that_is_none(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match=r"file is a file, expected a folder"):
        Store(tmp_path / "file")


def test_labels_are_plain():
    with pytest.raises(ValueError, match="label: found 'a/b'"):
        Address("a/b", ADDRESS.key, ".csv")


def test_leftovers_of_killed_processes_are_swept(cache, monkeypatch):
    kept = cache.put(ADDRESS, b"content")
    old, new = cache.directory / ".part-old", cache.directory / ".part-new"
    for path, age in ((old, 3_601), (new, 3_599)):
        path.touch()
        os.utime(path, (1e9 - age,) * 2)
    monkeypatch.setattr("time.time", lambda: 1e9)
    cache.sweep()
    assert sorted(cache.directory.iterdir()) == sorted([kept, new])


WRITER = """
import os
import sys
import types
from pathlib import Path
package = sys.modules["repsim_core"] = types.ModuleType("repsim_core")  # without what it imports: torch takes long
package.__path__ = [sys.argv[2]]
from repsim_core.store import Address, Store
cache = Store(Path(sys.argv[1]), lambda line: sys.exit(line))
rename = os.replace
def wait_once(*names):
    os.replace = rename
    print("about to rename", flush=True)
    sys.stdin.readline()
    rename(*names)
os.replace = wait_once
for turn in range(300):
    address = Address("entry", f"{turn % 3:032}", ".bin")
    content = bytes([turn % 3]) * 100_000
    if cache.get(address) not in (None, content):
        sys.exit("half an entry")
    cache.put(address, content)
"""


def test_processes_that_write_the_same_entries_do_no_harm(cache):
    """Each has written the same first entry but for its name, before they go on side by side."""
    words = [sys.executable, "-c", WRITER, cache.directory, Path(rc.__file__).parent]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with running(words, **pipes) as one, running(words, **pipes) as other:
        for writer in (one, other):
            assert writer.stdout.readline() == "about to rename\n", writer.communicate()[1]
        for writer in (one, other):
            writer.stdin.write("go on\n")
            writer.stdin.flush()
        for writer in (one, other):
            assert (writer.communicate()[1], writer.returncode) == ("", 0)
    assert len(list(cache.directory.iterdir())) == 3
