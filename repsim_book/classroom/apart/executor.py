"""In a submission's sandbox: the process that has a kernel execute the notebook, a cell at a time, as it is told.

It stands between the student's kernel and the process of the tests, and believed is neither of the first two.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import nbformat
from nbformat import NotebookNode

from repsim_book.classroom.apart.channel import LARGEST, listen
from repsim_book.classroom.apart.limits import MAX_OUTPUT, Limits, bind, bind_processes
from repsim_book.execution.kernel import (
    START_SECONDS,
    end_kernels,
    kernel_folder,
    kernels_of_this_interpreter,
)

# For the last output of a cell that has ended, on a busy machine.
_OUTPUT_SECONDS = 60
_TIMEOUT = "CellTimeoutError"
_NO_MEMORY = ("MemoryError", "_ArrayMemoryError")
_ANSWERING = "repsim_book.classroom.apart.answering"


class _Execution:
    """A notebook without its tests, and the kernel that executes it."""

    def __init__(self, notebook: NotebookNode, limits: Limits, files: Mapping[str, bytes]) -> None:
        self.notebook, self.limits, self.files = notebook, limits, files
        self.reply: dict[str, Any] = {}
        self.at, self.count = 0, 1
        # The run of the kernel that answers what is asked about a cell, and the streams from and to it.
        self.answering: asyncio.Future[dict[str, Any]] | None = None
        self.connected: asyncio.Future[None]
        self.answers: asyncio.StreamReader
        self.calls: asyncio.StreamWriter

    async def run(
        self, folder: Path, requests: asyncio.Queue[dict[str, Any]], send: Callable[[object], None]
    ) -> None:
        """Serve requests until there are no more, or the kernel or the time is at its end."""
        from nbclient.exceptions import CellControlSignal, DeadKernelError

        client = self._client(folder)
        work = folder / "work"
        work.mkdir()
        for name, content in self.files.items():
            (work / name).write_bytes(content)
        self.place = folder / "calls"
        server = await asyncio.start_unix_server(self._calls, self.place, limit=LARGEST + 100)
        async with server, client.async_setup_kernel(cwd=str(work)):
            self.clock = asyncio.timeout(self.limits.seconds)
            send({"ready": True})
            try:
                async with self.clock:
                    while request := await requests.get():
                        send(await self._serve(client, request))
            except (TimeoutError, DeadKernelError, CellControlSignal):
                # nbclient takes our end for the kernel's
                if self.clock.expired():
                    ended = "timeout", f"all cells together took longer than {self.limits.seconds} s"
                else:
                    ended = "died", f"the kernel ended in {self._cell(self.at)}"
                send({"ended": ended})

    def _client(self, folder: Path) -> Any:
        from nbclient import NotebookClient

        class Client(NotebookClient):
            """Drops what is said beyond the limit."""

            said = 0

            def process_message(
                self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
            ) -> NotebookNode | None:
                content = msg["content"]
                if "text" in content or "data" in content:
                    self.said += len(content.get("text", "")) or len(json.dumps(content["data"]))
                    if self.said > MAX_OUTPUT:
                        return None
                return super().process_message(msg, cell, cell_index)

        client = Client(
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
        return client

    async def _serve(self, client: Any, request: Mapping[str, Any]) -> dict[str, Any]:
        """The reply to a request.

        It is for a cell's `number`: to execute that; or `source` in its place, unseen, if it is given; or to answer
        what is asked for in `ask`. The reply has `outputs` and `count` of a cell, or the `answer`; `finished`, and
        what went wrong as `problem`, a state and a line, or as `flood`.
        """
        self.at = request["number"]
        if "ask" in request:
            return await self._answered(client, request["ask"])
        if self.answering is not None:
            if self.connected.done():
                self.calls.close()
            await self.answering
            self.answering = None
        if "source" in request:
            return await self._unseen(client, request["source"])
        cell = self.notebook.cells[self.at]
        self.reply = {"finished": False, "problem": None}
        await client.async_execute_cell(cell, self.at, execution_count=self.count)
        self.count += 1
        return (
            self.reply | {"outputs": cell.outputs, "count": cell.get("execution_count")} | self._flood(client)
        )

    def _calls(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The kernel has come to answer."""
        if not self.connected.done():
            self.answers, self.calls = reader, writer
            self.connected.set_result(None)

    async def _unseen(self, client: Any, source: str) -> dict[str, Any]:
        """Execute something in the place of a cell."""
        cell = nbformat.v4.new_code_cell(source, metadata=self.notebook.cells[self.at].metadata)
        self.reply = {"finished": False, "problem": None}
        await client.async_execute_cell(cell, self.at, store_history=False)
        return self.reply | self._flood(client)

    async def _answered(self, client: Any, ask: object) -> dict[str, Any]:
        """What the kernel answers. All that is asked about a cell is answered by one run, within the limit for it."""
        if self.answering is None:
            self.connected = asyncio.get_running_loop().create_future()
            source = f"__import__({_ANSWERING!r}, fromlist=['serve']).serve({str(self.place)!r})"
            self.answering = asyncio.ensure_future(self._unseen(client, source))
            await asyncio.wait({self.answering, self.connected}, return_when=asyncio.FIRST_COMPLETED)
        line = b""
        if not self.answering.done():
            self.calls.write(json.dumps(ask).encode() + b"\n")
            reading = asyncio.ensure_future(self.answers.readline())
            await asyncio.wait({self.answering, reading}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                try:
                    line = reading.result()
                except ValueError:  # longer than any answer: what the student's process sends is not ours
                    self.calls.close()
            reading.cancel()
        if line.endswith(b"\n"):
            return {"finished": True, "problem": None, "answer": _read(line)}
        reply = await self.answering
        return reply | {"finished": False}

    def _flood(self, client: Any) -> dict[str, Any]:
        """That a notebook says too much: no matter of one cell."""
        if client.said <= MAX_OUTPUT:
            return {}
        found, most = client.said // 1_000_000, MAX_OUTPUT // 1_000_000
        return {"flood": ("memory", f"found {found} MB of output, expected less than {most}")}

    def _cell_seconds(self, cell: NotebookNode) -> int:
        """The limit for a cell, asked for when it has been handed to the kernel."""
        return self.limits.cell_seconds

    def _executed(self, cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
        reply = execute_reply["content"]
        graded = cell.metadata.get("nbgrader", {}).get("grade", False)
        if reply["status"] == "ok":
            self.reply["finished"] = True
            if graded:  # a warning would cost all points, since nbgrader takes what is on stderr for an error
                cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            return
        name, text = str(reply.get("ename", "")), str(reply.get("evalue", ""))
        where = self._cell(cell_index)
        if name == _TIMEOUT:
            self.reply["problem"] = "timeout", f"{where} took longer than {self.limits.cell_seconds} s"
            said = f"interrupted after {self.limits.cell_seconds} s"
            cell.outputs.append(
                nbformat.v4.new_output("error", ename="Timeout", evalue=said, traceback=[f"Timeout: {said}"])
            )
        elif name in _NO_MEMORY or "can't allocate memory" in text:
            self.reply["problem"] = "memory", f"{where} needs more memory than {self.limits.megabytes} MB"
        elif not graded:
            self.reply["problem"] = "raised", f"{where}: {name}: {text}"

    def _cell(self, number: int) -> str:
        name = self.notebook.cells[number].metadata.get("nbgrader", {}).get("grade_id")
        return f"cell {number + 1} ({name})" if name else f"cell {number + 1}"


def _read(line: bytes) -> Any:
    """An answer; None of a line that is none, or would be longer than a reply can be."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return answer if line.isascii() or len(json.dumps(answer)) <= LARGEST else None


async def _serve() -> None:
    """Execute the notebook of the first request, the order; the others are about its cells."""
    requests: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    send = listen(lambda request: loop.call_soon_threadsafe(requests.put_nowait, request), end_kernels)
    order = await requests.get()
    limits = Limits(**order["limits"])
    bind(limits)
    bind_processes()
    notebook = cast(NotebookNode, nbformat.from_dict(order["notebook"]))
    files = {name: base64.b64decode(content) for name, content in order["files"].items()}
    with kernel_folder() as folder:
        await _Execution(notebook, limits, files).run(folder, requests, send)


def main() -> None:
    """Serve the requests on standard input."""
    asyncio.run(_serve())


if __name__ == "__main__":
    main()
