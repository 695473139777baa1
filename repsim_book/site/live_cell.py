"""What a kernel is told before the cells of a page run in it: Thebe shows HTML, and no Markdown.

`live.py` hands the source of this module to the page; it can therefore import nothing of this package.
"""

from html import escape
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import Markdown
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin


def to_html(markdown: Markdown) -> str:
    """HTML, in which a formula is TeX in an element of the class `math`: `live.js` typesets it."""
    return PARSER.render(markdown.data or "")


def _math(content: str, options: dict[str, bool]) -> str:
    return escape(content.strip())


PARSER = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, renderer=_math)

shell: Any = get_ipython()
if shell is not None:
    shell.display_formatter.formatters["text/html"].for_type(Markdown, to_html)
