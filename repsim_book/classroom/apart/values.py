"""Values between a student's process and that of the tests: as JSON, arrays as .npy inside it; nothing is unpickled.

Who receives a value makes it anew of plain types. Whatever classes, methods or comparisons a student's object has stay
behind.
"""

from __future__ import annotations

import base64
import io
import math
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

# Of an iterator, which is read out.
_MOST = 100_000
# Dtypes that .npy holds without pickling.
_KINDS = "biufcSUmM"
# Of a model, in the order of its arguments.
_PARTS = ("embeddings", "unembeddings", "labels", "bias")


class UnsupportedError(Exception):
    """A value of a kind that is not passed; the text is the kind."""


def encode(value: object) -> Any:
    """A value as what `json.dumps` takes.

    Passed are None, ..., numbers, text, bytes, lists, tuples, sets, ranges, dictionaries, NumPy's arrays and numbers,
    pandas' tables, columns and indices, and `Representations`. Iterators and views become lists, tensors arrays.

    Raises:
        UnsupportedError: it is of another kind, or holds something that is.
    """
    try:
        return _encoded(value)
    except RecursionError as error:
        raise UnsupportedError(
            f"{type(value).__name__} that holds itself, or is nested too deeply"
        ) from error


def decode(data: Any) -> Any:
    """The value that was encoded.

    Raises:
        UnsupportedError: the data are none that `encode` returns.
    """
    try:
        return _decoded(data)
    except UnsupportedError:
        raise
    except Exception as error:  # data of anyone's making
        raise UnsupportedError(f"value that cannot be read ({type(error).__name__})") from error


def _encoded(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, _loaded("numpy", "generic")):
        return {"kind": "scalar", "npy": _npy(value)}
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        number = float.__float__(value)
        return number if math.isfinite(number) else {"kind": "float", "text": repr(number)}
    for kind, module, names, content in _ENCODINGS:
        if isinstance(value, _loaded(module, *names)):
            return {"kind": kind, **content(value)}
    raise UnsupportedError(type(value).__name__)


def _loaded(module: str, *names: str) -> tuple[type, ...]:
    """These classes of a module, none where it was not imported: then nothing is of them."""
    found = sys.modules.get(module)
    return tuple(kind for name in names if isinstance(kind := getattr(found, name, None), type))


def _items(values: Collection[object]) -> dict[str, Any]:
    return {"items": [_encoded(value) for value in values]}


def _read_out(values: Iterable[object]) -> dict[str, Any]:
    found = []
    for value in values:
        found.append(_encoded(value))
        if len(found) > _MOST:
            raise UnsupportedError(f"{type(values).__name__} of more than {_MOST} values")
    return {"items": found}


def _pairs(values: Mapping[object, object]) -> dict[str, Any]:
    return {"items": [[_encoded(key), _encoded(value)] for key, value in values.items()]}


def _npy(array: Any) -> str:
    import numpy as np

    data = io.BytesIO()
    np.save(data, np.asarray(array), allow_pickle=False)
    return base64.b64encode(data.getvalue()).decode("ascii")


def _array(value: Any) -> dict[str, Any]:
    import numpy as np

    if isinstance(value, np.ma.MaskedArray):
        raise UnsupportedError("MaskedArray")
    plain = np.asarray(value)
    if plain.dtype == object:
        return {"shape": list(plain.shape), **_items(plain.ravel().tolist())}
    if plain.dtype.kind not in _KINDS:
        raise UnsupportedError(f"array of {plain.dtype}")
    return {"npy": _npy(plain)}


def _column(values: Any) -> Any:
    """A column of a table: an array, or a list where its values are no numbers."""
    import numpy as np

    if isinstance(values.dtype, np.dtype) and values.dtype.kind in _KINDS:
        return _encoded(values.to_numpy())
    return [None if value is not value else _encoded(value) for value in values.tolist()]


def _table(value: Any) -> dict[str, Any]:
    columns = [_column(value.iloc[:, number]) for number in range(value.shape[1])]
    return {"columns": _index(value.columns), "index": _index(value.index), "items": columns}


def _index(value: Any) -> dict[str, Any]:
    names = [_encoded(name) for name in value.names]
    if value.nlevels > 1:
        return {"kind": "index", "names": names, "items": [_encoded(key) for key in value.tolist()]}
    return {"kind": "index", "names": names, "values": _column(value)}


def _series(value: Any) -> dict[str, Any]:
    return {"name": _encoded(value.name), "index": _index(value.index), "values": _column(value)}


def _model(value: Any) -> dict[str, Any]:
    return {name: _encoded(getattr(value, name)) for name in _PARTS}


# How each kind is written: its name, the classes that it is told by, and what is written of it.
_ENCODINGS: tuple[tuple[str, str, tuple[str, ...], Callable[[Any], dict[str, Any]]], ...] = (
    ("ellipsis", "types", ("EllipsisType",), lambda _: {}),
    ("complex", "builtins", ("complex",), lambda value: {"parts": [repr(value.real), repr(value.imag)]}),
    ("bytes", "builtins", ("bytes",), lambda value: {"text": base64.b64encode(value).decode("ascii")}),
    ("list", "builtins", ("list",), _items),
    ("tuple", "builtins", ("tuple",), _items),
    ("range", "builtins", ("range",), lambda value: {"parts": [value.start, value.stop, value.step]}),
    ("frozenset", "builtins", ("frozenset",), _items),
    ("set", "builtins", ("set",), _items),
    ("dict", "builtins", ("dict",), _pairs),
    ("array", "numpy", ("ndarray",), _array),
    ("array", "torch", ("Tensor",), lambda value: _array(value.detach().cpu().numpy())),
    ("table", "pandas", ("DataFrame",), _table),
    ("series", "pandas", ("Series",), _series),
    ("index", "pandas", ("Index",), _index),
    ("model", "repsim_core.representations", ("Representations",), _model),
    ("list", "collections.abc", ("Iterator", "MappingView"), _read_out),
)


def _decoded(data: Any) -> Any:
    if data is None or isinstance(data, bool | int | float | str):
        return data
    if isinstance(data, list):
        return [_decoded(item) for item in data]
    return _DECODINGS[data["kind"]](data)


def _from_npy(data: Any) -> Any:
    import numpy as np

    return np.load(io.BytesIO(base64.b64decode(data["npy"])), allow_pickle=False)


def _to_array(data: Any) -> Any:
    import numpy as np

    if "npy" in data:
        return _from_npy(data)
    found = np.empty(len(data["items"]), dtype=object)
    found[:] = [_decoded(item) for item in data["items"]]
    return found.reshape(data["shape"])


def _to_index(data: Any) -> Any:
    import pandas as pd

    names = [_decoded(name) for name in data["names"]]
    if "items" in data:
        return pd.MultiIndex.from_tuples([_decoded(item) for item in data["items"]], names=names)
    return pd.Index(_decoded(data["values"]), name=names[0])


def _to_table(data: Any) -> Any:
    import pandas as pd

    index = _to_index(data["index"])
    columns = {number: pd.Series(_decoded(item), index=index) for number, item in enumerate(data["items"])}
    table = pd.DataFrame(columns, index=index)
    table.columns = _to_index(data["columns"])
    return table


def _to_series(data: Any) -> Any:
    import pandas as pd

    return pd.Series(_decoded(data["values"]), index=_to_index(data["index"]), name=_decoded(data["name"]))


def _to_model(data: Any) -> Any:
    import repsim_core as rc

    return rc.Representations(*(_decoded(data[name]) for name in _PARTS))


_DECODINGS: dict[str, Callable[[Any], Any]] = {
    "scalar": lambda data: _from_npy(data)[()],
    "float": lambda data: float(data["text"]),
    "ellipsis": lambda _: ...,
    "complex": lambda data: complex(*map(float, data["parts"])),
    "bytes": lambda data: base64.b64decode(data["text"]),
    "list": lambda data: [_decoded(item) for item in data["items"]],
    "tuple": lambda data: tuple(_decoded(item) for item in data["items"]),
    "range": lambda data: range(*data["parts"]),
    "set": lambda data: {_decoded(item) for item in data["items"]},
    "frozenset": lambda data: frozenset(_decoded(item) for item in data["items"]),
    "dict": lambda data: {_decoded(key): _decoded(value) for key, value in data["items"]},
    "array": _to_array,
    "table": _to_table,
    "series": _to_series,
    "index": _to_index,
    "model": _to_model,
}
