"""How often the intervals of one pair's measures (`bootstrap_intervals`) hold the population's value.

Two fixed models, related and not equal, are looked at on inputs drawn anew from one population; its own values are
those on 400,000 of them. Three labels and two dimensions, or 18 labels and 16 dimensions, where a largest value over
labels is one of many.

    python benchmarks/coverage.py --studies 100    # three minutes on one core

What is computed from many models, with intervals over models, has `coverage_models.py`.
"""

import argparse

import numpy as np

import repsim_core as rc

# The sets, fixed beforehand, the numbers of inputs, and how many draws an interval is made of.
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
    parser.add_argument("--studies", type=int, default=100, help="simulated studies a number")
    studies = parser.parse_args().studies
    print(f"Coverage of intervals of level .95, {studies} studies a number")
    of_one_pair(studies)


if __name__ == "__main__":
    main()
