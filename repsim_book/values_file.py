"""Files of values, in that part of YAML in which everybody and every program reads the same.

That is names with values: numbers, texts, lists. What YAML has beyond is refused: values that are written once and
referred to elsewhere, types of one's own, several documents. What a value is, is not decided here: YAML's versions read
`010`, `yes` and `1:30` differently.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repsim_core.errors import InputError

_MOST_BYTES = 100_000
_MOST_LEVELS = 3  # chapters, parameters, lists


@dataclass(frozen=True)
class Entry:
    """What stands at one place of a file.

    Attributes:
        place: for messages: the file, line and column.
        content: a text, a list of entries, or names with their entries.
        plain: whether it is a text without quotes around it.
    """

    place: str
    content: "str | list[Entry] | dict[Entry, Entry]"
    plain: bool = False

    __hash__ = object.__hash__  # names are keys; the same one at two places is two

    @property
    def text(self) -> str:
        """What a name is."""
        return str(self.content)

    def described(self) -> str:
        """What is there, for a message."""
        match self.content:
            case str(text):
                return (text or "nothing") if self.plain else f'"{text}"'
            case list():
                return "a list"
            case _:
                return "names with values"

    def looks_like_a_text(self) -> bool:
        """Whether a text without quotes is one to every program that reads YAML: no number, date or truth value."""
        import yaml

        kind = yaml.resolver.Resolver().resolve(yaml.ScalarNode, self.text, (True, False))
        return kind == "tag:yaml.org,2002:str"


def read_entries(path: Path, where: str) -> dict[Entry, Entry]:
    """The names with their entries that a file consists of, in its order; none if it is empty.

    Args:
        path: of the file.
        where: what it is called in messages.

    Raises:
        InputError: it cannot be read, is too large, is no YAML, or has what a file of values cannot have; with place.
    """
    import yaml

    text = _text(path, where)

    def place(mark: Any) -> str:
        return f"{where}, line {mark.line + 1}, column {mark.column + 1}"

    try:
        return _document(yaml.parse(text, yaml.SafeLoader), place)
    except yaml.reader.ReaderError as error:
        before = text[: error.position].split("\n")
        found = f"found the character {chr(error.character)!a}, expected a text that can be printed"
        raise InputError(f"{where}, line {len(before)}, column {len(before[-1]) + 1}: {found}") from None
    except yaml.MarkedYAMLError as error:
        mark, problem = error.problem_mark or error.context_mark, error.problem or error.context
        raise InputError(f"{place(mark) if mark else where}: this is not YAML: {problem}") from None


def _text(path: Path, where: str) -> str:
    """The text of a file."""
    expected = "expected a file of values"
    try:
        if path.is_dir():
            raise InputError(f"{where}: found a folder, {expected}")
        if not path.is_file():
            found = "something that is no file" if path.exists() else "nothing of this name"
            raise InputError(f"{where}: found {found}, {expected}")
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{where}: it cannot be read: {error.strerror or error}; {expected}") from error
    if len(data) > _MOST_BYTES:
        raise InputError(f"{where}: found more than {_MOST_BYTES:,} bytes, {expected}")
    try:
        return data.decode("utf-8-sig")  # editors of Windows put a mark at its beginning
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{where}, line {line}: found bytes that are no UTF-8, {expected} in UTF-8"
        ) from None


def _document(events: Iterator[Any], place: Any) -> dict[Entry, Entry]:
    """What a stream of events consists of: one document, of names with entries."""
    import yaml

    found: dict[Entry, Entry] | None = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if found is not None:
                raise InputError(f"{place(event.start_mark)}: found a second document, expected one")
            root = _entry(next(events), events, place, _MOST_LEVELS)
            if not isinstance(root.content, dict) and not (root.plain and not root.content):
                raise InputError(
                    f"{root.place}: found {root.described()}, expected names with values, `name: value`"
                )
            found = root.content if isinstance(root.content, dict) else {}
    return found or {}


def _entry(event: Any, events: Iterator[Any], place: Any, levels: int) -> Entry:
    """What an event begins, read to its end; `levels` is how deep brackets may still go."""
    import yaml

    here = place(event.start_mark)
    if isinstance(event, yaml.AliasEvent):
        raise InputError(f"{here}: found *{event.anchor}, a reference, expected the value itself")
    if event.anchor is not None:
        raise InputError(f"{here}: found &{event.anchor}, a mark to refer to, expected a value alone")
    if event.tag is not None:
        kind = event.tag.replace("tag:yaml.org,2002:", "!!")
        raise InputError(f"{here}: found {kind}, a type, expected a value alone")
    if isinstance(event, yaml.ScalarEvent):
        return Entry(here, event.value, plain=not event.style)
    if not levels:
        raise InputError(f"{here}: found brackets in brackets, expected a number, a text, or a list of them")
    if isinstance(event, yaml.SequenceStartEvent):
        return Entry(here, [_entry(each, events, place, levels - 1) for each in _up_to_end(events)])
    names: dict[Entry, Entry] = {}
    seen: dict[str, str] = {}
    for each in _up_to_end(events):
        name = _entry(each, events, place, levels - 1)
        if not isinstance(name.content, str) or not name.content:
            raise InputError(f"{name.place}: found {name.described()}, expected a name")
        if name.content in seen:
            raise InputError(
                f"{name.place}: found {name.content} again, expected it once; it is at {seen[name.content]}"
            )
        seen[name.content] = name.place
        names[name] = _entry(next(events), events, place, levels - 1)
    return Entry(here, names)


def _up_to_end(events: Iterator[Any]) -> Iterator[Any]:
    """The events that begin something, up to the end of the list or mapping that they are in."""
    import yaml

    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            return
        yield event
