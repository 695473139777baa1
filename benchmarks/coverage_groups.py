"""How often intervals of AUPRC over groups hold the true value: simulated networks, points in space in five groups."""

from __future__ import annotations

from itertools import combinations

import click
import numpy as np

from repsim_core.measures.group_separation import auprc, jackknife, over_groups, without_each

KINDS = {
    "apart": lambda rng, group: rng.normal(size=(len(group), 3)) + 1.5 * group[:, None],
    "close": lambda rng, group: rng.normal(size=(len(group), 3)) + 0.4 * group[:, None],
    "of different width": lambda rng, group: rng.normal(size=(len(group), 3)) * (0.3 + 0.5 * group[:, None]),
    "heavy tailed": lambda rng, group: rng.standard_t(2, size=(len(group), 2)) + 1.0 * group[:, None],
}


@click.command()
@click.option("--studies", default=120, help="Simulated studies of each kind and size.")
def main(studies: int) -> None:
    """A line for each kind and number of networks in a group: the mean AUPRC, and how often the interval holds it; then
    the same of its difference from that of a measure that knows accuracy alone."""
    rng = np.random.default_rng(0)
    for kind, places in KINDS.items():
        for size in (5, 10):
            group = np.repeat(np.arange(5), size)
            ends = np.array(list(combinations(range(5 * size), 2)))
            rows, jackknifed = without_each(group), jackknife(ends, group)
            found = []
            for _ in range(studies):
                points = places(rng, group)
                accuracy = 0.9 - 0.1 * group + 0.05 * rng.normal(size=len(group))
                distances = np.linalg.norm(points[ends[:, 0]] - points[ends[:, 1]], axis=1)
                gaps = np.abs(accuracy[ends[:, 0]] - accuracy[ends[:, 1]])
                own, other = (over_groups(auprc, each, ends, rows).mean(axis=1) for each in (distances, gaps))
                found.append((jackknifed.interval(own), jackknifed.interval(own - other)))
            for name, part in zip(("AUPRC", "difference"), np.swapaxes(np.array(found), 0, 1), strict=True):
                true = part[:, 0].mean()
                held = ((part[:, 1] <= true) & (true <= part[:, 2])).mean()
                print(f"{kind}, {size} networks, {name}: {true:.2f}, held in {held:.2f}", flush=True)


if __name__ == "__main__":
    main()
