"""The model family: what the theory sees of a model (paper, section 2).

A model is p(y|x) = exp(f(x)·g(y)) / sum_y' exp(f(x)·g(y')). The theory looks at it through the values of the
embedding f on N inputs and of the unembedding g on all K labels, and through nothing else.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.linalg
import torch
from jaxtyping import Float64, Int64
from safetensors.torch import load_file, save
from torch import Tensor

from repsim_core.arrays import Centred, all_finite, as_array, as_index, as_indices, as_labels, as_matrix

if TYPE_CHECKING:
    import pandas as pd

_SUFFIXES = (".safetensors", ".npz")
# Relative size below which a singular value counts as zero.
_SINGULAR = 1e-12


@dataclass(frozen=True)
class Diversity:
    """The diversity condition (Def. 2.1) on the sets that were looked at.

    Attributes:
        holds: whether both L and N are invertible to working precision.
        pivot, labels: y_0 and the M labels of L.
        input_set: x_0 and the M inputs of N, in this order.
        label_condition, input_condition: condition numbers of L and N (infinite when singular).
    """

    holds: bool
    pivot: int
    labels: tuple[int, ...]
    input_set: tuple[int, ...]
    label_condition: float
    input_condition: float


class Representations:
    """Embeddings f(x) of N inputs and unembeddings g(y) of K labels, as float64 tensors.

    They stand for the model p(y|x) = exp(f(x)·g(y)) / sum_y' exp(f(x)·g(y')) (section 2).

    Args:
        embeddings: f(x), shape (N, M); NumPy array, torch tensor (a GPU tensor stays on its device) or nested
            sequence of floats. A copy is kept.
        unembeddings: g(y), shape (K, M).
        labels: optional true labels of the inputs, shape (N,), integers in 0 .. K - 1.

    Attributes:
        embeddings, unembeddings: float64 tensors, shapes (N, M) and (K, M), on one device.
        labels: an int64 tensor, shape (N,), on the same device; None where they are not known.

    Raises:
        TypeError, ValueError: naming the argument, for anything but finite floating-point matrices that agree in
            M, on one device, with at least two labels.
    """

    def __init__(self, embeddings: object, unembeddings: object, labels: object = None) -> None:
        self.embeddings = as_matrix(embeddings, "embeddings")
        self.unembeddings = as_matrix(unembeddings, "unembeddings")
        if self.embeddings.shape[1] != self.unembeddings.shape[1]:
            raise ValueError(
                f"unembeddings: found M = {self.unembeddings.shape[1]} columns, expected "
                f"{self.embeddings.shape[1]}, the dimension of the embeddings"
            )
        if self.embeddings.device != self.unembeddings.device:
            raise ValueError(
                f"unembeddings: found on {self.unembeddings.device}, expected {self.embeddings.device}, "
                "where the embeddings are"
            )
        if len(self.unembeddings) < 2:
            raise ValueError("unembeddings: found K = 1 label, expected at least 2")
        self.labels: Tensor | None = None
        if labels is not None:
            checked = as_labels(labels, "labels", self.num_inputs, self.num_labels)
            self.labels = checked.to(self.embeddings.device)

    @property
    def num_inputs(self) -> int:
        """N, the number of inputs."""
        return self.embeddings.shape[0]

    @property
    def num_labels(self) -> int:
        """K, the number of labels."""
        return self.unembeddings.shape[0]

    @property
    def dim(self) -> int:
        """M, the dimension of the representations."""
        return self.embeddings.shape[1]

    def __repr__(self) -> str:
        return f"Representations(N={self.num_inputs}, K={self.num_labels}, M={self.dim})"

    # -- the distribution --------------------------------------------------------------------------------------

    @cached_property
    def _log_probs(self) -> Float64[Tensor, "N K"]:
        # Labels along the first axis: the few of them are summed over, many inputs side by side.
        logits = self.unembeddings @ self.embeddings.T
        if not all_finite(logits):
            raise ValueError("embeddings: f(x)·g(y) overflows float64; rescale the representations")
        return torch.log_softmax(logits, dim=0).T

    def log_probs(self) -> Float64[Tensor, "N K"]:
        """log p(y|x) in nats, shape (N, K). Computed once and shared: copy it before changing it."""
        return self._log_probs

    def predictions(self) -> Int64[Tensor, " N"]:
        """The most probable label of each input, shape (N,)."""
        return self._log_probs.T.max(dim=0).indices

    def accuracy(self) -> float:
        """Share of inputs whose most probable label is the true one, 0 to 1; a `ValueError` without true labels."""
        return float((self.predictions() == self._known_labels()).double().mean())

    def loss(self) -> float:
        """Mean negative log-likelihood of the true labels, in nats; a `ValueError` without true labels."""
        return float(-self._log_probs.gather(1, self._known_labels()[:, None]).mean())

    def _known_labels(self) -> Int64[Tensor, " N"]:
        if self.labels is None:
            raise ValueError("labels: found None, expected the true labels of the inputs")
        return self.labels

    @cached_property
    def centred_embeddings(self) -> Centred:
        """f(x) less its mean, as an orthonormal basis times coordinates. Computed once and shared."""
        return Centred.of(self.embeddings)

    # -- displaced vectors and diversity -------------------------------------------------------------------------

    def displaced_embeddings(self, pivot_input: int) -> Float64[Tensor, "N M"]:
        """f_0(x) = f(x) - f(x_0), shape (N, M)."""
        return self.embeddings - self.embeddings[as_index(pivot_input, "pivot_input", self.num_inputs)]

    def displaced_unembeddings(self, pivot: int) -> Float64[Tensor, "K M"]:
        """g_0(y) = g(y) - g(y_0), shape (K, M)."""
        return self.unembeddings - self.unembeddings[as_index(pivot, "pivot", self.num_labels)]

    def label_matrix(self, pivot: int, labels: Sequence[int]) -> Float64[Tensor, "M M"]:
        """L = [g_0(y_1) ... g_0(y_M)], shape (M, M): displaced unembeddings of M labels as columns (Def. 2.1)."""
        chosen = as_indices(labels, "labels", self.num_labels, self.dim)
        return self.displaced_unembeddings(pivot)[list(chosen)].T

    def input_matrix(self, input_set: Sequence[int]) -> Float64[Tensor, "M M"]:
        """N = [f_0(x_1) ... f_0(x_M)], shape (M, M), for input_set = (x_0, x_1, ..., x_M) (Def. 2.1)."""
        x0, *others = as_indices(input_set, "input_set", self.num_inputs, self.dim + 1)
        return self.displaced_embeddings(x0)[others].T

    def diversity(
        self,
        *,
        pivot: int = 0,
        labels: Sequence[int] | None = None,
        input_set: Sequence[int] | None = None,
    ) -> Diversity:
        """Check the diversity condition (Def. 2.1) and say how well conditioned L and N are.

        Args:
            pivot: y_0.
            labels: the M labels of L; None takes a well-conditioned choice (pivoted QR), so that the condition
                fails only if it fails for every choice with this pivot.
            input_set: (x_0, ..., x_M); None takes x_0 = 0 and the rest likewise.

        Raises:
            ValueError: K < M + 1 or N < M + 1, where no choice can be diverse.
        """
        require_enough_labels(self)
        if self.num_inputs < self.dim + 1:
            raise ValueError(
                f"embeddings: found N = {self.num_inputs} inputs, expected at least M + 1 = {self.dim + 1}"
            )
        if labels is None:
            labels = independent_columns(self.displaced_unembeddings(pivot).T.cpu().numpy(), self.dim)
        if input_set is None:
            input_set = (0, *independent_columns(self.displaced_embeddings(0).T.cpu().numpy(), self.dim))
        matrices = self.label_matrix(pivot, labels), self.input_matrix(input_set)
        conditions = []
        for matrix in matrices:
            sigma = torch.linalg.svdvals(matrix)
            singular = float(sigma[-1]) <= _SINGULAR * float(sigma[0])
            conditions.append(float("inf") if singular else float(sigma[0] / sigma[-1]))
        return Diversity(
            holds=bool(np.isfinite(conditions).all()),
            pivot=int(pivot),
            labels=tuple(int(i) for i in labels),
            input_set=tuple(int(i) for i in input_set),
            label_condition=conditions[0],
            input_condition=conditions[1],
        )

    def linear_twin(self, matrix: object, shift: object = None) -> Representations:
        """(B f, B^{-T} g + c): other representations, the same distribution (Thm 2.2, whose A is the inverse of B).

        Args:
            matrix: B, shape (M, M), invertible.
            shift: c, shape (M,), added to every unembedding; None for zero.

        Raises:
            TypeError, ValueError: naming the argument: another shape, or a singular matrix.
        """
        a = as_matrix(matrix, "matrix").to(self.embeddings.device)
        if a.shape != (self.dim, self.dim):
            raise ValueError(f"matrix: found shape {tuple(a.shape)}, expected ({self.dim}, {self.dim})")
        sigma = torch.linalg.svdvals(a)
        if float(sigma[-1]) <= _SINGULAR * float(sigma[0]):
            raise ValueError("matrix: found a singular matrix, expected an invertible one")
        g = torch.linalg.solve(a.T, self.unembeddings.T).T
        if shift is not None:
            vector = shift if isinstance(shift, Tensor) else as_array(shift, "shift")
            c = as_matrix(vector[None], "shift")
            if c.shape != (1, self.dim):
                raise ValueError(f"shift: found shape {tuple(c.shape[1:])}, expected ({self.dim},)")
            g = g + c.to(g.device)
        return Representations(self.embeddings @ a.T, g, self.labels)

    # -- files ---------------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write ``.safetensors`` or ``.npz`` (by suffix) with arrays embeddings, unembeddings and, if known, labels.

        The file appears whole or not at all.

        Returns:
            The file's path.

        Raises:
            ValueError: another suffix.
        """
        target = _checked_suffix(path)
        tensors = {"embeddings": self.embeddings, "unembeddings": self.unembeddings}
        if self.labels is not None:
            tensors["labels"] = self.labels
        tensors = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
        temporary = target.with_name(f".{uuid.uuid4().hex}{target.suffix}")
        try:
            if target.suffix == ".npz":
                arrays: dict[str, Any] = {name: tensor.numpy() for name, tensor in tensors.items()}
                np.savez_compressed(temporary, **arrays)
            else:
                temporary.write_bytes(save(tensors))
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return target


def load(path: str | os.PathLike[str]) -> Representations:
    """Read a file written by `Representations.save`, or any ``.safetensors`` or ``.npz`` with the same arrays.

    Nothing is ever unpickled.

    Args:
        path: of a file with embeddings, shape (N, M), unembeddings, shape (K, M), and, optionally, labels, shape (N,).

    Raises:
        TypeError, ValueError: the file is truncated, foreign, needs unpickling, or lacks an array; the message
            names it.
        FileNotFoundError: there is no such file.
    """
    source = _checked_suffix(path)
    if not source.is_file():
        raise FileNotFoundError(f"path: there is no file {source}")
    try:
        if source.suffix == ".npz":
            with source.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
        else:
            arrays = load_file(source)
    except Exception as error:
        # Damaged bytes make the parsers fail in every way: TokenError, MemoryError, ...
        raise ValueError(
            f"path: {source} is no readable {source.suffix} file of plain arrays ({type(error).__name__}: {error})"
        ) from error
    missing = [name for name in ("embeddings", "unembeddings") if name not in arrays]
    if missing:
        raise ValueError(
            f"path: {source} holds {sorted(arrays) or 'no arrays'}, expected embeddings and unembeddings"
        )
    try:
        return Representations(arrays["embeddings"], arrays["unembeddings"], arrays.get("labels"))
    except (TypeError, ValueError) as error:
        raise type(error)(f"path: in {source}, {error}") from error


def coordinate_tables(models: Mapping[str, Representations]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tidy tables of the first two coordinates of several models, for figures.

    Args:
        models: representations by the name that the figure is to show; M >= 2.

    Returns:
        Embeddings, a row an input: model, label (the model's prediction), x, y; and unembeddings, a row a
        label: model, label, x, y.
    """
    import pandas as pd

    embeddings, unembeddings = [], []
    for name, model in models.items():
        f, g = model.embeddings.cpu().numpy(), model.unembeddings.cpu().numpy()
        predicted = model.predictions().cpu().numpy()
        embeddings.append(pd.DataFrame({"model": name, "label": predicted, "x": f[:, 0], "y": f[:, 1]}))
        unembeddings.append(
            pd.DataFrame({"model": name, "label": np.arange(len(g)), "x": g[:, 0], "y": g[:, 1]})
        )
    return pd.concat(embeddings, ignore_index=True), pd.concat(unembeddings, ignore_index=True)


def require_enough_labels(model: Representations) -> None:
    """Diversity (Def. 2.1) asks for M + 1 labels; say so where there are fewer."""
    if model.num_labels < model.dim + 1:
        raise ValueError(
            f"unembeddings: found K = {model.num_labels} labels for M = {model.dim}, "
            f"expected at least M + 1 = {model.dim + 1} (diversity, Def. 2.1)"
        )


def require_pair(a: Representations, b: Representations, *, same_dim: bool = True) -> None:
    """Two models can be compared: the same inputs, labels and device, and (unless told not) the same M."""
    for name, model in (("a", a), ("b", b)):
        if not isinstance(model, Representations):
            raise TypeError(f"{name}: found {type(model).__name__}, expected Representations")
    checks = [("N", "inputs", a.num_inputs, b.num_inputs), ("K", "labels", a.num_labels, b.num_labels)]
    if same_dim:
        checks.append(("M", "dimensions", a.dim, b.dim))
    for symbol, what, expected, found in checks:
        if expected != found:
            raise ValueError(f"b: found {symbol} = {found} {what}, expected {expected} as in a")
    if a.embeddings.device != b.embeddings.device:
        raise ValueError(f"b: found on {b.embeddings.device}, expected {a.embeddings.device} as a")
    if a.labels is not None and b.labels is not None and not torch.equal(a.labels, b.labels):
        raise ValueError("b: found other true labels than in a, expected the same inputs in the same order")


def independent_columns(matrix: np.ndarray, count: int) -> tuple[int, ...]:
    """Indices of `count` well-conditioned columns of an array of shape (M, n), by pivoted QR on unit columns.

    Unit columns, because the theory standardises what is made of them: only their directions matter.
    """
    lengths = np.linalg.norm(matrix, axis=0)
    factors = scipy.linalg.qr(matrix / np.where(lengths > 0, lengths, 1.0), mode="r", pivoting=True)
    return tuple(factors[-1][:count].tolist())


def _checked_suffix(path: str | os.PathLike[str]) -> Path:
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path: found {path!r}, expected a file name")
    target = Path(path)
    if target.suffix not in _SUFFIXES:
        raise ValueError(
            f"path: found {target.name!r}, expected a name that ends in {' or '.join(_SUFFIXES)}"
        )
    return target
