"""The parameters of a chapter: read from its parameter cell, and values checked against them.

A parameter cell holds one line for each parameter, `classes: int = 7  # number of labels K`: the annotation
is the type, the value the default and the comment the meaning. Nothing here runs a chapter or imports
anything heavy.
"""

import ast
import io
import math
import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from repsim_core.errors import InputError, nearest
from repsim_core.notebook import Scalar
from repsim_core.texts import BLANKS, is_none, item_text, items, shown, unquoted

_WHOLE = r"[+-]?(?:0|[1-9][0-9]*)"
# How numbers are written, on a command line and in files: what reads as another number elsewhere, such as 010, is none.
_NUMBERS = {
    "int": re.compile(_WHOLE),
    "float": re.compile(rf"(?:{_WHOLE}(?:\.[0-9]*)?|[+-]?\.[0-9]+)(?:e[+-]?[0-9]+)?"),
}
_EXPECTED = {
    "int": " (digits with no zero in front, as in 12)",
    "float": " (a finite number, as in 0.5 or 1e-3)",
    "bool": " (true or false)",
}


@dataclass(frozen=True)
class Parameter:
    """One line of a parameter cell. `type` is its annotation, e.g. `int`, `list[float]` or `int | None`."""

    name: str
    type: str
    default: object
    meaning: str

    @property
    def kind(self) -> str:
        """Of a value, or of each item of a list: int, float, str or bool."""
        return _split_type(self.type)[0]

    @property
    def is_list(self) -> bool:
        """Whether its values are lists."""
        return _split_type(self.type)[1]

    @property
    def optional(self) -> bool:
        """Whether none is a value."""
        return _split_type(self.type)[2]

    def convert(self, value: object) -> object:
        """`value` as this parameter's type.

        Text is read as on the command line (`true`, `1e-3`, `[5,0,2]` or `5,0,2`, `none`, see `repsim_core.texts`), a
        text in a list too if it stands for a number or truth value; everything else must have the type already, save
        that a whole number is accepted for a float.

        Raises:
            InputError: it is none of this type.
        """
        if self.optional and (value is None or (isinstance(value, str) and is_none(value))):
            return None
        kind = self.kind
        try:
            if not self.is_list:
                return _scalar(kind, unquoted(value) if kind == "str" and isinstance(value, str) else value)
            if isinstance(value, str):
                return [_scalar(kind, item_text(item) if kind == "str" else item) for item in items(value)]
            if not isinstance(value, list | tuple):
                raise ValueError("no list")
            return [_scalar(kind, item) for item in value]
        except (ValueError, OverflowError):
            raise InputError(
                f"{self.name} = {shown(value)} has the wrong type; expected is {self.type}{self._how_written()}"
            ) from None

    def _how_written(self) -> str:
        """What is to be known of a type to write a value of it."""
        if self.is_list and self.kind == "str":
            return ', written [a,b] or a,b; an item with commas, brackets or quotes is written in quotes, ["a,b",c]'
        return _EXPECTED.get(self.kind, "") + (", written [5,0,2] or 5,0,2" if self.is_list else "")


def read_parameters(source: str) -> dict[str, Parameter]:
    """The parameters that the source of a parameter cell declares, in order.

    Raises ValueError where a line is not of the form `name: type = value  # meaning`, or its default not of
    its type.
    """
    form = "expected `name: type = value  # meaning`"
    try:
        body = ast.parse(source).body
        comments = {
            token.start[0]: token.string.lstrip("#").strip()
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type == tokenize.COMMENT
        }
    except (SyntaxError, RecursionError, MemoryError, tokenize.TokenError) as error:
        raise ValueError(f"the parameter cell is no Python: {error}") from error
    parameters: dict[str, Parameter] = {}
    for node in body:
        line = f"parameter cell, line {node.lineno}"
        if not (
            isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
        ):
            raise ValueError(f"{line}: {form}, found `{ast.unparse(node)}`")
        name, annotation = node.target.id, ast.unparse(node.annotation)
        meaning = comments.get(node.end_lineno or node.lineno, "")
        if not meaning:
            raise ValueError(f"{line}: {name} has no comment that says what it means; {form}")
        if name in parameters:
            raise ValueError(f"{line}: {name} appears twice")
        try:
            parameter = Parameter(name, annotation, ast.literal_eval(node.value), meaning)
            parameters[name] = replace(parameter, default=_default(parameter))
        except InputError:
            found = ast.unparse(node.value)
            raise ValueError(
                f"{line}: {name} = {found} has the wrong type; expected is {annotation}"
            ) from None
        except (ValueError, TypeError, RecursionError, MemoryError) as error:
            raise ValueError(f"{line}: {error}") from None
    return parameters


def _default(parameter: Parameter) -> object:
    """The default as this parameter's type; InputError if it is none. Texts in it are Python's own."""
    default, kind = parameter.default, parameter.kind
    if isinstance(default, str) and kind == "str" and not parameter.is_list:
        return default
    items_of_it = default if isinstance(default, list) else [default]
    if any(isinstance(item, str) for item in items_of_it) and (kind != "str" or default is not items_of_it):
        raise InputError("a text that stands for another value")
    return parameter.convert(default)


def find_parameter(parameters: Mapping[str, Parameter], name: str, where: str = "") -> Parameter:
    """The parameter of this name; `where` says in the message who was asked (a chapter).

    Raises:
        InputError: there is none.
    """
    if name not in parameters:
        place = f" of {where}" if where else ""
        raise InputError(f"{name} is no parameter{place}; {nearest(name, parameters)}")
    return parameters[name]


def resolve(
    parameters: Mapping[str, Parameter], given: Mapping[str, object], where: str = ""
) -> dict[str, object]:
    """A value for each parameter: the one `given`, converted to its type, or else the default.

    Raises:
        InputError: a name is unknown or a value of another type; `where` says who was asked (a chapter).
    """
    own = {name: find_parameter(parameters, name, where).convert(value) for name, value in given.items()}
    return {name: own.get(name, parameter.default) for name, parameter in parameters.items()}


def _split_type(annotation: str) -> tuple[str, bool, bool]:
    """("int", True, True) for "list[int] | None": the kind, whether a list, whether None is a value.

    Raises ValueError for types that a parameter cannot have.
    """
    match = re.fullmatch(r"(?:list\[(int|float|str|bool)\]|(int|float|str|bool))( \| None)?", annotation)
    if match is None:
        allowed = "int, float, str, bool, a list of one of them such as list[int], or one of these `| None`"
        raise ValueError(f"the type {annotation} is not among those a parameter can have: {allowed}")
    return match[1] or match[2], match[1] is not None, match[3] is not None


def _scalar(kind: str, value: object) -> Scalar:
    """`value` as int, float, str or bool; ValueError if it is none."""
    if isinstance(value, str):
        value = _read(kind, value)
    # type() throughout and not isinstance(): True is no count
    if kind == "float" and type(value) is int:
        value = float(value)
    if type(value) in (int, float, str, bool) and type(value).__name__ == kind:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("not finite")
        return cast(Scalar, value)
    raise ValueError("another type")


def _read(kind: str, text: str) -> Scalar:
    """A text as a value; ValueError if it stands for none."""
    if kind == "str":
        text.encode()  # half of a character, which bytes of another encoding become, cannot be stored
        return text
    text = text.strip(BLANKS).lower()
    if kind == "bool":
        return {"true": True, "false": False}[text] if text in ("true", "false") else text
    if not _NUMBERS[kind].fullmatch(text):
        raise ValueError("no number")
    return float(text) if kind == "float" else int(text)
