"""What grading a submission costs beside executing the same notebook, tests and all, in one kernel.

The submission is the master, which earns all points. In turns, the best of each counting.
"""

from __future__ import annotations

import argparse
import copy
import os
import time
from collections.abc import Callable
from pathlib import Path

from nbclient import NotebookClient
from nbformat import NotebookNode

from repsim_book.classroom.apart.cgroups import groups_here
from repsim_book.classroom.apart.sandbox import choose
from repsim_book.classroom.grade import grade_notebook
from repsim_book.classroom.notebooks import read_master
from repsim_book.execution.kernel import THREADS

ASSIGNMENTS = Path(__file__).parents[1] / "notebooks" / "assignments"


def seconds(work: Callable[..., object], *given: object, **named: object) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    work(*given, **named)
    return time.perf_counter() - start


def plainly(master: NotebookNode) -> None:
    """What nbgrader's `autograde` does for all that takes time."""
    NotebookClient(copy.deepcopy(master), timeout=None, kernel_name="python3").execute()


def main() -> None:
    """Print a row for each assignment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", default=sorted(path.stem for path in ASSIGNMENTS.glob("0[1-6]*.md"))
    )
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--isolation", default="auto")
    asked = parser.parse_args()
    os.environ.update(dict.fromkeys(THREADS, "1"))
    with groups_here() as groups:
        sandbox = choose(asked.isolation, groups=groups)
        print(f"isolation: {sandbox.name}")
        print("| assignment | executed plainly, s | graded, s | ratio |\n|---|---|---|---|")
        for name in asked.names:
            master = read_master(ASSIGNMENTS / f"{name}.md")
            plain, graded = [], []
            for _ in range(asked.turns):
                plain.append(seconds(plainly, master))
                graded.append(seconds(grade_notebook, master, master, sandbox=sandbox))
            print(
                f"| {name} | {min(plain):.1f} | {min(graded):.1f} | {min(graded) / min(plain):.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
