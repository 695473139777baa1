"""What the chapter "CIFAR-10" says of its record, of the best linear maps and in the end: words that follow from
tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from repsim_core.beyond_standard import to_numpy
from repsim_core.measures.alignment import aligned
from repsim_core.studies.cifar10.models import ImageModels
from repsim_core.studies.cifar10.orders import ImageOrders, OrderPairs
from repsim_core.studies.cifar10.orders_told import of_similarity
from repsim_core.studies.cifar10.relations import of_the_scatter
from repsim_core.studies.cifar10.shown_pair import LEAST_SIMILAR, THE_PAPERS, ShownPair, closer_halves
from repsim_core.studies.records import Record
from repsim_core.wording import listed, plural, span

# The paper's grid: dimensions, and seeds of each.
_DIMS, _SEEDS = (2, 3, 5), 10
# Mean CCA below which embeddings are not determined up to a linear map in any sense.
_UNLIKE = 0.8
_NUMBER = re.compile(r"[\d.]+")
_JPEG = (
    " (JPEG copy: the images were stored as JPEG files before they came here. That loses a little: the mean of each "
    "colour is the original's to three digits, its deviation 0.3 to 0.7 % smaller.)"
)


class OfRecord(NamedTuple):
    """What is said of a record.

    Attributes:
        text: for the chapter.
        complete: whether it has all of the paper's grid, on the paper's images.
    """

    text: str
    complete: bool


def of_record(folder: str, record: Record, own: ImageModels) -> OfRecord:
    """What a record holds and lacks, and how its models were trained.

    Args:
        folder: its name for the reader.
        record: which.
        own: its models.
    """
    study = record.provenance["study"]
    sizes = {int(dim): int(size) for dim, size in own.models["dim"].value_counts().items()}
    inputs = len(next(iter(own.plane.values())).embeddings) if own.plane else 0
    text = (
        f'The record in `{folder}` is of **{study["images"]}**, recipe "{own.recipe}": '
        + ", ".join(f"{plural(sizes[dim], 'model')} with $M = {dim}$" for dim in sorted(sizes))
        + f", on {inputs:,} test images. "
    )
    lacking = [
        f"$M = {dim}$ ({sizes.get(dim, 0)} of {_SEEDS} seeds)" for dim in _DIMS if sizes.get(dim, 0) < _SEEDS
    ]
    of_paper = study["dataset"] == "cifar10"
    if not of_paper:
        text += (
            "**These are not the images of the paper**, and the record is only a stand-in for one that is. "
        )
    text += (
        f"**It is not complete**: of the paper's grid it lacks {', '.join(lacking)}."
        if lacking
        else "It has all of the paper's dimensions, with ten seeds each."
    )
    if "JPEG" in study["images"]:
        text += _JPEG
    return OfRecord(text + _of_training(record), of_paper and not lacking)


def _of_training(record: Record) -> str:
    """Where and how long the models were trained, if that was elsewhere."""
    origin = record.provenance.get("trained")
    if origin is None:
        return ""
    groups = list(origin["groups"].values())
    machines = sorted({each["device"] for each in groups if "device" in each})
    # Of a training that was interrupted there are words.
    minutes = [float(each["seconds"]) / 60 for each in groups if _NUMBER.fullmatch(each.get("seconds", ""))]
    # Some were trained on another day, and not by the script that the others were trained by.
    whence: dict[tuple[str, str], list[str]] = {}
    for each in groups:
        made = each.get("script", origin["script"]), each.get("date", origin["date"])
        whence.setdefault(made, []).append(f"$M = {each['dim']}$" if "dim" in each else "")
    return (
        " The networks were trained "
        + listed(
            f"by `{script}` on {date}" + (f" ({listed(dims)})" if len(whence) > 1 and all(dims) else "")
            for (script, date), dims in whence.items()
        )
        + (f", on one {' or '.join(machines)}" if machines else "")
        + (f": all seeds of one $M$ in step, in {span(minutes, 0)} minutes" if minutes else "")
        + ". Their pairs were measured here."
    )


def without_a_record(models: int) -> str:
    """What is said where no record is read."""
    return (
        f"**No record is read.** Everything below is of the {models} models that are trained while this page "
        "is made, and of dimension 2 alone. What needs more seeds is left out, and says so."
    )


class Mapped(NamedTuple):
    """Embeddings of some seeds after the best linear map onto those of others.

    Attributes:
        table: pair, from, to, mean CCA, explained (the share of variance); a row each.
        points: panel, label (true), x, y (where an input arrives), target_x, target_y, of the inputs drawn.
        means: the same columns, the means of each class.
    """

    table: pd.DataFrame
    points: pd.DataFrame
    means: pd.DataFrame

    def titles(self) -> list[str]:
        """Of the panels."""
        return [
            f"seed {row['from']} onto seed {row['to']}: {row['explained']:.0%}"
            for _, row in self.table.iterrows()
        ]

    def arrivals(self, names: Sequence[str]) -> str:
        """Which classes arrive in another one's direction, seen from the middle of the other seed's classes.

        Args:
            names: of the classes.
        """
        said = []
        for place, panel in zip(("first", "second"), sorted(self.means["panel"].unique()), strict=False):
            own = self.means[self.means["panel"] == panel].sort_values("label")
            target = own[["target_x", "target_y"]].to_numpy()
            middle = target.mean(axis=0)
            arrived, there = (_directions(each - middle) for each in (own[["x", "y"]].to_numpy(), target))
            nearest, labels = (arrived @ there.T).argmax(axis=1), own["label"].to_numpy()
            strayed = [
                f"{names[label]} in that of {names[labels[other]]}"
                for label, other in zip(labels, nearest, strict=True)
                if labels[other] != label
            ]
            said.append(
                f"In the {place} panel each class arrives in its own direction, but {listed(strayed)}"
                if strayed
                else f"In the {place} panel every class arrives in its own direction"
            )
        return ". ".join(said) + "."

    def in_a_figure(self) -> str:
        """The shares, for the description of a figure."""
        return " ".join(
            f"{row['pair'].capitalize()}, seed {row['from']} onto seed {row['to']}: {row['explained']:.0%} of the "
            "variance explained."
            for _, row in self.table.iterrows()
        )


def _directions(points: np.ndarray) -> np.ndarray:
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def mapped(own: ImageModels, pair: ShownPair, drawn: np.ndarray) -> Mapped:
    """The most similar pair, and the pair that is shown.

    Args:
        own: the models.
        pair: one of them.
        drawn: the inputs to draw.
    """
    alike = own.plane_pairs.loc[own.plane_pairs["mean_cca"].idxmax()]
    rows, points, means = [], [], []
    for panel, (name, row) in enumerate(
        {"the most similar pair": alike, "the pair chosen above": pair.row}.items()
    ):
        a, b = int(row["seed_a"]), int(row["seed_b"])
        target = own.plane[b]
        fit = aligned(target.embeddings, own.plane[a].embeddings)
        table = pd.DataFrame(fit.mapped, columns=["x", "y"])
        table = table.assign(panel=panel, label=to_numpy(target.labels))
        table[["target_x", "target_y"]] = to_numpy(target.embeddings)
        points.append(table.iloc[drawn])
        means.append(table.groupby("label", as_index=False).mean())
        rows.append((name, a, b, row["mean_cca"], fit.explained))
    columns = ["pair", "from", "to", "mean CCA", "explained"]
    return Mapped(pd.DataFrame(rows, columns=columns), pd.concat(points), pd.concat(means))


def texts_of_pairs(own: ImageModels) -> pd.DataFrame:
    """What stands below two models that are chosen from menus: seed_a, seed_b and measures as texts."""
    names = {"d_kl": "d_KL", "d_kl_reverse": "reverse", "mean_cca": "mean CCA", "loss_gap": "loss gap"}
    texts = own.plane_pairs[list(names)].map("{:.3f}".format).rename(columns=names)
    return own.plane_pairs[["seed_a", "seed_b"]].join(texts)


def summary(
    own: ImageModels,
    pair: ShownPair,
    orders: ImageOrders,
    order_pairs: OrderPairs,
    table: pd.DataFrame,
    in_two: str,
) -> list[str]:
    """What a reader should notice, a line each.

    Args:
        own, pair, orders, order_pairs: of the same models.
        table: from `image_relations.relations`.
        in_two: how many networks, with the authors', have one of two orders; empty where the images are others.
    """
    lines = [_of_scores(own)]
    if len(own.dims) > 1:
        lines.append(_of_dimensions(own))
    lines.append(
        f"**The orders.** {plural(len(orders.frequent), 'circular order')} in {plural(len(orders.of), 'seed')}, "
        f"the most frequent one in {orders.most_alike}. {of_similarity(order_pairs)}{in_two}"
    )
    lines.append(_of_pair(own, pair))
    closer = closer_halves(own.pairs)
    shares = [
        f"{row.dissimilar or 'none'} of {row.closer_half} for $M = {row.dim}$" for row in closer.itertuples()
    ]
    if closer["closer_half"].any():
        lines.append(
            "**Close and dissimilar.** Of the pairs that are closer than the median in both directions of "
            f"$d_{{\\mathrm{{KL}}}}$ these have a mean CCA below {LEAST_SIMILAR:g}: {'; '.join(shares)}. "
            f"Closer means up to {closer['their_largest_kl'].max():.2f} nats here, which is not close in "
            "itself."
        )
    if scatter := of_the_scatter(table):
        lines.append(scatter)
    source = f"{own.source[0].upper()}{own.source[1:]}: {own.data}, recipe {own.recipe}"
    lines.append(
        f"**What the numbers are of.** {source}"
        + (
            ", which is the paper's protocol; what differs is the machine and the random numbers."
            if own.recipe == "paper" and own.original
            else ". The numbers of the paper's models, with its recipe on the original images, may differ."
        )
    )
    return lines


def _of_scores(own: ImageModels) -> str:
    """Accuracies and mean CCAs with M = 2."""
    accuracy, cca = own.plane_models["test_accuracy"], own.plane_pairs["mean_cca"]
    return (
        f"The {len(own.plane)} models of {own.data} with $M = 2$ have test accuracies from {accuracy.min():.3f} to "
        f"{accuracy.max():.3f}, and mean CCAs between {cca.min():.2f} and {cca.max():.2f}. "
        + (
            "The accuracy of a model does not determine its embedding, not even up to a linear map."
            if cca.min() < _UNLIKE
            else f"No pair of them is as dissimilar as the one in the paper's figure, whose mean CCA is {THE_PAPERS}."
        )
    )


def _of_dimensions(own: ImageModels) -> str:
    """Whether seeds are more similar in more dimensions."""
    medians = own.pairs.groupby("dim")["mean_cca"].median()
    way = "more similar" if medians.iloc[-1] > medians.iloc[0] else "no more similar"
    said = ", ".join(f"{value:.2f} for $M = {dim}$" for dim, value in medians.items())
    return f"With more dimensions the seeds are {way}: the median of mean CCA is {said}."


def _of_pair(own: ImageModels, pair: ShownPair) -> str:
    """The pair that is shown, beside the paper's."""
    pairs, ranks = own.plane_pairs, pair.kl_ranks
    text = (
        f"**The pair.** The paper's figure shows a pair with mean CCA {THE_PAPERS}. The pair chosen here has "
        f"{pair.row['mean_cca']:.3f}, with losses {pair.row['loss_gap']:.3f} nats apart; the least of all "
        f"{plural(len(pairs), 'pair')} here is {pairs['mean_cca'].min():.3f}. Which number is shown depends "
        "on the rule of choice, and on whether a network with a rare order is among those that one has."
    )
    if pair.far:
        text += (
            f" It is not close as a distribution: by $d_{{\\mathrm{{KL}}}}$ it is number {ranks['d_kl']} of "
            f"{len(pairs)} one way and number {ranks['d_kl_reverse']} the other, from the closest on."
        )
    return text
