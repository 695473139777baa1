"""The rules of a chapter's cell of parameter checks as plain data, so that a page can hold values against them.

The cell stays the one place where the rules are written: here its Python is turned into nested lists, each with a word
in front that says what it is, and `limits.js` evaluates these. The little of Python that such cells need is all there
is.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from repsim_book.parameters import Parameter

_COMPARISONS = {
    **{ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="},
    **{ast.Is: "==", ast.IsNot: "!=", ast.In: "in", ast.NotIn: "not in"},
}
_OPERATIONS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Pow: "**"}
_FUNCTIONS = {"all", "any", "int", "len", "list", "max", "min", "range", "set", "sin", "sorted", "sum"}


def as_data(source: str, parameters: Mapping[str, Parameter]) -> list[Any]:
    """The statements of a cell of parameter checks: ["check", condition, name, allowed] and ["set", name, value].

    Args:
        source: of the cell.
        parameters: of the chapter.

    Raises:
        ValueError: the cell has something that is not known here, with its line.
    """
    rules = _Rules(parameters)
    return [said for node in ast.parse(source).body if (said := rules.statement(node)) is not None]


class _Rules:
    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self._known: dict[str, Any] = {}  # what the cell imports, but for functions
        self._floats = {name for name, each in parameters.items() if each.type.startswith("float")}

    def statement(self, node: ast.stmt) -> list[Any] | None:
        """A statement; None for an import."""
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                for each in names:
                    if each.name not in {*_FUNCTIONS, "check"}:
                        value = getattr(import_module(module), each.name)
                        # Of a mapping rules look at the keys.
                        self._known[each.asname or each.name] = (
                            list(value) if isinstance(value, tuple | Mapping) else value
                        )
                return None
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                return ["set", name, self.expression(value)]
            case ast.Expr(
                value=ast.Call(func=ast.Name(id="check"), args=[condition, name, _, allowed], keywords=[])
            ):
                return ["check", *(self.expression(each) for each in (condition, name, allowed))]
        raise _unknown(node)

    def expression(self, node: ast.expr) -> list[Any]:
        """An expression."""
        match node:
            case ast.Constant(value=value) if value is None or isinstance(value, bool | int | float | str):
                return ["value", value]
            case ast.Name(id=name):
                return ["value", self._known[name]] if name in self._known else ["name", name]
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return ["list", *map(self.expression, items)]
            case ast.Compare(left=left, ops=ops, comparators=others):
                signs = [_named(_COMPARISONS, each, node) for each in ops]
                return ["compare", self.expression(left), signs, *map(self.expression, others)]
            case ast.BoolOp(op=op, values=values):
                return ["and" if isinstance(op, ast.And) else "or", *map(self.expression, values)]
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ["not", self.expression(operand)]
            case ast.BinOp(left=left, op=op, right=right):
                sign = _named(_OPERATIONS, op, node)
                return ["operate", sign, self.expression(left), self.expression(right)]
            case ast.IfExp(test=test, body=body, orelse=other):
                return ["if", *map(self.expression, (test, body, other))]
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in _FUNCTIONS:
                named = {str(each.arg): self.expression(each.value) for each in keywords}
                return ["call", name, named, *map(self.expression, args)]
            case ast.Call(func=ast.Attribute(value=between, attr="join"), args=[items], keywords=[]):
                return ["join", self.expression(between), self.expression(items)]
            case ast.GeneratorExp(
                elt=element,
                generators=[ast.comprehension(target=ast.Name(id=name), iter=items, ifs=[], is_async=0)],
            ):
                return ["each", name, self.expression(items), self.expression(element)]
            case ast.JoinedStr(values=parts):
                return ["text", *map(self._part, parts)]
        raise _unknown(node)

    def _part(self, node: ast.expr) -> list[Any]:
        """A part of an f-string: a text, or a value with its format."""
        match node:
            case ast.Constant(value=str(text)):
                return ["value", text]
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                is_float = isinstance(value, ast.Name) and value.id in self._floats
                return ["format", "repr" if is_float else "", self.expression(value)]
            case ast.FormattedValue(
                value=value, conversion=-1, format_spec=ast.JoinedStr(values=[ast.Constant(value=str(how))])
            ):
                return ["format", how, self.expression(value)]
        raise _unknown(node)


def _named(names: Mapping[type, str], op: ast.AST, node: ast.AST) -> str:
    if type(op) not in names:
        raise _unknown(node)
    return names[type(op)]


def _unknown(node: ast.AST) -> ValueError:
    line = getattr(node, "lineno", "?")
    return ValueError(
        f"parameter checks, line {line}: `{ast.unparse(node)}` is nothing that a page evaluates"
    )
