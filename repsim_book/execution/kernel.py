"""The kernels that cells are executed in."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

# For a kernel to start on a busy machine; one that dies is noticed at once.
START_SECONDS = 600
# For the last output of a cell that has ended, likewise.
OUTPUT_SECONDS = 600
# One thread unless the environment says otherwise: sums then do not depend on the number of cores, and two
# chapters at once do not compete for them.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def kernels_of_this_interpreter(folder: Path) -> type:
    """A class that starts kernels of the running interpreter, whatever Jupyter means here by `python3`.

    Its files are in `folder`: sockets (ports of the network may be taken by others between their choice and
    their use), and `log` for what the kernel says for itself, beside the outputs of cells.
    """
    from jupyter_client.manager import AsyncKernelManager

    class ThisInterpreter(AsyncKernelManager):
        def __init__(self, **settings: Any):
            super().__init__(**settings, transport="ipc", connection_file=str(folder / "kernel.json"))

        @property
        def kernel_spec(self) -> Any:
            spec = super().kernel_spec
            assert spec is not None
            spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            spec.env = {"PYTHONHASHSEED": "0", **{name: os.environ.get(name, "1") for name in THREADS}}
            return spec

        async def start_kernel(self, **options: Any) -> None:
            with (folder / "log").open("w") as log:
                await super().start_kernel(stderr=log, **options)

        async def shutdown_kernel(self, *given: Any, **options: Any) -> None:
            """Before, give up a cell that an interruption has left: it would find its kernel dead, and say so."""
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
                task.cancel()
            await super().shutdown_kernel(*given, **options)

    return ThisInterpreter
