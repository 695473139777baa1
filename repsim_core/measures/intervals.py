"""Intervals for one's own pair of models: other inputs might have been drawn; models and sets are what they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Unpack

import numpy as np
from jaxtyping import Float64, Int64

from repsim_core.arrays import as_count, as_real
from repsim_core.beyond_standard import Array, namespace, rows_of, to_numpy
from repsim_core.measures.canonical import between_bases
from repsim_core.measures.model_intervals import Interval
from repsim_core.measures.pairs import MEAN, ModelPair, Pivot
from repsim_core.measures.sets import SetOptions, choose_sets
from repsim_core.measures.similarity import representation_distance_over
from repsim_core.measures.standardised import StandardisedRatios
from repsim_core.repeats import numbered_rows
from repsim_core.representations import Representations

# What a measure can be at most, where there is such a number.
_MOST = {"agreement": 1.0, "ratio_distance": 2.0, "max_d_svd_f": 1.0, "mean_cca": 1.0}


def bootstrap_intervals(
    a: Representations,
    b: Representations,
    *,
    draws: int = 200,
    level: float = 0.95,
    max_subsets: int | None = None,
    **sets: Unpack[SetOptions],
) -> dict[str, Interval]:
    """Intervals of the measures that are taken over inputs, from inputs drawn again with replacement.

    With q and q' the ends of the middle `level` of the values v* on drawn inputs and v the value on all, the interval
    is [2v - q', 2v - q], cut to what is possible: v* differs from v as v from the population's value, so that a
    measure that few inputs make too large is corrected, and its interval may lie below v.

    They cover what the draw of the inputs leaves open: the models are these two, and pivot and labels are the ones
    found on all inputs. Term 2 of d_LLV and d_SVD of g, over a fixed input set, have no sampling error. In
    simulated studies with 200 and 2,000 inputs intervals of level .95 held the value of the population 88 to 96
    times of 100, and for the ratio distance over 18 labels 84 to 89 (`benchmarks/coverage.py --inputs`): a largest
    value is corrected in part only. Of inputs that are there more than once all copies are drawn together: they tell
    no more than one of them.

    Args:
        a, b: two models with the same inputs and labels.
        draws: how often as many inputs as there are different ones are drawn.
        level: of the interval, between 0 and 1.
        max_subsets, sets: as for `compare`; `seed` is that of the draws, too.

    Returns:
        By the names of `compare`: d_kl, d_kl_reverse, agreement, label_term, ratio_distance, normaliser_mismatch,
        max_d_svd_f, mean_cca.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    count = as_count(draws, "draws", 2)
    if not 0 < as_real(level, "level") < 1:
        raise ValueError(f"level: found {level:g}, expected a number between 0 and 1")
    pair = ModelPair(a, b)
    chosen = choose_sets(pair, **sets)
    there, back = (to_numpy(each) for each in pair.a.divergences(pair.b))
    same = to_numpy(pair.a.predictions() == pair.b.predictions())
    without_inputs = chosen.without_inputs()

    def measured(over: ModelPair, rows: np.ndarray) -> dict[str, float]:
        ratios = StandardisedRatios.of(over, chosen.pivot, chosen.labels)
        gaps = over.between_labels.row(over.pivot_point(chosen.pivot), chosen.labels)
        return {
            "d_kl": float(there[rows].mean()),
            "d_kl_reverse": float(back[rows].mean()),
            "agreement": float(same[rows].mean()),
            "label_term": float(to_numpy(gaps.gap).max()),
            "ratio_distance": float(ratios.distances.max()),
            "normaliser_mismatch": float(to_numpy(gaps.pivot_gap).max()),
            "max_d_svd_f": representation_distance_over(over, without_inputs, max_subsets, ratios).value,
            "mean_cca": between_bases(over.over_inputs, over.num_inputs, over.num_inputs).mean,
        }

    values = measured(pair, np.arange(pair.a.num_inputs))
    copies = _copies(numbered_rows(pair.a.embeddings, pair.b.embeddings))
    rng = np.random.default_rng(chosen.seed)
    drawn: dict[str, list[float]] = {name: [] for name in values}
    for _ in range(count):
        rows = np.concatenate([copies[each] for each in rng.integers(len(copies), size=len(copies))])
        try:
            found = measured(pair.with_inputs(rows), rows)
        except ValueError:
            # On these inputs a log-ratio does not vary.
            continue
        for name, value in found.items():
            drawn[name].append(value)
    intervals = {}
    for name, value in values.items():
        low, high = _middle(np.array(drawn[name]), level)
        ends = (min(max(2 * value - end, 0.0), _MOST.get(name, math.inf)) for end in (high, low))
        intervals[name] = Interval(value, *ends)
    return intervals


def _copies(numbers: Int64[np.ndarray, " N"]) -> list[Int64[np.ndarray, " copies"]]:
    """The rows of each number."""
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)


def _middle(samples: Float64[np.ndarray, " draws"], level: float) -> tuple[float, float]:
    """The ends of the middle `level` of the samples; (NaN, NaN) of none."""
    if not len(samples):
        return math.nan, math.nan
    low, high = np.quantile(samples, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def ratio_distance_bound(
    a: Representations,
    b: Representations,
    *,
    labels: Sequence[int] | str,
    pivot: Pivot,
    value_range: float,
    difference_range: float,
    level: float = 0.95,
    seed: int = 0,
) -> float:
    """An upper bound on delta of the population that the inputs are an independent sample of.

    It holds with probability `level`, whatever the population, for models, labels and pivot that were chosen without
    looking at these inputs. Scales s, s' are the deviations on one half of the inputs; on the N of the other half,

        delta_y <= [ std_N(r/s - r'/s') + R e ] / sqrt( (std_N(r/s) - B e)_+ (std_N(r'/s') - B e)_+ ),

    e = sqrt(2 ln(3 n / (1 - level)) / (N - 1)) for n labels, by the bounds of Maurer and Pontil (2009) on a sample
    deviation.

    Args:
        a, b: two models with the same inputs and labels.
        labels, pivot: as for `llv_distance`, given.
        value_range: B, the most by which two values of a scaled log-ratio r/s can differ, known beforehand.
        difference_range: R, the same for r/s - r'/s'.
        level: between 0 and 1.
        seed: of the halving.

    Returns:
        The bound; infinite where the inputs are too few for one.

    Raises:
        TypeError, ValueError: naming the argument; also where values on these inputs are outside a range.
    """
    widths = as_real(value_range, "value_range"), as_real(difference_range, "difference_range")
    if not 0 < as_real(level, "level") < 1:
        raise ValueError(f"level: found {level:g}, expected a number between 0 and 1")
    pair = ModelPair(a, b)
    if pair.a.num_inputs < 4:
        raise ValueError(f"a: found N = {pair.a.num_inputs} inputs, expected at least 4, two for each half")
    if labels is None or pivot is None:
        raise TypeError("labels, pivot: found None, expected both, chosen without looking at these inputs")
    # The input set plays no part: the first inputs stand in for a search.
    sets = choose_sets(pair, pivot=pivot, labels=labels, input_set=range(pair.dim + 1))
    if isinstance(labels, int):
        raise TypeError(f"labels: found {labels}, expected labels, chosen without looking at these inputs")
    pivot, chosen = sets.pivot, sets.labels
    order = np.random.default_rng(as_count(seed, "seed", 0)).permutation(pair.a.num_inputs)
    first, second = order[: len(order) // 2], order[len(order) // 2 :]
    scaled = []
    for model in (pair.a.essential, pair.b.essential):
        ratios = to_numpy(_log_ratios(model, pivot, chosen))
        scales = ratios[first].std(axis=0, ddof=1)
        if not scales.all():
            raise ValueError("labels: found one whose log-ratio is constant over half of the inputs")
        scaled.append(ratios[second] / scales)
    for name, width, values in (
        ("value_range", widths[0], np.hstack(scaled)),
        ("difference_range", widths[1], scaled[0] - scaled[1]),
    ):
        if (seen := float(np.ptp(values, axis=0).max())) > width:
            raise ValueError(
                f"{name}: found {width:g}, expected at least {seen:.3g}, the range on these inputs"
            )
    e = math.sqrt(2 * math.log(3 * len(chosen) / (1 - level)) / (len(second) - 1))
    deviations = [np.maximum(each.std(axis=0, ddof=1) - widths[0] * e, 0) for each in scaled]
    above = (scaled[0] - scaled[1]).std(axis=0, ddof=1) + widths[1] * e
    below = np.sqrt(deviations[0] * deviations[1])
    return float(np.max(np.divide(above, below, out=np.full_like(above, np.inf), where=below > 0)))


def _log_ratios(model: Representations, pivot: Pivot, labels: Sequence[int]) -> Float64[Array, "N labels"]:
    g = model.unembeddings
    origin = namespace(g).mean(g, axis=0) if pivot == MEAN else g[int(pivot), :]
    return model.embeddings @ (rows_of(g, labels) - origin).T
