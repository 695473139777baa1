"""In a student's process: names and calls that the tests ask for, answered with values.

What is here can be changed by the student's code, and then says something else. That is why it decides nothing.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from types import CodeType
from typing import Any

from repsim_book.classroom.apart.channel import LARGEST
from repsim_book.classroom.apart.values import UnsupportedError, decode, encode

# Characters of what a student's function raises.
_TEXT = 2000


def answer(namespace: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a request.

    Args:
        namespace: the student's variables.
        request: `names`, whose values are asked for; or `call`, the name of a function, with `args` and `kwargs`; or
            `state`, of the process.

    Returns:
        For names a dictionary of each that there is: its `value`, or that it is a function. For a call `value`, or
        `raised` (name of the class, its base among Python's own exceptions, text, traceback). `unsupported` says of
        what kind a value is that cannot be passed, or how large.
    """
    if "state" in request:
        return {"replaced": sorted(_replaced())[:20], "student": os.environ.get("REPSIM_STUDENT")}
    if "names" in request:
        return _entries({name: namespace[name] for name in request["names"] if name in namespace})
    try:
        given = [decode(value) for value in request["args"]]
        named = {name: decode(value) for name, value in request["kwargs"].items()}
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
            value = namespace[request["call"]](*given, **named)
            return _small({"value": encode(value)}, LARGEST)
    except (KeyboardInterrupt, MemoryError):
        raise  # of the limits
    except UnsupportedError as error:
        return {"unsupported": str(error)}
    except BaseException as error:
        return {"raised": _told(error)}


def _small(entry: dict[str, Any], room: int) -> dict[str, Any]:
    """An entry of an answer, or that it does not fit in."""
    found = len(json.dumps(entry))
    if found <= room:
        return entry
    return {
        "unsupported": f"value of {found // 1_000_000} MB as text (at most {LARGEST // 1_000_000} are passed)"
    }


def _entries(values: Mapping[str, Any]) -> dict[str, Any]:
    """Of names, which share the room."""
    found, room = {}, LARGEST
    for name, value in values.items():
        found[name] = _small(_entry(value), room)
        room -= len(json.dumps({name: found[name]}))
    return found


def _entry(value: Any) -> Any:
    try:
        return {"value": encode(value)}
    except UnsupportedError as error:
        return {"kind": "function"} if callable(value) else {"unsupported": str(error)}


def _replaced() -> Iterator[str]:
    """Functions of libraries that are a notebook's own."""
    for name, module in list(sys.modules.items()):
        if name == "math" or name.partition(".")[0] in ("numpy", "repsim_core"):
            for attribute, value in list(vars(module).items()):
                code = getattr(value, "__code__", None)
                if isinstance(code, CodeType) and "ipykernel_" in code.co_filename:
                    yield f"{name}.{attribute}"


def _told(error: BaseException) -> dict[str, str]:
    bases = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    own = error.__traceback__ and error.__traceback__.tb_next  # without the line of ours that calls
    trace = "".join(traceback.format_exception(type(error), error, own)[-4:])
    return {
        "name": type(error).__name__,
        "base": bases[0],
        "text": str(error)[:_TEXT],
        "trace": trace[-_TEXT:],
    }


def serve(place: str) -> None:
    """In a kernel: answer requests, a line of JSON each, until there are no more.

    Args:
        place: the address of a socket.
    """
    from IPython.core.interactiveshell import InteractiveShell

    shell: Any = InteractiveShell.instance()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(place)
        with connection.makefile("rwb") as stream:
            for line in stream:
                stream.write(json.dumps(answer(shell.user_ns, json.loads(line))).encode() + b"\n")
                stream.flush()
