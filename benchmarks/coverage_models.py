"""How often intervals over models hold the true value, in simulated studies whose true value is known.

A study has n models of one kind, or n of each of five widths, and measures of its pairs, as the chapters CIFAR-10 and
Width have: an outcome, and three measures that go with it closely, loosely and not at all. What is computed of them is
what these chapters compute: a mean, a slope over the widths, rank correlations, their difference; and, of networks
whose orders differ the more rarely the wider they are, the share of a fall that these orders explain and the slope
among pairs of equal order.

    python benchmarks/coverage_models.py              # the method in use: three minutes on one core
    python benchmarks/coverage_models.py --methods    # beside others, n = 5, 10, 20: a quarter of an hour
"""

import argparse
from collections.abc import Callable
from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata
from scipy.stats import t as student

from repsim_core.measures.model_intervals import LeaveOneOut, weighted_means
from repsim_core.measures.telling import rank_correlations, within_groups
from repsim_core.measures.trends import Mixture, split_change
from repsim_core.studies.width.tables import split_trend, trends

SIZES = (5, 10, 20)
# Probability of the rarer of two orders: 18 % of the pairs then differ, as in the record of Width.
OTHER = 0.1
# What a distance is multiplied by at each of five widths, and the log2 of these widths.
SHRINKS = np.array([1.0, 0.8, 0.6, 0.4, 0.2])
DOUBLINGS = np.arange(5.0)
FIT = (DOUBLINGS - 2) / 10
# How closely a model's traits behind the three other measures go with the one behind the outcome.
CLOSELY, LOOSELY = 0.95, 0.7

Measures = np.ndarray  # a row each: outcome, closely related, loosely, not at all


def traits(rng, n: int) -> np.ndarray:
    """Two normal traits of each model behind each of the four measures."""
    own, *others = rng.normal(size=(4, n, 2))
    shares = (CLOSELY, LOOSELY, 0.0)
    return np.array(
        [own, *(r * own + np.sqrt(1 - r * r) * other for r, other in zip(shares, others, strict=True))]
    )


def additive(rng, n, a, b) -> Measures:
    """Each model has a normal oddity, which both models of a pair add."""
    oddity = traits(rng, n)[:, :, 0]
    return 5 + oddity[:, a] + oddity[:, b] + 0.5 * rng.normal(size=(4, len(a)))


def vector_norm(rng, n, a, b) -> Measures:
    """Models are normal points of the plane, distances are Euclidean."""
    points = traits(rng, n)
    return np.linalg.norm(points[:, a] - points[:, b], axis=2)


def two_orders(rng, n, a, b) -> Measures:
    """One model in ten has another order, and pairs of different order are far apart by the three related measures."""
    other = rng.random(n) < OTHER
    far = 0.6 * (other[a] != other[b])
    oddity = traits(rng, n)[:, :, 0]
    return 0.1 + np.array([[1], [1], [1], [0]]) * far + 0.02 * (oddity[:, a] + oddity[:, b])


def heavy_tailed(rng, n, a, b) -> Measures:
    """Oddities of a log-normal law: one odd model now and then."""
    oddity = np.exp(traits(rng, n)[:, :, 0])
    return oddity[:, a] + oddity[:, b]


KINDS = (additive, vector_norm, two_orders, heavy_tailed)


class Study(NamedTuple):
    """Measures of pairs, with the width that each pair is of."""

    measures: Measures
    pairs: np.ndarray
    widths: np.ndarray


def simulated(kind, n: int, widths: int, seed: list[int]) -> Study:
    """n models of each width, and all pairs of these."""
    rng = np.random.default_rng(seed)
    pairs = np.array(list(combinations(range(n), 2)))
    measures = [shrink * kind(rng, n, *pairs.T) for shrink in SHRINKS[:widths]]
    return Study(np.hstack(measures), np.tile(pairs, (widths, 1)), np.repeat(np.arange(widths), len(pairs)))


def mean(study: Study, weights):
    return weighted_means(study.measures[0], weights)


def slope(study: Study, weights):
    each = [weighted_means(study.measures[0], weights * (study.widths == w)) for w in range(len(SHRINKS))]
    return FIT @ each


def correlation(place: int):
    return lambda study, weights: rank_correlations(
        study.measures[0][:, None], study.measures[place], weights
    )[:, 0]


def difference(study: Study, weights):
    return correlation(1)(study, weights) - correlation(2)(study, weights)


def mean_correlation(place: int):
    """The mean of the correlations in each width, as the chapter on transfer joins networks of several dimensions."""
    return lambda study, weights: within_groups(
        study.measures[place][:, None], study.measures[0], study.widths, weights
    )[:, 0]


def mean_difference(study: Study, weights):
    return mean_correlation(1)(study, weights) - mean_correlation(2)(study, weights)


class Figure(NamedTuple):
    """What is computed of a study of so many widths."""

    of: Callable
    widths: int = 1
    scale: str = "plain"


FIGURES = {
    "mean": Figure(mean),
    "slope": Figure(slope, widths=5),
    "correlation, close": Figure(correlation(1), scale="fisher"),
    "correlation, loose": Figure(correlation(2), scale="fisher"),
    "correlation, none": Figure(correlation(3), scale="fisher"),
    "correlation, five widths": Figure(correlation(2), widths=5, scale="fisher"),
    "difference": Figure(difference),
    "difference, five widths": Figure(difference, widths=5),
    "mean correlation of three": Figure(mean_correlation(2), widths=3, scale="fisher"),
    "mean difference of three": Figure(mean_difference, widths=3),
}


@cache
def truths(kind, many: int) -> dict[str, float]:
    """By the name of the figure, of so many pairs of which no two share a model."""
    rng = np.random.default_rng(1)
    alone = kind(rng, 2 * many, np.arange(many), np.arange(many, 2 * many))
    pooled = np.hstack(
        [shrink * kind(rng, 2 * many, np.arange(many), np.arange(many, 2 * many)) for shrink in SHRINKS]
    )
    one, five = (np.corrcoef([rankdata(row) for row in measures])[0] for measures in (alone, pooled))
    average = alone[0].mean()
    return {
        "mean": average,
        "slope": float(FIT @ SHRINKS) * average,
        "correlation, close": one[1],
        "correlation, loose": one[2],
        "correlation, none": 0.0,
        "correlation, five widths": five[2],
        "difference": one[1] - one[2],
        "difference, five widths": five[1] - five[2],
        "mean correlation of three": one[2],
        "mean difference of three": one[1] - one[2],
    }


def coverage(kind, name: str, n: int, studies: int, many: int = 200_000) -> float:
    """The share of simulated studies whose interval holds the true value, which comes from `many` pairs."""
    figure, truth = FIGURES[name], truths(kind, many)[name]
    held = 0
    for number in range(studies):
        study = simulated(kind, n, figure.widths, [n, number])
        left_out = LeaveOneOut.of(study.pairs, study.widths)
        found = left_out.interval(figure.of(study, left_out.weights), scale=figure.scale)
        held += found.low <= truth <= found.high
    return held / studies


# -- orders that differ the more rarely the wider networks are ---------------------------------------------------------

# Probability of the rarer order at each width: 38 to 10 % of the pairs differ. How far these are then apart, and mean
# and deviation of the rest of a distance at the narrowest width.
ODD = np.array([0.25, 0.2, 0.15, 0.1, 0.05])
FAR, NEAR, OWN = 0.5, 0.5, 0.1
ORDERS = ("share of the mix", "slope, equal order")


def over_widths(n: int, seed: list[int]) -> pd.DataFrame:
    """The pairs of n networks of each width, with the columns of the width study that its tables need."""
    rng = np.random.default_rng(seed)
    a, b = np.array(list(combinations(range(n), 2))).T
    parts = []
    for doubling, odd, shrink in zip(DOUBLINGS, ODD, SHRINKS, strict=True):
        other, oddity = rng.random(n) < odd, OWN * rng.normal(size=n)
        same = other[a] == other[b]
        d = shrink * (NEAR + oddity[a] + oddity[b]) + FAR * ~same
        parts.append(
            pd.DataFrame(
                {
                    "width": int(2**doubling),
                    "seed_a": a,
                    "seed_b": b,
                    "d_llv": d,
                    "d_fg": d,
                    "same_order": same,
                }
            )
        )
    return pd.concat(parts, ignore_index=True).assign(classes=4, variant="free")


def true_of_orders() -> dict[str, float]:
    """The values of all networks that could be drawn."""
    differing, same = 2 * ODD * (1 - ODD), SHRINKS * NEAR
    ends = [Mixture(differing[end], same[end], same[end] + FAR) for end in (0, -1)]
    parts = split_change(*ends)
    return {"share of the mix": parts.mix / sum(parts), "slope, equal order": float(FIT @ same)}


def coverage_of_orders(n: int, studies: int) -> dict[str, float]:
    """The share of simulated studies whose interval holds the true value, of those that have an interval."""
    truth, held = true_of_orders(), {name: [] for name in ORDERS}
    for number in range(studies):
        pairs = over_widths(n, [n, number])
        (split,) = split_trend(pairs, "same_order").itertuples()
        equal = trends(pairs[pairs["same_order"]]).set_index("measure").loc["d_llv"]
        for name, low, high in zip(
            ORDERS, (split.low, equal["low"]), (split.high, equal["high"]), strict=True
        ):
            if not np.isnan(low):
                held[name].append(low <= truth[name] <= high)
    return {name: float(np.mean(each)) for name, each in held.items()}


def in_use(studies: int) -> None:
    """Print the coverage of the method in use."""
    print("| of | models | " + " | ".join(kind.__name__.replace("_", " ") for kind in KINDS) + " |")
    print("|" + "---|" * (len(KINDS) + 2))
    for name in FIGURES:
        for n in SIZES:
            shares = (f"{coverage(kind, name, n, studies):.2f}" for kind in KINDS)
            print(f"| {name} | {n} | " + " | ".join(shares) + " |", flush=True)
    print("\n| of | models | orders over widths |\n|---|---|---|")
    for n in SIZES[1:]:
        for name, share in coverage_of_orders(n, studies).items():
            print(f"| {name} | {n} | {share:.2f} |", flush=True)


# -- other methods -----------------------------------------------------------------------------------------------------

DRAWS = 200
METHODS = (
    "leave one out",
    "on its scale",
    "leave two out",
    "variance of a U-statistic",
    "percentile",
    "BCa",
    "studentised",
    "studentised, symmetrical",
)


def by_each_method(study: Study, figure: Figure, rng) -> dict[str, tuple[float, float]]:
    """Intervals for a figure of models of one width."""
    first, second = study.pairs.T
    n = int(study.pairs.max()) + 1
    left_out = LeaveOneOut.of(study.pairs)
    values = figure.of(study, left_out.weights)
    value, without = values[0], values[1:]
    found = {"leave one out": left_out.interval(values)[1:]}
    if figure.scale == "fisher":
        found["on its scale"] = left_out.interval(values, scale="fisher")[1:]
    elif figure.of is mean:
        found["on its scale"] = tuple(np.exp(left_out.interval(np.log(values))[1:]))
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    quantile = student.ppf(0.975, n - 1)

    def around(deviation: float) -> tuple[float, float]:
        return value - quantile * deviation, value + quantile * deviation

    lacking = np.array(
        [(left_out.weights[1 + i] * left_out.weights[1 + j]) for i, j in combinations(range(n), 2)]
    )
    two = figure.of(study, lacking)
    found["leave two out"] = around(
        np.sqrt((n - 2) / (2 * len(two)) * np.nansum((two - np.nanmean(two)) ** 2))
    )
    if figure.of is mean:
        found["variance of a U-statistic"] = around(u_statistic_error(study.measures[0], without))

    times = rng.multinomial(n, np.full(n, 1 / n), size=DRAWS)
    drawn = figure.of(study, times[:, first] * times[:, second])
    known = drawn[~np.isnan(drawn)]
    found["percentile"] = tuple(np.quantile(known, [0.025, 0.975]))
    below = np.clip(((known < value).mean() + (known <= value).mean()) / 2, 0.5 / DRAWS, 1 - 0.5 / DRAWS)
    pull = without.mean() - without
    acceleration = (pull**3).sum() / (6 * (pull**2).sum() ** 1.5 + 1e-300)
    z = norm.ppf(below) + norm.ppf([0.025, 0.975])
    found["BCa"] = tuple(np.quantile(known, norm.cdf(norm.ppf(below) + z / (1 - acceleration * z))))

    # In each draw, without one of the models drawn at a time; without the only partner there is no pair: no change.
    fewer = np.maximum(times[:, None, :] - np.eye(n, dtype=int), 0).reshape(-1, n)
    again = figure.of(study, fewer[:, first] * fewer[:, second]).reshape(DRAWS, n)
    again = np.where(np.isnan(again), drawn[:, None], again)
    middle = (times * again).sum(axis=1, keepdims=True) / n
    errors = np.sqrt((n - 1) / n * (times * (again - middle) ** 2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = (drawn - value) / errors
    ratios = ratios[np.isfinite(ratios)]
    if len(ratios):
        low, high = np.quantile(ratios, [0.025, 0.975])
        found["studentised"] = value - high * error, value - low * error
        most = np.quantile(abs(ratios), 0.95)
        found["studentised, symmetrical"] = value - most * error, value + most * error
    return found


def u_statistic_error(values: np.ndarray, without: np.ndarray) -> float:
    """Of a mean over all pairs, from unbiased estimates of the two parts of a pair's variance."""
    n, count = len(without), len(values)
    of_model = (n * values.mean() - (n - 2) * without) / 2  # mean over the pairs of a model
    squares = [((of_model - values.mean()) ** 2).sum(), ((values - values.mean()) ** 2).sum()]
    expected = [[(n - 2) ** 2 / (n - 1), (n - 2) / (n - 1)], [(n - 1) * (n - 2), count - 1]]
    of_a_model, of_the_pair = np.linalg.solve(expected, squares)
    return float(np.sqrt(max(4 * of_a_model / n + of_the_pair / count, 0)))


def compared(studies: int) -> None:
    """Print the coverage of each method, and the median width of its intervals."""
    print("| of | models | pairs | " + " | ".join(METHODS) + " |")
    print("|" + "---|" * (len(METHODS) + 3))
    for name in ("mean", "correlation, close", "correlation, loose", "difference"):
        for n in SIZES:
            for kind in KINDS:
                truth = truths(kind, 200_000)[name]
                held: dict[str, list[bool]] = {}
                for number in range(studies):
                    study = simulated(kind, n, 1, [n, number])
                    rng = np.random.default_rng([n, number, 1])
                    for method, (low, high) in by_each_method(study, FIGURES[name], rng).items():
                        held.setdefault(method, []).append(bool(low <= truth <= high))
                shares = (f"{sum(held[m]) / studies:.2f}" if m in held else "" for m in METHODS)
                print(
                    f"| {name} | {n} | {kind.__name__.replace('_', ' ')} | " + " | ".join(shares) + " |",
                    flush=True,
                )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=600, help="simulated studies a number")
    parser.add_argument("--methods", action="store_true", help="compare methods")
    options = parser.parse_args()
    print(f"Coverage of intervals of level .95, {options.studies} studies a number")
    (compared if options.methods else in_use)(options.studies)


if __name__ == "__main__":
    main()
