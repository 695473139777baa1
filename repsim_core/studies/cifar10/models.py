"""Models of images that the chapter "CIFAR-10" is about: those of a record, or some that were trained a moment ago."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from repsim_core.datasets.cifar import CLASS_NAMES
from repsim_core.measures.all_pairs import compare_all
from repsim_core.representations import Representations
from repsim_core.studies.cifar10.pairs import measured_pairs, with_gaps
from repsim_core.studies.records import Record
from repsim_core.studies.stored_representations import read_representations
from repsim_core.studies.training_steps import TrainingSteps, read_steps
from repsim_core.wording import span

# Class names that fit into figures, and a letter for each class: plane, auto, bird, cat, deer (E), dog, frog, ...
_SHORT = {"airplane": "plane", "automobile": "auto"}
_LETTERS = "PABCEDFHST"


@dataclass(frozen=True)
class ImageModels:
    """Models of one recipe, with their pairs.

    Attributes:
        recipe: its name.
        data: the images, in words.
        class_names: of the labels.
        source: where the models are from, in words.
        models: dim, seed, test_accuracy, test_loss; a row a model.
        pairs: dim, seed_a, seed_b, loss_gap, accuracy_gap and every measure; a row a pair.
        by_dim: the models by dimension and seed, on test images, with true labels.
        in_training: by dimension, what a record keeps of the training.
    """

    recipe: str
    data: str
    class_names: tuple[str, ...]
    source: str
    models: pd.DataFrame
    pairs: pd.DataFrame
    by_dim: Mapping[int, Mapping[int, Representations]]
    in_training: Mapping[int, TrainingSteps] = field(default_factory=dict)

    @property
    def plane(self) -> Mapping[int, Representations]:
        """The models with M = 2, by seed."""
        return self.by_dim.get(2, {})

    @cached_property
    def plane_models(self) -> pd.DataFrame:
        """The rows of the models with M = 2, by seed."""
        return self.models[self.models["dim"] == 2].set_index("seed")

    @cached_property
    def plane_pairs(self) -> pd.DataFrame:
        """The pairs with M = 2."""
        return self.pairs[self.pairs["dim"] == 2].reset_index(drop=True)

    @property
    def dims(self) -> list[int]:
        """The dimensions that have pairs, rising."""
        return sorted(int(dim) for dim in self.pairs["dim"].unique())

    def each_dim(self) -> Iterator[tuple[int, pd.DataFrame, pd.DataFrame]]:
        """Each dimension with its models and its pairs."""
        for dim in self.dims:
            yield dim, self.models[self.models["dim"] == dim], self.pairs[self.pairs["dim"] == dim]

    @property
    def on_cifar(self) -> bool:
        """Whether the classes are CIFAR-10's."""
        return set(self.class_names) == set(CLASS_NAMES)

    @property
    def original(self) -> bool:
        """Whether the images are CIFAR-10's own, no copy of them."""
        return self.on_cifar and "JPEG" not in self.data

    @property
    def state(self) -> str:
        """How far this reproduces the paper, for its report."""
        if not self.on_cifar:
            return "Not the paper's images"
        if self.recipe != "paper":
            return "Reproduced with another recipe"
        return "Reproduced" if self.original else "Reproduced on a copy of the images"

    @property
    def short_names(self) -> list[str]:
        """Class names that fit into figures."""
        return [_SHORT.get(name, name) for name in self.class_names]

    @property
    def letters(self) -> list[str]:
        """A letter, or a digit, for each class."""
        return list(_LETTERS) if self.on_cifar else list(self.class_names)

    @property
    def key(self) -> str:
        """What the letters stand for, a sentence for captions; nothing where they speak for themselves."""
        if not self.on_cifar:
            return ""
        parts = [f"{letter} {name}" for letter, name in zip(self.letters, self.short_names, strict=True)]
        return f"{', '.join(parts)}. "

    def titles(self) -> dict[int, str]:
        """What stands above a model with M = 2, by seed."""
        accuracy = self.plane_models["test_accuracy"]
        return {seed: f"seed {seed}: accuracy {accuracy[seed]:.3f}" for seed in self.plane}


def of_record(record: Record, folder: Path) -> ImageModels:
    """The models of a record's most frequent recipe.

    Args:
        record: of models of images, with their representations.
        folder: where it is.

    Raises:
        RecordError: the record keeps no representations, or a file is not as recorded.
    """
    study = record.provenance["study"]
    recipe = str(record.models["recipe"].value_counts().idxmax())
    models = record.models[record.models["recipe"] == recipe]
    by_dim = {
        group.dim: own.models
        for group, own in read_representations(folder, record).items()
        if group.recipe == recipe
    }
    steps = {group.dim: own for group, own in read_steps(folder, record).items() if group.recipe == recipe}
    names = CLASS_NAMES if study["dataset"] == "cifar10" else tuple("0123456789")
    pairs = with_gaps(measured_pairs(record, by_dim), models)
    return ImageModels(recipe, study["images"], names, "the record", models, pairs, by_dim, steps)


def of_models(
    models: Mapping[int, Representations], *, recipe: str, data: str, class_names: tuple[str, ...]
) -> ImageModels:
    """Models with M = 2 that were trained here.

    Args:
        models: at least two, by seed, with true labels.
        recipe, data, class_names: as for `ImageModels`.
    """
    scores = pd.DataFrame(
        [
            {"dim": model.dim, "seed": seed, "test_accuracy": model.accuracy(), "test_loss": model.loss()}
            for seed, model in models.items()
        ]
    )
    pairs = compare_all(models).rename(columns={"first": "seed_a", "second": "seed_b"}).assign(dim=2)
    source = "the models trained here"
    return ImageModels(recipe, data, class_names, source, scores, with_gaps(pairs, scores), {2: models})


def by_dimension(own: ImageModels) -> pd.DataFrame:
    """A row for each M: models, accuracy, loss and mean CCA of pairs, from the least to the largest."""
    rows = {
        f"M = {dim}": {
            "models": len(models),
            "accuracy": span(models["test_accuracy"].tolist()),
            "loss": span(models["test_loss"].tolist()),
            "mean CCA of pairs": span(pairs["mean_cca"].tolist()),
        }
        for dim, models, pairs in own.each_dim()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("")


def scores_in_words(own: ImageModels) -> dict[str, str]:
    """For the report: accuracies, losses, mean CCAs and losses in training, by M, to be kept."""
    table = by_dimension(own)
    columns = {"accuracy": "accuracy", "loss": "loss", "cca": "mean CCA of pairs"}
    found = {
        f"{name}_in_words": "; ".join(f"{dim}: {text}" for dim, text in table[column].items())
        for name, column in columns.items()
    }
    trained = [
        f"{models['train_loss'].mean():.2f} for M = {dim}"
        for dim, models, _ in own.each_dim()
        if "train_loss" in models
    ]
    found["train_loss_in_words"] = "; ".join(trained) or "not kept of models that are trained here"
    return found
