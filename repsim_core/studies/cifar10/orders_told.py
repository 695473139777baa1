"""What the chapter "CIFAR-10" says of the orders of its models: sentences whose truth depends on the models."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from repsim_core.measures.circular_orders import Order, order_cca, shared_neighbours
from repsim_core.studies.cifar10.orders import ImageOrders, OrderPairs, around
from repsim_core.studies.cifar10.pairs import KL
from repsim_core.studies.cifar10.relations import FEWEST
from repsim_core.studies.cifar10.shown_pair import LEAST_SIMILAR, THE_PAPERS
from repsim_core.studies.which.verdicts import bracketed
from repsim_core.wording import listed, plural, span, verb

# Seeds of the authors whose embeddings the paper shows side by side.
_IN_THE_FIGURE = (0, 1)


def ccas(pairs: pd.DataFrame) -> str:
    """The range of mean CCA; "none" where there are no pairs."""
    return span(pairs["mean_cca"].tolist()) if len(pairs) else "none"


def results(orders: ImageOrders, pairs: OrderPairs) -> dict[str, float | int | str]:
    """What is kept of the orders and their pairs."""
    same = sum(orders.of_unembeddings[seed] == order for seed, order in orders.of.items())
    different = len(orders.frequent)
    return {
        "pairs_of_other_order": len(pairs.other),
        "pairs_of_other_order_about_mean": int(pairs.table["other_about_mean"].sum()),
        "other_order_similar": int((pairs.other["mean_cca"] > LEAST_SIMILAR).sum()),
        "orders_models": len(orders.of),
        "orders_distinct": different,
        "orders_distinct_in_words": plural(different, "different order"),
        "other_orders_in_words": of_other_orders(pairs),
        "orders_possible": math.factorial(pairs.labels - 1) // 2,
        "orders_same_by_unembedding": same,
        "shared_neighbours": pairs.mean,
        "shared_low": pairs.low,
        "shared_high": pairs.high,
        "shared_by_chance": pairs.by_chance,
        "cca_equal_order": ccas(pairs.equal),
        "cca_other_order": ccas(pairs.other),
        "orders_in_words": f"{plural(different, 'different order')} in {len(orders.of)} seeds, "
        f"{orders.most_alike} of which share one; two seeds share {pairs.mean:.2f} of {pairs.labels} "
        f"neighbours (by chance {pairs.by_chance:.2f})",
    }


def of_similarity(pairs: OrderPairs) -> str:
    """How similar pairs of equal and of different orders are, as far as there are such pairs."""
    parts = []
    for said, own in (("equal order", pairs.equal), ("different orders", pairs.other)):
        parts.append(
            f"pairs of {said} have a mean CCA of {ccas(own)}" if len(own) else f"no pair is of {said}"
        )
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def of_other_orders(pairs: OrderPairs) -> str:
    """How similar models of different orders can be."""
    other = len(pairs.other)
    if not other:
        return "No two models here have different orders."
    similar = int((pairs.other["mean_cca"] > LEAST_SIMILAR).sum())
    those = f"{similar} {verb(similar, 'have')}" if similar else "none has"
    text = f"Of the {plural(other, 'pair')} of models whose orders differ, {those} a mean CCA above {LEAST_SIMILAR:g}"
    return f"{text}: another order is not by itself another representation." if similar else f"{text}."


def exchanged(a: Order, b: Order) -> tuple[int, int] | None:
    """The two neighbours whose exchange makes two orders equal; None where no one exchange does."""
    for place in range(len(a)):
        swapped, after = list(a), (place + 1) % len(a)
        swapped[place], swapped[after] = swapped[after], swapped[place]
        if shared_neighbours(tuple(swapped), b) == len(a):
            return a[place], a[after]
    return None


def of_shared(orders: ImageOrders, pairs: OrderPairs, names: Sequence[str]) -> str:
    """What two seeds have in common on average, which orders there are, and what they go with.

    Args:
        orders, pairs: of the same models.
        names: of the classes.
    """
    text = f"On average two seeds share **{pairs.mean:.2f}** neighbours"
    if pairs.models >= FEWEST and math.isnan(pairs.low):
        text += " (the same without any one of the seeds, which gives no interval)."
    elif pairs.models >= FEWEST:
        text += f" (interval of level .95: {pairs.low:.2f} to {pairs.high:.2f}, each seed left out once)" + (
            ": more than chance. The orders are not drawn at random."
            if pairs.low > pairs.by_chance
            else ": fewer than chance."
            if pairs.high < pairs.by_chance
            else ", which is not clearly different from chance."
        )
    else:
        text += "."
    if len(orders.frequent) == 1:
        text += " All seeds have one order."
    elif len(orders.frequent) == 2:
        first, second = orders.frequent
        swap = exchanged(first, second)
        text += f" There are **two orders**, of {orders.counted[first]} and {plural(orders.counted[second], 'seed')}"
        text += (
            f", and they are one exchange of neighbours apart: **{names[swap[0]]} and {names[swap[1]]}** change places."
            if swap
            else "."
        )
    equal, other = pairs.equal, pairs.other
    if len(other) and len(equal):
        apart = equal["mean_cca"].min() > other["mean_cca"].max()
        far = [span(part[KL].max(axis=1).tolist(), 2) for part in (equal, other)]
        text += (
            f" The {plural(len(equal), 'pair')} of equal order {verb(len(equal), 'have')} a mean CCA of "
            f"{ccas(equal)}, the {len(other)} of different order {ccas(other)}"
            + (": the two orders tell which kind a pair is. " if apart else ". ")
            + f"Their $d_{{\\mathrm{{KL}}}}$, the larger of both directions, is {far[0]} and {far[1]} nats."
        )
    return text


def published(orders: ImageOrders, theirs: Mapping[int, Order], names: Sequence[str]) -> pd.DataFrame:
    """A row an order: how many seeds here have it, and which of the authors'."""
    rows = [
        (
            around(order, names),
            orders.counted[order],
            ", ".join(str(seed) for seed in theirs if theirs[seed] == order) or "none",
        )
        for order in dict.fromkeys([*orders.frequent, *theirs.values()])
    ]
    columns = ["order", "seeds here", "the authors' seeds"]
    return pd.DataFrame(rows, columns=columns).set_index("order")


class WithTheirs(NamedTuple):
    """The networks here and the authors' together.

    Attributes:
        results: what is kept of them.
        text: what they say of the pair in the paper's figure.
    """

    results: dict[str, int | str]
    text: str


def with_the_authors(
    orders: ImageOrders, theirs: Mapping[int, Order], least_cca: float, pairs: int
) -> WithTheirs:
    """How rare a pair like the paper's is.

    Args:
        orders: of the networks here.
        theirs: of the authors', by seed; none where the images are others.
        least_cca: of the pairs here.
        pairs: how many these are.
    """
    if not theirs:
        names = ("two_orders_of_all", "networks_of_both", "odd_pairs_of_all", "authors_odd_pairs")
        nothing = "*These are models of other images, so there is nothing to compare.*"
        return WithTheirs(dict.fromkeys(names, "none"), nothing)
    everyone = [*orders.of.values(), *theirs.values()]
    two = [order for order, _ in Counter(everyone).most_common(2)]
    odd = [seed for seed, order in theirs.items() if order not in two]
    own_pairs, all_pairs = math.comb(len(theirs), 2), math.comb(len(everyone), 2)
    among = sum(order in two for order in everyone)
    with_odd = own_pairs - math.comb(len(theirs) - len(odd), 2)
    all_odd = all_pairs - math.comb(among, 2)
    found: dict[str, int | str] = {
        "two_orders_of_all": among,
        "networks_of_both": len(everyone),
        "odd_pairs_of_all": f"{all_odd} of {all_pairs}",
        "authors_odd_pairs": f"{with_odd} of {own_pairs}",
    }
    shown = [seed for seed in _IN_THE_FIGURE if seed in odd]
    rare = ", and not typical" if 2 * all_odd < all_pairs else ""
    text = (
        f"Of the {len(everyone)} networks, theirs and those here, **{among} have one of two orders**. The "
        f"exceptions among the authors' are the seeds {listed(odd)}. The pair in the paper's figure, seeds 0 "
        f"and 1 with a mean CCA of {THE_PAPERS}, has {('none', 'one', 'two')[len(shown)]} of the exceptions "
        f"in it. Of the authors' {own_pairs} pairs {with_odd} have one; of all {all_pairs} pairs of the "
        f"{len(everyone)} networks {all_odd}. So the pair is real{rare}. Here the least mean CCA of "
        f"{plural(pairs, 'pair')} is {least_cca:.3f}. What a pair's orders alone would give, with the classes "
        f"evenly on a circle, is a mean CCA of {order_cca(theirs[0], theirs[1]):.2f} for seeds 0 and 1, and "
        f"of {order_cca(*two):.2f} for one network of each of the two orders."
    )
    return WithTheirs(found, text)


def of_prediction(pairs: OrderPairs) -> list[str]:
    """How well orders alone predict mean CCA, a line each; rank correlations where there are seeds enough."""
    what = {
        "shared": "number of shared neighbours",
        "predicted_cca": "mean CCA predicted from the orders",
    }
    lines = []
    for row in pairs.relations().dropna().itertuples():
        if f"{row.low:.2f}" == f"{row.high:.2f}":
            lines.append(
                f"The {what[row.predictor]} and the measured mean CCA have a rank correlation of {row.value:.2f}. "
                "It is the same without any one of the networks, which gives no interval."
            )
            continue
        way = "predicts" if row.low > 0 else "does not clearly predict"
        figure = bracketed(row.value, row.low, row.high, signed=True)
        lines.append(f"The {what[row.predictor]} {way} the measured mean CCA: rank correlation {figure}.")
    lines.append(
        f"The prediction from the orders misses the measured value by {pairs.missed:.2f} (median). It knows "
        "nothing of how wide or how long the petals are, nor of the images between them."
    )
    return lines
