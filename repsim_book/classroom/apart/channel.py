"""Lines of JSON between the process of the tests and those of a student's code."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable
from typing import Any

from repsim_book.classroom.apart.limits import MAX_OUTPUT
from repsim_book.processes import kill_group

# Bytes of a line: an executed cell, all of whose output is escaped.
LONGEST = 7 * MAX_OUTPUT
# Of the value of a name, or of what a function returns: the line that brings it has room for it.
LARGEST = LONGEST - 1000


class EndedError(Exception):
    """The other process has ended, or says what is no reply."""


class Channel:
    """To a process that serves requests (`listen`).

    Args:
        process: with pipes for standard input and output.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process, self._requests, self._replies = process, process.stdin, process.stdout

    def send(self, request: object) -> None:
        """Ask something."""
        try:
            self._requests.write(json.dumps(request).encode() + b"\n")
            self._requests.flush()
        except OSError:
            pass  # it has ended; what it still said is read

    def receive(self) -> dict[str, Any]:
        """The next reply.

        Raises:
            EndedError: there is none.
        """
        line = self._replies.readline(LONGEST)
        try:
            reply = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise EndedError from error
        if not isinstance(reply, dict):
            raise EndedError
        return reply


def listen(
    take: Callable[[Any], object], clear_up: Callable[[], object] = lambda: None
) -> Callable[[object], None]:
    """Take requests from standard input, in a thread of their own; where they end, so does this process.

    What runs here finds standard input and output empty.

    Args:
        take: is called with each request.
        clear_up: is called before the end.

    Returns:
        What sends a reply.
    """
    lines, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nothing, number)

    def read() -> None:
        for line in lines:
            take(json.loads(line))
        clear_up()
        kill_group(os.getpid())
        os._exit(1)

    def send(reply: object) -> None:
        replies.write(json.dumps(reply).encode() + b"\n")
        replies.flush()

    threading.Thread(target=read, name="requests", daemon=True).start()
    return send
