"""Figures and what made them: the function and the data, from the drawing to the lines and files of the book."""

import altair as alt
import nbformat
import numpy as np
import pandas as pd
import pytest

from repsim_book.execution.figure_data import figure_files
from repsim_book.execution.results import result_files
from repsim_book.pages.figure_captions import add_captions
from repsim_book.site.listings import listing
from repsim_core.figures.figure_source import draws, source_of
from repsim_core.figures.interactive import show_interactive
from repsim_core.figures.style import new_figure, show
from repsim_core.notebook import FIGURE


@draws
def two_lines(table: pd.DataFrame, more: pd.DataFrame | None = None, *, title: str = ""):
    figure, axes = new_figure()
    axes.plot(table["x"], table["y"])
    axes.set_title(title)
    return figure


@draws
def of_arrays(values: np.ndarray, square: np.ndarray, by_seed: dict[int, np.ndarray], names: list[str]):
    return new_figure()[0]


@draws
def chart(table: pd.DataFrame):
    return alt.Chart(table).mark_point().encode(x="x:Q", y="y:Q")


TABLE = pd.DataFrame({"x": [1, 2], "y": [0.1, 0.25]})
CSV = "x,y\n1,0.1\n2,0.25\n"


def notebook_with(*shown):
    notebook = nbformat.v4.new_notebook()
    for each in shown:
        output = nbformat.v4.new_output("display_data", each._repr_mimebundle_())
        notebook.cells.append(nbformat.v4.new_code_cell("show(...)", outputs=[output]))
    nbformat.validate(notebook)
    return notebook


def test_data_of_a_figure_are_its_arguments():
    origin = source_of(two_lines(TABLE, title="t"))
    assert origin is not None
    assert origin.function == f"{__name__}.two_lines"
    assert list(origin.tables) == ["table"]
    arrays = {3: np.eye(2), 1: np.zeros((1, 2))}
    origin = source_of(of_arrays(np.arange(3), np.eye(2), arrays, ["a"]))
    assert origin is not None
    assert list(origin.tables) == ["values", "square", "by_seed"]
    assert origin.tables["values"]["value"].tolist() == [0, 1, 2]
    assert origin.tables["by_seed"]["key"].tolist() == [3, 3, 1]
    assert source_of(new_figure()[0]) is None


def test_record_is_no_part_of_a_chart():
    drawn = chart(TABLE)
    assert source_of(drawn) is not None
    assert "origin" not in drawn.to_json()
    assert show_interactive(drawn, alt="A")._repr_mimebundle_()[FIGURE]["tables"] == {"table": CSV}


def test_figures_become_files_and_links():
    notebook = notebook_with(
        show(two_lines(TABLE), alt="A", caption="c"),
        show(two_lines(TABLE, TABLE.set_index("x")), alt="B"),
        show(new_figure()[0], alt="C"),
    )
    files = figure_files(notebook)
    assert files == {f"figures/two_lines{end}.csv": CSV.encode() for end in ("", "-2-table", "-2-more")}
    assert result_files(notebook).keys() == {"results.json", *files}
    add_captions(notebook, "01_a")
    first, second, third = (cell.outputs[0].data for cell in notebook.cells)
    assert first["text/html"].count("<figcaption") == second["text/html"].count("<figcaption") == 1
    assert "download>table.csv</a></span></figcaption></figure>" in first["text/html"]
    assert '"../_static/results/01_a/figures/two_lines-2-more.csv"' in second["text/html"]
    assert f'href="../source/{__name__.replace(".", "/")}.html#two_lines"' in second["text/html"]
    assert "figcaption" not in third["text/html"]
    assert FIGURE not in first
    assert figure_files(notebook) == {}


@pytest.mark.parametrize("start", ["", "<div><pre>"])
def test_listing_has_a_place_for_each_function(start):
    source = "import x\n\n@x\ndef a():\n    pass\n\nclass B: ...\n"
    lines = listing(source, start + source).split("\n")
    assert lines[2] == '<span id="a"></span>@x'
    assert lines[6] == '<span id="B"></span>class B: ...'
    assert listing("def a(): ...", "<pre>def a(): ...").startswith('<pre><span id="a"></span>def')
