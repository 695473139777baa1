"""What the chapter "Which distance tells?" says: sentences that follow from what contenders tell in sets of pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from repsim_core.studies.which.pair_tables import CONTENDERS
from repsim_core.studies.which.sets import AUTHORS, IMAGES, RADIAL, of_kinds
from repsim_core.studies.which.verdicts import bracketed, spans, tally
from repsim_core.wording import plural

# With whom a contender is compared first; with the second where it is the first itself.
_FIRST, _SECOND = "farther_kl", "d_llv"
# Rivals that are drawn and named apart.
_DRAWN = ("farther_kl", "ratio_distance", "d_logit", "larger_error")


def first_rival(contender: str) -> str:
    """The contender that another one is compared with first: d_KL the larger way, or d_LLV for d_KL itself."""
    return _FIRST if contender != _FIRST else _SECOND


def drawn_rivals(contender: str) -> list[str]:
    """The rivals that a figure shows, the contender not among them."""
    return [rival for rival in _DRAWN if rival != contender]


def medians(panels: Mapping[str, pd.DataFrame]) -> str:
    """The median over sets of each contender's figure, for the description of a figure.

    Args:
        panels: rows of `telling.tell` by the title of their panel; those without rows are left out.
    """
    parts = []
    for title, told in panels.items():
        if len(told):
            middle = told.groupby("measure")["value"].median()
            parts.append(f"{title}: " + ", ".join(f"{CONTENDERS[m]} {middle[m]:.2f}" for m in CONTENDERS))
    return "; ".join(parts)


def beside(ahead: pd.DataFrame, rivals: Sequence[str]) -> str:
    """How a contender stands beside some rivals: "beside δ: ahead in 1 of 5 sets, ..."."""
    return "; ".join(f"beside {CONTENDERS[rival]}: {tally(ahead, rival)}" for rival in rivals)


def tallies(ahead: pd.DataFrame, contender: str, name: str) -> dict[str, str]:
    """`verdicts.tally` of each measure, to be kept as "{name}_{measure}"; the contender stands there too, and says so.

    Args:
        ahead: from `telling.tell`.
        contender: that was compared.
        name: what the results are called.
    """
    return {
        f"{name}_{m}": tally(ahead, m) if m != contender else "not compared with itself" for m in CONTENDERS
    }


def all_spans(told: pd.DataFrame, name: str) -> dict[str, str]:
    """`verdicts.spans` of each measure, to be kept as "{name}_{measure}"."""
    return {f"{name}_{measure}": spans(told, measure) for measure in CONTENDERS}


def comparisons(ahead: pd.DataFrame, within: pd.DataFrame, contender: str) -> list[str]:
    """A line for each rival: how the contender stands beside it with widths together, and at one width."""
    return [
        f"**{CONTENDERS[contender]} beside {CONTENDERS[rival]}**: {tally(ahead, rival)}. At one width: "
        f"{tally(within, rival)}."
        for rival in CONTENDERS
        if rival != contender
    ]


def by_labels(told: pd.DataFrame, measure: str) -> str:
    """What a measure tells on radial data with free norms, by the number of labels."""
    free = of_kinds(told, RADIAL)
    free = free[(free["measure"] == measure) & free["set"].str.endswith(", free")]
    own = free.sort_values("set", key=lambda names: names.str.extract(r"(\d+)")[0].astype(int))
    said = [
        f"{row.set.removesuffix(', free')}: {bracketed(row.value, row.low, row.high)}"
        for row in own.itertuples()
    ]
    return "; ".join(said) or "not known"


def closest_in_words(sums: pd.DataFrame) -> dict[str, str]:
    """Of the closest pairs by each measure: how many are dissimilar, and how few networks carry them.

    Args:
        sums: from `telling.closest_sums`.

    Returns:
        Clauses, to be kept as "nearest_{measure}".
    """
    return {
        f"nearest_{row.Index}": f"none of {row.closest}"
        if not row.dissimilar
        else f"{row.dissimilar} of {row.closest}, carried by {plural(int(row.carried_by), 'network')}"
        for row in sums.itertuples()
    }


def of_bound(above: int, pairs: int) -> str:
    """How many of the pairs lie above the bound of d_LLV, a title."""
    if above:
        return f"{above:,} of {plural(pairs, 'pair')} lie above the bound of d_LLV"
    return f"None of {plural(pairs, 'pair')} lies above the bound of d_LLV"


def of_live(networks: int, accuracies: str, verdict: str, contender: str) -> str:
    """What is found of networks that were trained while the page is made."""
    if not networks:
        return "Nothing is trained here."
    return (
        f"{plural(networks, 'network')}, with accuracies of {accuracies} after a short training. The verdict on "
        f"{CONTENDERS[contender]}: {verdict}."
    )


def verdicts_by_place(ahead: pd.DataFrame, within: pd.DataFrame, contender: str) -> dict[str, str]:
    """How the contender stands beside `first_rival` on synthetic data, at one width, and on images: to be kept."""
    rival = first_rival(contender)
    return {
        "verdict_radial": _tally_if_read(of_kinds(ahead, RADIAL, AUTHORS), rival),
        "verdict_within": tally(within, rival),
        "verdict_images": _tally_if_read(of_kinds(ahead, IMAGES), rival),
    }


def _tally_if_read(rows: pd.DataFrame, rival: str) -> str:
    return tally(rows, rival) if len(rows) else "no record of such networks is read"


def summary(ahead: pd.DataFrame, within: pd.DataFrame, contender: str) -> list[str]:
    """The verdicts in short, a line each.

    Args:
        ahead: from `telling.tell`, about 1 - mean CCA, widths together.
        within: the same at one width.
        contender: that was compared.
    """
    rival = first_rival(contender)
    found = verdicts_by_place(ahead, within, contender)
    images = of_kinds(ahead, IMAGES)
    lines = [
        f"**On radial data**, {CONTENDERS[contender]} beside {CONTENDERS[rival]}: {found['verdict_radial']}; at one "
        f"width, where nothing can come from the width: {found['verdict_within']}.",
        f"**On CIFAR-10**: {found['verdict_images']}.",
    ]
    own = images[(images["rival"] == rival) & images["p"].notna()]
    if len(own):
        half = float((own["high"] - own["low"]).median()) / 2
        lines[-1] += (
            f" The sets have {own['networks'].min()} networks or more, and the intervals reach ±{half:.2f} (a median): "
            "a smaller difference may be there and not show."
        )
    lines += [
        f"Beside {CONTENDERS[other]}, everywhere: {tally(ahead, other)}."
        for other in _DRAWN
        if other not in (contender, rival)
    ]
    return lines
