"""The representations that a record keeps beside its tables, in one compact file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int16
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from repsim_core.errors import RecordError
from repsim_core.representations import Representations
from repsim_core.store import Store
from repsim_core.studies.records import Record
from repsim_core.studies.study import Study, stored_stacks
from repsim_core.studies.units import read_stack

FILE = "representations.safetensors"
_LEVELS = 2**16 - 1


@dataclass(frozen=True)
class StoredModels:
    """The models of one group.

    Attributes:
        models: by seed, on the inputs that are kept, with their labels.
        loss_curves: shape (points, seeds), means over consecutive blocks of equally many steps, in nats.
    """

    models: dict[int, Representations]
    loss_curves: Float[Tensor, "points seeds"]


def representations_file(study: Study, cache: Store) -> bytes:
    """The representations of the groups that are complete in the cache, on the first `Study.KEPT_INPUTS` test inputs.

    Embeddings are kept in 16 bits: each coordinate of each model in 65,536 equal steps between its least and its
    greatest value. On the images this moves no measure by more than 1e-3 (16-bit floats are up to a hundred times
    coarser there).
    """
    tensors: dict[str, Tensor] = {}
    for group in study.groups:
        stacks = stored_stacks(study, group, cache)
        if stacks is None:
            continue
        parts = [read_stack(data) for data in stacks.values()]
        models = {seed: model for part in parts for seed, model in part.models.items()}
        chosen = [models[seed] for seed in study.seeds]
        kept = [encoded(model.embeddings[: study.KEPT_INPUTS]) for model in chosen]
        places = [[seed for stack in study.stacks for seed in stack].index(seed) for seed in study.seeds]
        labels = load(next(iter(stacks.values())))["labels"][: study.KEPT_INPUTS]
        tensors |= {
            f"{group.label}/labels": labels.to(torch.uint8 if labels.max() < 2**8 else torch.int16),
            f"{group.label}/embeddings": torch.stack([codes for codes, _, _ in kept]),
            f"{group.label}/low": torch.stack([low for _, low, _ in kept]),
            f"{group.label}/step": torch.stack([step for _, _, step in kept]),
            f"{group.label}/unembeddings": torch.stack([model.unembeddings for model in chosen]).float(),
            f"{group.label}/loss_curves": torch.cat([part.loss_curve for part in parts], dim=1)[:, places],
        }
    return save(tensors)


def read_representations(directory: Path, record: Record) -> dict[Any, StoredModels]:
    """The models that a record keeps, by group.

    Raises:
        RecordError: the record keeps none, or the file is not as recorded.
    """
    path = directory / FILE
    study = record.study
    try:
        tensors = load(path.read_bytes())
        found = {}
        for group in study.groups:
            embeddings = decoded(
                *(tensors[f"{group.label}/{name}"] for name in ("embeddings", "low", "step"))
            )
            # Older records have one set of labels for all groups.
            name = "labels" if "labels" in tensors else f"{group.label}/labels"
            pairs = zip(study.seeds, embeddings, tensors[f"{group.label}/unembeddings"], strict=True)
            labels = tensors[name].long().numpy()
            # Measures of models of this size take a quarter of the time in NumPy's arrays.
            models = {seed: Representations(f.numpy(), g.numpy(), labels) for seed, f, g in pairs}
            found[group] = StoredModels(models, tensors[f"{group.label}/loss_curves"])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise RecordError(f"record: {path} cannot be read: {type(error).__name__}: {error}") from error
    return found


def encoded(
    embeddings: Float[Tensor, "N M"],
) -> tuple[Int16[Tensor, "N M"], Float[Tensor, " M"], Float[Tensor, " M"]]:
    """Codes, and the value of the lowest code and the step between codes, by coordinate."""
    low, high = embeddings.aminmax(dim=0)
    step = (high - low) / _LEVELS
    codes = ((embeddings - low) / step.clamp(min=torch.finfo(step.dtype).tiny)).round() - 2**15
    return codes.to(torch.int16), low, step


def decoded(
    codes: Int16[Tensor, "seeds N M"], low: Float[Tensor, "seeds M"], step: Float[Tensor, "seeds M"]
) -> Float[Tensor, "seeds N M"]:
    """The embeddings of several models from what `encoded` gave of each."""
    return low[:, None] + step[:, None] * (codes.double() + 2**15)
