"""The names of an assignment: which a test reads, and which of them the assignment itself defines."""

from __future__ import annotations

import ast
import builtins
import dis
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from types import CodeType
from typing import Any

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)


def parsed(source: str) -> ast.Module:
    """The statements of a cell; none of one that is no plain Python."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def compiled(statements: list[ast.stmt], file: str) -> CodeType:
    """Statements as code in which `assert` asserts, however Python was started."""
    return compile(ast.Module(statements, []), file, "exec", dont_inherit=True, optimize=0)


def bound(code: CodeType) -> set[str]:
    """The names that code binds where it stands, and not inside its functions."""
    return {str(each.argval) for each in dis.get_instructions(code) if each.opname == "STORE_NAME"}


def read(code: CodeType) -> set[str]:
    """The names that code, its functions included, reads and does not bind itself; not Python's own."""
    return set(_read(code)) - bound(code) - set(dir(builtins))


def _read(code: CodeType) -> Iterator[str]:
    for each in dis.get_instructions(code):
        if each.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            yield str(each.argval)
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _read(part)


def asked_of(tree: ast.Module, function: str) -> set[str]:
    """Of which names a test asks something: those that are alone in the function's parentheses."""
    return {
        node.args[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == function
        and len(node.args) == 1
        and isinstance(node.args[0], ast.Name)
    }


class Given:
    """What the assignment itself imports and defines, which no answer can replace.

    Args:
        given: sources of the cells that are no answers.
        tests: sources of the tests, of which the imports count: later cells may rely on them.
        answers: sources of the cells for answers, as they were released; what they define is the student's.
    """

    def __init__(self, given: Iterable[str], tests: Iterable[str], answers: Iterable[str]) -> None:
        self.statements: dict[str, ast.stmt] = {}
        for sources, kinds in ((given, (*_IMPORTS, *_DEFINITIONS)), (tests, _IMPORTS)):
            for source in sources:
                for statement in parsed(source).body:
                    if isinstance(statement, kinds):
                        for name in bound(compiled([statement], "<given>")):
                            self.statements[name] = statement
        for source in answers:
            for name in bound(compiled(parsed(source).body, "<answer>")):
                self.statements.pop(name, None)

    def import_ahead(self, tests: Iterable[str]) -> threading.Thread:
        """Import what tests will, in a thread: what a module needs to be loaded is then done while others work."""
        wanted: dict[str, ast.stmt] = {}
        for source in tests:
            tree = parsed(source)
            named = read(compiled(tree.body, "<test>")) & set(self.statements)
            for each in (*ast.walk(tree), *(self.statements[name] for name in sorted(named))):
                if isinstance(each, _IMPORTS):
                    wanted[ast.unparse(each)] = each

        def load() -> None:
            for statement in wanted.values():
                with suppress(Exception):  # the test says it
                    exec(compiled([statement], "<ahead>"), {})

        thread = threading.Thread(target=load, name="imports", daemon=True)
        thread.start()
        return thread

    def define(self, names: Collection[str], namespace: dict[str, Any]) -> set[str]:
        """Put those of the names that are given into a namespace, with all that they rely on.

        Returns:
            The names that are not given.
        """
        missing, todo = set(), list(names)
        while todo:
            name = todo.pop()
            if name in namespace or name in missing:
                continue
            if (statement := self.statements.get(name)) is None:
                missing.add(name)
                continue
            code = compiled([statement], "<given>")
            exec(code, namespace)
            todo += read(code)
        return missing
