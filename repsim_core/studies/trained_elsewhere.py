"""Networks that a script has trained elsewhere, taken into a study in place of its own training.

A folder holds, for each group, `LABEL.safetensors` with the arrays of a training unit's entry (`units.read_stack`) and
the recipe as JSON in its metadata, and where snapshots were taken `LABEL-steps.safetensors` with `STEP/embeddings` and
`STEP/unembeddings` of the same seeds; `origin.json`, which says how the networks came about; and the script that made
them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor

from repsim_core.errors import InputError
from repsim_core.representations import Representations
from repsim_core.store import Store
from repsim_core.studies.image_study import ImageGroup, ImageStudy
from repsim_core.studies.study import comparing, stored_stacks
from repsim_core.studies.training_steps import FILE as STEPS_FILE
from repsim_core.studies.training_steps import steps_file

ORIGIN = "origin.json"
# What `origin.json` has to say, as texts: which script at which commit of this project, when, and which images
# (`datasets.loading.Copy`).
_SAID = ("script", "commit", "date", "data", "images")
_BY_MODEL = ("embeddings", "unembeddings", "test_accuracy", "test_loss", "train_loss")
# By which a loss that a GPU summed may differ, in nats.
_ROUNDING = 1e-4


class TakenIn(NamedTuple):
    """A study whose networks are in a store.

    Attributes:
        study: of the images that the networks were trained on.
        origin: how they came about: what `origin.json` says, and for each group the file's checksum and metadata.
        files: further files of a record, by name: the script, and the snapshots (`training_steps`).
    """

    study: ImageStudy
    origin: dict[str, Any]
    files: dict[str, bytes]


def take_in(study: ImageStudy, folder: Path, store: Store) -> TakenIn:
    """Put the networks of a folder into a store, under the study's own units, and compare all pairs of each group.

    The store serves for this study alone: nothing in it says that its entries were not computed here.

    Raises:
        InputError: naming the file that is missing, or is of other networks.
    """
    said = _origin(folder)
    study = replace(study, data=said["data"], images=said["images"])
    groups, snapshots = {}, {}
    for group in study.groups:
        path = folder / f"{group.label}.safetensors"
        if not path.is_file():
            continue
        data, metadata = _file(path)
        recipe = study.trainings(group)[0].recipe
        if json.loads(metadata.get("recipe", "null")) != json.loads(json.dumps(asdict(recipe))):
            raise InputError(
                f"trained: the metadata of {path} have another recipe, expected {asdict(recipe)}"
            )
        final = _put(study, group, load(data), path, store)
        groups[group.label] = {**metadata, "sha256": hashlib.sha256(data).hexdigest()}
        stacks = stored_stacks(study, group, store)
        assert stacks is not None
        unit = comparing(study, group, list(stacks))
        store.put(unit.address, unit.compute(list(stacks.values())))
        path = folder / f"{group.label}-steps.safetensors"
        if path.is_file():
            snapshots[group.label] = {**_snapshots(path, final), recipe.steps: final}
    files = {said["script"]: (folder / said["script"]).read_bytes()}
    if snapshots:
        files[STEPS_FILE] = steps_file(snapshots)
    return TakenIn(study, {**said, "groups": groups}, files)


def _origin(folder: Path) -> dict[str, Any]:
    try:
        said = json.loads((folder / ORIGIN).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"trained: {folder / ORIGIN} cannot be read: {error}") from error
    for name in _SAID:
        if not isinstance(said, dict) or not isinstance(said.get(name), str):
            raise InputError(f"trained: {folder / ORIGIN} has no text {name!r}")
    if not (folder / said["script"]).is_file():
        raise InputError(f"trained: {folder} has no file {said['script']}, which its {ORIGIN} names")
    return said


def _file(path: Path) -> tuple[bytes, dict[str, str]]:
    """A file's content and metadata."""
    try:
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
        return path.read_bytes(), metadata
    except (OSError, SafetensorError) as error:
        raise InputError(f"trained: {path} cannot be read: {error}") from error


def _put(
    study: ImageStudy, group: ImageGroup, tensors: dict[str, Tensor], path: Path, store: Store
) -> list[Representations]:
    """Store a group's networks as entries of the units that would have trained them; the networks by seed."""
    wanted = {*_BY_MODEL, "seeds", "labels", "loss_curve"}
    if lost := wanted - tensors.keys():
        raise InputError(f"trained: {path} has no array {sorted(lost)[0]!r}")
    seeds, labels = tensors["seeds"].tolist(), tensors["labels"].long()
    if missing := set(study.seeds) - set(seeds):
        raise InputError(f"trained: {path} has no seed {min(missing)}, expected those of the study")
    if (dim := tensors["embeddings"].shape[-1]) != group.dim:
        raise InputError(f"trained: {path} holds representations with M = {dim}, expected {group.dim}")
    found = []
    for unit in study.trainings(group):
        rows = [seeds.index(seed) for seed in unit.seeds]
        entry = {
            **{name: tensors[name][rows] for name in _BY_MODEL},
            "seeds": torch.tensor(unit.seeds),
            "labels": labels,
            "loss_curve": tensors["loss_curve"][:, rows].contiguous(),
        }
        models = _models(entry["embeddings"], entry["unembeddings"], labels)
        for seed, model, accuracy, loss in zip(
            unit.seeds, models, entry["test_accuracy"].tolist(), entry["test_loss"].tolist(), strict=True
        ):
            if not np.isclose(model.accuracy(), accuracy, rtol=0, atol=1.5 / len(labels)) or not np.isclose(
                model.loss(), loss, rtol=0, atol=_ROUNDING
            ):
                raise InputError(
                    f"trained: {path} says an accuracy of {accuracy} and a loss of {loss} of seed {seed}; its "
                    f"representations give {model.accuracy()} and {model.loss()}"
                )
        store.put(unit.address, save(entry))
        found += models
    return [found[[seed for stack in study.stacks for seed in stack].index(seed)] for seed in study.seeds]


def _snapshots(path: Path, final: list[Representations]) -> dict[int, list[Representations]]:
    """The models of a group after each step of a file, in the order of the final ones."""
    tensors = load(_file(path)[0])
    labels = torch.as_tensor(np.asarray(final[0].labels))
    found = {}
    for step in sorted(int(name.partition("/")[0]) for name in tensors if name.endswith("/embeddings")):
        embeddings, unembeddings = tensors[f"{step}/embeddings"], tensors[f"{step}/unembeddings"]
        if len(embeddings) != len(final):
            raise InputError(f"trained: {path} holds {len(embeddings)} seeds, expected {len(final)}")
        found[step] = _models(embeddings.float(), unembeddings, labels)
    return found


def _models(embeddings: Tensor, unembeddings: Tensor, labels: Tensor) -> list[Representations]:
    return [Representations(f, g, labels) for f, g in zip(embeddings, unembeddings, strict=True)]
