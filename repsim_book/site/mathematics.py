"""Mathematics, typeset when the pages are written: KaTeX, run by Node.js, in place of a script in the reader's browser.

A formula is HTML for the eye, which is hidden from screen readers, and MathML for them. The numbers of equations and
what refers to them are Sphinx's. A formula that KaTeX does not understand is a warning, which stops the build.
"""

import re
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from repsim_book.formulas import KATEX, FormulaError, Typesetter
from repsim_book.site.readable_math import readable
from repsim_core.files import write_atomic

HERE = Path(__file__).parent
# In the pages' assets. The script is for what is typeset later: what live code prints.
FOLDER = "katex"
SHEETS = ("katex/katex.min.css", "mathematics.css")
# What every formula on a page has.
MARK = 'class="katex"'
# The style sheet names each font in three formats, of which all browsers know the first.
OTHER_FORMATS = re.compile(r',url\([^)]*\) format\("(?:woff|truetype)"\)')
# Environments that number their lines are those that number none: Sphinx numbers equations.
NUMBERING = re.compile(r"\\(begin|end)\{(align|alignat|equation|gather)\}")
# Beside a formula in a line, what must not be parted from it: the end of a sentence, brackets, the rest of a word.
BEFORE, AFTER = re.compile(r"[(\[{“‘]+$"), re.compile(r"^(?:[^\s\w]+|\w+)")
WHOLE = "whole"
# Between two parts of a formula that a line may part.
PARTS = re.compile(r'(?<=</span>)(?=<span class="katex-(?:base|part)">)')
ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", re.DOTALL)


def register(app: Any) -> None:
    """Have Sphinx write all formulas with this."""
    typesetter = Typesetter()
    app.add_html_math_renderer(
        "katex", (partial(visit_inline, typesetter), None), (partial(visit_display, typesetter), None)
    )
    app.config.html_math_renderer = "katex"
    app.connect("builder-inited", copy)
    app.connect("doctree-resolved", keep_together)
    app.connect("html-page-context", adapt)
    app.connect("build-finished", lambda *_: typesetter.close())


def copy(app: Any) -> None:
    """Put KaTeX among the pages' assets."""
    if app.builder.format != "html":
        return
    for file in sorted(path for path in KATEX.rglob("*") if path.is_file() and path.suffix != ".md"):
        data = file.read_bytes()
        if file.suffix == ".css":
            data = OTHER_FORMATS.sub("", data.decode()).encode()
        write_atomic(Path(app.outdir) / "_static" / FOLDER / file.relative_to(KATEX), data)


def adapt(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Have a page that shows formulas load their styles, and one that has them in its title name it in plain text."""
    if MARK in context.get("body", ""):
        for sheet in SHEETS:
            app.add_css_file(sheet)
    if MARK in context.get("title", ""):  # of the window, which shows text
        context["title"] = readable_title(app.env.titles[pagename])


def readable_title(title: Any) -> str:
    """A title's text, escaped, with formulas in letters."""
    from docutils.nodes import Text, math

    pieces = title.findall(
        lambda node: isinstance(node, math) or (isinstance(node, Text) and not isinstance(node.parent, math))
    )
    return escape(
        "".join(readable(each.astext()) if isinstance(each, math) else each.astext() for each in pieces)
    )


def keep_together(app: Any, doctree: Any, docname: str) -> None:
    """Join formulas in a line with what must not be parted from them: beside such a box a browser may end a line."""
    from docutils import nodes

    if app.builder.format != "html":
        return
    for formula in list(doctree.findall(nodes.math)):
        parent = formula.parent
        at = parent.index(formula)
        before, after = parent[at - 1] if at else None, parent[at + 1] if at + 1 < len(parent) else None
        left = BEFORE.search(before) if isinstance(before, nodes.Text) else None
        right = AFTER.search(after) if isinstance(after, nodes.Text) else None
        if not left and not right:
            continue
        whole = nodes.inline("", "", classes=[WHOLE])
        # By their places: a text is equal to others in the paragraph.
        parent[at] = whole
        if before and left:
            parent[at - 1] = nodes.Text(before[: left.start()])
            whole += nodes.Text(left[0])
        whole += formula
        if after and right:
            parent[at + 1] = nodes.Text(after[right.end() :])
            whole += nodes.Text(right[0])


def visit_inline(typesetter: Typesetter, translator: Any, node: Any) -> None:
    """Write a formula that stands in a line."""
    from docutils.nodes import SkipNode

    translator.body.append(translator.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    html = _set(typesetter, node, node.astext(), display=False)
    translator.body.append(PARTS.sub("<wbr>", html) + "</span>")
    raise SkipNode


def visit_display(typesetter: Typesetter, translator: Any, node: Any) -> None:
    """Write a formula that stands by itself, with its number if it has one."""
    from docutils.nodes import SkipNode
    from sphinx.locale import _
    from sphinx.util.math import get_node_equation_number

    translator.body.append(translator.starttag(node, "div", "", CLASS="math notranslate nohighlight"))
    tex = node.astext() if node.get("nowrap") else in_lines(node.astext())
    translator.body.append(_set(typesetter, node, tex, display=True))
    if node.get("number"):
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise SkipNode


def in_lines(tex: str) -> str:
    r"""A displayed formula whose lines are parted by blank lines or `\\`, in environments that have lines."""
    parts = [part for part in re.split(r"\n\s*\n", tex.strip()) if part.strip()]
    lines = [
        rf"\begin{{split}}{part}\end{{split}}" if r"\\" in ENVIRONMENT.sub("", part) else part
        for part in parts
    ]
    return lines[0] if len(lines) == 1 else r"\begin{gathered}" + r"\\".join(lines) + r"\end{gathered}"


def _set(typesetter: Typesetter, node: Any, tex: str, *, display: bool) -> str:
    from sphinx.util import logging

    tex = NUMBERING.sub(r"\\\1{\2*}", tex.strip())
    try:
        return typesetter.html(tex, display=display)
    except FormulaError as error:
        logging.getLogger(__name__).warning("formula %s: %s", tex, error, location=node)
        return f"<code>{escape(tex)}</code>"
