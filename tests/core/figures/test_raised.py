"""Powers of ten that a browser's drawing sets, against those of sentences."""

import altair as alt
import pandas as pd
import pytest
import vl_convert

from repsim_core.figures.raised import axis_labels, number
from repsim_core.wording import significant

VALUES = [2.7e-5, 1e-7, 9.96e-6, 9.94e-6, 3.4e-12, 0.25, 12.0, 4.2e5]


def drawn(expression: str, values: list[float]) -> str:
    """The texts of a drawing that has the expression's value for each."""
    data = alt.Chart(pd.DataFrame({"value": values})).transform_calculate(said=expression)
    return vl_convert.vegalite_to_svg(data.mark_text().encode(text="said:N", y="value:O").to_json())


def test_small_and_large_numbers_are_powers_of_ten():
    svg = drawn(number("datum.value", 2, ".3f"), VALUES)
    for value in VALUES:
        plain = 1e-3 <= value < 1e4
        said = f"{value:.3f}" if plain else significant(value, 2) if value < 1e-3 else "4.2·10⁵"
        assert f">{said.removeprefix('1.0·')}<" in svg, value


@pytest.mark.parametrize(
    ("value", "said"), [(1e-5, "10⁻⁵"), (2e-5, "2·10⁻⁵"), (0.01, "0.01"), (100.0, "100")]
)
def test_labels_of_an_axis(value, said):
    labels = axis_labels().replace("datum.label", "'x'")
    assert f">{said}<" in drawn(labels, [value])
