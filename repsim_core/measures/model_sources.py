"""Where the models of many pairs come from: files that are read when they are needed, or models that are at hand."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from repsim_core.beyond_standard import to_numpy
from repsim_core.errors import InputError
from repsim_core.measures.comparison import check_options
from repsim_core.model_files import load
from repsim_core.representations import Representations
from repsim_core.wording import plural


@runtime_checkable
class ModelSource(Protocol):
    """A model, wherever it is.

    Attributes:
        shown: what messages call it.
        content: a checksum of the model, or another text that no other model of the comparison has.
    """

    @property
    def shown(self) -> str: ...

    @property
    def content(self) -> str: ...

    def model(self) -> Representations:
        """The model, read if need be."""
        ...


@dataclass(frozen=True)
class ModelFile:
    """A model in a file.

    Attributes:
        path: of the file or folder, absolute: workers may have another current folder.
        shown: the path as it was given.
        names: what the arrays are called there, as (argument of `load`, name) pairs.
        content: checksum of the model as it was when the comparison began; "" before it was read.
    """

    path: str
    shown: str
    names: tuple[tuple[str, str], ...] = ()
    content: str = ""

    @classmethod
    def at(cls, path: str | os.PathLike[str], **names: str) -> ModelFile:
        """The model at a path; names as for `load`."""
        return cls(str(Path(path).absolute()), str(path), tuple(sorted(names.items())))

    def model(self) -> Representations:
        """The model in the file.

        Raises:
            InputError: naming the file, which cannot be read, or has another model than when the comparison began.
            MemoryError: it does not fit.
        """
        try:
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                found = load(self.path, **dict(self.names))
        except FileNotFoundError:
            raise InputError(f"there is no file {self.shown}") from None
        except OSError as error:
            raise InputError(f"{self.shown}: {error.strerror or error}") from error
        except MemoryError as error:
            raise MemoryError(str(error).replace(self.path, self.shown)) from error
        except (TypeError, ValueError) as error:
            said = str(error).removeprefix("path: ").removeprefix("in ").replace(self.path, self.shown)
            raise InputError(said if self.shown in said else f"{self.shown}: {said}") from error
        if not self.content:  # later readings, in other processes, would say the same
            for warning in warned:
                said = str(warning.message).replace(self.path, self.shown)
                warnings.warn(said, warning.category, stacklevel=2)
        if self.content and checksum(found) != self.content:
            raise InputError(
                f"{self.shown}: found another model than when the comparison began, expected that the file stays"
            )
        return found


@dataclass(frozen=True)
class ModelAtHand:
    """A model in this process's memory; attributes as of `ModelSource`."""

    held: Representations
    shown: str
    content: str

    def model(self) -> Representations:
        """The model."""
        return self.held


@dataclass(frozen=True)
class Sizes:
    """What all the models have in common: N inputs and K labels; and the largest M."""

    num_inputs: int
    num_labels: int
    dim: int


def checksum(model: Representations) -> str:
    """Of all that a comparison sees of a model: numbers, how they had been rounded, true labels. Equal for equal models
    in files of any kind."""
    found = hashlib.sha256(repr(model.roundoff).encode())
    for name in ("embeddings", "unembeddings", "bias", "labels"):
        array = getattr(model, name)
        if array is not None:
            numbers = to_numpy(array)
            found.update(f"{name} {numbers.shape}".encode())
            # Columns lie one after the other: so transposed they need no copy.
            found.update(np.ascontiguousarray(numbers.T).data)
    return found.hexdigest()[:32]


def checked_files(
    files: Sequence[ModelFile],
    options: Mapping[str, Any],
    report: Callable[[int], object] | None = None,
) -> tuple[list[ModelFile], Sizes]:
    """The files with their checksums, each read once and let go, and what their models have in common.

    Args:
        options: of `compare`; what they ask of the labels is checked when the first file is read.
        report: called with the number of files that are read.

    Raises:
        TypeError, ValueError: naming the option.
        InputError: naming the first file that cannot be read, or whose model has other inputs or labels than the
            first's.
    """
    checked: list[ModelFile] = []
    together = _Together()
    for file in files:
        model = file.model()
        together.add(model, file.shown)
        if not checked:
            check_options(model.num_labels, **options)
        checked.append(replace(file, content=checksum(model)))
        if report is not None:
            report(len(checked))
    return checked, together.sizes


def checked_models(
    models: Sequence[Representations], shown: Sequence[str], contents: bool
) -> tuple[list, Sizes]:
    """Models at hand as sources, and what they have in common; with checksums if they are asked for.

    Raises:
        InputError: naming a model with other inputs or labels than the first.
    """
    together = _Together()
    sources = []
    for place, (model, name) in enumerate(zip(models, shown, strict=True)):
        together.add(model, name)
        sources.append(ModelAtHand(model, name, checksum(model) if contents else str(place)))
    return sources, together.sizes


class _Together:
    """Models that are all on the same inputs and labels."""

    def __init__(self) -> None:
        self._first: tuple[str, int, int] | None = None
        self._labelled: tuple[str, bytes] | None = None
        self._dim = 0

    @property
    def sizes(self) -> Sizes:
        assert self._first is not None
        return Sizes(*self._first[1:], self._dim)

    def add(self, model: Representations, shown: str) -> None:
        here = model.num_inputs, model.num_labels
        if self._first is None:
            self._first = shown, *here
        for symbol, what, found, expected in zip(
            "NK", ("input", "label"), here, self._first[1:], strict=True
        ):
            if found != expected:
                raise InputError(
                    f"{shown}: found {symbol} = {plural(found, what)}, expected {expected} as in {self._first[0]}"
                )
        if model.labels is not None:
            labels = hashlib.sha256(np.ascontiguousarray(to_numpy(model.labels)).data).digest()
            if self._labelled is None:
                self._labelled = shown, labels
            if labels != self._labelled[1]:
                raise InputError(
                    f"{shown}: found other true labels than in {self._labelled[0]}, expected the same inputs in the "
                    "same order"
                )
        self._dim = max(self._dim, model.dim)
