"""Values as a command line writes them, and texts of a command line taken apart again.

A text stands as it is, or in quotes where it would be read as something else: in double quotes it is what JSON reads,
in single ones itself, with `''` for a quote. The items of a list stand between commas, with or without brackets around
them. The box with other parameters on a chapter's page, `rerun.js`, follows the same rules.
"""

import json
import re

# What is not counted around an item, or around a number.
BLANKS = " \t\r\n"
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^']|'')*'", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f]")
_MOST_SHOWN = 100  # characters of a value in a message


def written(value: object) -> str:
    """A value as the command line takes it: a number, a truth value, a text, none, or a list of them."""
    if isinstance(value, list | tuple):
        return "[" + ",".join(_item(each) if isinstance(each, str) else written(each) for each in value) + "]"
    if value is None:
        return "none"
    if isinstance(value, str):
        return (
            _in_quotes(value)
            if is_none(value) or unquoted(value) != value or _CONTROL.search(value)
            else value
        )
    return str(value).lower() if isinstance(value, bool) else str(value)


def shown(value: object) -> str:
    """A value for a message: as it is written, on one line and not without end."""
    text = written(value) if not isinstance(value, str) or _CONTROL.search(value) else value
    if not text:
        return '""'
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}… ({len(text):,} characters)"


def with_names(message: str, a: str, b: str) -> str:
    """A message of a function of two models with their names in place of its arguments', a and b (z and w, where these
    are their embeddings)."""
    names = {"a": a, "b": b, "z": f"the embeddings of {a}", "w": f"the embeddings of {b}"}

    def named(found: re.Match[str]) -> str:
        return "".join(names.get(part, part) for part in re.split(r"\b([abzw])\b", found[0]))

    message = re.sub(r"^(?:a, b|[abzw])(?=: |\.(?:embeddings|unembeddings|labels|bias)\b)", named, message)
    return re.sub(r"\b(?:(?:in|of) a or b|(?:as in|than in|of|and) [ab])(?=$|[ ,;:)])", named, message)


def is_none(text: str) -> bool:
    """Whether a text stands for no value."""
    return text.strip(BLANKS).lower() in ("none", "null")


def unquoted(text: str) -> str:
    """What a text means: what is between its quotes, or itself."""
    if not _QUOTED.fullmatch(text):
        return text
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    try:
        return json.loads(text)
    except ValueError:  # quotes that are no JSON
        return text


def parts(text: str, separator: str) -> list[str]:
    """What is between separators, without blanks around it; separators in quotes are part of a text."""
    found, start, place, at_start = [], 0, 0, True
    while place < len(text):
        if at_start and (quoted := _QUOTED.match(text, place)):
            place, at_start = quoted.end(), False
            continue
        sign = text[place]
        if sign == separator:
            found.append(text[start:place])
            start = place + 1
        at_start = sign in "[,;" or (at_start and sign in BLANKS)
        place += 1
    return [part.strip(BLANKS) for part in [*found, text[start:]]]


def items(text: str) -> list[str]:
    """The items of a list, as they are written; see `item_text` for what one means as a text."""
    text = text.strip(BLANKS)
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1].strip(BLANKS)
    return parts(text, ",") if text else []


def item_text(item: str) -> str:
    """What an item of a list means as a text.

    Raises:
        ValueError: it is empty, has brackets or quotes without being quoted, or its quotes are no JSON.
    """
    text = unquoted(item)
    if text == item and (not item or item[0] in "\"'" or re.search(r'[\[\]"]', item)):
        raise ValueError("an item that needs quotes")
    return text


def _item(text: str) -> str:
    """A text as an item of a list."""
    plain = (
        text and text == text.strip(BLANKS) and text[0] != "'" and not re.search(r'[\[\],;"\x00-\x1f]', text)
    )
    return text if plain else _in_quotes(text)


def _in_quotes(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
