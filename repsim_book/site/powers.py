"""Powers of ten in prose as one reads them: 5·10⁻⁵ for the 5e-05 of a format specification."""

import re
from typing import Any

from docutils import nodes

_WRITTEN = re.compile(r"(?<![\w.])([-−]?\d(?:\.\d+)?)e([+-]?\d+)(?![\w.]\w|\w)")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# Code and formulas have a way of their own.
_AS_IT_IS = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)


def raised(text: str) -> str:
    """A text with its powers of ten written out; 1·10⁻⁵ is 10⁻⁵."""

    def power(match: re.Match[str]) -> str:
        factor, exponent = match[1].replace("-", "−"), str(int(match[2])).translate(_RAISED)
        return f"{factor[:-1]}10{exponent}" if factor in ("1", "−1") else f"{factor}·10{exponent}"

    return _WRITTEN.sub(power, text)


def write(app: Any, doctree: nodes.document, page: str) -> None:
    """Write out the powers of ten of a page, when what it quotes has been filled in."""
    for text in list(doctree.findall(nodes.Text)):
        if isinstance(text.parent, _AS_IT_IS) or text.astext() == (written := raised(text.astext())):
            continue
        text.parent.replace(text, nodes.Text(written))
