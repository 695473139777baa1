"""A box on each chapter's page: other values for its parameters, and the command that runs the chapter with them.

A Sphinx extension (`_config.yml` lists it). It reads names, types, defaults and meanings from the chapter's cell of
parameters, and the values of this build from the cell that was injected after it. The command itself is put
together in the reader's browser, by `rerun.js`.
"""

import ast
from collections.abc import Mapping
from html import escape
from typing import Any

from repsim_core.parameters import Parameter, read_parameters, written


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_css_file("rerun.css")
    app.add_js_file("rerun.js", loading_method="defer")
    app.connect("doctree-read", _insert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _insert(app: Any, doctree: Any) -> None:
    """Put the box of a chapter after its cells of parameters; a page without such a cell stays as it is."""
    from docutils import nodes

    sources: dict[str, str] = {}
    place = None
    for cell in doctree.findall(nodes.container):
        for kind in ("parameters", "injected-parameters"):
            if f"tag_{kind}" in cell["classes"]:
                place, sources[kind] = cell, next(cell.findall(nodes.literal_block)).astext()
    if place is None or "parameters" not in sources:
        return
    parameters = read_parameters(sources["parameters"])
    values = injected(parameters, sources.get("injected-parameters", ""))
    if parameters:
        number = app.env.docname.rpartition("/")[2].partition("_")[0]
        box = nodes.raw("", form(number, parameters, values), format="html")
        place.parent.insert(place.parent.index(place) + 1, box)


def injected(parameters: Mapping[str, Parameter], source: str) -> dict[str, object]:
    """The values of a run: the defaults, and before them what the injected cell assigns."""
    values = {name: parameter.default for name, parameter in parameters.items()}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name):
            values[target.id] = parameters[target.id].convert(ast.literal_eval(node.value))
    return values


def form(chapter: str, parameters: Mapping[str, Parameter], values: Mapping[str, object]) -> str:
    """The box as HTML.

    Args:
        chapter: its number, as `repsim run` takes it.
        parameters: of the chapter.
        values: what the fields hold at first.
    """
    fields = "".join(_field(parameter, written(values[name])) for name, parameter in parameters.items())
    return f"""\
<details class="repsim-rerun" data-chapter="{escape(chapter)}">
<summary>Re-run with other parameters</summary>
<form autocomplete="off" novalidate>
<p>The command at the end follows the values that you set here. Type it in the folder of the book, where
<code>make book</code> has installed it (as <code>.venv/bin/repsim</code>); it says where the new page is.</p>
<noscript><p>Without JavaScript, add <code>-p NAME=VALUE</code> to it yourself, once for each value.</p></noscript>
<div class="fields">{fields}</div>
<pre><code>repsim run {escape(chapter)} --html</code></pre>
<p class="buttons"><button type="button" class="copy">Copy the command</button>
<button type="reset">Values of this page</button> <span role="status"></span></p>
</form>
</details>
"""


def _field(parameter: Parameter, value: str) -> str:
    """A label, an input and the parameter's meaning."""
    name = escape(parameter.name)
    attributes = (
        f'id="rerun-{name}" name="{name}" data-type="{escape(parameter.type)}" '
        f'data-default="{escape(written(parameter.default))}" '
        f'aria-describedby="rerun-{name}-meaning rerun-{name}-problem"'
    )
    kind, _, optional = parameter.type.partition(" | ")
    if kind == "bool":
        choices = ["true", "false", *(["none"] if optional else [])]
        options = "".join(f"<option{' selected' * (choice == value)}>{choice}</option>" for choice in choices)
        control = f"<select {attributes}>{options}</select>"
    elif parameter.type in ("int", "float"):
        step = "1" if kind == "int" else "any"
        control = f'<input type="number" step="{step}" value="{escape(value)}" {attributes}>'
    else:
        control = f'<input type="text" spellcheck="false" value="{escape(value)}" {attributes}>'
    return (
        f'<div class="field"><label for="rerun-{name}">{name}</label>{control}'
        f'<span class="meaning" id="rerun-{name}-meaning">{escape(parameter.meaning)}</span>'
        f'<span class="problem" id="rerun-{name}-problem"></span></div>'
    )
