"""The process that is started for each submission: has the notebook executed, judges its tests, leaves the outcome."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from repsim_book.classroom.apart.cells import Cell, canaries, is_test, line, runs, unfinished
from repsim_book.classroom.apart.cgroups import Group
from repsim_book.classroom.apart.channel import Channel, EndedError
from repsim_book.classroom.apart.family import (
    MemoryWatch,
    adopt_orphans,
    end_children,
    end_family,
    family,
    running,
)
from repsim_book.classroom.apart.judge import BY_HAND, Judge, StoppedError, Verdict, error_output, visible
from repsim_book.classroom.apart.limits import BESIDE, MAX_OUTPUT, Limits, bind
from repsim_book.classroom.apart.names import Given
from repsim_book.classroom.apart.sandbox import Sandbox
from repsim_book.processes import child, end_with_parent

_EXECUTOR = "from repsim_book.classroom.apart.executor import main; main()"
_BY_HAND = "from repsim_book.classroom.apart.by_hand import main; main()"
# The first of these that happened is the state.
STATES = ("died", "timeout", "memory", "raised")
# Seconds after a cell's limit within which its process says that it is over; one that a submission holds up does not.
_LATE = 90


class Worker:
    """One submission.

    Args:
        order: `notebook`, with all its tests; `given`, the sources of the assignment's cells by kind (`names.Given`);
            `limits`, `sandbox`; `group`, the folders of the one that limits its processes; and `files` that lie
            beside the notebook, in base64.
        folder: for what the processes say for themselves.
    """

    def __init__(self, order: Mapping[str, Any], folder: Path) -> None:
        self.notebook, self.cells = order["notebook"], order["notebook"]["cells"]
        self.files, self.folder = order["files"], folder
        self.limits = Limits(**order["limits"])
        self.sandbox = Sandbox.read(order["sandbox"])
        self.group = Group(tuple(map(Path, order["group"])))
        self.judge = Judge(Given(**order["given"]), self._ask, self._ask_by_hand, self.limits.seconds)
        self.finished: set[int] = set()
        self.problems: dict[str, str] = {}
        self.waits: list[str] = []
        self.look_at: list[str] = []
        self.at = 0
        self._sources: list[str] = []  # of the cells so far, of tests what students have
        self._by_hand: Channel | None = None
        self._done_by_hand = 0

    def run(self) -> None:
        """Execute and judge all cells."""
        watch = MemoryWatch(self.limits.megabytes * 1_000_000 + BESIDE, self.group.out_of_memory)
        with ExitStack() as self._stack:
            self._stack.callback(end_children)
            self._stack.enter_context(watch)
            self._executor = self._started(_EXECUTOR, notebook=self._without_tests(), files=self.files)
            # While the kernel starts and the first cells run: what tests will need.
            tests = [cell["source"] for cell in self.cells if is_test(cell)]
            self.judge.given.import_ahead(tests)
            if any(BY_HAND in test for test in tests):
                self._by_hand = self._started(_BY_HAND)
            try:
                self._executor.receive()
                there = running()
                for number, cell in enumerate(self.cells):
                    self.at = number
                    if runs(cell):
                        (self._test if is_test(cell) else self._execute)(cell)
                self._look_around(there)
            except EndedError:
                if watch.broken or self.group.out_of_memory():
                    self._too_large()
                elif not self.problems.keys() & {"died", "timeout"}:
                    said = (self.folder / "log").read_text("utf-8", errors="replace").strip().splitlines()
                    last = said[-1] if said else f"in {self._place()}"
                    self._problem("died", f"the process that executes it ended: {last}")
            else:
                if self.group.out_of_memory():  # some process was ended, and the others went on
                    self._too_large()

    def _too_large(self) -> None:
        most = self.limits.megabytes
        self._problem("memory", f"{self._place()}: its processes together need more than {most} MB")

    def outcome(self) -> dict[str, Any]:
        """The executed notebook, the state and its message, and what a person has to look at."""
        state = next((state for state in STATES if state in self.problems), "graded")
        unfinished(self.cells, self.finished)
        message, found = self.problems.get(state, ""), len(json.dumps(self.notebook))
        if found > MAX_OUTPUT:
            state, message = (
                "memory",
                f"found {found // 1_000_000} MB of output, expected less than {MAX_OUTPUT // 1_000_000}",
            )
            for cell in self.cells:
                if cell["cell_type"] == "code" and not is_test(cell):
                    cell["outputs"] = []
        return {
            "notebook": self.notebook,
            "state": state,
            "message": message,
            "waits": self.waits,
            "look_at": self.look_at,
        }

    def _without_tests(self) -> dict[str, Any]:
        """The notebook as the student's process gets it."""
        notebook = copy.deepcopy(self.notebook)
        for cell in notebook["cells"]:
            if is_test(cell):
                cell["source"] = ""
        return notebook

    def _started(self, code: str, **order: object) -> Channel:
        program = self.group.entered(self.sandbox.program(os.environ, by_hand=code == _BY_HAND))
        log = self._stack.enter_context((self.folder / "log").open("ab"))
        process = self._stack.enter_context(child(["-P", "-c", code], program=program, stderr=log.fileno()))
        self._stack.callback(end_family, process)
        channel = Channel(process)
        channel.send({"limits": asdict(self.limits), **order})
        return channel

    def _execute(self, cell: Cell) -> None:
        """A cell that is no test."""
        reply = self._asked({})
        self._sources.append(cell["source"])
        outputs = reply.get("outputs")
        cell["outputs"] = outputs if isinstance(outputs, list) else []
        count = reply.get("count")
        cell["execution_count"] = count if isinstance(count, int) else None
        if reply.get("finished"):
            self.finished.add(self.at)
            if self._by_hand is not None:
                self._by_hand.send(self._new_by_hand())

    def _test(self, cell: Cell) -> None:
        # What students have of a test runs in their kernel too: later cells may rely on its names.
        name, shown = self._name(), visible(cell["source"])
        verdict = None
        try:
            passes = bool(shown.strip()) and self._limited({"source": shown})["finished"]
        except StoppedError as error:
            passes, verdict = False, Verdict([error_output(error.name, str(error))])
        self._sources.append(shown)
        verdict = verdict or self.judge.verdict(name, cell["source"])
        cell["outputs"] = verdict.outputs
        self.finished.add(self.at)
        if verdict.waits:
            self.waits.append(name)
            self.look_at.append(line(f"{name}: {verdict.waits}"))
        elif passes and verdict.line and verdict.line <= len(shown.splitlines()) and not verdict.by_hand:
            self.look_at.append(
                f"{name}: the part that students see passes in the submission's own process only"
            )

    def _asked(self, request: Mapping[str, Any], *, noted: bool = True) -> dict[str, Any]:
        """The reply of the student's process to a request about the cell where we are.

        Raises:
            EndedError: the process has ended, or the time for all.
        """
        with self._within(self._executor.process, self.limits.cell_seconds + _LATE):
            self._executor.send({"number": self.at, **request})
            reply = self._executor.receive()
        problem = reply.get("ended") or reply.get("problem") or reply.get("flood")
        if isinstance(problem, list) and len(problem) == 2 and problem[0] in STATES and noted:
            self._problem(*problem)
        if "ended" in reply:
            raise EndedError
        reply["finished"] = bool(reply.get("finished"))
        return reply

    def _limited(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The same in a test, which a limit ends."""
        reply = self._asked(request)
        state = (reply.get("problem") or [""])[0]
        if not reply["finished"] and state == "timeout":
            raise StoppedError("Timeout", f"interrupted after {self.limits.cell_seconds} s")
        if not reply["finished"] and state == "memory":
            raise StoppedError("MemoryError", f"more memory than {self.limits.megabytes} MB")
        return reply

    def _ask(self, request: dict[str, Any]) -> Any:
        return self._limited({"ask": request}).get("answer")

    def _ask_by_hand(self, request: dict[str, Any]) -> Any:
        if self._by_hand is None:
            self._by_hand, self._done_by_hand = self._started(_BY_HAND), 0
        late = threading.Event()
        try:
            with self._within(self._by_hand.process, self.limits.cell_seconds, late):
                self._by_hand.send({**self._new_by_hand(), "ask": request})
                return self._by_hand.receive().get("answer")
        except EndedError as error:
            self._by_hand = None
            if late.is_set():
                raise StoppedError("Timeout", f"interrupted after {self.limits.cell_seconds} s") from error
            raise StoppedError("NotExecuted", "the process in which it runs by hand ended") from error

    def _new_by_hand(self) -> dict[str, list[str]]:
        """The cells that the process by hand has not executed yet; it has them now."""
        done, self._done_by_hand = self._done_by_hand, len(self._sources)
        return {"cells": self._sources[done:]}

    @contextmanager
    def _within(
        self, process: subprocess.Popen[bytes], seconds: float, late: threading.Event | None = None
    ) -> Iterator[None]:
        """End a process whose answer does not come in time, and note that; `late` is then set."""
        over = threading.Event() if late is None else late

        def stop() -> None:
            over.set()
            end_family(process)

        timer = threading.Timer(seconds, stop)
        timer.start()
        try:
            yield
        except EndedError:
            if over.is_set():
                self._problem("timeout", f"{self._place()} took longer than {self.limits.cell_seconds} s")
            raise
        finally:
            timer.cancel()

    def _look_around(self, there: set[int]) -> None:
        """When all cells are done: is their process what it seems? The answer changes no points."""
        for what, canary in canaries():
            if self._asked({"source": canary}, noted=False)["finished"]:
                self.look_at.append(f"{what} in the submission's own process")
        state = self._asked({"ask": {"state": True}}, noted=False).get("answer")
        state = state if isinstance(state, Mapping) else {}
        if replaced := state.get("replaced"):
            self.look_at.append(line(f"it replaces {', '.join(map(str, replaced))}"))
        if state.get("student") != os.environ.get("REPSIM_STUDENT"):
            self.look_at.append("it changes the variable REPSIM_STUDENT")
        beside = {member.pid for member in family(self._by_hand.process.pid)} if self._by_hand else set()
        if running() - there - beside:
            self.look_at.append("it leaves processes running, which were ended")

    def _problem(self, state: str, message: object) -> None:
        self.problems.setdefault(state, line(message))

    def _name(self) -> str:
        return str(self.cells[self.at]["metadata"].get("nbgrader", {}).get("grade_id", ""))

    def _place(self) -> str:
        return f"cell {self.at + 1}" + (f" ({name})" if (name := self._name()) else "")


def main(folder: Path) -> None:
    """In the new process: what order.json says, the outcome in outcome.json."""
    adopt_orphans()
    path = folder / "order.json"
    order = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()  # it holds the hidden tests
    worker = Worker(order, folder)
    ending = threading.Lock()

    def clear_up() -> None:
        ending.acquire()  # for good: that the submission's processes end is no end of this one before all is removed
        end_children()
        worker.group.remove()
        shutil.rmtree(folder, ignore_errors=True)

    end_with_parent(clear_up)
    bind(worker.limits)
    worker.run()
    with ending:
        (folder / "outcome.json").write_text(json.dumps(worker.outcome()), encoding="utf-8")
