"""Networks of images on shifted inputs: their representations in a compact record, all pairs on each kind of inputs.

A record of shifted inputs is a folder with `LABEL.safetensors` for each group of networks, two tables and
provenance.json. Its networks come from a folder in which `benchmarks/gpu.py` has left, for each group,
`LABEL.safetensors` (all test images) and `LABEL-shifted.safetensors` (some of them, shifted), and an origin.json.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, load_file, save
from torch import Tensor

from repsim_core.datasets.shifts import STRENGTHS
from repsim_core.errors import InputError, RecordError
from repsim_core.files import write_atomic
from repsim_core.representations import Representations
from repsim_core.studies.derived import Derived, checksum_of, write_derived
from repsim_core.studies.records import DIGITS
from repsim_core.studies.stored_representations import decoded, encoded
from repsim_core.studies.units import PAIR_MEASURES, measured, one_thread

# The inputs as they are, among the kinds of shifts.
PLAIN = "none"
# Kind and strength, the inputs as they are first.
CONDITIONS: tuple[tuple[str, float], ...] = (
    (PLAIN, 0.0),
    *((kind, strength) for kind, strengths in STRENGTHS.items() for strength in strengths),
)
# Tables of the record.
MODELS, PAIRS = "shifted-models", "shifted-pairs"
_SHIFTED = "-shifted.safetensors"
_PARTS = ("embeddings", "low", "step")
_WHERE = ["group", "kind", "strength"]
Models = dict[tuple[str, float], dict[int, Representations]]


def condition_name(kind: str, strength: float) -> str:
    """As it is written in files: blur/0.5."""
    return f"{kind}/{strength:g}"


def shifted_models(directory: Path, label: str) -> Models:
    """The networks of one group on each kind of inputs, by condition and seed.

    Raises:
        RecordError: the file is not as recorded.
    """
    path = directory / f"{label}.safetensors"
    try:
        tensors = load(path.read_bytes())
        labels, seeds = tensors["labels"].long().numpy(), tensors["seeds"].tolist()
        found: Models = {}
        for kind, strength in CONDITIONS:
            name = condition_name(kind, strength)
            parts = [tensors[f"{name}/{part}"] for part in _PARTS]
            pairs = zip(decoded(*parts), tensors["unembeddings"], strict=True)
            models = [Representations(f.numpy(), g.numpy(), labels) for f, g in pairs]
            found[kind, strength] = dict(zip(seeds, models, strict=True))
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise RecordError(f"record: {path} cannot be read: {type(error).__name__}: {error}") from error
    return found


def record_shifted(
    folder: Path,
    directory: Path,
    *,
    commit: str = "",
    progress: Callable[[str], object] = print,
) -> Derived:
    """Write the record of the networks in a folder; pairs that an interrupted call has measured are not measured again.

    Args:
        folder: with a pair of files for each group, and origin.json.
        directory: of the record.
        commit: of the code that measures.
        progress: told of each group and condition.

    Raises:
        InputError: naming the file that cannot be read.
    """
    paths = sorted(folder.glob(f"*{_SHIFTED}"))
    if not paths:
        raise InputError(f"folder: {folder} has no file LABEL{_SHIFTED}")
    files, sources, groups = {}, {}, {}
    models, pairs = [], []
    for path in paths:
        label = path.name.removesuffix(_SHIFTED)
        whole = folder / f"{label}.safetensors"
        sources |= {each.name: checksum_of(each) for each in (whole, path)}
        files[whole.name], groups[label] = _compact(whole, path)
        write_atomic(directory / whole.name, files[whole.name])
        for (kind, strength), own in shifted_models(directory, label).items():
            name = condition_name(kind, strength)
            begun = directory / f".pairs-{label}-{name.replace('/', '-')}.csv"
            if not begun.exists():
                progress(f"{label}, {name}")
                write_atomic(begun, _pairs(own).to_csv(index=False).encode())
            where = {"group": label, "kind": kind, "strength": strength}
            pairs.append(pd.read_csv(begun).assign(**where))
            scores = [(seed, model.accuracy(), model.loss()) for seed, model in own.items()]
            models.append(pd.DataFrame(scores, columns=["seed", "accuracy", "loss"]).assign(**where))
    found = write_derived(
        directory,
        {MODELS: _ordered(pd.concat(models)), PAIRS: _ordered(pd.concat(pairs))},
        computed={
            "function": "repsim_core.studies.inputs.shifted.record_shifted",
            "inputs": "2,000 test images, every fifth, as they are and shifted (repsim_core.datasets.shifts)",
            "trained": {**_origin(folder), "groups": groups},
        },
        sources=sources,
        digits=DIGITS,
        commit=commit,
        more=files,
    )
    for path in directory.glob(".pairs-*.csv"):
        path.unlink()
    return found


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    return table[[*_WHERE, *table.columns.drop(_WHERE)]].reset_index(drop=True)


def _pairs(models: Mapping[int, Representations]) -> pd.DataFrame:
    """All pairs of the networks of one group, over one kind of inputs."""
    with one_thread():
        rows = [
            {"seed_a": i, "seed_b": j, **measured(models[i], models[j])} for i, j in combinations(models, 2)
        ]
    return pd.DataFrame(rows, columns=["seed_a", "seed_b", *PAIR_MEASURES])


def _origin(folder: Path) -> dict[str, Any]:
    path = folder / "origin.json"
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"folder: {path} cannot be read: {error}") from error


def _compact(whole: Path, shifted: Path) -> tuple[bytes, dict[str, str]]:
    """A group's file of the record, and what its files say of how the networks were trained."""
    try:
        with safe_open(whole, "pt") as file:
            metadata = dict(file.metadata() or {})
        plain, moved = load_file(whole), load_file(shifted)
        count = next(iter(moved.values())).shape[1]
        rows = torch.arange(count) * len(plain["labels"]) // count  # as `datasets.shifts.shifted` takes them
        tensors: dict[str, Tensor] = {
            "seeds": plain["seeds"],
            "labels": plain["labels"][rows].to(torch.uint8),
            "unembeddings": plain["unembeddings"].float(),
        }
        for kind, strength in CONDITIONS:
            name = condition_name(kind, strength)
            embeddings = plain["embeddings"][:, rows] if kind == PLAIN else moved[f"{name}/embeddings"]
            codes = [encoded(each) for each in embeddings.float()]
            for place, part in enumerate(_PARTS):
                tensors[f"{name}/{part}"] = torch.stack([each[place] for each in codes])
    except (OSError, SafetensorError, KeyError) as error:
        raise InputError(f"folder: {whole} and {shifted.name} cannot be read: {error}") from error
    return save(tensors), metadata
