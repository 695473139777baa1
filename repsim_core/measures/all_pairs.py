"""Comparison of all pairs of several models: at hand, or in files."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from repsim_core.beyond_standard import to_numpy
from repsim_core.executors import ThisProcess, as_jobs, local_executor
from repsim_core.measures.model_sources import ModelFile, checked_files, checked_models
from repsim_core.measures.pair_run import PairsProgress, run_pairs
from repsim_core.measures.pair_tiles import block_side, memory_for_models
from repsim_core.representations import Representations
from repsim_core.store import Store
from repsim_core.texts import with_names
from repsim_core.wording import plural

if TYPE_CHECKING:
    import pandas as pd

# The arrays in a file, as the options call them, and as `load` does.
ARRAYS = {
    "embeddings": "embeddings",
    "unembeddings": "unembeddings",
    "bias": "bias",
    "true_labels": "labels",
}
# Those that a file need not have.
OPTIONAL = ("bias", "true_labels")
# The columns in words, the last ones of a table.
_SAID = ("note", "notes")


def compare_all(
    models: Sequence[Representations | str | os.PathLike[str]]
    | Mapping[Any, Representations | str | os.PathLike[str]],
    *,
    jobs: int | None = None,
    cache: str | os.PathLike[str] | None = None,
    progress: Callable[[PairsProgress], object] | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Compare every pair of several models: one row a pair, first before second in the order given.

    Models in files are read when they are needed, a few at a time: all are read once to check them, then each again for
    every block of others that it meets.

    Args:
        models: at least two models on the same inputs and labels, or the paths of as many files, as for `load`. A
            mapping gives them names. Models in a sequence are numbered from 0; files are called by their names without
            suffix, or by their paths where two have the same.
        jobs: for files, processes of this machine with one thread each; None compares in this process. A script that
            asks for some needs ``if __name__ == "__main__":`` around what it does.
        cache: a folder that keeps what is finished. The same call again, after an interruption or with other models
            besides, compares only the pairs that are not there; whatever had been stopped, the table is the same.
        progress: called after each tile of pairs, by processes also once a second, with what is done: attributes done,
            pairs, found (in the cache), seconds and seconds_left.
        options: as for `compare`; for files also embeddings, unembeddings, bias and true_labels, what the arrays are
            called there (as `load` has it; a list of names, one a file, where they differ, with None for a bias or
            true labels that a file has not).

    Returns:
        Columns first and second; the measures that are columns of a `Comparison`, with the pivot and the label left
        out; exhaustive, false where d_fg is a lower bound; where true labels are known loss_gap and accuracy_gap
        (absolute differences), which the paper sets against similarity; note, why a pair cannot be compared (it has
        no measures), missing where it can; notes, the notes of the `Comparison` with "; " between them, in which a is
        the first model and b the second, missing where it has none.

    Raises:
        TypeError, ValueError: naming the argument or the file, before anything is compared; or no pair can be
            compared.
        ExecutionError: a process was killed, or a file changed meanwhile; what was finished is in the cache.
    """
    named = as_named(models)
    files = all(isinstance(model, (str, os.PathLike)) for model in named.values())
    arrays = {name: options.pop(name) for name in ARRAYS if options.get(name) is not None}
    plain = plain_options(options)
    store = None if cache is None else Store(Path(cache))
    if not files:
        if jobs is not None or arrays:
            argument = "jobs" if jobs is not None else next(iter(arrays))
            raise ValueError(f"{argument}: found one beside models at hand, expected none: it is for files")
        shown = [f"models[{name!r}]" for name in named]
        for name, model in zip(shown, named.values(), strict=True):
            if not isinstance(model, Representations):
                raise TypeError(
                    f"{name}: found {type(model).__name__}, expected Representations, or paths of files alone"
                )
        at_hand: Any = list(named.values())
        sources, sizes = checked_models(at_hand, shown, contents=store is not None)
    else:
        if jobs is not None:
            jobs = as_jobs(jobs)
        sources, sizes = checked_files(as_files(list(named.values()), arrays), plain)
    wide = jobs or 1
    side = block_side(len(sources), sizes, wide, memory_for_models() / wide)
    given: dict[str, Any] = {"jobs": wide, "side": side, "store": store, "progress": progress}
    if jobs is None:
        rows = run_pairs(sources, plain, ThisProcess(), one_thread=False, **given)
    else:
        with local_executor(jobs) as executor:
            rows = run_pairs(sources, plain, executor, one_thread=True, **given)
    return pairs_table(list(named), rows)


def as_named(models: Any) -> dict[Any, Any]:
    """Models or paths by the names that their rows have.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    if not isinstance(models, Iterable) or isinstance(models, (str, os.PathLike)):
        raise TypeError(
            f"models: found {type(models).__name__}, expected a sequence or mapping of Representations, or of paths"
        )
    if isinstance(models, Mapping):
        named = dict(models)
    else:
        listed = list(models)
        files = bool(listed) and all(isinstance(model, (str, os.PathLike)) for model in listed)
        named = dict(zip(file_names(listed) if files else range(len(listed)), listed, strict=True))
    if len(named) < 2:
        raise ValueError(f"models: found {len(named)}, expected at least two")
    return named


def file_names(paths: Sequence[str | os.PathLike[str]]) -> list[str]:
    """A name for each file: its own without suffix; the path as it was given, where two have the same.

    Raises:
        ValueError: a file is there twice.
    """
    places = Counter(os.path.normpath(Path(path).absolute()) for path in paths)
    twice = [place for place, number in places.items() if number > 1]
    if twice:
        raise ValueError(f"models: found {twice[0]} twice, expected each file once")
    stems = Counter(Path(path).stem for path in paths)
    names = [Path(path).stem if stems[Path(path).stem] == 1 else os.fspath(path) for path in paths]
    return names if len(set(names)) == len(names) else [os.fspath(path) for path in paths]


def as_files(
    paths: Sequence[str | os.PathLike[str]], arrays: Mapping[str, str | Sequence[str | None]]
) -> list[ModelFile]:
    """The files as sources.

    Args:
        arrays: what they are called in the files, by the names in `ARRAYS`: one name for all, or one a file, None for
            a bias or true labels that a file has not.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    each: dict[str, Sequence[str | None]] = {}
    for argument, names in arrays.items():
        listed = [names] * len(paths) if isinstance(names, str) else list(names)
        needed = argument not in OPTIONAL
        if not all(isinstance(name, str) or (name is None and not needed) for name in listed):
            raise TypeError(f"{argument}: found {names!r}, expected the name of an array in the files")
        if len(listed) != len(paths):
            raise ValueError(
                f"{argument}: found {plural(len(listed), 'name')}, expected one, or one for each of the "
                f"{len(paths)} files"
            )
        each[ARRAYS[argument]] = listed
    return [
        ModelFile.at(
            path, **{name: found for name, names in each.items() if (found := names[place]) is not None}
        )
        for place, path in enumerate(paths)
    ]


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of `compare` as plain numbers, texts and lists, which have one form in JSON.

    Raises:
        TypeError: naming the option.
    """
    plain: dict[str, Any] = {}
    for name, value in options.items():
        if value is None:
            continue
        if hasattr(value, "dtype"):
            value = to_numpy(value).tolist()
        elif isinstance(value, (tuple, range)):
            value = list(value)
        try:
            plain[name] = json.loads(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise type(error)(
                f"{name}: found {value!r}, expected a number, a text or a sequence of numbers"
            ) from error
    return plain


def pairs_table(names: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The rows of all pairs, in order, with the names of their models: the table of `compare_all`."""
    # For the table alone.
    import pandas as pd

    columns = {"first": None, "second": None}
    for row in sorted(rows, key=len, reverse=True):  # the same order whichever measures a pair lacks
        columns |= dict.fromkeys(name for name in row if name not in _SAID)
    shown = [name if isinstance(name, str) else f"models[{name!r}]" for name in names]
    labelled = []
    for pair, called, row in zip(combinations(names, 2), combinations(shown, 2), rows, strict=True):
        note = with_names(str(row["note"]), *called) if "note" in row else None
        labelled.append({"first": pair[0], "second": pair[1], "notes": None, **row, "note": note})
    table = pd.DataFrame(labelled, columns=[*columns, *_SAID])
    for name in ("pivot", "left_out"):  # labels, where one can be missing; the pivot may also be "mean"
        if name in table and not any(isinstance(label, str) for label in table[name]):
            table[name] = table[name].astype("Int64")
    return table
