"""The page of an executed notebook that runs nothing: no script of a student's, and none of its own.

Formulas are typeset when the page is written, as MathML. What students wrote and printed is cleaned (`clean`), and a
policy in the page (https://www.w3.org/TR/CSP3/) forbids every script, form and file from elsewhere.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from bs4 import BeautifulSoup
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer
from nbformat import NotebookNode

from repsim_book.classroom.clean import clean_html, clean_markdown
from repsim_book.formulas import FormulaError, Typesetter

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; "
    "form-action 'none'; base-uri 'none'"
)
# Stands for a formula while the rest is cleaned: characters for private use, which nobody types.
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("(<[^>]*>)|\ue000([0-9]+)\ue001")


class FeedbackExporter(HTMLExporter):
    """nbconvert's exporter to HTML, of pages that run nothing.

    Args:
        typesetter: sets the formulas.
    """

    def __init__(self, typesetter: Typesetter, **settings: Any) -> None:
        super().__init__(**settings)
        self.sanitize_html = True
        self.typesetter, self.formulas = typesetter, list[str]()

    def default_filters(self) -> Any:
        yield from super().default_filters()
        yield "clean_html", clean_html

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        return clean_markdown(
            source, context.get("cell", {}).get("attachments", {}), _Renderer, exporter=self
        )

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **settings: Any) -> Any:
        self.formulas.clear()
        for cell in nb.cells:
            for output in cell.get("outputs", ()):
                found = output.get("data", {})
                if "text/latex" in found and "text/html" not in found:
                    found["text/markdown"] = found.pop("text/latex")  # whose formulas are set
        page, resources = super().from_notebook_node(nb, resources, **settings)
        return self._still(page), resources

    def formula(self, tex: str, *, display: bool) -> str:
        """What stands for a formula; where KaTeX does not understand it, what was written."""
        try:
            self.formulas.append(self.typesetter.mathml(tex, display=display))
        except FormulaError:
            self.formulas.append(f"<code>{escape(tex)}</code>")
        return _MARK.format(len(self.formulas) - 1)

    def _still(self, page: str) -> str:
        """The page with its formulas, its policy and no scripts."""
        soup = BeautifulSoup(page, "html.parser")
        for script in soup.find_all("script"):  # the template's
            script.decompose()
        policy = soup.new_tag("meta", attrs={"http-equiv": "Content-Security-Policy", "content": POLICY})
        assert soup.head is not None
        soup.head.insert(0, policy)

        def filled(found: re.Match[str]) -> str:
            if found[1]:  # a heading's formula is in its name as well
                return _MARKED.sub("", found[1][:-1]) + ">" if "\ue000" in found[1] else found[1]
            number = int(found[2])
            return self.formulas[number] if number < len(self.formulas) else ""

        return _MARKED.sub(filled, str(soup))


class _Renderer(IPythonRenderer):
    """nbconvert's renderer of Markdown, which hands formulas over."""

    def __init__(self, exporter: FeedbackExporter, **settings: Any) -> None:
        super().__init__(**settings)
        self.exporter = exporter

    def block_math(self, body: str) -> str:
        return self.exporter.formula(body, display=True)

    def inline_math(self, body: str) -> str:
        return self.exporter.formula(body, display=False)

    def latex_environment(self, name: str, body: str) -> str:
        return self.exporter.formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", display=True)
