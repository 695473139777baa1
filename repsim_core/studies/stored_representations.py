"""The representations that a record of the image study keeps beside its tables, in one compact file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int16
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from repsim_core.errors import RecordError
from repsim_core.representations import Representations
from repsim_core.store import Store
from repsim_core.studies.images import ImageGroup, ImageStudy
from repsim_core.studies.records import Record
from repsim_core.studies.study import stored_stacks
from repsim_core.studies.units import read_stack

FILE = "representations.safetensors"
_LEVELS = 2**16 - 1


@dataclass(frozen=True)
class StoredModels:
    """The models of one group.

    Attributes:
        models: by seed, with the labels of the test set.
        loss_curves: shape (points, seeds), means over consecutive blocks of equally many steps, in nats.
    """

    models: dict[int, Representations]
    loss_curves: Float[Tensor, "points seeds"]


def representations_file(study: ImageStudy, cache: Store) -> bytes:
    """The representations of the groups that are complete in the cache.

    Embeddings are kept in 16 bits: each coordinate of each model in 65,536 equal steps between its least and its
    greatest value, which moves no measure by more than 1e-3 (16-bit floats are up to a hundred times coarser there).
    """
    tensors: dict[str, Tensor] = {}
    for group in study.groups:
        stacks = stored_stacks(study, group, cache)
        if stacks is None:
            continue
        parts = [read_stack(data) for data in stacks.values()]
        models = {seed: model for part in parts for seed, model in part.models.items()}
        chosen = [models[seed] for seed in study.seeds]
        encoded = [_encode(model.embeddings) for model in chosen]
        tensors["labels"] = load(next(iter(stacks.values())))["labels"].to(torch.uint8)
        tensors |= {
            f"{group.label}/embeddings": torch.stack([codes for codes, _, _ in encoded]),
            f"{group.label}/low": torch.stack([low for _, low, _ in encoded]),
            f"{group.label}/step": torch.stack([step for _, _, step in encoded]),
            f"{group.label}/unembeddings": torch.stack([model.unembeddings for model in chosen]).float(),
            f"{group.label}/loss_curves": torch.cat([part.loss_curve for part in parts], dim=1),
        }
    return save(tensors)


def read_representations(directory: Path, record: Record) -> dict[ImageGroup, StoredModels]:
    """The models that a record keeps, by group.

    Raises:
        RecordError: the file is not as recorded.
    """
    path = directory / FILE
    study = record.study
    try:
        tensors = load(path.read_bytes())
        labels = tensors["labels"].long()
        found = {}
        for group in study.groups:
            own = {name: tensors[f"{group.label}/{name}"] for name in ("embeddings", "low", "step")}
            embeddings = own["low"][:, None] + own["step"][:, None] * (own["embeddings"].double() + 2**15)
            pairs = zip(study.seeds, embeddings, tensors[f"{group.label}/unembeddings"], strict=True)
            models = {seed: Representations(f, g, labels) for seed, f, g in pairs}
            found[group] = StoredModels(models, tensors[f"{group.label}/loss_curves"])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise RecordError(f"record: {path} cannot be read: {type(error).__name__}: {error}") from error
    return found


def _encode(
    embeddings: Float[Tensor, "N M"],
) -> tuple[Int16[Tensor, "N M"], Float[Tensor, " M"], Float[Tensor, " M"]]:
    """Codes, and the value of the lowest code and the step between codes, by coordinate."""
    low, high = embeddings.aminmax(dim=0)
    step = (high - low) / _LEVELS
    codes = ((embeddings - low) / step.clamp(min=torch.finfo(step.dtype).tiny)).round() - 2**15
    return codes.to(torch.int16), low, step
