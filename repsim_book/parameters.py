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

NO_VALUE = {"none", "null"}


@dataclass(frozen=True)
class Parameter:
    """One line of a parameter cell. `type` is its annotation, e.g. `int`, `list[float]` or `int | None`."""

    name: str
    type: str
    default: object
    meaning: str

    def convert(self, value: object) -> object:
        """`value` as this parameter's type.

        Text is read as on the command line (`true`, `1e-3`, `[5,0,2]` or `5,0,2`, `none`); everything else
        must have the type already, save that a whole number is accepted for a float. Raises InputError.
        """
        kind, is_list, optional = _split_type(self.type)
        if optional and (value is None or (isinstance(value, str) and value.strip().lower() in NO_VALUE)):
            return None
        try:
            if not is_list:
                return _scalar(kind, value)
            items = _split_list(value) if isinstance(value, str) else value
            if not isinstance(items, list | tuple):
                raise ValueError("no list")
            return [_scalar(kind, item) for item in items]
        except (ValueError, OverflowError):
            written = ", written [5,0,2] or 5,0,2" if is_list else ""
            finite = " (a finite number)" if kind == "float" else ""
            problem = f"{self.name} = {value!r} has the wrong type; expected is {self.type}{finite}{written}"
            raise InputError(problem) from None


def read_parameters(source: str) -> dict[str, Parameter]:
    """The parameters that the source of a parameter cell declares, in order.

    Raises ValueError where a line is not of the form `name: type = value  # meaning`, or its default not of
    its type.
    """
    form = "expected `name: type = value  # meaning`"
    comments = {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    parameters: dict[str, Parameter] = {}
    for node in ast.parse(source).body:
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
            kind, is_list, _ = _split_type(annotation)
            parameter = Parameter(name, annotation, ast.literal_eval(node.value), meaning)
            if isinstance(parameter.default, str) and (is_list or kind != "str"):
                raise ValueError(
                    f"{name} = {parameter.default!r} has the wrong type; expected is {annotation}"
                )
            parameters[name] = replace(parameter, default=parameter.convert(parameter.default))
        except ValueError as error:
            raise ValueError(f"{line}: {error}") from None
    return parameters


def resolve(
    parameters: Mapping[str, Parameter], given: Mapping[str, object], where: str = ""
) -> dict[str, object]:
    """A value for each parameter: the one `given`, converted to its type, or else the default.

    Raises InputError for unknown names and wrong types; `where` says in the message who was asked (a
    chapter).
    """
    for name in given:
        if name not in parameters:
            place = f" of {where}" if where else ""
            raise InputError(f"{name} is no parameter{place}; {nearest(name, parameters)}")
    return {name: p.convert(given[name]) if name in given else p.default for name, p in parameters.items()}


def written(value: object) -> str:
    """A value as the command line takes it, so that `convert` gives it back."""
    if isinstance(value, list):
        return "[" + ",".join(map(str, value)) + "]"
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _split_type(annotation: str) -> tuple[str, bool, bool]:
    """("int", True, True) for "list[int] | None": the kind, whether a list, whether None is a value.

    Raises ValueError for types that a parameter cannot have.
    """
    match = re.fullmatch(r"(?:list\[(int|float|str|bool)\]|(int|float|str|bool))( \| None)?", annotation)
    if match is None:
        allowed = "int, float, str, bool, a list of one of them such as list[int], or one of these `| None`"
        raise ValueError(f"the type {annotation} is not among those a parameter can have: {allowed}")
    return match[1] or match[2], match[1] is not None, match[3] is not None


def _split_list(text: str) -> list[str]:
    """The items of a list as written on the command line, with or without brackets."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1].strip()
    return [item.strip() for item in text.split(",")] if text else []


def _scalar(kind: str, value: object) -> Scalar:
    """`value` as int, float, str or bool; ValueError if it is none."""
    if isinstance(value, str) and kind != "str":
        text = value.strip().lower()
        if kind == "bool":
            value = {"true": True, "false": False}.get(text)
        else:
            value = float(text) if kind == "float" else int(text)
    # type() throughout and not isinstance(): True is no count
    if kind == "float" and type(value) is int:
        value = float(value)
    if type(value) in (int, float, str, bool) and type(value).__name__ == kind:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("not finite")
        return cast(Scalar, value)
    raise ValueError("another type")
