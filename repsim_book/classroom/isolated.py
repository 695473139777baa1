"""Execution of a notebook that nobody has looked at: in a process of its own, with limits on time, memory and output.

The limits are against accidents: endless loops, an array too large, a flood of output. They are no sandbox: the code
runs as the user who grades and can read what that user can.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import subprocess
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import nbformat
from nbformat import NotebookNode

from repsim_book.execution.kernel import (
    START_SECONDS,
    end_kernels,
    kernel_folder,
    kernels_of_this_interpreter,
)
from repsim_book.processes import child, end_with_parent

# Bytes of an executed notebook, and of any file that it writes.
MAX_OUTPUT = 20_000_000
# Seconds beyond its limits after which a process is killed from outside.
_GRACE = 60
# For the last output of a cell that has ended, on a busy machine.
_OUTPUT_SECONDS = 60
_TIMEOUT = "CellTimeoutError"
_WORKER = """
import sys
from pathlib import Path
from repsim_book.classroom.isolated import main
main(Path(sys.argv[1]))
"""
_NO_MEMORY = ("MemoryError", "_ArrayMemoryError")


@dataclass(frozen=True)
class Limits:
    """What the execution of one submission may take.

    Attributes:
        cell_seconds: of a cell; it is then interrupted, and the next one is executed.
        seconds: of all cells.
        megabytes: of memory that the kernel allocates, used or not (Linux only; importing torch takes 800).
    """

    cell_seconds: int = 120
    seconds: int = 600
    megabytes: int = 2000


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class ExecutedSubmission:
    """An executed notebook. A code cell that did not run to its end has an error among its outputs.

    Attributes:
        state: `graded` (the answers ran; tests may have failed), `raised` (a cell other than a test raised),
            `timeout`, `memory` (the limit was reached in some cell) or `died` (the kernel ended).
        message: one line, empty for `graded`.
    """

    notebook: NotebookNode
    state: str
    message: str


def execute_apart(
    notebook: NotebookNode,
    *,
    student: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    environment: Mapping[str, str] | None = None,
    running: set[subprocess.Popen[bytes]] | None = None,
) -> ExecutedSubmission:
    """Execute a notebook in a new process, whose kernel works in an empty folder that is removed afterwards.

    Args:
        student: what REPSIM_STUDENT is for the kernel; None leaves it unset.
        environment: of the process; this process's own by default.
        running: holds the process while it runs, for who wants to `end_family` it.
    """
    environment = dict(os.environ if environment is None else environment)
    environment.pop("REPSIM_STUDENT", None)
    environment["NBGRADER_EXECUTION"] = "autograde"  # as nbgrader tells the kernels that it starts
    if student is not None:
        environment["REPSIM_STUDENT"] = student
    with kernel_folder() as folder, (folder / "said").open("w+b") as log:
        order = {"notebook": notebook, "limits": asdict(limits)}
        (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
        words = ["-P", "-c", _WORKER, str(folder)]
        with child(words, environment=environment, stdout=subprocess.DEVNULL, stderr=log.fileno()) as process:
            if running is not None:
                running.add(process)
            try:
                process.wait(START_SECONDS + limits.seconds + _GRACE)
            except subprocess.TimeoutExpired:
                return ExecutedSubmission(
                    _unfinished(notebook), "timeout", f"found no end after {limits.seconds} s, killed"
                )
            finally:
                end_family(process)
                if running is not None:
                    running.discard(process)
        log.seek(0)
        said = log.read().decode(errors="replace")
        try:
            outcome = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            last = (said.strip().splitlines() or [f"exit code {process.returncode}"])[-1]
            return ExecutedSubmission(
                _unfinished(notebook), "died", _line(f"the process that executes it ended: {last}")
            )
    return ExecutedSubmission(_notebook(outcome), outcome["state"], outcome["message"])


def end_family(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and all that it has started, in whatever session, where they still run."""
    import psutil

    try:
        parent = psutil.Process(process.pid)
        family = [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        family = []
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()


def _unfinished(notebook: NotebookNode, finished: Collection[int] = ()) -> NotebookNode:
    """Give an error to each code cell that has not finished: nbgrader takes a test without error for passed."""
    for number, cell in enumerate(notebook.cells):
        if number in finished or cell.cell_type != "code" or not cell.source.strip():
            continue
        if not any(output.output_type == "error" for output in cell.outputs):
            cell.outputs.append(_error("NotExecuted", "this cell was not executed to its end"))
    return notebook


def _error(name: str, text: str) -> NotebookNode:
    return nbformat.v4.new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def _notebook(entry: dict[str, Any]) -> NotebookNode:
    return cast(NotebookNode, nbformat.from_dict(entry["notebook"]))


def _line(text: str) -> str:
    """One line of what a student's code may have written, without what would command a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


class _Execution:
    """One pass over a notebook's cells: which finished, and what went wrong."""

    def __init__(self, notebook: NotebookNode, limits: Limits) -> None:
        self.notebook, self.limits = notebook, limits
        self.finished: set[int] = set()
        self.problems: dict[str, str] = {}  # the first message by state
        self.at = 0

    async def run(self, folder: Path) -> None:
        from nbclient import NotebookClient
        from nbclient.exceptions import CellControlSignal, DeadKernelError

        client = NotebookClient(
            self.notebook,
            kernel_manager_class=kernels_of_this_interpreter(folder),
            timeout_func=self._cell_seconds,
            startup_timeout=START_SECONDS,
            iopub_timeout=_OUTPUT_SECONDS,
            interrupt_on_timeout=True,
            error_on_timeout={
                "ename": _TIMEOUT,
                "evalue": "",
                "traceback": ["the time for this cell is over"],
            },
            allow_errors=True,
            skip_cells_with_tag="",
            shutdown_kernel="immediate",
            on_cell_executed=self._executed,
        )
        client.reset_execution_trackers()
        work = folder / "work"
        work.mkdir()
        async with client.async_setup_kernel(cwd=str(work)):
            self.clock = asyncio.timeout(self.limits.seconds)
            try:
                async with self.clock:
                    for number, cell in enumerate(self.notebook.cells):
                        self.at = number
                        count = client.code_cells_executed + 1
                        await client.async_execute_cell(cell, number, execution_count=count)
            except (TimeoutError, DeadKernelError, CellControlSignal):
                # nbclient takes our end for the kernel's
                if self.clock.expired():
                    self._problem("timeout", f"all cells together took longer than {self.limits.seconds} s")
                else:
                    self._problem("died", f"the kernel ended in {self._cell(self.at)}")

    def _cell_seconds(self, cell: NotebookNode) -> int:
        """The limit for a cell, asked for when it has been handed to the kernel."""
        return self.limits.cell_seconds

    def _executed(self, cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
        reply = execute_reply["content"]
        graded = _graded(cell)
        if reply["status"] == "ok":
            self.finished.add(cell_index)
            if graded:  # a warning would cost all points, since nbgrader takes what is on stderr for an error
                cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            return
        name, text = str(reply.get("ename", "")), str(reply.get("evalue", ""))
        where = self._cell(cell_index)
        if name == _TIMEOUT:
            self._problem("timeout", f"{where} took longer than {self.limits.cell_seconds} s")
            cell.outputs.append(_error("Timeout", f"interrupted after {self.limits.cell_seconds} s"))
        elif name in _NO_MEMORY or "can't allocate memory" in text:
            self._problem("memory", f"{where} needs more memory than {self.limits.megabytes} MB")
        elif not graded:
            self._problem("raised", f"{where}: {name}: {text}")

    def _problem(self, state: str, message: str) -> None:
        self.problems.setdefault(state, _line(message))

    def _cell(self, number: int) -> str:
        name = self.notebook.cells[number].metadata.get("nbgrader", {}).get("grade_id")
        return f"cell {number + 1} ({name})" if name else f"cell {number + 1}"

    def outcome(self) -> ExecutedSubmission:
        notebook = _unfinished(self.notebook, self.finished)
        for state in ("died", "timeout", "memory", "raised"):
            if state in self.problems:
                return ExecutedSubmission(notebook, state, self.problems[state])
        return ExecutedSubmission(notebook, "graded", "")


def main(folder: Path) -> None:
    """In the new process: execute the notebook of order.json, leave outcome.json."""
    end_with_parent(lambda: (end_kernels(), shutil.rmtree(folder, ignore_errors=True)))
    path = folder / "order.json"
    order = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()  # it holds the hidden tests
    limits = Limits(**order["limits"])
    # Inherited by the kernel. Not the address space: importing torch reserves gigabytes of it and uses none.
    memory = limits.megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MAX_OUTPUT, 2 * MAX_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    execution = _Execution(_notebook(order), limits)
    asyncio.run(execution.run(folder))
    Path(folder, "outcome.json").write_text(_written(execution), encoding="utf-8")


def _written(execution: _Execution) -> str:
    """The outcome as JSON. Where there is too much output, it is removed: of tests last, for they are graded by it."""
    text = json.dumps(asdict(execution.outcome()))
    message = f"found {len(text) // 1_000_000} MB of output, expected less than {MAX_OUTPUT // 1_000_000}"
    for tests_too in (False, True):
        if len(text) <= MAX_OUTPUT:
            break
        for cell in execution.notebook.cells:
            if cell.cell_type == "code" and (tests_too or not _graded(cell)):
                cell.outputs = []
        finished = () if tests_too else execution.finished
        text = json.dumps(
            asdict(ExecutedSubmission(_unfinished(execution.notebook, finished), "memory", message))
        )
    return text


def _graded(cell: NotebookNode) -> bool:
    return cell.metadata.get("nbgrader", {}).get("grade", False)
