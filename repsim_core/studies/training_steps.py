"""What a record keeps of its models during their training: a few steps, in one compact file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from safetensors import SafetensorError
from safetensors.torch import load, save

from repsim_core.errors import RecordError
from repsim_core.measures.circular_orders import class_means
from repsim_core.representations import Representations
from repsim_core.studies.records import Record

FILE = "steps.safetensors"
# On about how many test inputs embeddings are kept: they are for drawings.
_INPUTS = 500
_ARRAYS = ("embeddings", "class_means", "unembeddings", "test_accuracy", "test_loss")


@dataclass(frozen=True)
class TrainingSteps:
    """The models of one group after some steps of their training, the last one included.

    Attributes:
        steps: how many, rising.
        inputs: which of the test inputs the embeddings are of, spread evenly: test sets may be in the order of their
            labels.
        embeddings: of these, rounded to 16-bit floats.
        class_means: mean embeddings of the inputs of each true label, over the whole test set.
        unembeddings: of the labels.
        test_accuracy, test_loss: on the whole test set; the loss in nats.
    """

    steps: tuple[int, ...]
    inputs: Int64[np.ndarray, " inputs"]
    embeddings: Float[np.ndarray, "steps seeds inputs M"]
    class_means: Float[np.ndarray, "steps seeds K M"]
    unembeddings: Float[np.ndarray, "steps seeds K M"]
    test_accuracy: Float[np.ndarray, "steps seeds"]
    test_loss: Float[np.ndarray, "steps seeds"]


def steps_file(groups: dict[str, dict[int, list[Representations]]]) -> bytes:
    """The file's content.

    Args:
        groups: by the group's label and the step, the models in the order of the seeds, with their true labels, on the
            whole test set.
    """
    tensors: dict[str, torch.Tensor] = {}
    for label, snapshots in groups.items():
        steps = sorted(snapshots)
        count = len(snapshots[steps[0]][0].embeddings)
        tensors[f"{label}/steps"] = torch.tensor(steps)
        tensors[f"{label}/inputs"] = torch.arange(0, count, max(1, count // _INPUTS))
        rows = [[_kept(model, tensors[f"{label}/inputs"]) for model in snapshots[step]] for step in steps]
        for name in _ARRAYS:
            kind = torch.float16 if name == "embeddings" else torch.float32
            tensors[f"{label}/{name}"] = torch.stack(
                [torch.stack([each[name].to(kind) for each in row]) for row in rows]
            )
    return save(tensors)


def read_steps(directory: Path, record: Record) -> dict[Any, TrainingSteps]:
    """What a record keeps of the training of its models, by group; nothing where it keeps none.

    Raises:
        RecordError: the file is not as recorded.
    """
    path = directory / FILE
    if FILE not in record.provenance["sha256"]:
        return {}
    try:
        tensors = load(path.read_bytes())
        return {
            group: TrainingSteps(
                tuple(tensors[f"{group.label}/steps"].tolist()),
                tensors[f"{group.label}/inputs"].numpy(),
                **{name: tensors[f"{group.label}/{name}"].double().numpy() for name in _ARRAYS},
            )
            for group in record.study.groups
            if f"{group.label}/steps" in tensors
        }
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise RecordError(f"record: {path} cannot be read: {type(error).__name__}: {error}") from error


def _kept(model: Representations, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    return {
        "embeddings": torch.as_tensor(np.asarray(model.embeddings))[inputs],
        "class_means": torch.as_tensor(class_means(model)),
        "unembeddings": torch.as_tensor(np.asarray(model.unembeddings)),
        "test_accuracy": torch.tensor(model.accuracy()),
        "test_loss": torch.tensor(model.loss()),
    }
