"""A process that executes one chapter: `python -m repsim_book.execution.worker`, with what to do on its standard input.

Values come as JSON and so keep their types. What is wrong is said on standard error, and by the exit code.
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from repsim_book.chapters import read_chapter
from repsim_book.execution.chapter import run_chapter
from repsim_core.errors import RepsimError


@dataclass(frozen=True)
class Order:
    """What to execute.

    Attributes:
        chapter: its source file.
        values: of all its parameters, checked.
        folder: for the executed notebook and its results.
    """

    chapter: str
    values: dict[str, object]
    folder: str

    def to_json(self) -> bytes:
        """For the worker's standard input."""
        return json.dumps(asdict(self)).encode()


def main() -> int:
    """Execute what standard input asks for; 1 if that failed, 130 if it was interrupted."""
    try:
        order = Order(**json.load(sys.stdin))
        done = run_chapter(read_chapter(Path(order.chapter)), order.values, Path(order.folder))
    except KeyboardInterrupt:
        return 130
    except (RepsimError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for warning in done.warnings_said():
        print(warning, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
