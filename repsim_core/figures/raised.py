"""Powers of ten in figures that a browser draws, set as the text sets them: 2.7·10⁻⁵ and not 2.7e-5."""

from __future__ import annotations

# Powers that a figure may have; beyond them the numbers are rounding.
_MOST = 40
_RAISED = [str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")) for power in range(_MOST)]
# From here to there a number is read as it is.
_LEAST, _LARGEST = 1e-3, 1e4


def power_of_ten(value: str, digits: int) -> str:
    """A Vega expression for a positive number as a power of ten, to so many digits; alone where the digits are 1.

    Args:
        value: an expression.
        digits: at least 1.
    """
    # What rounds to the next power belongs to it.
    shift = f"log({value} * (1 + {0.5 * 10 ** (1 - digits) / 10})) / LN10"
    power = f"floor({shift})"
    mantissa = f"format({value} / pow(10, {power}), '.{digits - 1}f')"
    raised = f"'10' + ({power} < 0 ? '⁻' : '') + {_RAISED}[abs({power})]"
    return f"((toNumber({mantissa}) == 1 ? '' : {mantissa} + '·') + {raised})"


def number(value: str, digits: int, plain: str) -> str:
    """A Vega expression for a positive number: in `plain` format, or as a power of ten where it is small or large."""
    small = f"{value} >= {_LEAST} && {value} < {_LARGEST}"
    return f"({small} ? format({value}, '{plain}') : {power_of_ten(value, digits)})"


def axis_labels() -> str:
    """A Vega expression for the labels of a logarithmic axis."""
    return f"datum.label == '' ? '' : {number('datum.value', 1, '~g')}"
