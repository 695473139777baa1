"""A box on each chapter's page: other values for its parameters, and the command that runs the chapter with them.

The press says which parameters a chapter declares, which rules they keep, and with which values it was executed. The
command itself is put together in the reader's browser, by `rerun.js`, which holds values against the rules, too. Where
the page can compute the chapter's main figures by itself there is a button for it.
"""

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from repsim_book.parameters import Parameter
from repsim_book.paths import DECLARED_FILE
from repsim_core.texts import written

# Chapters whose main figures the page can compute, by `own/chapters.js`.
COMPUTED = ("02", "04")
_HERE = '<button type="button" class="here">Compute here</button>\n'


def insert(app: Any, doctree: Any) -> None:
    """Put the box of a chapter after its cells of parameters; a page without such a cell stays as it is."""
    from docutils import nodes

    file = Path(app.srcdir) / DECLARED_FILE
    name = app.env.docname.rpartition("/")[2]
    declared = json.loads(file.read_text(encoding="utf-8")).get(name) if file.is_file() else None
    kinds = {"tag_parameters", "tag_injected-parameters"}
    cells = [cell for cell in doctree.findall(nodes.container) if kinds & set(cell["classes"])]
    if not declared or not cells:
        return
    values = {entry["name"]: entry.pop("value") for entry in declared["parameters"]}
    parameters = {entry["name"]: Parameter(**entry) for entry in declared["parameters"]}
    html = form(
        name.partition("_")[0], parameters, values, limits=declared["limits"], needs=declared["needs"]
    )
    box = nodes.raw("", html, format="html")
    place = cells[-1]
    place.parent.insert(place.parent.index(place) + 1, box)


def form(
    chapter: str,
    parameters: Mapping[str, Parameter],
    values: Mapping[str, object],
    *,
    limits: Sequence[object] = (),
    needs: str = "",
) -> str:
    """The box as HTML.

    Args:
        chapter: its number, as `repsim run` takes it.
        parameters: of the chapter.
        values: what the fields hold at first.
        limits: the rules that values must keep, from `repsim_book.limits`.
        needs: what a run needs besides the command, in words.
    """
    rules = json.dumps(limits, ensure_ascii=False).replace("</", "<\\/")
    here = chapter in COMPUTED
    fields = "".join(_field(parameter, written(values[name])) for name, parameter in parameters.items())
    return f"""\
<details class="repsim-rerun" data-chapter="{escape(chapter)}">
<summary>Re-run with other parameters</summary>
<form autocomplete="off" novalidate>
<p><span class="pst-js-only">The command at the end follows the values that you set here. </span>Type the command in
the folder of the book, where <code>make book</code> has installed it (as <code>.venv/bin/repsim</code>); it says where
the new page is. {escape(needs)}</p>
<noscript><p>The command below is for the values of this page. For others, add <code>-p NAME=VALUE</code> to it
yourself, once for each value that is to be another.</p></noscript>
<fieldset class="fields" disabled>{fields}</fieldset>
<pre><code>repsim run {escape(chapter)} --html</code></pre>
<p class="buttons pst-js-only"><button type="button" class="copy">Copy the command</button>
{_HERE if here else ""}<button type="reset">Values of this page</button> <span role="status"></span></p>
<div class="computed"></div>
</form>
<script type="application/json" class="limits">{rules}</script>
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
        choices = ["true", "false", "none"] if optional else ["true", "false"]
        options = "".join(_option(choice, selected=choice == value) for choice in choices)
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


def _option(choice: str, *, selected: bool) -> str:
    return f"<option selected>{choice}</option>" if selected else f"<option>{choice}</option>"
