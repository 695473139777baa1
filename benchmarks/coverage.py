"""How often intervals cover what they are about, in simulated studies.

**Of means over pairs of models** (chapters CIFAR-10 and Width).

A study has n models; its pairs have distances of one of four kinds whose true mean is known. The interval of the mean
over pairs is made as in the chapters: models are drawn again, the middle 95 % of 2,000 means
(`repsim_core.measures.resampling`).

    python benchmarks/coverage.py                # four minutes on one core
    python benchmarks/coverage.py --studies 100  # rougher

**Of the measures of one pair** (`bootstrap_intervals`). Two fixed models, related and not equal, are looked at on
inputs drawn anew from one population; its own values are those on 400,000 of them. Three labels and two dimensions, or
18 labels and 16 dimensions, where a largest value over labels is one of many.

    python benchmarks/coverage.py --inputs --studies 100    # three minutes on one core
"""

import argparse
from itertools import combinations

import numpy as np

import repsim_core as rc
from repsim_core.measures.resampling import interval, pair_weights, weighted_means

DRAWS = 2000
SIZES = (5, 10, 20)
OTHER = (
    0.1  # probability of the rarer of two orders: 18 % of the pairs then differ, as in the record of Width
)


def additive(rng, n, a, b):
    """Each model has an oddity, which both of its ends add."""
    oddity = rng.normal(size=n)
    return 5 + oddity[a] + oddity[b] + 0.5 * rng.normal(size=len(a))


def vector_norm(rng, n, a, b):
    """Models are normal points of the plane, distances are Euclidean."""
    points = rng.normal(size=(n, 2))
    return np.linalg.norm(points[a] - points[b], axis=1)


def two_orders(rng, n, a, b):
    """Models have one of two orders; pairs of different order are far apart."""
    order = rng.random(n) < OTHER
    return np.where(order[a] == order[b], 0.1, 0.7) + 0.02 * rng.normal(size=len(a))


def heavy_tailed(rng, n, a, b):
    """As `additive`, with oddities of a log-normal law: one odd model now and then."""
    oddity = rng.lognormal(sigma=1.0, size=n)
    return oddity[a] + oddity[b]


KINDS = {
    additive: 5.0,
    vector_norm: np.sqrt(np.pi),  # of |N(0, 2 I)| in the plane
    two_orders: 0.1 + 0.6 * 2 * OTHER * (1 - OTHER),
    heavy_tailed: 2 * np.exp(0.5),
}


def coverage(kind, n: int, studies: int) -> float:
    """The share of simulated studies whose interval holds the true mean."""
    pairs = np.array(list(combinations(range(n), 2)))
    covered = 0
    for study in range(studies):
        values = kind(np.random.default_rng([n, study]), n, *pairs.T)
        weights = pair_weights(pairs, draws=DRAWS, seed=[n, study])
        low, high = interval(weighted_means(values, weights))
        covered += low <= KINDS[kind] <= high
    return covered / studies


# Of one pair: the sets, fixed beforehand, the numbers of inputs, and how many draws an interval is made of.
FEW = {"pivot": 0, "labels": (1, 2, 3)}
MANY = {"pivot": 0, "labels": tuple(range(2, 20)), "max_subsets": 5}
INPUTS = (200, 2000)
INPUT_DRAWS = 100


def on_inputs(seed: int, count: int) -> tuple[rc.Representations, rc.Representations]:
    """The two models on so many inputs."""
    fixed, drawn = np.random.default_rng(7), np.random.default_rng(seed)
    g, mixed, other = fixed.normal(size=(5, 2)), 0.3 * fixed.normal(size=(2, 3)), fixed.normal(size=(5, 2))
    x = drawn.uniform(-1, 1, size=(count, 3))
    return rc.Representations(x[:, :2], g), rc.Representations(x[:, :2] + x @ mixed.T, g + 0.1 * other)


def in_many_dimensions(seed: int, count: int) -> tuple[rc.Representations, rc.Representations]:
    """Two other models on so many inputs."""
    fixed, drawn = np.random.default_rng(7), np.random.default_rng(seed)
    g = fixed.normal(size=(20, 16)) / 4
    f = drawn.normal(size=(count, 16))
    noise = 0.7 * drawn.normal(size=f.shape)
    return rc.Representations(f, g), rc.Representations(f + noise, g + 0.05 * fixed.normal(size=g.shape))


def of_one_pair(studies: int) -> None:
    """Print the coverage of each measure's intervals."""
    for models, sets, what in ((on_inputs, FEW, "3 labels"), (in_many_dimensions, MANY, "18 labels")):
        whole = rc.bootstrap_intervals(*models(0, 400_000), draws=2, **sets)
        print("| labels | inputs | " + " | ".join(whole) + " |")
        print("|" + "---|" * (len(whole) + 2))
        for count in INPUTS:
            held = dict.fromkeys(whole, 0)
            for study in range(1, studies + 1):
                found = rc.bootstrap_intervals(*models(study, count), draws=INPUT_DRAWS, seed=study, **sets)
                for name, each in found.items():
                    held[name] += each.low <= whole[name].value <= each.high
            shares = " | ".join(f"{number / studies:.2f}" for number in held.values())
            print(f"| {what} | {count:,} | {shares} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=600, help="simulated studies a number")
    parser.add_argument("--inputs", action="store_true", help="of the measures of one pair")
    options = parser.parse_args()
    studies = options.studies
    print(f"Coverage of nominal 95 % intervals, {studies} studies a number")
    if options.inputs:
        of_one_pair(studies)
        return
    print("| models | " + " | ".join(kind.__name__.replace("_", " ") for kind in KINDS) + " |")
    print("|" + "---|" * (len(KINDS) + 1))
    for n in SIZES:
        print(
            f"| {n} | " + " | ".join(f"{coverage(kind, n, studies):.2f}" for kind in KINDS) + " |", flush=True
        )


if __name__ == "__main__":
    main()
