"""Do orders repeat because of the auxiliary classifier, or because seeds share their mini-batches? Three controls."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest, fisher_exact

from repsim_core.measures.circular_orders import shared_neighbours
from repsim_core.measures.model_intervals import Interval, LeaveOneOut, weighted_means
from repsim_core.studies.records import Record
from repsim_core.wording import plural, significant, span, verb

# The recipes of the first control, with and without the classifier; of the second, with batches of their own.
ARMS = {"fast": "with it", "no-auxiliary": "without it"}
SHARED, OWN = "fast", "fast-own-batches"
# Of the third, to the end of the paper's recipe.
WHOLE, WHOLE_OWN = "paper", "paper-own-batches"
# Corrected or not, a p-value below it is called a difference.
_LEVEL = 0.05
_LEFT = (
    "What is left is the recipe's network, its optimiser and its coarse first images, the mini-batches that the seeds "
    "share, and the images themselves."
)


class Told(NamedTuple):
    """What a control says.

    Attributes:
        verdict: a clause for the report.
        text: for the chapter.
    """

    verdict: str
    text: str


def _in_plane(table: pd.DataFrame, recipe: str) -> pd.DataFrame:
    return table[(table["recipe"] == recipe) & (table["dim"] == 2)]


class Arms(NamedTuple):
    """The seeds of one recipe, with the auxiliary classifier and without it.

    Attributes:
        table: a column an arm: models, accuracy, different orders, shared neighbours, mean CCA.
        more: by how many more neighbours two seeds share with it than without it, with an interval over models.
        steps: of the trainings.
        images: what they were trained on.
    """

    table: pd.DataFrame
    more: Interval
    steps: int
    images: str


def arms(record: Record) -> Arms:
    """From a record of both recipes in `ARMS`, each with several seeds with M = 2."""
    columns, ends, common = {}, [], []
    for recipe, said in ARMS.items():
        models, pairs = _in_plane(record.models, recipe), _in_plane(record.pairs, recipe)
        orders = {row.seed: tuple(map(int, row.order.split())) for row in models.itertuples()}
        ends.append(pairs[["seed_a", "seed_b"]].to_numpy(dtype=np.int64))
        common.append(
            np.array([shared_neighbours(orders[a], orders[b]) for a, b in ends[-1].tolist()], dtype=float)
        )
        columns[said] = {
            "models": len(np.unique(ends[-1])),
            "accuracy": span(models["test_accuracy"].tolist()),
            "different orders": len(set(orders.values())),
            "shared neighbours": f"{common[-1].mean():.2f}",
            "mean CCA": span(pairs["mean_cca"].tolist(), 2),
        }
    arm, shared = np.repeat([0, 1], list(map(len, common))), np.concatenate(common)
    left_out = LeaveOneOut.of(np.concatenate(ends), arm)
    means = [weighted_means(shared, left_out.weights * (arm == n)) for n in (0, 1)]
    study = record.provenance["study"]
    return Arms(
        pd.DataFrame(columns), left_out.interval(means[0] - means[1]), study["steps"], study["images"]
    )


def of_arms(found: Arms | None) -> Told:
    """What the first control says; None where no record of it is read."""
    if found is None:
        return Told(
            "no record of it is read here",
            "*No such record is read here.* Half an hour on two cores makes one: `repsim study cifar10 "
            "--grid auxiliary --jobs 2`, then `repsim study record cifar10 --grid auxiliary --record FOLDER`.",
        )
    text = (
        f"These are models of {found.images}, trained for {found.steps} steps: early in a training, with test "
        "accuracies as in the table. "
    )
    more = found.more
    if (found.table.loc["different orders"] == 1).all():
        number = " and ".join(str(count) for count in found.table.loc["models"])
        return Told(
            f"after a short training all seeds have one order, with it and without it ({number} models)",
            f"{text}There are {number} of them. With the auxiliary classifier they all have one order, and "
            "without it too. So orders repeat without it, at least this early; so few models cannot tell a "
            f"small difference from none. {_LEFT}",
        )
    text += (
        f"With the auxiliary classifier two seeds share {more.value:+.2f} more neighbours than without it "
        f"(interval of level .95: {more.low:+.2f} to {more.high:+.2f}). "
    ).replace("-", "−")
    if more.low > 0:
        return Told(
            "seeds agree more with the auxiliary classifier than without it",
            f"{text}So the recipe has a part in it: networks that have to find their features through the "
            "plane alone settle in more different orders.",
        )
    if more.high < 0:
        return Told(
            "seeds agree less with the auxiliary classifier than without it",
            f"{text}So it is not the auxiliary classifier that makes orders repeat: without it they repeat more often.",
        )
    return Told(
        "seeds agree about as much with the auxiliary classifier as without it",
        f"{text}That is no clear difference, and no proof that there is none. {_LEFT}",
    )


class Batches(NamedTuple):
    """Seeds that share their mini-batches, and seeds with batches of their own.

    Attributes:
        table: a column each: models, accuracy, different orders, pairs of one order.
        shared, own: how many seeds have each order.
        steps: of the trainings with batches of their own.
        labels: K.
    """

    table: pd.DataFrame
    shared: Counter[str]
    own: Counter[str]
    steps: int
    labels: int


def batches(shared: Record, own: Record) -> Batches:
    """From a record of the recipe `SHARED` and one of the recipe `OWN`, both with M = 2."""
    return _batches((shared, SHARED), (own, OWN))


def whole_trainings(shared: Record, own: Record) -> Batches | None:
    """From a record of the recipe `WHOLE` and one of the recipe `WHOLE_OWN`; None where either has no M = 2."""
    if any(not len(_in_plane(each.models, recipe)) for each, recipe in ((shared, WHOLE), (own, WHOLE_OWN))):
        return None
    return _batches((shared, WHOLE), (own, WHOLE_OWN))


def _batches(shared: tuple[Record, str], own: tuple[Record, str]) -> Batches:
    columns, counted = {}, []
    for said, (record, recipe) in (("shared", shared), ("their own", own)):
        models = _in_plane(record.models, recipe)
        counts = Counter(models["order"])
        counted.append(counts)
        same = sum(math.comb(count, 2) for count in counts.values())
        columns[said] = {
            "models": len(models),
            "accuracy": span(models["test_accuracy"].tolist()),
            "different orders": len(counts),
            "pairs of one order": f"{same} of {math.comb(len(models), 2)}",
        }
    labels = len(next(iter(counted[0])).split())
    of_shared, of_own = counted
    recipes = [json.loads(each["recipe"]) for each in _groups(own[0])]
    steps = own[0].provenance["study"]["steps"] or recipes[0]["steps"]
    return Batches(pd.DataFrame(columns), of_shared, of_own, steps, labels)


def _groups(record: Record) -> list[dict[str, str]]:
    """What is known of each group that a script has trained."""
    return list(record.provenance.get("trained", {}).get("groups", {}).values())


def of_batches(found: Batches | None) -> Told:
    """What the second control says, by the most frequent order of the seeds that share their batches; None where a
    record is not read."""
    if found is None:
        text = "*No such record is read here*, or none of seeds that share their batches to hold against it."
        return Told("no record of it is read here", text)
    usual, of_shared = found.shared.most_common(1)[0]
    as_usual, own, shared = found.own[usual], found.own.total(), found.shared.total()
    likely = binomtest(as_usual, own).proportion_ci(0.95, method="exact")
    p = float(fisher_exact([[as_usual, own - as_usual], [of_shared, shared - of_shared]]).pvalue)
    text = (
        f"The most frequent order of the seeds that share their batches is that of {of_shared} of {shared}. "
        f"Of the {own} networks with batches of their own **{as_usual}** {verb(as_usual, 'have')} it too; "
        f"with that many networks, the share of such networks in general is {likely.low:.2f} to "
        f"{likely.high:.2f} (exact interval of level .95). Among {math.factorial(found.labels - 1) // 2:,} "
        f"circular orders of {plural(found.labels, 'class', 'classes')}, two drawn by chance would hardly "
        "ever be equal. "
    )
    text += (
        "So an order repeats where seeds share the images and the recipe alone: the batches are not what "
        "makes it repeat. "
        if as_usual > 1
        else "So nothing here says that an order repeats without shared batches. "
    )
    text += (
        "Whether shared batches make it repeat *more often* cannot be told from so few networks (Fisher's "
        f"exact test: p = {significant(p, 2)}). "
        if p > _LEVEL
        else f"It repeats more or less often than with shared ones (Fisher's exact test: p = {significant(p, 2)}). "
    )
    return Told(
        f"after a short training {as_usual} of {own} seeds with batches of their own have the order of those "
        "that share them",
        f"{text}All this is after {found.steps} steps of the fast recipe, at the accuracies of the table, and "
        "the images and the recipe are not taken apart by it.",
    )


def of_whole_trainings(found: Batches | None) -> Told:
    """What the third control says; None where a record is not read."""
    if found is None:
        text = "*No record of whole trainings with batches of their own is read here*, or none to hold against it."
        return Told("no record of it is read here", text)
    own, known = found.own.total(), sum(found.own[order] for order in found.shared)
    others = [order for order in found.own if order not in found.shared]
    text = (
        f"By the paper's recipe and to its end, after {found.steps:,} steps, **{known}** of "
        f"{plural(own, 'network')} with batches of their own {verb(known, 'have')} one of the "
        f"{plural(len(found.shared), 'order')} of the {plural(found.shared.total(), 'network')} that share "
        "theirs. "
    )
    for order in others:
        most = max(shared_neighbours(*(_places(each) for each in (order, one))) for one in found.shared)
        text += (
            f"Another order, of {plural(found.own[order], 'network')}, has at most {most} of its "
            f"{found.labels} pairs of neighbours in common with one of them. "
        )
    text += (
        "So what a whole training settles on is not the work of one order of mini-batches either. "
        if known > 1
        else "So nothing here says that an order repeats without shared batches. "
    )
    return Told(
        f"after whole trainings by the paper's recipe {known} of {own} seeds with batches of their own have an "
        "order of those that share them",
        f"{text}So few networks cannot tell how *often* that is.",
    )


def _places(order: str) -> tuple[int, ...]:
    return tuple(map(int, order.split()))
