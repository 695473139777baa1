"""Where functions run that have to do without repsim_core: a process in which it cannot be imported.

The notebook's cells are executed statement by statement. What fails is left out: a cell that imports repsim_core beside
NumPy still imports NumPy, and functions are defined whatever became of the models that they are for.
"""

from __future__ import annotations

import ast
import os
import queue
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from importlib.abc import MetaPathFinder
from typing import Any

from repsim_book.classroom.apart.answering import answer
from repsim_book.classroom.apart.channel import listen
from repsim_book.classroom.apart.limits import Limits, bind, bind_processes

FORBIDDEN = "repsim_core"


class _Forbidden(MetaPathFinder):
    """Finds no module of the package, whatever else might."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname.partition(".")[0] == FORBIDDEN:
            raise ModuleNotFoundError(
                f"found an import of {FORBIDDEN}, expected none: this is to be written with NumPy"
            )


def execute(source: str, namespace: dict[str, Any]) -> None:
    """Execute the statements of a cell that can be executed."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # magic commands
        from IPython.core.inputtransformer2 import TransformerManager

        try:
            tree = ast.parse(TransformerManager().transform_cell(source))
        except (SyntaxError, ValueError):
            return
    for statement in tree.body:
        with suppress(BaseException):
            exec(compile(ast.Module([statement], []), "<cell>", "exec"), namespace)


def main() -> None:
    """Serve requests: the first is the order, the others have `cells` to execute before what `ask` asks for, if any."""
    requests: queue.Queue[dict[str, Any]] = queue.Queue()
    send = listen(requests.put)
    bind(Limits(**requests.get()["limits"]))
    bind_processes()
    sys.meta_path.insert(0, _Forbidden())
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        while request := requests.get():
            for source in request["cells"]:
                execute(source, namespace)
            if "ask" in request:
                send({"answer": answer(namespace, request["ask"])})


if __name__ == "__main__":
    main()
