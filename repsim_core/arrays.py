"""What users hand over becomes a float64 array of the library it came from, or an error that names the argument."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import import_module
from numbers import Integral
from typing import Any

import numpy as np
from array_api_compat import device, is_array_api_obj, is_jax_array, is_numpy_array, is_torch_array
from jaxtyping import Float64, Int64

from repsim_core.array_files import BFloat16
from repsim_core.beyond_standard import Array, beside, namespace, to_numpy
from repsim_core.wording import plural, verb

# Half the distance from 1 to the next number: by so much, relative to its size, a number may be rounded.
ROUNDOFF = float(np.finfo(np.float64).eps) / 2


def as_matrix(value: object, name: str) -> Float64[Array, "rows columns"]:
    """A float64 copy of a two-dimensional floating-point array, of the library and on the device it came from.

    Args:
        value: an array of any library of the Python array API standard, or a nested sequence of floats, which becomes
            NumPy's; shape (rows, columns).
        name: what to call the argument in an error.

    Raises:
        TypeError: not an array of real floating-point numbers, or of a library without 64-bit ones. Integers are
            refused because arithmetic in a small integer type overflows silently; whoever means numbers says so with
            a cast.
        ValueError: not two-dimensional, empty, or with values that are not finite.
    """
    return _as_floats(value, name, 2)


def as_vector(value: object, name: str, *, of_masked: str = "") -> Float64[Array, " entries"]:
    """A float64 copy of a one-dimensional array; otherwise as `as_matrix`.

    Args:
        of_masked: what an error says to do where there is -inf, which masks are made of.
    """
    return _as_floats(value, name, 1, of_masked)


def _as_floats(value: object, name: str, dimensions: int, of_masked: str = "") -> Array:
    array = _widened(value, name)
    xp = namespace(array)
    if array.ndim != dimensions:
        expected = "two dimensions" if dimensions == 2 else "one dimension"
        raise ValueError(f"{name}: found shape {tuple(array.shape)}, expected {expected}")
    if 0 in array.shape:
        raise ValueError(f"{name}: found an empty array of shape {tuple(array.shape)}")
    if not all_finite(array):
        bad = to_numpy(~xp.isfinite(array))
        first = np.argwhere(bad)[0].tolist()
        where = ", ".join(f"{axis} {place}" for axis, place in zip(("row", "column"), first, strict=False))
        count = int(bad.sum())
        raise ValueError(
            f"{name}: found {plural(count, 'value')} that {verb(count, 'are')} not finite "
            f"({'the first ' * (count > 1)}at {where}), expected finite numbers"
            + (f"; {of_masked}" if of_masked and (to_numpy(array) == -math.inf).any() else "")
        )
    return array


def _widened(value: object, name: str) -> Array:
    """A float64 copy, of any shape and with any values."""
    if not is_library_array(value):
        array = as_array(value, name)
        if array.dtype.kind != "f" and array.dtype.name != "bfloat16":
            raise TypeError(
                f"{name}: found dtype {array.dtype}, expected floating-point numbers (cast with .astype(float))"
            )
        # What leaves float64's range becomes infinite, and is refused by whoever asked.
        with np.errstate(over="ignore"):
            # Columns one after the other: what is done to few long columns is then several times as fast.
            return np.array(array, dtype=np.float64, order="F")
    array: Array = value
    xp = namespace(array)
    _require_dense(array, name)
    if not xp.isdtype(array.dtype, "real floating"):
        raise TypeError(f"{name}: found dtype {array.dtype}, expected floating-point numbers")
    require_double_precision(array, name)
    if is_torch_array(array):
        array = array.detach()
    return xp.astype(array, xp.float64, copy=True)


def _require_dense(array: Array, name: str) -> None:
    if getattr(array, "is_meta", False):
        raise TypeError(f"{name}: found a tensor without data, on the device meta, expected numbers")
    layout = str(getattr(array, "layout", "torch.strided"))
    if layout != "torch.strided":
        raise TypeError(f"{name}: found a tensor of layout {layout}, expected a dense one")


def require_double_precision(array: Array, name: str) -> None:
    """JAX has no 64-bit numbers until it is told to; its arrays are refused till then."""
    if is_jax_array(array):
        jax: Any = import_module("jax")
        if not jax.config.jax_enable_x64:
            raise TypeError(
                f"{name}: found a JAX array while JAX has no 64-bit numbers, expected that it has them; before the "
                'first array is made: jax.config.update("jax_enable_x64", True)'
            )


def is_library_array(value: object) -> bool:
    """Whether it is an array of a library of the standard other than NumPy."""
    return is_array_api_obj(value) and not is_numpy_array(value)


def roundoff(value: object) -> float:
    """By how much, relative to its size, a number was rounded when it became one of this array; float64's at least."""
    if isinstance(value, BFloat16):
        return 2.0**-8
    dtype = getattr(value, "dtype", None)
    if is_library_array(value):
        return max(float(namespace(value).finfo(dtype).eps) / 2, ROUNDOFF)
    if isinstance(dtype, np.dtype):
        if dtype.name == "bfloat16":
            return 2.0**-8
        if dtype.kind == "f":
            return max(float(np.finfo(dtype).eps) / 2, ROUNDOFF)
    return ROUNDOFF


def together(arrays: dict[str, Array]) -> dict[str, Array]:
    """The arrays in one library on one device: NumPy's join the others.

    Args:
        arrays: by the names of the arguments.

    Raises:
        TypeError: they are of two libraries besides NumPy.
        ValueError: they are on two devices.
    """
    name, model = next(
        ((name, x) for name, x in arrays.items() if not is_numpy_array(x)), next(iter(arrays.items()))
    )
    joined = {}
    for other, array in arrays.items():
        if is_numpy_array(array):
            joined[other] = beside(array, model)
            continue
        if namespace(array) is not namespace(model):
            raise TypeError(
                f"{other}: found an array of {library_name(array)}, expected {library_name(model)} as {name}"
            )
        if device(array) != device(model):
            raise ValueError(f"{other}: found on {device(array)}, expected {device(model)}, where {name} is")
        joined[other] = array
    return joined


def library_name(array: Array) -> str:
    """What the library of an array is called."""
    return type(array).__module__.partition(".")[0]


def all_finite(values: Array) -> bool:
    """Whether no value is infinite or NaN, without a table of answers."""
    xp = namespace(values)
    return all(bool(xp.isfinite(extreme(values))) for extreme in (xp.max, xp.min))


def as_array(value: object, name: str) -> np.ndarray:
    """A NumPy array of any type; ragged sequences and masked entries are refused by name."""
    if np.ma.is_masked(value):
        raise TypeError(f"{name}: found a masked array with masked entries, expected a full array")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name}: found rows of different lengths, expected a rectangle") from error
    except RuntimeError as error:  # a list of tensors that have gradients, say
        raise TypeError(
            f"{name}: found what NumPy makes no array of ({error}), expected one array"
        ) from error


def as_labels(value: object, name: str, length: int, classes: int) -> Int64[np.ndarray, " rows"]:
    """Class indices as an int64 copy of shape (length,), each in 0 .. classes - 1; errors as `as_matrix`."""
    if is_library_array(value):
        given: Array = value
        _require_dense(given, name)
        if not namespace(given).isdtype(given.dtype, "integral"):
            raise TypeError(f"{name}: found dtype {given.dtype}, expected integers")
        array = to_numpy(given)
    else:
        array = as_array(value, name)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: found dtype {array.dtype}, expected integers")
    if array.shape != (length,):
        raise ValueError(f"{name}: found shape {array.shape}, expected ({length},), one label an input")
    if array.min() < 0 or array.max() >= classes:
        raise ValueError(
            f"{name}: found labels from {array.min()} to {array.max()}, expected 0 to {classes - 1}"
        )
    return array.astype(np.int64)


def as_index(value: object, name: str, size: int) -> int:
    """An index in 0 .. size - 1."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: found {value!r}, expected an integer from 0 to {size - 1}")
    if not 0 <= int(value) < size:
        raise ValueError(f"{name}: found {int(value)}, expected an integer from 0 to {size - 1}")
    return int(value)


def as_indices(value: object, name: str, size: int, length: int, why: str = "") -> tuple[int, ...]:
    """Distinct indices in 0 .. size - 1, as many as `length`; `why` so many ends the message if they are not."""
    if is_array_api_obj(value):
        value = to_numpy(value).tolist()
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise TypeError(
            f"{name}: found {value!r}, expected {length} distinct integers from 0 to {size - 1}{why}"
        )
    indices = tuple(as_index(item, name, size) for item in value)
    if len(indices) != length or len(set(indices)) != length:
        raise ValueError(f"{name}: found {list(indices)}, expected {length} distinct integers{why}")
    return indices


def as_count(value: object, name: str, least: int = 1) -> int:
    """An integer that is at least `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: found {value!r}, expected an integer of at least {least}")
    if int(value) < least:
        raise ValueError(f"{name}: found {int(value)}, expected an integer of at least {least}")
    return int(value)


def as_real(value: object, name: str, least: float = 0.0) -> float:
    """A finite real number that is at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name}: found {value!r}, expected a number of at least {least:g}")
    try:
        number = float(value)
    except OverflowError:
        # An integer beyond float64's range.
        number = math.inf
    if not math.isfinite(number) or number < least:
        raise ValueError(f"{name}: found {number!r}, expected a finite number of at least {least:g}")
    return number
