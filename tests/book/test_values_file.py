"""Files of values: what is read as everybody reads it, and what is refused, with its place."""

import os

import pytest

from repsim_book.values_file import read_entries
from repsim_core.errors import InputError


def read(tmp_path, text):
    path = tmp_path / "mine.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return plain(read_entries(path, "mine.yml"))


def plain(content):
    """Entries as texts, lists and dicts."""
    if isinstance(content, dict):
        return {name.text: plain(entry.content) for name, entry in content.items()}
    return [plain(each.content) for each in content] if isinstance(content, list) else content


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# nothing\n", {}),
        ("---\n", {}),
        ("{}", {}),
        ("a: 1\nb: two words  # a remark\n", {"a": "1", "b": "two words"}),
        ("a:\n  b: [1, 'x, y', 2.5]\n  c:\n", {"a": {"b": ["1", "x, y", "2.5"], "c": ""}}),
        ("a:\n- 1\n- 2\n", {"a": ["1", "2"]}),
        ("%YAML 1.2\n---\na: yes\n...\n", {"a": "yes"}),
        ("\ufeffa: é\r\nb: 010\r\n", {"a": "é", "b": "010"}),
        ('a: "\\u00e9\\n"', {"a": "é\n"}),
        ("1: 2", {"1": "2"}),
    ],
)
def test_names_with_values_are_read_as_they_are_written(tmp_path, text, expected):
    assert read(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "a: 1\nb:\n  c: 1\n  c: 2",
            "line 4, column 3: found c again, expected it once; it is at mine.yml, line 3",
        ),
        ("a: 1\n'a': 1", "line 2, column 1: found a again"),
        ("a: 1\n---\nb: 2", "line 2, column 1: found a second document, expected one"),
        ("a: &here 1", "line 1, column 4: found &here, a mark to refer to, expected a value alone"),
        ("&here a: 1", "line 1, column 1: found &here"),
        ("a: *here", "line 1, column 4: found *here, a reference, expected the value itself"),
        ("a: !!int 1", "line 1, column 4: found !!int, a type, expected a value alone"),
        (
            "a: !!python/object/apply:os.system [ls]",
            "line 1, column 4: found !!python/object/apply:os.system, a type",
        ),
        ("a: ! 1", "line 1, column 4: found !, a type"),
        (
            "a: {b: [[1]]}",
            "line 1, column 9: found brackets in brackets, expected a number, a text, or a list",
        ),
        ("? [a]\n: 1", "line 1, column 3: found a list, expected a name"),
        ("? {a: b}\n: 1", "line 1, column 3: found names with values, expected a name"),
        ("? \n: 1", "line 1, column 2: found nothing, expected a name"),
        ("[a, b]", "line 1, column 1: found a list, expected names with values, `name: value`"),
        ("a", "line 1, column 1: found a, expected names with values"),
        ('""', 'line 1, column 1: found "", expected names with values'),
        ("a: b: c", "line 1, column 5: this is not YAML: mapping values are not allowed here"),
        ("a:\n\tb: 1", "line 2, column 1: this is not YAML: found character '\\t'"),
        ("a: [1, 2", "line 1, column 9: this is not YAML"),
        ("a: 'b", "line 1, column 6: this is not YAML"),
        ("%YAML 2.0\n---\na: 1", "line 1, column 1: this is not YAML"),
        (
            "a: 1\nb: \x07",
            r"line 2, column 4: found the character '\x07', expected a text that can be printed",
        ),
        (b"a: 1\nb: \xff", "line 2: found bytes that are no UTF-8, expected a file of values in UTF-8"),
        ("a: 1".encode("utf-16"), "line 1: found bytes that are no UTF-8"),
        ("a: 1" + " " * 100_000, "found more than 100,000 bytes, expected a file of values"),
    ],
)
def test_what_could_be_meant_otherwise_is_refused_with_its_place(tmp_path, text, complaint):
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert str(error.value).startswith(("mine.yml, ", "mine.yml: "))
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("deep", ["[", "{a: ", "- ", "? ", "a:\n "])
def test_three_thousand_brackets_are_no_more_than_four(tmp_path, deep):
    with pytest.raises(InputError, match=r"^mine\.yml, line \d+, column \d+: "):
        read(tmp_path, deep * 3000)


def test_references_are_not_followed(tmp_path):
    """They would make of nine lines a list of a thousand million items."""
    lines = [
        "a: &a [x]",
        *(f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    ]
    with pytest.raises(InputError, match="found &a"):
        read(tmp_path, "\n".join(lines))


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "folder.yml").mkdir()
    with pytest.raises(InputError, match=r"^f: found a folder, expected a file of values$"):
        read_entries(tmp_path / "folder.yml", "f")
    with pytest.raises(InputError, match=r"^f: found nothing of this name, expected"):
        read_entries(tmp_path / "absent.yml", "f")
    with pytest.raises(InputError, match=r"^f: it cannot be read: File name too long"):
        read_entries(tmp_path / ("a" * 300), "f")
    os.mkfifo(tmp_path / "pipe.yml")
    with pytest.raises(InputError, match=r"^f: found something that is no file, expected"):
        read_entries(tmp_path / "pipe.yml", "f")


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    path = tmp_path / "mine.yml"
    path.write_text("a: 1")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(InputError, match=r"^mine\.yml: it cannot be read: Permission denied; expected"):
        read_entries(path, "mine.yml")
