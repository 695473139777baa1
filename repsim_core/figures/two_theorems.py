"""Figures of the chapter "Two theorems": tidy data in, a figure out."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
from matplotlib.figure import Figure

from repsim_core.figures.figure_source import draws
from repsim_core.figures.narrow import is_narrow, legend_below
from repsim_core.figures.style import MODEL_COLORS, line_styles, markers, new_figure, new_panels, style

__all__ = ["extremal_angles", "log_ratios", "one_direction", "weights_of_divergence"]


@draws
def log_ratios(points: pd.DataFrame, summary: pd.DataFrame) -> Figure:
    """The standardised log-ratio of each label in two models, against each other, and the gap.

    Args:
        points: columns label, z, w: a row for each input and label.
        summary: columns label, correlation, gap (std(z - w)).
    """
    with style():
        figure, panels = new_panels(len(summary), columns=3, width=2.3, height=2.6, narrow_columns=2)
        reach = 1.05 * float(points[["z", "w"]].abs().max(axis=None))
        for ax, row in zip(panels, summary.itertuples(), strict=True):
            own = points[points["label"] == row.label]
            ax.plot([-reach, reach], [-reach, reach], color="black", linewidth=0.8)
            ax.scatter(own["z"], own["w"], s=7, color=MODEL_COLORS[0], linewidths=0, alpha=0.6)
            # The deviation of z - w, as a band: points lie sqrt(2) times nearer to the diagonal than z is to w.
            for sign in (-1, 1):
                ax.plot(
                    [-reach, reach],
                    [-reach + sign * row.gap, reach + sign * row.gap],
                    color=MODEL_COLORS[1],
                    linewidth=1.2,
                    linestyle=(0, (5, 2)),
                )
            ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
            ax.set(xlabel="$z$, model 1", ylabel="$w$, model 2")
            ax.set_title(f"label {row.label}\nρ = {row.correlation:.2f}, δ = {row.gap:.2f}")
    return figure


@draws
def weights_of_divergence(table: pd.DataFrame) -> Figure:
    """d_KL between the two weighted distances of log-probabilities, and the distance without weights.

    Args:
        table: columns rho, d_kl, d_kl_reverse, by_least, by_largest, unweighted.
    """
    looks = line_styles(3)
    with style():
        figure, ax = new_figure(width=5.8, height=3.9)
        band = ax.fill_between(
            table["rho"],
            table["by_least"],
            table["by_largest"],
            color=looks[0]["color"],
            alpha=0.2,
            linewidth=0,
            label="½ Σ min(p, p′) Δ² to ½ Σ max(p, p′) Δ²",
        )
        (line,) = ax.plot(
            table["rho"], table["d_kl"], **looks[0], markevery=3, label=r"$d_{\mathrm{KL}}$, both ways"
        )
        ax.plot(table["rho"], table["d_kl_reverse"], color=looks[0]["color"], linestyle=(0, (1, 1.5)))
        (plain,) = ax.plot(
            table["rho"], table["unweighted"], **looks[1], markevery=3, label="½ Σ Δ², no weights"
        )
        ax.set(yscale="log", xlabel="norm of the unembeddings ρ", ylabel="nats, nats²")
        ax.grid(True)
        legend_below(figure, [plain, line, band], columns=2)
    return figure


@draws
def one_direction(points: pd.DataFrame) -> Figure:
    """Two models that share the one direction that holds all the variance, and nothing in the other.

    Args:
        points: columns shared_1, shared_2, other_1, other_2 (coordinates of each input along the shared direction and
            across it, in both models, standardised) and flipped (whether the second model mirrors the input).
    """
    names = {False: "the same in both", True: "mirrored across"}
    with style():
        figure, panels = new_panels(2, width=2.9, height=3.0)
        for ax, kind, title in (
            (panels[0], "shared", "along the shared direction"),
            (panels[1], "other", "across it"),
        ):
            for (flipped, name), colour, marker in zip(names.items(), MODEL_COLORS, markers(2), strict=True):
                own = points[points["flipped"] == flipped]
                ax.scatter(
                    own[f"{kind}_1"],
                    own[f"{kind}_2"],
                    s=12,
                    color=colour,
                    marker=marker,
                    linewidths=0,
                    label=name,
                )
            ax.set(xlabel="model 1", ylabel="model 2", aspect="equal")
            ax.set_title(title)
        legend_below(figure, *panels[0].get_legend_handles_labels(), columns=2)
    return figure


@draws
def extremal_angles(start: pd.DataFrame, *, most: int = 8) -> alt.VConcatChart:
    """One label among m + 1 whose log-ratio differs, under sliders: the browser computes both sides of theorem E.

    In the plane the log-ratio of label i has the direction phi_i in the first model and -phi_i in the second. With
    s = sin 2 phi of one label and -t of the m others, sin theta = max(s, t), and over a set of m labels sin Theta_S is
    the mean of these numbers without its sign: ``|s - (m - 1) t|/m`` for the sets with the one label, t for the other.

    Args:
        start: columns m, s and t, with one row: where the sliders start. The bound is met at t = s/(2m - 1).
        most: the largest m.
    """
    size, sine, others = int(start["m"].iloc[0]), float(start["s"].iloc[0]), float(start["t"].iloc[0])
    m = alt.param("m", value=size, bind=alt.binding_range(min=2, max=most, step=1, name="labels in a set m "))
    s = alt.param("s", value=sine, bind=alt.binding_range(min=0.02, max=1, step=0.02, name="one label s "))
    t = alt.param("t", value=others, bind=alt.binding_range(min=0, max=1, step=0.01, name="the others t "))
    side = 92 if is_narrow() else 190
    spokes = pd.DataFrame(
        [(model, kind) for model in ("model 1", "model 2") for kind in ("the one label", "the m others")],
        columns=["model", "label"],
    )
    angled = (
        alt.Chart(spokes)
        .transform_calculate(double="datum.label === 'the one label' ? asin(s) : -asin(t)")
        .transform_calculate(phi="(datum.model === 'model 1' ? 1 : -1) * datum.double / 2")
        .transform_calculate(x="cos(datum.phi)", y="sin(datum.phi)", zero="0")
    )
    scale = {"x": alt.Scale(domain=[-0.1, 1.25]), "y": alt.Scale(domain=[-0.8, 0.8])}
    colour = alt.Color(
        "label:N",
        scale=alt.Scale(domain=["the one label", "the m others"], range=list(MODEL_COLORS)),
        legend=alt.Legend(title=None, orient="bottom"),
    )
    dash = alt.StrokeDash(
        "label:N",
        scale=alt.Scale(domain=["the one label", "the m others"], range=[[1, 0], [5, 3]]),
        legend=None,
    )

    def plane(model: str) -> Any:
        own = angled.transform_filter(f"datum.model === '{model}'")
        rules = own.mark_rule(strokeWidth=3).encode(
            x=alt.X("zero:Q", scale=scale["x"], axis=None),
            y=alt.Y("zero:Q", scale=scale["y"], axis=None),
            x2="x:Q",
            y2="y:Q",
            color=colour,
            strokeDash=dash,
        )
        tips = own.mark_point(filled=True, size=70, opacity=1).encode(x="x:Q", y="y:Q", color=colour)
        return alt.layer(rules, tips).properties(width=side, height=side, title=model)

    sides = pd.DataFrame({"side": ["sin θ", "sin Θ", "(2m − 1) sin Θ"], "order": [0, 1, 2]})
    bars = (
        alt.Chart(sides)
        .transform_calculate(set="max(abs(s - (m - 1) * t) / m, t)", label="max(s, t)")
        .transform_calculate(
            value="datum.order === 0 ? datum.label : datum.order === 1 ? datum.set : (2 * m - 1) * datum.set"
        )
        .transform_calculate(shown="min(datum.value, 1.5)", words="format(datum.value, '.3f')")
    )
    y = alt.Y("side:N", sort=alt.SortField("order"), title=None)
    bar = bars.mark_bar(height=18, color=line_styles(3)[2]["color"]).encode(
        x=alt.X("shown:Q", title=None, scale=alt.Scale(domain=[0, 1.5], nice=False)), y=y
    )
    number = bars.mark_text(align="left", dx=6, fontSize=13).encode(x="shown:Q", y=y, text="words:N")
    # Where the sentence goes on in a new line.
    apart = " | " if is_narrow() else " "
    breaks = {"lineBreak": apart, "lineHeight": 17} if is_narrow() else {}
    ratio = (
        alt.Chart(pd.DataFrame({"zero": [0]}))
        .transform_calculate(set="max(abs(s - (m - 1) * t) / m, t)", label="max(s, t)")
        .transform_calculate(
            words=f"'sin θ is ' + format(datum.label / datum.set, '.2f') + ' times sin Θ;{apart}at most ' + (2 * m - 1)"
            " + (datum.label / datum.set > 2 * m - 1.05 ? ': the bound is met' : '')"
        )
        .mark_text(align="left", baseline="top", fontSize=13, **breaks)
        .encode(x=alt.value(0), y=alt.value(0), text="words:N")
        .properties(name="spoken_ratio", height=36 if is_narrow() else 18, width=2 * side)
    )
    planes = alt.hconcat(plane("model 1"), plane("model 2"), spacing=12)
    width = 130 if is_narrow() else 2 * side - 60
    values = alt.layer(bar, number).properties(height=110, width=width)
    return alt.vconcat(planes, values, ratio, spacing=14).add_params(m, s, t)
