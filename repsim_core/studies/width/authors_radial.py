"""The radial networks that the paper's authors publish, measured as those of the study of widths are.

They are in the archive of their code, doi:10.5281/zenodo.17249361 (CC BY 4.0): K = 4 and 6, widths 16 to 128, five
seeds each, free norms. Their test points are those of the study. What is read here is one file, exported with their
code: for each K the arrays `x_K` (points, 2) and `y_K` (labels), and for each network `f_K_WIDTH_SEED`, embeddings of
these points, and `g_K_WIDTH_SEED`, unembeddings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import BadZipFile

import numpy as np
import torch
from safetensors.torch import save

from repsim_core.datasets.tabular import radial
from repsim_core.errors import InputError
from repsim_core.representations import Representations
from repsim_core.store import Store
from repsim_core.studies.records import Record, write_record
from repsim_core.studies.study import comparing, stored_stacks, stored_tables
from repsim_core.studies.width_study import WidthGroup, WidthStudy, declare_width_study

SOURCE = {
    "source": "doi:10.5281/zenodo.17249361, code and trained networks of arXiv:2506.03784",
    "licence": "CC BY 4.0",
    "exported": "embeddings of the 2,000 test points and unembeddings, by the authors' own code, as float32",
    "protocol": "that of the authors' code; their machine and the versions of their libraries are not known",
    "measured": "repsim_core.studies.width.authors_radial.record_authors_radial",
}


def authors_study() -> WidthStudy:
    """The part of the paper's study of which networks are published."""
    return declare_width_study(
        "paper", classes=(4, 6), widths=(16, 32, 64, 128), variants=("free",), seeds=range(5), stack=1
    )


def record_authors_radial(path: Path, directory: Path, *, commit: str = "") -> Record:
    """Measure the networks of a file and write their record, without representations.

    Args:
        path: an `.npz` file with the arrays that this module's text names.
        directory: of the record.
        commit: of the code that measures, with `+` where files differ from it, for the provenance.

    Raises:
        InputError: the file cannot be read, lacks an array, or has other test points than the study.
    """
    study = authors_study()
    try:
        data = path.read_bytes()
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, BadZipFile) as error:
        raise InputError(f"path: {path} cannot be read: {error}") from error
    with TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for group in study.groups:
            _check_inputs(study, group, arrays)
            for unit in study.trainings(group):
                store.put(unit.address, _entry(group, unit.seeds[0], arrays))
            stacks = stored_stacks(study, group, store)
            assert stacks is not None
            compared = comparing(study, group, list(stacks))
            store.put(compared.address, compared.compute(list(stacks.values())))
        tables = stored_tables(study, store)
    origin = {
        **SOURCE,
        "file": path.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "commit": commit,
        "date": datetime.now(UTC).date().isoformat(),
    }
    return write_record(directory, study, tables, [], trained=origin)


def _check_inputs(study: WidthStudy, group: WidthGroup, arrays: Mapping[str, np.ndarray]) -> None:
    test = radial(group.classes, study.test_points, seed=study.test_seed)
    points, labels = (_array(arrays, f"{name}_{group.classes}") for name in "xy")
    if not np.array_equal(points, test.inputs.numpy()) or not np.array_equal(labels, test.labels.numpy()):
        raise InputError(f"path: found other test points for K = {group.classes} than those of the study")


def _entry(group: WidthGroup, seed: int, arrays: Mapping[str, np.ndarray]) -> bytes:
    """A network as an entry of the unit that would have trained it."""
    f, g = (_array(arrays, f"{name}_{group.classes}_{group.width}_{seed}") for name in "fg")
    labels = arrays[f"y_{group.classes}"]
    model = Representations(f, g, labels)
    unknown = torch.full((1,), torch.nan, dtype=torch.float64)
    return save(
        {
            "seeds": torch.tensor([seed]),
            "embeddings": torch.from_numpy(f)[None],
            "unembeddings": torch.from_numpy(g)[None],
            "labels": torch.from_numpy(labels),
            "test_accuracy": torch.tensor([model.accuracy()], dtype=torch.float64),
            "test_loss": torch.tensor([model.loss()], dtype=torch.float64),
            "train_loss": unknown,
            "loss_curve": unknown[None].clone(),
        }
    )


def _array(arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if name not in arrays:
        raise InputError(f"path: found no array {name} in it, expected those of 40 networks")
    return arrays[name]
