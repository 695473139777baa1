"""Execution of a notebook that nobody has looked at: in its own processes, with limits, in a sandbox if there is one.

What happens there is in `apart`.
"""

from __future__ import annotations

import base64
import copy
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4.rwbase import rejoin_lines

from repsim_book.classroom.apart.cells import is_test, line, unfinished
from repsim_book.classroom.apart.family import end_family
from repsim_book.classroom.apart.judge import error_output
from repsim_book.classroom.apart.limits import BESIDE, DEFAULT_LIMITS, FILES, SHARED, Limits
from repsim_book.classroom.apart.sandbox import Sandbox
from repsim_book.classroom.apart.worker import STATES
from repsim_book.classroom.notebooks import MAX_BYTES, as_utf8
from repsim_book.execution.kernel import START_SECONDS, THREADS, kernel_folder
from repsim_book.processes import child
from repsim_core.errors import InputError

# Seconds beyond its limits after which a process is killed from outside.
_GRACE = 60
_WORKER = """
import sys
from pathlib import Path
from repsim_book.classroom.apart.worker import main
main(Path(sys.argv[1]))
"""


@dataclass(frozen=True)
class ExecutedSubmission:
    """An executed notebook. A code cell that did not run to its end has an error among its outputs.

    Attributes:
        state: `graded` (the answers ran; tests may have failed), `raised` (a cell other than a test raised),
            `timeout`, `memory` (the limit was reached in some cell) or `died` (the kernel ended).
        message: one line, empty for `graded`.
        waits: tests, by grade_id, that a person has to grade: they look at what cannot be passed to them.
        look_at: what a person has to look at, a sentence each.
    """

    notebook: NotebookNode
    state: str
    message: str
    waits: Sequence[str] = ()
    look_at: Sequence[str] = ()


def given_by(skeleton: NotebookNode) -> dict[str, list[str]]:
    """What an assignment gives, as `apart.names.Given` wants it: the sources of its cells by kind."""
    found: dict[str, list[str]] = {"given": [], "tests": [], "answers": []}
    for cell in skeleton.cells:
        if cell.cell_type == "code":
            answer = cell.metadata.get("nbgrader", {}).get("solution")
            kind = "tests" if is_test(cell) else "answers" if answer else "given"
            found[kind].append(cell.source)
    return found


def files_beside(path: Path) -> dict[str, bytes]:
    """The files that were handed in with a notebook, by name, if they are not too large together."""
    files = [
        file
        for file in sorted(path.parent.iterdir())
        if file != path and file.is_file() and not file.is_symlink()
    ]
    if sum(file.stat().st_size for file in files) > MAX_BYTES:
        return {}
    return {file.name: file.read_bytes() for file in files}


def execute_apart(
    notebook: NotebookNode,
    *,
    given: Mapping[str, Sequence[str]] | None = None,
    student: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    sandbox: Sandbox | None = None,
    files: Mapping[str, bytes] | None = None,
    environment: Mapping[str, str] | None = None,
    running: set[subprocess.Popen[bytes]] | None = None,
) -> ExecutedSubmission:
    """Execute a notebook in new processes, whose kernel works in a folder that is removed afterwards.

    Args:
        given: from `given_by`, of the assignment; of the notebook itself by default.
        student: what REPSIM_STUDENT is for the kernel and the tests; None leaves it unset.
        sandbox: from `choose`; none by default.
        files: that lie in the kernel's folder, by name.
        environment: of the process; this process's own by default.
        running: holds the process while it runs, for who wants to `end_family` it.
    """
    environment = dict(os.environ if environment is None else environment)
    environment.pop("REPSIM_STUDENT", None)
    environment = {name: "1" for name in THREADS} | environment  # as for kernels
    environment["NBGRADER_EXECUTION"] = "autograde"  # as nbgrader tells the kernels that it starts
    if student is not None:
        environment["REPSIM_STUDENT"] = student
    sandbox = sandbox or Sandbox()
    order = {
        "notebook": notebook,
        "given": given or given_by(notebook),
        "limits": asdict(limits),
        "sandbox": sandbox.written(),
        "files": {name: base64.b64encode(data).decode() for name, data in (files or {}).items()},
    }
    most = limits.megabytes * 1_000_000 + BESIDE + FILES + SHARED  # files in memory are its own
    with (
        sandbox.groups.new(most) as group,
        kernel_folder() as folder,
        (folder / "said").open("w+b") as log,
    ):
        order["group"] = group.folders
        (folder / "order.json").write_text(json.dumps(order, default=str), encoding="utf-8")
        words = ["-P", "-c", _WORKER, str(folder)]
        with child(words, environment=environment, stdout=subprocess.DEVNULL, stderr=log.fileno()) as process:
            if running is not None:
                running.add(process)
            try:
                process.wait(START_SECONDS + limits.seconds + _GRACE)
            except subprocess.TimeoutExpired:
                _not_run(notebook)
                return ExecutedSubmission(
                    notebook, "timeout", f"found no end after {limits.seconds} s, killed"
                )
            finally:
                end_family(process)
                if running is not None:
                    running.discard(process)
        log.seek(0)
        said = log.read().decode(errors="replace")
        try:
            outcome = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            last = (said.strip().splitlines() or [f"exit code {process.returncode}"])[-1]
            _not_run(notebook)
            return ExecutedSubmission(notebook, "died", line(f"the process that executes it ended: {last}"))
    try:
        return _outcome(outcome, notebook)
    except InputError as error:
        _not_run(notebook)
        return ExecutedSubmission(notebook, "died", line(f"what came back of it is no outcome: {error}"))


def _not_run(notebook: NotebookNode) -> None:
    """Give an error to each cell that has something to execute, as nbgrader wants to read it."""
    unfinished(notebook.cells)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell["outputs"] = nbformat.from_dict(cell.outputs)


def _outcome(found: Any, sent: NotebookNode) -> ExecutedSubmission:
    """What came back: of its notebook the outputs, those that are some, and nothing else.

    A student's process says what its outputs are, and without a sandbox it could write all of it.

    Raises:
        InputError: it is none, with what it is.
    """
    if not isinstance(found, dict) or not isinstance(found.get("notebook"), dict):
        raise InputError(f"found {_kind(found)}, expected a notebook and how it went")
    if found.get("state") not in ("graded", *STATES) or not isinstance(found.get("message"), str):
        raise InputError(
            f"found the state {_kind(found.get('state'))}, expected one of graded, {', '.join(STATES)}"
        )
    said = {key: found.get(key, []) for key in ("waits", "look_at")}
    for key, each in said.items():
        if not isinstance(each, list) or not all(isinstance(text, str) for text in each):
            raise InputError(f"found {_kind(each)} for {key}, expected texts")
    came = json.loads(as_utf8(found["notebook"])).get("cells")
    if not isinstance(came, list) or len(came) != len(sent.cells):
        raise InputError(f"found {_kind(came)} for the cells, expected {len(sent.cells)} of them")
    notebook, look_at = copy.deepcopy(sent), said["look_at"]
    for number, (cell, back) in enumerate(zip(notebook.cells, came, strict=True), start=1):
        if cell.cell_type == "code":
            look_at += _take_outputs(cell, number, back)
    rejoin_lines(notebook)  # a text may be a list of lines in a file, and is one text here
    return ExecutedSubmission(notebook, found["state"], found["message"], said["waits"], look_at)


def _take_outputs(cell: NotebookNode, number: int, back: Any) -> list[str]:
    """Give a cell the outputs that came back for it; a sentence where these are none."""
    back = back if isinstance(back, dict) else {}
    outputs, count = back.get("outputs"), back.get("execution_count")
    cell["execution_count"] = count if isinstance(count, int) else None
    try:
        if not isinstance(outputs, list):
            raise InputError(f"found {_kind(outputs)}, expected a list")
        for output in outputs:
            nbformat.validate(output, ref="output", version=4, version_minor=5)
        cell["outputs"] = nbformat.from_dict(outputs)
        return []
    except Exception as error:  # of whatever is there in its place
        why = str(error).strip().partition("\n")[0]
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        where = f"cell {number} ({name})" if name else f"cell {number}"
        cell["outputs"] = []
        if is_test(cell):  # without any it would have passed
            error = error_output("NotExecuted", "what came back of this test is no output")
            cell["outputs"] = [nbformat.from_dict(error)]
        return [line(f"{where}: what came back as its output is none, and was left out: {why}")]


def _kind(found: object) -> str:
    """What something is, for a message."""
    return repr(found)[:100] if isinstance(found, str | int | float | None) else type(found).__name__
