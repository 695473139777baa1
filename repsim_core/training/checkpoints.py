"""Checkpoints of training runs: safetensors files that say which run they belong to, written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from repsim_core.files import write_atomic


def write_checkpoint(path: Path, tensors: Mapping[str, Tensor], identity: str) -> None:
    """Write a run's state.

    Args:
        tensors: the state, on any device.
        identity: what a run must agree in to go on from it.
    """
    write_atomic(path, save({name: t.cpu().contiguous() for name, t in tensors.items()}, {"run": identity}))


def read_checkpoint(path: Path, identity: str, differ: str) -> dict[str, Tensor]:
    """A run's state, on the CPU.

    Args:
        identity: of the run that is to go on.
        differ: what the message says may differ in a checkpoint of another run.

    Raises:
        ValueError: the file is damaged, or of another run.
    """
    try:
        with safe_open(path, "pt") as file:
            found = (file.metadata() or {}).get("run")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(f"checkpoint: {path} is damaged ({error}); delete it to start anew") from error
    if found != identity:
        raise ValueError(f"checkpoint: {path} is of another run ({differ} differ)")
    return tensors
