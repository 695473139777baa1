"""The kernels that cells are executed in."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from repsim_book.processes import held, kill_group

# For a kernel to start on a busy machine; one that dies is noticed at once.
START_SECONDS = 600
# For the last output of a cell that has ended, likewise.
OUTPUT_SECONDS = 600
# One thread unless the environment says otherwise: sums then do not depend on the number of cores, and two
# chapters at once do not compete for them.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
# Bytes of the address of a socket, of which macOS takes 103 and Linux 107, and of the part below a temporary folder.
_ADDRESS = 103
_BELOW = len("/repsim-12345678/kernel.json-ipc-5")


# The folders and the processes of the kernels that run for this process.
_FOLDERS: set[Path] = set()
_KERNELS: set[int] = set()


@contextmanager
def kernel_folder() -> Iterator[Path]:
    """An empty folder for the files of a kernel, removed afterwards; its path leaves room for the names of sockets."""
    folder = None
    try:
        with held():
            folder = Path(tempfile.mkdtemp(prefix="repsim-", dir=_short_place()))
            _FOLDERS.add(folder)
        yield folder
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
            _FOLDERS.discard(folder)


def end_kernels() -> None:
    """Kill the kernels of this process, remove their folders: when it is about to end suddenly."""
    for kernel in list(_KERNELS):
        kill_group(kernel)
    for folder in list(_FOLDERS):
        shutil.rmtree(folder, ignore_errors=True)


def _short_place() -> str | None:
    """Where temporary folders are, or where they can be if that path is too long for sockets."""
    usual = tempfile.gettempdir()
    for place in (usual, os.environ.get("XDG_RUNTIME_DIR", ""), "/tmp", "/var/tmp"):
        if place and _fits(Path(place), _BELOW) and os.access(place, os.W_OK | os.X_OK):
            return place
    return usual


def _fits(folder: Path, below: int) -> bool:
    return len(os.fsencode(folder)) + below <= _ADDRESS


def kernels_of_this_interpreter(folder: Path) -> type:
    """A class that starts kernels of the running interpreter, whatever Jupyter means here by `python3`.

    They end with this process, whatever ends it, and then remove the folder.

    Args:
        folder: from `kernel_folder`. It holds sockets (ports of the network may be taken by others between their
            choice and their use), and `log` for what the kernel says for itself, beside the outputs of cells.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    name = len("/kernel.json-ipc-5")
    transport = "ipc" if sys.platform != "win32" and _fits(folder, name) else "tcp"

    class ThisInterpreter(AsyncKernelManager):
        def __init__(self, **settings: Any):
            super().__init__(**settings, transport=transport, connection_file=str(folder / "kernel.json"))
            self.lifeline: int | None = None

        @property
        def kernel_spec(self) -> Any:
            threads = {name: os.environ.get(name, "1") for name in THREADS}
            words = [sys.executable, "-P", "-m", "repsim_book.execution.kernel_process", "-f"]
            return KernelSpec(
                argv=[*words, "{connection_file}"],
                display_name="Python 3",
                language="python",
                # Settings and start-up files of a person would change what a chapter does.
                env={"PYTHONHASHSEED": "0", "IPYTHONDIR": str(folder / "ipython"), **threads},
            )

        async def start_kernel(self, **options: Any) -> None:
            self._let_go()
            reading, self.lifeline = os.pipe()
            try:
                with (folder / "log").open("w", encoding="utf-8") as log:
                    await super().start_kernel(stderr=log, stdin=reading, **options)
                if process := self._process():
                    _KERNELS.add(process)
            finally:
                os.close(reading)

        async def shutdown_kernel(self, *given: Any, **options: Any) -> None:
            process = self._process()
            await super().shutdown_kernel(*given, **options)
            if process:
                _KERNELS.discard(process)
            self._let_go()

        def _process(self) -> int | None:
            return getattr(self.provisioner, "pid", None)

        def _let_go(self) -> None:
            if self.lifeline is not None:
                os.close(self.lifeline)
                self.lifeline = None

    return ThisInterpreter
