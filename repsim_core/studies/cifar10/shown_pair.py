"""The pair of models of images that is shown: near-equal scores by a rule; and how near its distributions are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from repsim_core.measures.circular_orders import Order, shared_neighbours
from repsim_core.representations import share_equal
from repsim_core.studies.cifar10.models import ImageModels
from repsim_core.studies.cifar10.pairs import KL, closer_half, shown_pair
from repsim_core.wording import plural, verb

# What is shown of a pair, and how it is written in plain text.
MEASURES = {
    "loss_gap": "loss gap",
    "accuracy_gap": "accuracy gap",
    "d_kl": "d_KL",
    "d_kl_reverse": "d_KL reverse",
    "mean_cca": "mean CCA",
}
# Mean CCA below which a pair is called dissimilar.
LEAST_SIMILAR = 0.9
# Of the pair in the paper's figure.
THE_PAPERS = 0.551
_KL = "$d_{\\mathrm{KL}}$"


@dataclass(frozen=True)
class ShownPair:
    """A pair of models with M = 2, chosen by `image_pairs.shown_pair`.

    Attributes:
        own: the models.
        row: the pair's, of their pairs with M = 2.
    """

    own: ImageModels
    row: pd.Series

    @classmethod
    def of(cls, own: ImageModels) -> ShownPair:
        """By the rule, from models with at least one pair with M = 2."""
        return cls(own, shown_pair(own.plane_pairs))

    @property
    def seeds(self) -> tuple[int, int]:
        """Of both models, the smaller first."""
        return int(self.row["seed_a"]), int(self.row["seed_b"])

    @cached_property
    def agreement(self) -> float:
        """The share of test images that both give the same label."""
        return share_equal(*(self.own.plane[seed].predictions() for seed in self.seeds))

    @cached_property
    def kl_ranks(self) -> dict[str, int]:
        """Its place among all pairs by d_KL in each direction, 1 for the closest."""
        ranks = self.own.plane_pairs[KL].rank(method="min").loc[self.row.name]
        return {name: int(ranks[name]) for name in KL}

    @property
    def far(self) -> bool:
        """Whether it is further than the median in a direction of d_KL."""
        return max(self.kl_ranks.values()) > (len(self.own.plane_pairs) + 1) / 2

    def results(self) -> dict[str, float | int | str]:
        """What is kept of it, and the medians of all pairs."""
        pairs, scores, row = self.own.plane_pairs, self.own.plane_models, self.row
        found: dict[str, float | int | str] = {f"pair_{name}": float(row[name]) for name in MEASURES}
        found |= {f"median_{name}": float(pairs[name].median()) for name in MEASURES}
        found |= {f"pair_{name}_rank": rank for name, rank in self.kl_ranks.items()}
        for end, seed in zip("ab", self.seeds, strict=True):
            found[f"pair_seed_{end}"] = seed
            found[f"pair_accuracy_{end}"] = float(scores.loc[seed, "test_accuracy"])
            found[f"pair_loss_{end}"] = float(scores.loc[seed, "test_loss"])
        i, j = self.seeds
        return found | {
            "pair_agreement": self.agreement,
            "pair_kl_in_words": f"{row['d_kl']:.2f} nats one way and {row['d_kl_reverse']:.2f} the other, "
            f"number {self.kl_ranks['d_kl']} and number {self.kl_ranks['d_kl_reverse']} of "
            f"{plural(len(pairs), 'pair')} from the closest on",
            "pair_in_words": f"seeds {i} and {j}: losses {row['loss_gap']:.3f} nats apart, accuracies "
            f"{found['pair_accuracy_a']:.3f} and {found['pair_accuracy_b']:.3f}, mean CCA {row['mean_cca']:.3f} (the "
            f"paper's pair: {THE_PAPERS})",
        }

    def table(self) -> pd.DataFrame:
        """Its measures beside the medians of all pairs, a row each."""
        names, (i, j) = list(MEASURES), self.seeds
        columns = {
            f"seeds {i}, {j}": self.row[names].astype(float),
            "median of all pairs": self.own.plane_pairs[names].median(),
        }
        return pd.DataFrame(columns).rename(MEASURES).round(3)

    def of_petals(self, first: Order, second: Order) -> str:
        """How the flowers of both models differ, from the orders of their classes."""
        text = (
            "Each class is a petal that points away from the origin. The further out an image lies, the more "
            "certain the model is. A prediction asks only that a petal's own unembedding reaches further in "
            "its direction than any other; a common change of both moves whole flowers and costs nothing. "
            "The two models do the same job about equally well. "
        )
        if first == second:
            return f"{text}Their petals even stand in the same order; where they differ is in angles and lengths."
        return (
            f"{text}But only {shared_neighbours(first, second)} of the {len(first)} pairs of neighbouring "
            "petals in one are neighbours in the other, and no rotation, reflection or shear turns one "
            "flower into the other."
        )

    def of_distributions(self) -> str:
        """Whether the pair of near-equal losses is one of near-equal distributions."""
        ranks, (i, j) = self.kl_ranks, self.seeds
        text = (
            "Equal losses do not mean equal distributions: two models can be wrong about different images. "
            f"These two give the same label to a share of {self.agreement:.3f} of the test images. {_KL} is "
            f"{self.row['d_kl']:.3f} nats from seed {i} to seed {j} and {self.row['d_kl_reverse']:.3f} the "
            "other way"
        )
        pairs = len(self.own.plane_pairs)
        if pairs == 1:
            return f"{text}. "
        text += (
            f": of the {pairs} pairs, ordered from the closest on, this one is number {ranks['d_kl']} by the one and "
            f"number {ranks['d_kl_reverse']} by the other. "
        )
        if self.far:
            return f"{text}So it is a pair of near-equal losses, and **not** a pair of near-equal distributions. "
        return f"{text}So it is among the closer half of the pairs in both directions. "


def closer_halves(pairs: pd.DataFrame) -> pd.DataFrame:
    """A row for each M: dim, pairs, least_kl (of all), closer_half (how many are closer than the median both ways),
    dissimilar (of these, a mean CCA below .9), their_largest_kl, their_least_cca.

    Args:
        pairs: columns dim, mean_cca and both directions of d_KL.
    """
    rows = []
    for dim, own in pairs.groupby("dim"):
        half = closer_half(own)
        rows.append(
            {
                "dim": dim,
                "pairs": len(own),
                "least_kl": own[KL].min(axis=None),
                "closer_half": len(half),
                "dissimilar": int((half["mean_cca"] < LEAST_SIMILAR).sum()),
                "their_largest_kl": half[KL].max(axis=None),
                "their_least_cca": half["mean_cca"].min(),
            }
        )
    return pd.DataFrame(rows)


def in_all_dissimilar(pairs: pd.DataFrame) -> set[int]:
    """The seeds that every dissimilar pair contains; none where fewer than two pairs are dissimilar."""
    unlike = pairs[pairs["mean_cca"] < LEAST_SIMILAR]
    if len(unlike) < 2:
        return set()
    return set.intersection(*({int(row.seed_a), int(row.seed_b)} for row in unlike.itertuples()))


def closeness_results(own: ImageModels) -> dict[str, int | str]:
    """What is kept of pairs that are close, and dissimilar."""
    closer, pairs = closer_halves(own.pairs), own.plane_pairs
    half = closer_half(pairs)
    in_words = [f"M = {row.dim}: {row.dissimilar} of {row.closer_half}" for row in closer.itertuples()]
    return {
        "close_and_dissimilar_in_words": "; ".join(in_words),
        "close_and_dissimilar": int((half["mean_cca"] < LEAST_SIMILAR).sum()),
        "dissimilar_pairs": int((pairs["mean_cca"] < LEAST_SIMILAR).sum()),
        "seeds_in_all_dissimilar_pairs": " ".join(map(str, sorted(in_all_dissimilar(pairs)))) or "none",
    }


def of_close_pairs(own: ImageModels) -> str:
    """Are there pairs that are close and dissimilar; how many networks make them; and how close is close."""
    closer, pairs = closer_halves(own.pairs), own.plane_pairs
    text = ""
    here = closer[(closer["dim"] == 2) & (closer["closer_half"] > 0)]
    for row in here.itertuples():
        text += (
            f"Are there pairs that are close *and* dissimilar? {plural(row.closer_half, 'pair')} "
            f"{verb(row.closer_half, 'have')} a {_KL} of at most the median in both directions (up to "
            f"{row.their_largest_kl:.2f} nats), and the least mean CCA among them is {row.their_least_cca:.3f}. "
        )
        text += (
            f"{row.dissimilar} of them {verb(row.dissimilar, 'have')} a mean CCA below {LEAST_SIMILAR:g}. "
            if row.dissimilar
            else f"**No pair with $M = 2$ here is close and dissimilar** (mean CCA below {LEAST_SIMILAR:g}). "
        )
    text += _of_one_network(pairs)
    others = closer[(closer["dim"] != 2) & (closer["closer_half"] > 0)]
    if len(others):
        parts = [
            f"for $M = {row.dim}$ the closer half reaches up to {row.their_largest_kl:.2f} nats, and "
            f"{row.dissimilar or 'none'} of its {plural(row.closer_half, 'pair')} "
            f"{'is' if row.dissimilar < 2 else 'are'} below {LEAST_SIMILAR:g} (the least: {row.their_least_cca:.3f})"
            for row in others.itertuples()
        ]
        text += f"In more dimensions: {'; '.join(parts)}. "
    return (
        f"{text}And close is a relative word here. The least {_KL} of all pairs, in either direction, is "
        f"{closer['least_kl'].min():.2f} nats. For the pairs of {{doc}}`chapter 02 <02_theorem>` "
        "it falls below any number as their norm grows."
    )


def _of_one_network(pairs: pd.DataFrame) -> str:
    """Where one network is in all dissimilar pairs."""
    odd = in_all_dissimilar(pairs)
    if len(odd) != 1:
        return ""
    unlike = pairs[pairs["mean_cca"] < LEAST_SIMILAR]
    rest = pairs.drop(unlike.index)
    text = (
        f"That is a finding about one network: all {len(unlike)} pairs with a mean CCA below "
        f"{LEAST_SIMILAR:g} contain seed {next(iter(odd))}"
    )
    if unlike[KL].min(axis=None) > rest[KL].max(axis=None):
        text += f", which is further from the others in {_KL} than any of these from each other"
    return f"{text}. One network supports no rule. "
