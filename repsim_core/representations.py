"""The model family: what the theory sees of a model (paper, section 2).

A model is p(y|x) = exp(f(x)·g(y) + b(y)) / sum_y' exp(f(x)·g(y') + b(y')). The theory looks at it through the values of
the embedding f on N inputs, of the unembedding g and, where there is one, of the bias b on all K labels, and through
nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from array_api_compat import device
from jaxtyping import Float64, Int64

from repsim_core.array_files import narrowed, write_arrays
from repsim_core.arrays import ROUNDOFF, as_labels, as_matrix, as_vector, roundoff, together
from repsim_core.beyond_standard import Array, beside, namespace, row_lengths, to_numpy
from repsim_core.coordinates import Basis, column_lengths
from repsim_core.distribution import Distribution
from repsim_core.diversity import SINGULAR, Diversity, displaced, diversity, input_matrix, label_matrix
from repsim_core.identified import Identified, Sizes, all_reach, identified
from repsim_core.wording import plural

# What every input has in common is a shift of embeddings if one reproduces it to this share.
_FITS = 1e3 * ROUNDOFF
# Numbers of this size have squares that leave float64's range.
_LARGEST = 1e150
# What to do about labels that are masked by a bias of -inf, whose log-probabilities would be no numbers.
_OF_MASKED = (
    "of labels that are masked leave out the rows, in both models, or write -1e20 in place of -inf: their probability "
    "is then 0, and where only one model masks them, a d_KL is of that order"
)


class Representations:
    """Embeddings f(x) of N inputs and unembeddings g(y) of K labels, in float64.

    They stand for the model p(y|x) = exp(f(x)·g(y) + b(y)) / sum_y' exp(f(x)·g(y') + b(y')) (section 2; the paper's
    models have no bias b).

    Args:
        embeddings: f(x), shape (N, M): an array of any library of the Python array API standard (a GPU tensor stays
            on its device) or a nested sequence of floats, which becomes NumPy's. A copy is kept.
        unembeddings: g(y), shape (K, M); a NumPy array joins embeddings of another library, and the other way round.
        labels: optional true labels of the inputs, shape (N,), integers in 0 .. K - 1.
        bias: optional b(y), shape (K,).

    Attributes:
        embeddings, unembeddings: float64 arrays, shapes (N, M) and (K, M), of one library on one device.
        labels: an int64 array, shape (N,), beside them; None where they are not known.
        bias: a float64 array, shape (K,), beside them; None where there is none.

    Raises:
        TypeError, ValueError: naming the argument, for anything but finite floating-point arrays that agree in
            M, on one device, with at least two labels.
    """

    def __init__(
        self, embeddings: object, unembeddings: object, labels: object = None, bias: object = None
    ) -> None:
        given = {
            "embeddings": as_matrix(embeddings, "embeddings"),
            "unembeddings": as_matrix(unembeddings, "unembeddings"),
        }
        if bias is not None:
            given["bias"] = as_vector(bias, "bias", of_masked=_OF_MASKED)
        arrays = together(given)
        self.embeddings: Array = arrays["embeddings"]
        self.unembeddings: Array = arrays["unembeddings"]
        self.bias: Array | None = arrays.get("bias")
        if self.embeddings.shape[1] != self.unembeddings.shape[1]:
            turned = " (a row a label: is it transposed?)" if self.num_labels == self.dim else ""
            raise ValueError(
                f"unembeddings: found M = {plural(self.unembeddings.shape[1], 'column')}, expected "
                f"{self.embeddings.shape[1]}, the dimension of the embeddings{turned}"
            )
        if self.num_labels < 2:
            raise ValueError("unembeddings: found K = 1 label, expected at least 2")
        if self.bias is not None and self.bias.shape[0] != self.num_labels:
            raise ValueError(
                f"bias: found shape {tuple(self.bias.shape)}, expected ({self.num_labels},), one number a label"
            )
        self._require_squares()
        self.labels: Array | None = None
        if labels is not None:
            checked = as_labels(labels, "labels", self.num_inputs, self.num_labels)
            self.labels = beside(checked, self.embeddings)
        # How the numbers were rounded before they came here.
        self._roundoff = roundoff(embeddings), roundoff(unembeddings)

    def _require_squares(self) -> None:
        """Refuse what has squares beyond the range of numbers: deviations are made of them."""
        sizes = {}
        for name in ("embeddings", "unembeddings", "bias"):
            array = getattr(self, name)
            if array is not None:
                xp = namespace(array)
                sizes[name] = max(float(xp.max(array)), -float(xp.min(array)))
        logits = self.dim * sizes["embeddings"] * sizes["unembeddings"]
        for name, what, size in (
            *((name, "entries", size) for name, size in sizes.items()),
            ("embeddings", "logits f(x)·g(y)", logits),
        ):
            if size >= _LARGEST:
                raise ValueError(
                    f"{name}: found {what} of size {size:g}, expected less than {_LARGEST:g}: their squares "
                    "overflow float64; rescale the representations"
                )

    @property
    def num_inputs(self) -> int:
        """N, the number of inputs."""
        return self.embeddings.shape[0]

    @property
    def num_labels(self) -> int:
        """K, the number of labels."""
        return self.unembeddings.shape[0]

    @property
    def roundoff(self) -> tuple[float, float]:
        """The relative errors with which embeddings and unembeddings were rounded before they came here."""
        return self._roundoff

    @property
    def dim(self) -> int:
        """M, the dimension of the representations."""
        return self.embeddings.shape[1]

    def __repr__(self) -> str:
        bias = "" if self.bias is None else ", with a bias"
        return f"Representations(N={self.num_inputs}, K={self.num_labels}, M={self.dim}{bias})"

    def rounded_as(self, other: Representations) -> Representations:
        """This model, made of the numbers of another: it is as precise as those were."""
        return self.rounded_to(*other._roundoff)

    def rounded_to(self, embeddings: float, unembeddings: float) -> Representations:
        """This model, whose `roundoff` is known."""
        self._roundoff = embeddings, unembeddings
        for name in ("rank", "_identified"):
            self.__dict__.pop(name, None)
        return self

    def beside(self, other: Representations) -> Representations:
        """The same model in the library and on the device of another."""
        moved = object.__new__(Representations)
        for name in ("embeddings", "unembeddings", "labels", "bias"):
            array = getattr(self, name)
            setattr(moved, name, None if array is None else beside(array, other.embeddings))
        moved._roundoff = self._roundoff
        return moved

    # -- the distribution --------------------------------------------------------------------------------------

    @cached_property
    def _distribution(self) -> Distribution:
        return Distribution(self.embeddings, self.unembeddings, self.bias)

    @property
    def log_normaliser(self) -> Float64[Array, " N"]:
        """log of sum_y exp(f(x)·g(y) + b(y)), shape (N,). Computed once and shared."""
        return self._distribution.log_normaliser

    def log_probs(self) -> Float64[Array, "N K"]:
        """log p(y|x) in nats, shape (N, K). Of few logits computed once and shared: copy it before changing it."""
        return self._distribution.log_probs()

    def blocks(self) -> Iterator[slice]:
        """Blocks of inputs, so few at a time that their logits take up little memory."""
        return self._distribution.blocks()

    def predictions(self) -> Int64[Array, " N"]:
        """The most probable label of each input, shape (N,). Computed once and shared: copy it before changing it."""
        return self._distribution.predictions

    def divergences(self, other: Representations) -> tuple[Float64[Array, " N"], Float64[Array, " N"]]:
        """KL divergence of the other model's distribution from this one's and the other way round, in nats, for each
        input."""
        return self._distribution.divergences(other._distribution)

    def accuracy(self) -> float:
        """Share of inputs whose most probable label is the true one, 0 to 1; a `ValueError` without true labels."""
        return share_equal(self.predictions(), self._known_labels())

    def loss(self) -> float:
        """Mean negative log-likelihood of the true labels, in nats; a `ValueError` without true labels."""
        xp, labels = namespace(self.embeddings), self._known_labels()
        of_truth = xp.sum(self.embeddings * xp.take(self.unembeddings, labels, axis=0), axis=1)
        if self.bias is not None:
            of_truth = of_truth + xp.take(self.bias, labels)
        return float(xp.mean(self.log_normaliser - of_truth))

    def _known_labels(self) -> Int64[Array, " N"]:
        if self.labels is None:
            raise ValueError("labels: found None, expected the true labels of the inputs")
        return self.labels

    # -- what is identified --------------------------------------------------------------------------------------

    @cached_property
    def rank(self) -> int:
        """r, the dimension of what reaches the distribution, which is the rank of the logits, centred over inputs and
        over labels.

        At most M, K - 1 and N - 1. M - r directions of the embeddings or unembeddings could be anything: dead units,
        copies, coordinates that are constant. The tolerance follows the precision of the arrays that were given, so
        that what half precision rounds off counts for nothing.
        """
        if self.dim < min(self.num_inputs, self.num_labels):
            bases = self.input_basis, self.label_basis
            if all_reach(bases, self._sizes, self._roundoff):
                return self.dim
        return self._identified.squares.shape[0]

    @cached_property
    def _sizes(self) -> Sizes:
        return Sizes.of(self.embeddings, self.unembeddings)

    @cached_property
    def _identified(self) -> Identified:
        return identified(
            self.embeddings,
            self.unembeddings,
            self._sizes,
            self._roundoff,
            lambda: (self.input_basis.coordinates, self.label_basis.coordinates),
        )

    @cached_property
    def input_basis(self) -> Basis:
        """An orthonormal basis of the embeddings' coordinates as functions of the input, centred."""
        return Basis.of(self.embeddings)

    @cached_property
    def label_basis(self) -> Basis:
        """The same of the unembeddings' coordinates, as functions of the label."""
        return Basis.of(self.unembeddings)

    @property
    def logit_sizes(self) -> Float64[Array, " N"]:
        """A bound on the size of f(x)·g(y) for each input that no scaling of coordinates changes, shape (N,). Rounding
        errors of logits go by it."""
        return self._sizes.lengths * self._sizes.label_length

    def identifiable(self) -> Representations:
        """The same distribution in r = `rank` dimensions, which a distribution determines up to an invertible map.

        The embeddings are uncorrelated with deviation 1, and the unembeddings' coordinates are orthogonal, from the
        one that moves the logits most to the one that moves them least: principal components of the logits, centred
        over labels. There is a bias where the embeddings keep off the origin in a direction that no other input
        has (a constant coordinate, say), for without one no r dimensions would do. Of arrays given in 64 bits the
        distribution is the same to rounding. Of narrower ones it differs by what they had rounded off, which is no part
        of the r dimensions.

        Raises:
            ValueError: r = 0, the distribution is the same for every input.
        """
        if self.rank == 0:
            raise ValueError(
                "embeddings: found the same distribution for every input, expected one that depends on the input: "
                "nothing is identifiable"
            )
        xp, found = namespace(self.embeddings), self._identified
        if found.image is None:
            embeddings = (self.embeddings - xp.mean(self.embeddings, axis=0)) @ found.embed
        else:
            embeddings = found.image
            # It is as large as the embeddings: kept once.
            self.__dict__["_identified"] = found._replace(image=None)
        # What every input has in common may lie where the inputs differ, too: then it is a shift of the embeddings.
        unembeddings, shift, constant = self._offset(self.bias, _FITS)
        if constant is None:
            same = Representations(embeddings + shift, unembeddings)
        else:
            same = Representations(embeddings, unembeddings, bias=constant)
        same.labels, same._roundoff = self.labels, self._roundoff
        # Its own decomposition is known; found anew, a direction as small as rounding errors could be lost.
        unit = xp.eye(self.rank, dtype=xp.float64, device=device(embeddings))
        lengths, label_lengths = (row_lengths(x) for x in (same.embeddings, same.unembeddings))
        longest = float(xp.max(column_lengths(same.unembeddings)))
        known = {
            "rank": self.rank,
            "_identified": Identified(unit, unit, found.squares),
            "_sizes": Sizes(xp.ones_like(found.squares), lengths, float(xp.max(label_lengths)), longest),
        }
        if found.image is not None:
            # So are the directions of the embeddings.
            root = (self.num_inputs - 1) ** 0.5
            known["input_basis"] = Basis.made_of(
                embeddings / root, unit * root, xp.mean(same.embeddings, axis=0)
            )
        same.__dict__.update(known)
        return same

    @property
    def has_hidden_bias(self) -> bool:
        """Whether a direction along which all inputs have the same embedding acts as a bias."""
        if self.rank in (0, self.dim):
            return False
        # What the numbers had rounded off is no bias.
        return self._offset(None, max(_FITS, 4 * max(self._roundoff)))[2] is not None

    def _offset(self, bias: Array | None, tolerance: float) -> tuple[Array, Array, Array | None]:
        """The identified unembeddings; the shift of the identified embeddings that stands for what every input has in
        common; and that, as a function of the label with mean 0, where no shift does up to the tolerance."""
        xp, found = namespace(self.embeddings), self._identified
        g = self.unembeddings - xp.mean(self.unembeddings, axis=0)
        mean = xp.mean(self.embeddings, axis=0)
        constant = g @ mean
        if bias is not None:
            constant = constant + bias - xp.mean(bias)
        unembeddings = g @ found.unembed if found.label_image is None else found.label_image
        shift = (constant @ unembeddings) / found.squares
        rest = constant - unembeddings @ shift
        size = row_lengths(g) * xp.linalg.vector_norm(mean) + xp.abs(constant)
        fits = bool(xp.max(xp.abs(rest)) <= tolerance * (xp.max(size) + 1.0))
        return unembeddings, shift, None if fits else constant

    @property
    def essential(self) -> Representations:
        """This model, or, where directions of it never reach the distribution, the same in `rank` dimensions."""
        # A model that kept itself would stay in memory until cycles are looked for.
        return self if self.rank == self.dim else self._without_dead_directions

    @cached_property
    def _without_dead_directions(self) -> Representations:
        return self.identifiable()

    @cached_property
    def mean_log_prob(self) -> Float64[Array, " N"]:
        """The mean of log p(y|x) over all labels y, shape (N,), but for the mean bias. Less this, log p(y|x) is linear
        in f(x), up to a constant for each label."""
        mean = self.embeddings @ namespace(self.embeddings).mean(self.unembeddings, axis=0)
        return mean - self.log_normaliser

    # -- displaced vectors and diversity -------------------------------------------------------------------------

    def displaced_embeddings(self, pivot_input: int) -> Float64[Array, "N M"]:
        """f_0(x) = f(x) - f(x_0), shape (N, M)."""
        return displaced(self.embeddings, pivot_input, "pivot_input")

    def displaced_unembeddings(self, pivot: int) -> Float64[Array, "K M"]:
        """g_0(y) = g(y) - g(y_0), shape (K, M)."""
        return displaced(self.unembeddings, pivot, "pivot")

    def label_matrix(self, pivot: int, labels: Sequence[int]) -> Float64[Array, "M M"]:
        """L = [g_0(y_1) ... g_0(y_M)], shape (M, M): displaced unembeddings of M labels as columns (Def. 2.1)."""
        return label_matrix(self.unembeddings, pivot, labels)

    def input_matrix(self, input_set: Sequence[int]) -> Float64[Array, "M M"]:
        """N = [f_0(x_1) ... f_0(x_M)], shape (M, M), for input_set = (x_0, x_1, ..., x_M) (Def. 2.1)."""
        return input_matrix(self.embeddings, input_set)

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
        return diversity(self.embeddings, self.unembeddings, pivot, labels, input_set)

    def linear_twin(self, matrix: object, shift: object = None) -> Representations:
        """(B f, B^{-T} g + c): other representations, the same distribution (Thm 2.2, whose A is the inverse of B).

        Args:
            matrix: B, shape (M, M), invertible.
            shift: c, shape (M,), added to every unembedding; None for zero.

        Raises:
            TypeError, ValueError: naming the argument: another shape, or a singular matrix.
        """
        a = beside(as_matrix(matrix, "matrix"), self.embeddings)
        if a.shape != (self.dim, self.dim):
            raise ValueError(f"matrix: found shape {tuple(a.shape)}, expected ({self.dim}, {self.dim})")
        xp = namespace(self.embeddings)
        sigma = xp.linalg.svdvals(a)
        if float(sigma[-1]) <= SINGULAR * float(sigma[0]):
            raise ValueError("matrix: found a singular matrix, expected an invertible one")
        g = xp.linalg.solve(a.T, self.unembeddings.T).T
        bias = self.bias
        if shift is not None:
            c = as_vector(shift, "shift")
            if c.shape != (self.dim,):
                raise ValueError(f"shift: found shape {tuple(c.shape)}, expected ({self.dim},)")
            g = g + beside(c, g)
        return Representations(self.embeddings @ a.T, g, self.labels, bias).rounded_as(self)

    # -- files ---------------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write ``.safetensors`` or ``.npz`` (by suffix) with arrays embeddings, unembeddings and, if there, labels and
        bias.

        Arrays that were given in 16 or 32 bits are written so. Where their type does not tell how precise they are (of
        bfloat16, and of models made of such), an array roundoff, shape (2,), does. The file appears whole or not at
        all, and its folder is made if need be.

        Returns:
            The file's path.

        Raises:
            ValueError: another suffix.
            OSError: the file cannot be written.
        """
        arrays = {
            "embeddings": narrowed(to_numpy(self.embeddings), self._roundoff[0]),
            "unembeddings": narrowed(to_numpy(self.unembeddings), self._roundoff[1]),
        }
        if self._roundoff != (roundoff(arrays["embeddings"]), roundoff(arrays["unembeddings"])):
            arrays["roundoff"] = np.array(self._roundoff)
        for name in ("labels", "bias"):
            array = getattr(self, name)
            if array is not None:
                arrays[name] = to_numpy(array)
        return write_arrays(path, arrays)


def share_equal(left: Int64[Array, " N"], right: Int64[Array, " N"]) -> float:
    """Share of places with equal numbers."""
    xp = namespace(left)
    return float(xp.mean(xp.astype(left == right, xp.float64)))


def together_on_one_device(a: Representations, b: Representations) -> tuple[Representations, Representations]:
    """Both models in one library on one device, if they have the same inputs and labels; NumPy's join the others'.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    for name, model in (("a", a), ("b", b)):
        if not isinstance(model, Representations):
            raise TypeError(f"{name}: found {type(model).__name__}, expected Representations")
    checks = (("N", "input", a.num_inputs, b.num_inputs), ("K", "label", a.num_labels, b.num_labels))
    for symbol, what, expected, found in checks:
        if expected != found:
            raise ValueError(f"b: found {symbol} = {plural(found, what)}, expected {expected} as in a")
    joined = together({"a": a.embeddings, "b": b.embeddings})
    if joined["a"] is not a.embeddings:
        a = a.beside(b)
    if joined["b"] is not b.embeddings:
        b = b.beside(a)
    if (
        a.labels is not None
        and b.labels is not None
        and not bool(namespace(a.labels).all(a.labels == b.labels))
    ):
        raise ValueError("b: found other true labels than in a, expected the same inputs in the same order")
    return a, b
