"""What the chapter "Width" says of the circular orders of labels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from repsim_core.measures.circular_orders import order_cca
from repsim_core.studies.width.tables import ENDS
from repsim_core.studies.width.told import falling, slope
from repsim_core.wording import listed, plural, signed, span, verb

_LLV = r"$d_{\mathrm{LLV}}$"
# Mean CCA above which two embeddings are alike.
_ALIKE = 0.9
# Width of an interval of a share that says next to nothing.
_WIDE = 0.5


def predicted(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs with predicted_cca, the mean CCA of labels that stand evenly on circles in the orders of both networks.

    Args:
        pairs: from `width_tables.with_orders`.
    """
    orders = [[tuple(map(int, text.split())) for text in pairs[f"order_{end}"]] for end in ("a", "b")]
    return pairs.assign(predicted_cca=[order_cca(a, b) for a, b in zip(*orders, strict=True)])


def of_prediction(pairs: pd.DataFrame) -> tuple[str, float]:
    """What the figure of orders shows, and by how much (a median) orders miss the mean CCA.

    Args:
        pairs: from `predicted`.
    """
    error = float((pairs["mean_cca"] - pairs["predicted_cca"]).abs().median())
    averages = pairs.groupby("same_order")[["d_llv", "mean_cca"]].mean()
    said = "; ".join(
        f"{'same' if same else 'different'} order: mean CCA {row['mean_cca']:.2f}, d_LLV {row['d_llv']:.2f}"
        for same, row in averages.iterrows()
    )
    return (
        f"Pairs by the circular order of their labels. On average, {said}. The orders alone predict the mean canonical "
        f"correlation to within {error:.2f} (median)."
    ), error


def pair_to_show(by_order: pd.DataFrame, pairs: pd.DataFrame) -> tuple[pd.Series, str]:
    """A pair of different order, else the first pair, and which of both it is, in words.

    Args:
        by_order: those that count, from `predicted`.
        pairs: all of them.
    """
    apart = by_order[~by_order["same_order"]].sort_values(["classes", "width", *ENDS])
    if len(apart):
        return apart.iloc[0], "Here are two networks of the live part whose orders differ."
    return pairs.iloc[
        0
    ], "No two accurate networks of the live part differ in order. Here are two of them all the same."


def equal_orders(models: pd.DataFrame) -> str:
    """How many networks have the same order around the mean as around the origin: "1,012 of 1,020"."""
    both = models.dropna(subset=["order", "order_about_mean"])
    return f"{int((both['order'] == both['order_about_mean']).sum())} of {len(both)}"


def of_order_pairs(pairs: pd.DataFrame) -> list[str]:
    """How pairs of different order differ from those of equal order, by K.

    Args:
        pairs: from `predicted`.
    """
    lines = []
    for count, own in pairs.groupby("classes"):
        apart, alike = own[~own["same_order"]], own[own["same_order"]]
        if not len(apart):
            lines.append(f"$K = {count}$: all accurate networks of a width have the same order.")
            continue
        share = own.groupby("width")["same_order"].mean()
        by_width = ", ".join(f"{1 - value:.0%} at width {width}" for width, value in share.items())
        text = (
            f"$K = {count}$: {len(apart)} of {plural(len(own), 'pair')} {verb(len(apart), 'have')} "
            f"different orders ({by_width}). "
        )
        if len(alike):
            text += (
                f"Their mean canonical correlation is {apart['mean_cca'].mean():.2f}, predicted from the "
                f"orders {apart['predicted_cca'].mean():.2f}; among pairs of equal order it is "
                f"{alike['mean_cca'].mean():.2f}. {_LLV} is {apart['d_llv'].mean():.2f} against "
                f"{alike['d_llv'].mean():.2f}. "
            )
        levels = alike.groupby("width")["d_llv"].mean()
        if len(levels) > 1:
            way = "falls" if levels.iloc[-1] < levels.iloc[0] else "does not fall"
            text += (
                f"Among pairs of equal order alone, {_LLV} {way} from width {levels.index[0]} to "
                f"{levels.index[-1]}: {levels.iloc[0]:.2f}, {levels.iloc[-1]:.2f}."
            )
        lines.append(text.strip())
    return lines


def of_settled(settled: pd.DataFrame, networks: int) -> str:
    """When orders are decided.

    Args:
        settled: from `width_live.settled`.
        networks: how many these are.
    """
    if not len(settled):
        return (
            "No network passes the accuracy filter, so that nothing can be said of when an order is decided."
        )
    said = ", ".join(f"{row.share:.0%} after {row.steps:,} steps" for row in settled.itertuples())
    return (
        f"When is it decided? Of {plural(networks, 'accurate network')}, the following share had its final order "
        f"already at an earlier checkpoint and kept it: {said}."
    )


def of_recorded_orders(by_width: pd.DataFrame) -> list[str]:
    """What becomes of orders and distances over the widths, from `width_tables.orders_by_width`, of one variant."""
    lines = []
    for count, part in by_width.groupby("classes"):
        if len(part) < 2:
            continue
        first, last = part.iloc[0], part.iloc[-1]
        text = (
            f"$K = {count}$: from width {first['width']:.0f} to {last['width']:.0f} the share of pairs with "
            f"different orders goes from {first['differing']:.0%} to {last['differing']:.0%}, and the mean "
            f"{_LLV} of all pairs from {first['all']:.2f} to {last['all']:.2f}."
        )
        if part["same"].iloc[[0, -1]].notna().all():
            text += (
                f" Among pairs of equal order alone it goes from {first['same']:.2f} to {last['same']:.2f}."
            )
        lines.append(text)
    return lines


def ends_by_k(by_width: pd.DataFrame, column: str, form: str) -> str:
    """A column at the narrowest and at the widest width, by K: "K = 4: 0.31 at width 16, 0.12 at 256"."""
    said = [
        f"K = {count}: {part[column].iloc[0]:{form}} at width {part['width'].iloc[0]}, "
        f"{part[column].iloc[-1]:{form}} at {part['width'].iloc[-1]}"
        for count, part in by_width.dropna(subset=[column]).groupby("classes")
    ]
    return "; ".join(said) or "not recorded"


def other_orders(pairs: pd.DataFrame, same: str) -> tuple[int, int, str, float]:
    """Pairs whose orders differ and that are alike for all that.

    Args:
        pairs: from `width_tables.with_orders`.
        same: the column of the order, same_order or same_about_mean.

    Returns:
        How many differ, how many of these have a mean CCA above .9, the same by K in words, and the largest mean CCA.
    """
    apart = pairs[~pairs[same].astype(bool)] if len(pairs) else pairs
    by_k = [
        f"{(own['mean_cca'] > _ALIKE).sum()} of {len(own):,} for K = {count}"
        for count, own in apart.groupby("classes")
    ]
    alike = int((apart["mean_cca"] > _ALIKE).sum())
    return (
        len(apart),
        alike,
        ", ".join(by_k) or "not recorded",
        float(apart["mean_cca"].max()) if len(apart) else 0.0,
    )


def shares_by_k(by_width: pd.DataFrame, variants: list[str]) -> str:
    """The shares of pairs whose orders differ, from the narrowest to the widest width, where there are any."""
    shares = [
        f"{part['differing'].iloc[0]:.0%} to {part['differing'].iloc[-1]:.0%} (K = {count}"
        f"{'' if kind == 'free' else f', {kind}'})"
        for (count, kind), part in by_width[by_width["variant"].isin(variants)].groupby(
            ["classes", "variant"]
        )
        if part["differing"].max() > 0
    ]
    return "; ".join(shares) or "not recorded"


def falls_among_equal(by_width: pd.DataFrame) -> tuple[int, int]:
    """How many steps from one width to the next go down in mean d_LLV of pairs of equal order, of how many, with at
    most one norm fixed."""
    single = by_width[by_width["variant"] != "both"].dropna(subset=["same"])
    falls = [np.diff(own["same"]) < 0 for _, own in single.groupby(["classes", "variant"])]
    return int(sum(each.sum() for each in falls)), sum(map(len, falls))


def level_range(by_width: pd.DataFrame, variants: list[str]) -> str:
    """From the least to the largest mean d_LLV of pairs of different order."""
    values = by_width.loc[by_width["variant"].isin(variants), "different"].dropna()
    return span(values.tolist(), 2) if len(values) else "no such pair"


def by_kind(by_width: pd.DataFrame, texts: list[str]) -> pd.DataFrame:
    """Texts of the rows in a table with a row for each K and variant, a column for each width."""
    wide = by_width.assign(text=texts).pivot(index=["classes", "variant"], columns="width", values="text")
    wide.index = [f"K = {count}, {name}" for count, name in wide.index]
    return wide.astype(object).where(wide.notna(), "")


def equal_order_table(by_width: pd.DataFrame) -> pd.DataFrame:
    """Mean d_LLV of the pairs of equal order and, in brackets, how many they are."""
    equal = by_width.dropna(subset=["same"])
    number = (equal["pairs"] * (1 - equal["differing"])).round().astype(int)
    return by_kind(equal, [f"{mean:.3f} ({n})" for mean, n in zip(equal["same"], number, strict=True)])


def explained_table(rows: pd.DataFrame) -> pd.DataFrame:
    """What orders explain, from `width_tables.explained_by_orders`, as it is shown."""
    heads = {"pairs": ("", "pairs")}
    for place in ("origin", "mean"):
        for key, said in (("other order", "differ"), ("d_llv", "of d_LLV"), ("mean_cca", "of mean CCA")):
            heads[f"{key}, {place}"] = (f"around the {place}", said)
    heads |= {"found by d_LLV": ("found by", "d_LLV"), "found by d_KL": ("found by", "larger of both KL")}
    shown = rows.set_index("K")[list(heads)].astype(object)
    for name in heads:
        if name.startswith(("d_llv", "mean_cca")):
            shown[name] = shown[name].map("{:.0%}".format)
        elif name.startswith("found"):
            shown[name] = shown[name].map("{:.2f}".format)
    shown.columns = pd.MultiIndex.from_tuples(heads.values())
    return shown.set_axis([f"K = {count}" for count in shown.index])


def of_explained(rows: pd.DataFrame) -> str:
    """What orders explain of the level."""
    if not len(rows):
        return "No two recorded networks of a width differ in order, so that orders explain nothing here."
    said = "So orders say much about the *level* of similarity at a width."
    more = int((rows["mean_cca, origin"] > rows["mean_cca, mean"]).sum())
    if not more:
        return said
    return (
        f"{said} Mean CCA does not see the origin, and yet orders around the origin explain more of it than "
        f"orders around the mean for {more} of {plural(len(rows), 'number')} of labels: networks can stand "
        "in the same order around the mean and be unlike all the same. Equal order around the mean is "
        "necessary for an exact affine relation and not sufficient."
    )


def explained_in_words(rows: pd.DataFrame) -> str:
    """The share of mean CCA that orders explain, for the reproduction report."""
    said = [
        f"K = {row['K']}: {row['mean_cca, origin']:.0%} around the origin, {row['mean_cca, mean']:.0%} "
        "around the "
        "mean"
        for row in rows.to_dict("records")
    ]
    return "; ".join(said) or "not recorded"


def share_of_mix(row: object) -> str:
    """The share of a trend that is due to the mix, with its interval."""
    value, low, high = (getattr(row, name) for name in ("mix_share", "low", "high"))
    text = f"{value:.0%}" if not high > low else f"{value:.0%} [{low:.0%}, {high:.0%}]"
    return text.replace("-", "−")


def mix_shares(split: pd.DataFrame, falling_at: list[int]) -> str:
    """The shares of the mix in the falls: "10% [...] for K = 4, ..."; empty where nothing falls."""
    rows = [row for row in split.itertuples() if row.classes in falling_at]
    return ", ".join(f"{share_of_mix(row)} for K = {row.classes}" for row in rows)


def of_split(
    split: pd.DataFrame,
    about_mean: pd.DataFrame,
    by_width: pd.DataFrame,
    equal: pd.DataFrame,
    falling_at: list[int],
    tested: int,
) -> str:
    """Level and trend, by what happens within the kinds of pairs and by their shares.

    Args:
        split, about_mean: from `width_tables.split_trend`, by orders around the origin and around the mean.
        by_width: from `width_tables.orders_by_width`, of the variant.
        equal: trends of d_LLV among pairs of equal order.
        falling_at: the K for which mean d_LLV falls.
        tested: slopes among pairs of equal order, for whose number the p-values are corrected.
    """
    said = []
    level = by_width.dropna(subset=["same", "different"])
    if len(level):
        further = int((level["different"] > level["same"]).sum())
        said.append(
            f"The *level*: pairs of different order are the further apart at {further} of {len(level)} "
            "widths that have both kinds."
        )
    if shares := mix_shares(split, falling_at):
        said.append(
            f"The *trend*: the changing share of different orders accounts for {shares} of the fall of mean "
            f"d_LLV, orders around the mean for {mix_shares(about_mean, falling_at)}; the rest happens "
            "within the kinds."
        )
        unsure = split[split["classes"].isin(falling_at) & (split["high"] - split["low"] > _WIDE)]["classes"]
        if len(unsure):
            said.append(
                f"For K = {listed(unsure)} the networks are too few to tell whether it is little or most."
            )
    if without := [count for count in split["classes"] if count not in falling_at]:
        said.append(
            f"For K = {listed(without)} no clear fall was found above, and a share of it means little; the "
            "table has the parts."
        )
    if len(equal):
        said.append(
            f"Among pairs of equal order alone d_LLV falls with width for {sum(falling(equal))} of "
            f"{plural(len(equal), 'number')} of labels ($p$-values corrected for the {plural(tested, 'slope')} of such "
            "pairs, of all variants and both distances)."
        )
    return " ".join(said)


def split_table(
    split: pd.DataFrame, about_mean: pd.DataFrame, every: pd.DataFrame, equal: pd.DataFrame
) -> pd.DataFrame:
    """The change of mean d_LLV, its share by the mix for both kinds of orders, and slopes.

    Args:
        split, about_mean: from `width_tables.split_trend`.
        every, equal: trends of d_LLV, of all pairs and of those of equal order.
    """
    of = {
        name: {row.classes: slope(row) for row in table.itertuples()}
        for name, table in (("slope, all", every), ("slope, equal order", equal))
    }
    shown = {
        "change": [signed(change) for change in split["change"]],
        "by the mix": [share_of_mix(row) for row in split.itertuples()],
        "by the mix, about the mean": [share_of_mix(row) for row in about_mean.itertuples()],
        **{name: [own.get(count, "") for count in split["classes"]] for name, own in of.items()},
    }
    return pd.DataFrame(shown, index=[f"K = {count}" for count in split["classes"]])


def slopes_in_words(trend: pd.DataFrame) -> str:
    """Slopes with their intervals by K, for the reproduction report."""
    return "; ".join(f"K = {row.classes}: {slope(row)}" for row in trend.itertuples()) or "not recorded"
