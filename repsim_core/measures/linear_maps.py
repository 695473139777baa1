"""Linear maps from one model's embeddings to the other's that need no data, and probes that are carried over.

By the key identity the displaced unembeddings say how each model's embedding makes the log-ratios. Where two models
have the same log-ratios, equating them gives f as a linear image of f' (Thm 2.2); where they nearly have, nearly so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from repsim_core.arrays import as_index, as_indices, as_matrix, as_real, as_vector
from repsim_core.beyond_standard import Array, beside, namespace, rows_of, to_numpy
from repsim_core.coordinates import Centred
from repsim_core.diversity import SINGULAR
from repsim_core.measures.others import unexplained
from repsim_core.measures.pairs import MEAN, ModelPair, Pivot
from repsim_core.measures.sets import choose_sets
from repsim_core.measures.standardised import StandardisedRatios
from repsim_core.representations import Representations
from repsim_core.wording import plural

# By what share of its length a probe may lie off the span of the displaced unembeddings.
_OFF = 1e-8


# -- maps of embeddings ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LinearMap:
    """An affine map from b's embeddings to a's.

    Attributes:
        matrix: A, shape (M_a, M_b); f is about A f' + shift.
        shift: shape (M_a,); zero for models without bias, unless the map is scaled.
        how: how it was found, in words.
        condition: of the displaced unembeddings of a: largest over smallest of M_a singular values, infinite where
            they do not span all dimensions.
    """

    matrix: Float64[Array, "M_a M_b"]
    shift: Float64[Array, " M_a"]
    how: str
    condition: float

    def __call__(self, embeddings: object) -> Float64[Array, "n M_a"]:
        """The images of embeddings of b, shape (n, M_b), on the device of the map.

        Raises:
            TypeError, ValueError: naming the argument.
        """
        f = beside(as_matrix(embeddings, "embeddings"), self.matrix)
        if f.shape[1] != self.matrix.shape[1]:
            raise ValueError(
                f"embeddings: found M = {plural(f.shape[1], 'column')}, expected {self.matrix.shape[1]}, the "
                "dimension of b"
            )
        return f @ self.matrix.T + self.shift


def linear_map(
    a: Representations,
    b: Representations,
    *,
    labels: Sequence[int] | str | None = None,
    pivot: Pivot | None = None,
    scaled: bool = False,
) -> LinearMap:
    """A map f = A f' + shift from the unembeddings of two models, without their embeddings.

    With G_0 the displaced unembeddings of some labels as rows, and b_0 their displaced biases, equal distributions
    have G_0 f + b_0 = G'_0 f' + b'_0 for every input. So A = G_0^+ G'_0 and shift = G_0^+ (b'_0 - b_0), which for M
    labels is A = L^{-T} L'^T of Thm 2.2, and for more labels solves the equations best in least squares. Where the
    equations leave f undetermined (fewer than M + 1 labels, say), it is the solution of minimum norm.

    Args:
        a, b: two models with the same inputs and labels; their dimensions may differ.
        labels: whose unembeddings are taken; None or "all" for all of them. One set of exactly M labels is often
            too ill-conditioned to be of use in more than a few dimensions: see `condition`.
        pivot: y_0; "mean" or None for the mean over all labels.
        scaled: whether each log-ratio of b is first brought to its mean and deviation in a, which needs the
            embeddings: A = G_0^+ diag(psi/psi') G'_0. The log-ratio of a label in a set of M then differs from its
            image by a deviation of psi_y std(z_y - w_y).

    Raises:
        TypeError, ValueError: naming the argument; also where unembeddings are all the same, or, for a scaled map, a
            log-ratio that was asked for is constant.
    """
    pair = ModelPair(a, b)
    a, b = pair.a, pair.b
    origin = MEAN if pivot is None else _checked_pivot(pivot, a.num_labels)
    every = _means_all(labels)
    if every:
        chosen = tuple(y for y in range(a.num_labels) if y != origin)
        if scaled:
            chosen = _varying(pair, origin)
    else:
        chosen = _checked_labels(labels, origin, a.num_labels)
    xp = namespace(a.embeddings)
    (g, bias), (g_other, bias_other) = (displaced(model, origin, chosen) for model in (a, b))
    inverse, rank, condition = _pseudo_inverse(g)
    if scaled:
        psi, psi_other = StandardisedRatios.of(pair, origin, chosen).deviations
        matrix = inverse @ (g_other * (psi / psi_other)[:, None])
        shift = xp.mean(a.embeddings, axis=0) - matrix @ xp.mean(b.embeddings, axis=0)
    else:
        matrix, shift = inverse @ g_other, inverse @ (bias_other - bias)
    how = "all labels" if every else f"{len(chosen)} label{'s' if len(chosen) > 1 else ''}"
    how += " against the mean of all" if origin == MEAN else f" against the pivot {origin}"
    if len(chosen) > rank:
        how += ", least squares"
    if rank < a.dim:
        how += f", minimum norm: they reach {rank} of M = {a.dim} dimensions"
    if scaled:
        how += ", log-ratios scaled to their deviations in a"
    return LinearMap(matrix, shift, how, condition)


def displaced(
    model: Representations, pivot: Pivot, labels: Sequence[int]
) -> tuple[Float64[Array, "labels M"], Float64[Array, " labels"]]:
    """Unembeddings and biases of labels, less the pivot's."""
    g, bias = model.unembeddings, model.bias
    xp = namespace(g)
    if bias is None:
        bias = xp.zeros_like(g[:, 0])
    if isinstance(pivot, str):
        origin, constant = xp.mean(g, axis=0), xp.mean(bias)
    else:
        origin, constant = g[pivot, :], bias[pivot]
    return rows_of(g, labels) - origin, rows_of(bias, labels) - constant


def _pseudo_inverse(g: Float64[Array, "labels M"]) -> tuple[Float64[Array, "M labels"], int, float]:
    """The pseudo-inverse, the rank, and the condition number (infinite where the rank is less than M)."""
    xp = namespace(g)
    u, sigma, vt = xp.linalg.svd(g, full_matrices=False)
    sizes = to_numpy(sigma)
    rank = int((sizes > SINGULAR * sizes[0]).sum())
    if rank == 0:
        raise ValueError(
            "labels: found the same unembeddings for all of them in a, expected that some differ"
        )
    condition = float(sizes[0] / sizes[-1]) if rank == g.shape[1] else float("inf")
    return vt[:rank, :].T @ (u[:, :rank] / sigma[:rank]).T, rank, condition


# -- probes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TransferBound:
    """A linear probe of a carried over to b, and by how much it can be off.

    Attributes:
        beta: bound on the root mean squared error, which needs the distributions' log-ratios alone.
        alphas: of s = sum alpha_y z_y + constant, by label, zeros left out.
        pivot: y_0 of the log-ratios.
        vector: v', shape (M_b,), of the library of the models.
        constant: c' for a probe without constant; a probe's constant is added to it.
        rms: the error of v'·f' + c' on these inputs, divisor N - 1.
        best_rms: the least of any affine function of f'.
        deviation: of the probe itself, divisor N - 1: the error of a constant.
    """

    beta: float
    alphas: dict[int, float]
    pivot: Pivot
    vector: Float64[Array, " M_b"]
    constant: float
    rms: float
    best_rms: float
    deviation: float

    def rise(self, lipschitz: float) -> float:
        """By how much the mean loss can rise, for a loss that changes by at most `lipschitz` for each unit of the
        probe."""
        return as_real(lipschitz, "lipschitz") * self.beta


def transfer_bound(
    a: Representations,
    b: Representations,
    probe: object,
    *,
    labels: Sequence[int] | str | None = None,
    pivot: Pivot | None = None,
) -> TransferBound:
    """How well a linear probe s(x) = v·f(x) + c of model a can be read from model b, from their log-ratios alone.

    With z_y, w_y the standardised log-ratios of the two models and rho_y their correlation, write s as
    sum alpha_y z_y + constant, which is sum alpha_y g_0(y)/psi_y = v, or alpha = Psi L^{-1} v for M labels. The probe
    s^ = c' + sum alpha_y rho_y w_y is a linear one of b, and by the triangle inequality its error is

        ``rms(s - s^) <= beta = sum |alpha_y| sqrt(1 - rho_y²) <= delta |alpha|_1 <= 2 T1 |alpha|_1``

    (proved in the book's chapter Transfer, thm-transfer-probe). Over more labels alpha is the choice with the least
    beta, by a linear programme whose optimum is the best set of M of them (prop-transfer-programme). On other inputs of
    the same distribution the bound holds for the population's rho. A loss that is l-Lipschitz in the probe rises by at
    most l beta (`rise`; prop-transfer-loss).

    Args:
        a, b: two models with the same inputs and labels; their dimensions may differ.
        probe: v, shape (M_a,), not zero; the constant c plays no part.
        labels: which log-ratios may be used: M labels or more; None or "all" for all that vary in both models.
        pivot: y_0, or "mean"; None for the label with the least term 1 of d_LLV over these labels.

    Raises:
        TypeError, ValueError: naming the argument; also where v is not in the span of the displaced unembeddings: no
            log-ratio says anything of that direction.
    """
    pair = ModelPair(a, b)
    a, b = pair.a, pair.b
    v = as_vector(probe, "probe")
    if v.shape != (a.dim,):
        raise ValueError(f"probe: found shape {tuple(v.shape)}, expected ({a.dim},), the dimension of a")
    v = beside(v, a.embeddings)
    every = _means_all(labels)
    if pivot is None:
        wanted = "all" if labels is None else labels
        # The input set plays no part: the first inputs stand in for a search.
        pivot = choose_sets(pair, labels=wanted, input_set=range(pair.dim + 1)).pivot
    else:
        pivot = _checked_pivot(pivot, a.num_labels)
    chosen = _varying(pair, pivot) if every else _checked_labels(labels, pivot, a.num_labels)
    ratios = StandardisedRatios.of(pair, pivot, chosen)
    psi, psi_other = ratios.deviations
    distances, sums, rho = _angles(ratios)
    alpha = least_weights(
        to_numpy(displaced(a, pivot, chosen)[0] / psi[:, None]), to_numpy(v), distances * sums / 2
    )
    weights = beside(alpha * rho, a.embeddings) / psi_other
    vector = weights @ displaced(b, pivot, chosen)[0]

    xp = namespace(v)
    s = (a.embeddings @ v)[:, None]
    both = Centred.of(s, b.embeddings)
    mine, theirs = both.columns(0, 1), both.columns(1, 1 + b.dim)
    root = (a.num_inputs - 1) ** 0.5
    error = mine.coordinates - theirs.coordinates @ vector[:, None]
    return TransferBound(
        beta=float(np.abs(alpha) @ (distances * sums / 2)),
        alphas={y: float(x) for y, x in zip(chosen, alpha, strict=True) if x != 0.0},
        pivot=pivot,
        vector=vector,
        constant=float(xp.mean(s) - xp.mean(b.embeddings @ vector)),
        rms=float(xp.linalg.matrix_norm(error)) / root,
        best_rms=float(xp.linalg.matrix_norm(unexplained(mine.coordinates, theirs))) / root,
        deviation=float(xp.linalg.matrix_norm(mine.coordinates)) / root,
    )


def _angles(ratios: StandardisedRatios) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """std(z_y - w_y), std(z_y + w_y) and rho_y of each label.

    The product of the first two is 2 sqrt(1 - rho²), without cancellation at either end.
    """
    return ratios.distances, ratios.distances_of_mirrored, ratios.correlations


def least_weights(
    directions: Float64[np.ndarray, "labels M"],
    v: Float64[np.ndarray, " M"],
    costs: Float64[np.ndarray, " labels"],
) -> Float64[np.ndarray, " labels"]:
    """alpha with sum alpha_y directions_y = v and the least sum |alpha_y| costs_y."""
    size = float(np.linalg.norm(v))
    if size == 0.0:
        raise ValueError("probe: found zero, expected a direction")
    u, sigma, vt = np.linalg.svd(directions, full_matrices=False)
    rank = int((sigma > SINGULAR * sigma[0]).sum())
    u, vt = u[:, :rank], vt[:rank]
    off = float(np.linalg.norm(v - vt.T @ (vt @ v))) / size
    if off > _OFF:
        raise ValueError(
            f"probe: found a share of {off:.3g} off the span of the displaced unembeddings of a, of rank {rank} in "
            f"M = {len(v)}, expected a probe in their span: no log-ratio says anything of that direction"
        )
    # The equations in orthonormal rows, u^T alpha = target: their scale is that of alpha, whatever the units of f.
    target = (vt @ v) / sigma[:rank]
    if rank == len(directions):
        return u @ target
    from scipy.optimize import linprog  # it takes a moment to import

    largest = float(costs.max())
    found = linprog(
        np.concatenate([costs, costs]) / (largest if largest > 0 else 1.0),
        A_eq=np.hstack([u.T, -u.T]),
        b_eq=target / np.linalg.norm(target),
        method="highs",
    )
    if not found.success:
        raise RuntimeError(f"the linear programme of the label weights was not solved: {found.message}")
    half = len(directions)
    used = np.flatnonzero(found.x[:half] - found.x[half:])
    # The programme keeps to its equations to 1e-7: with its labels they are solved to rounding.
    alpha = np.zeros(half)
    alpha[used] = np.linalg.lstsq(u[used].T, target)[0]
    return alpha


# -- labels ----------------------------------------------------------------------------------------------------------


def _varying(pair: ModelPair, pivot: Pivot) -> tuple[int, ...]:
    """The labels whose log-ratio with the pivot varies in both models, which the pivot's own does not."""
    ratios = StandardisedRatios(pair.label_images, pair.pivot_point(pivot), range(pair.a.num_labels))
    return tuple(np.flatnonzero(~(ratios.constant[0] | ratios.constant[1])).tolist())


def _means_all(labels: object) -> bool:
    return labels is None or (isinstance(labels, str) and labels == "all")


def _checked_pivot(pivot: object, count: int) -> Pivot:
    if isinstance(pivot, str):
        if pivot != MEAN:
            raise ValueError(f'pivot: found {pivot!r}, expected a label, "mean" or None')
        return MEAN
    return as_index(pivot, "pivot", count)


def _checked_labels(labels: object, pivot: Pivot, count: int) -> tuple[int, ...]:
    if isinstance(labels, str) or not hasattr(labels, "__len__"):
        raise TypeError(f'labels: found {labels!r}, expected labels from 0 to {count - 1}, "all" or None')
    found = as_indices(labels, "labels", count, len(labels))  # pyright: ignore[reportArgumentType] - it has a length
    if not found:
        raise ValueError("labels: found none, expected at least one")
    if pivot in found:
        raise ValueError(f"labels: found the pivot {pivot} among them, expected other labels")
    return found
