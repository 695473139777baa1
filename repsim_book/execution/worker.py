"""A process that executes one chapter: `python -m repsim_book.execution.worker`, with what to do on its standard input.

Values come as JSON and so keep their types. How far it is comes as lines of JSON on standard output, what is wrong is
said on standard error and by the exit code. It ends, and its kernel with it, when standard input does.
"""

import json
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from repsim_book.chapters import read_chapter
from repsim_book.execution.chapter import run_chapter
from repsim_book.execution.kernel import end_kernels
from repsim_book.execution.run_files import give_up
from repsim_book.processes import end_with_parent, first_line
from repsim_core.errors import RepsimError


@dataclass(frozen=True)
class Order:
    """What to execute.

    Attributes:
        chapter: its source file.
        values: of all its parameters, checked.
        folder: for the executed notebook and its results.
        command: as it was typed, for the record of the run.
        solutions: whether solutions are executed as well.
        cell_seconds: that a cell may take; None for as long as it needs.
        place: the working directory of its cells; None for the folder of the source.
    """

    chapter: str
    values: dict[str, object]
    folder: str
    command: str
    solutions: bool = False
    cell_seconds: int | None = None
    place: str | None = None

    def to_line(self) -> bytes:
        """For the worker's standard input."""
        return json.dumps(asdict(self)).encode() + b"\n"


class _Work(threading.Thread):
    """The execution, in a thread of its own: in the main one, what runs notebooks would take over the signals."""

    def __init__(self, order: Order) -> None:
        super().__init__(name="work", daemon=True)
        self.order, self.code = order, 1

    def run(self) -> None:
        order = self.order
        try:
            done = run_chapter(
                read_chapter(Path(order.chapter)),
                order.values,
                Path(order.folder),
                command=order.command,
                solutions=order.solutions,
                cell_seconds=order.cell_seconds,
                place=None if order.place is None else Path(order.place),
                progress=lambda done, cells: print(json.dumps([done, cells]), flush=True),
            )
            for warning in done.warnings_said():
                print(warning, file=sys.stderr)
            self.code = 0
        except (RepsimError, OSError) as error:
            print(error, file=sys.stderr)


def main() -> int:
    """Execute what standard input asks for; 1 if that failed."""
    line = first_line()
    if not line:
        return 1
    order = Order(**json.loads(line))

    def clear_up() -> None:
        give_up(Path(order.folder))
        end_kernels()

    end_with_parent(clear_up)
    work = _Work(order)
    work.start()
    work.join()
    return work.code


if __name__ == "__main__":
    sys.exit(main())
