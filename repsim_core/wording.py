"""Numbers in sentences and tables that a chapter generates: digits that mean something, nouns and verbs that go with
them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_THIRD_PERSON = {
    "have": "has",
    "are": "is",
    "were": "was",
    "do": "does",
    "go": "goes",
    "reach": "reaches",
    "carry": "carries",
}
# Digits of a power of ten.
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# What is smaller than rounding errors of numbers of size 1 is written as 0.
_ROUNDING = 1e-14


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """The number and the noun: "1 network", "1,200 networks"; `nouns` where the plural has more than an s."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def verb(count: int, form: str) -> str:
    """The verb of so many, of its plural form: "have" for 2, "has" for 1."""
    return _THIRD_PERSON.get(form, f"{form}s") if count == 1 else form


def listed(words: Iterable[object], *, none: str = "none") -> str:
    """Words one after the other, as a sentence has them: "1, 2 and 3"; `none` where there are none."""
    *others, last = list(map(str, words)) or [none]
    return f"{', '.join(others)} and {last}" if others else last


def bulleted(lines: Iterable[str]) -> str:
    """Lines as a list in Markdown."""
    return "\n".join(f"- {line}" for line in lines)


def significant(value: float, digits: int = 3) -> str:
    """A number to so many significant digits, no shorter than they mean: 0.020, 1.06, 12, 1,200, 2.7·10⁻⁵.

    Smaller than rounding errors is 0. Beyond 10⁻⁴ and 10⁷ a power of ten is written.

    Args:
        value: the number; NaN and infinities are written as they are.
        digits: at least 1.
    """
    if not math.isfinite(value):
        return str(value)
    if abs(value) < _ROUNDING:
        return "0"
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    if not -4 <= int(power) < 7:
        return f"{mantissa}·10{str(int(power)).translate(_RAISED)}".replace("-", "−")
    return f"{float(f'{value:.{digits - 1}e}'):,.{max(digits - 1 - int(power), 0)}f}".replace("-", "−")


def signed(value: float, digits: int = 3) -> str:
    """A number with its sign, a plus too, to so many decimals; 0 has none."""
    text = f"{value:+.{digits}f}"
    return (text.lstrip("+-") if float(text) == 0 else text).replace("-", "−")


def interval(low: float, high: float, digits: int = 3) -> str:
    """Both ends of an interval with their signs, in brackets: "[−0.204, +0.031]"."""
    return f"[{signed(low, digits)}, {signed(high, digits)}]"


def span(values: Sequence[float], digits: int = 3) -> str:
    """From the least to the largest value, to so many decimals: "0.679 to 0.702"; one number where they agree."""
    low, high = (f"{value:.{digits}f}".replace("-", "−") for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def p_value(p: float) -> str:
    """A p-value to the digits that one reads: 0.03, 0.004, "below 0.001"; "not known" of NaN."""
    if math.isnan(p):
        return "not known"
    return f"{p:.2f}" if p >= 0.095 else f"{p:.3f}" if p >= 0.001 else "below 0.001"


def formatted(table: pd.DataFrame, forms: Mapping[str, str]) -> pd.DataFrame:
    """The columns of a table that have a form: ".2f" as for `format`, "3" for so many significant digits.

    Args:
        table: numbers.
        forms: of some columns, in the order in which they are to stand; columns without one are left out.
    """

    written = table[list(forms)].copy()
    for name, form in forms.items():
        written[name] = [
            significant(value, int(form)) if form.isdigit() else format(value, form).replace("-", "−")
            for value in table[name].tolist()
        ]
    return written
