"""The command `compare`: two models by every measure.

What `--json` prints is laid down in `compare.schema.json`, beside this module.
"""

import re
import sys
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import click

from repsim_book.cli.command import Whole, command
from repsim_book.cli.compare_pairs import compared_pairs, named_in_each, pairs_options
from repsim_core.errors import ExecutionError, InputError
from repsim_core.files import to_json
from repsim_core.texts import shown, with_names

# A number in digits as the chapters' values are written; several, in brackets or not.
_NUMBER = r"-?(?:0|[1-9][0-9]{0,18})"
_LIST = rf"\s*{_NUMBER}(?:\s*,\s*{_NUMBER})*\s*,?\s*"
_NUMBERS = re.compile(rf"\[{_LIST}\]|{_LIST}")


class _Words(click.ParamType):
    """Whole numbers, or one of some words.

    Args:
        name: of what is asked for.
        expected: to say what is.
        words: that are taken as they are.
        many: whether several numbers may stand there, with commas between them.
    """

    def __init__(self, name: str, expected: str, *words: str, many: bool = False) -> None:
        self.name, self.expected, self.words, self.many = name, expected, words, many

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        text = str(value).strip()
        if text in self.words:
            return text
        if re.fullmatch(_NUMBER, text):
            return int(text)
        if self.many and (numbers := _NUMBERS.fullmatch(text)):
            return [int(number) for number in re.findall(_NUMBER, numbers[0])]
        self.fail(f"found {shown(text)}, expected {self.expected}", param, ctx)


class _InputSet(_Words):
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        found = super().convert(value, param, ctx)
        return [found] if isinstance(found, int) else found


@command()
@click.argument("models", nargs=-1, metavar="MODEL...")
@click.option("--embeddings", metavar="KEY", help="What they are called in the files; default: embeddings.")
@click.option("--unembeddings", metavar="KEY", help="The same, such as lm_head.weight.")
@click.option("--bias", metavar="KEY", help="The same, such as fc.bias; default: bias, if there is one.")
@click.option("--true-labels", metavar="KEY", help="The same; default: labels, if they are there.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="For machines: by a schema, of all pairs the rows; NaN and infinity are strings.",
)
@click.option(
    "--measures",
    type=click.Choice(["all"]),
    help="all: CKA, Procrustes and others besides, of f as it is.",
)
@click.option(
    "--labels",
    type=_Words("set", "all, how many, or labels i,j,k", "all", many=True),
    metavar="SET",
    help="all, how many (the best), or labels i,j,k ([i] for one); default: all but one.",
)
@click.option(
    "--pivot",
    type=_Words("label", "a label, or mean", "mean"),
    metavar="Y",
    help="The pivot label, or mean; default: by search.",
)
@click.option(
    "--left-out",
    type=_Words("label", "a label, or none", "none"),
    metavar="Y",
    help="The label left out, or none; default: by search.",
)
@click.option(
    "--input-set",
    type=_InputSet("set", "exact, sampled, or numbers of inputs i,j,k", "exact", "sampled", many=True),
    metavar="SET",
    help="exact, sampled, or r + 1 inputs i,j,k; default: sampled.",
)
@click.option("--min-conditioning", type=float, metavar="C", help="Of searched sets; default 0.01.")
@click.option("--num-samples", type=Whole(), metavar="N", help="Sampled input sets; default 200.")
@click.option("--max-subsets", type=Whole(), metavar="N", help="Label subsets, at most; default: by size.")
@click.option("--weight", type=float, metavar="W", help="Of two of d_LLV's terms; default 1e-5.")
@click.option("--seed", type=Whole(), help="Of what is sampled; default 0.")
@click.option(
    "--draws", type=Whole(), metavar="N", help="Also intervals of level .95, from N draws of the inputs."
)
@pairs_options
def compare(models: tuple[str, ...], as_json: bool, draws: int | None, **options: Any) -> None:
    """Compare two models by every measure, or all pairs of many.

    Models are files of representations, .npz or .safetensors, or folders of .npy files, of the same inputs and labels;
    their dimensions may differ. Where the arrays are called otherwise in each, write KEY_OF_FIRST,KEY_OF_SECOND; for a
    bias or true labels that only the first has, KEY_OF_FIRST,

    \b
      repsim compare a.npz b.safetensors              print all measures of the two
      repsim compare *.npz --pairs out.csv --jobs 2   write those of all pairs

    Pairs that are finished are kept: after an interruption the same command goes on where it was.
    """
    given = {name: value for name, value in options.items() if value is not None}
    _require_use(given)
    loaded: list[Any] = []
    try:
        if not compared_pairs(models, given, as_json, draws):
            _compare_two(models, given, as_json, draws, loaded)
    except (MemoryError, RuntimeError) as error:
        if not _is_memory(error):
            raise
        raise ExecutionError(_out_of_memory(str(error), models, loaded)) from error


def _compare_two(
    paths: Sequence[str], given: dict[str, Any], as_json: bool, draws: int | None, loaded: list[Any]
) -> None:
    """Print the comparison of two files; the models that were read are put into `loaded`."""
    import repsim_core

    a, b = paths
    keys = [
        {_ARGUMENT[name]: key for name in _ARGUMENT if (key := _key(name, given.get(name), place))}
        for place in (0, 1)
    ]
    given = {name: value for name, value in given.items() if name not in _ARGUMENT}
    intervals = None
    try:
        with warnings.catch_warnings(record=True) as warned:
            for path, named in zip(paths, keys, strict=True):
                loaded.append(_loaded(path, named))
            comparison = repsim_core.compare(*loaded, **given)
            if draws is not None:
                kept = {name: value for name, value in given.items() if name not in ("measures", "weight")}
                intervals = repsim_core.bootstrap_intervals(*loaded, draws=draws, **kept)
    except (ValueError, TypeError) as error:  # they name the argument
        raise InputError(with_names(str(error), a, b)) from error
    said = [with_names(str(warning.message), a, b) for warning in warned]
    for warning in said:
        print(f"repsim: warning: {warning}", file=sys.stderr)
    if as_json:
        found = {
            **comparison.to_dict(),
            "files": [a, b],
            "version": version("repsim-core"),
            "warnings": said,
            "draws": draws,
            "intervals": intervals and {name: each._asdict() for name, each in intervals.items()},
        }
        print(to_json(found), end="")
        return
    print(comparison)
    if intervals is not None:
        print(f"intervals of level .95 from {draws} draws of the inputs; models and sets are fixed")
        width = max(map(len, intervals))
        for name, each in intervals.items():
            print(f"{name:<{width}}  {each.value:.4g}  [{each.low:.4g}, {each.high:.4g}]")


# What `load` calls the arrays that an option names.
_ARGUMENT = {
    "embeddings": "embeddings",
    "unembeddings": "unembeddings",
    "bias": "bias",
    "true_labels": "labels",
}


def _key(name: str, given: str | None, place: int) -> str | None:
    """The name of an array in the first or the second file; None where there is none."""
    if given is None:
        return None
    keys = named_in_each(name, given)
    if len(keys) > 2:
        raise InputError(f"{name}: found {given}, expected a name, or two with a comma between them")
    return keys[place % len(keys)]


def _require_use(given: dict[str, Any]) -> None:
    """Refuse the size of a sample where nothing is sampled."""
    if "num_samples" in given and given.get("input_set", "sampled") != "sampled":
        raise InputError(
            f"num_samples: found {given['num_samples']}, expected none beside --input-set: nothing is sampled"
        )
    if "max_subsets" in given and given.get("labels") == "all":
        raise InputError(
            f"max_subsets: found {given['max_subsets']}, expected none beside --labels all: that is one set"
        )


def _loaded(path: str, keys: dict[str, str]) -> Any:
    """The model in a file; what is wrong with it names the file alone."""
    import repsim_core

    try:
        return repsim_core.load(path, **keys)
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except (ValueError, TypeError) as error:
        said = str(error).removeprefix("path: ").removeprefix("in ")
        raise InputError(said if path in said else f"{path}: {said}") from error


def _is_memory(error: Exception) -> bool:
    """Whether memory has run out; PyTorch has an error of its own, which is none of Python's."""
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"


def _out_of_memory(said: str, paths: Sequence[str], loaded: Sequence[Any]) -> str:
    """What to do where memory has run out, after so many of the models were read (of many, none are told)."""
    files = ", ".join(paths)
    if said.startswith("a, b: ") and len(paths) == 2:
        return f"{files}: {said.removeprefix('a, b: ')}"
    if said.startswith("path: "):  # a file that does not fit
        return said.removeprefix("path: ")
    asked = re.search(r"allocate (\d+(?:\.\d+)?)\.? ?([KMGTPE]?i?B|bytes)", said)
    wanted = f" ({asked[1]} {asked[2]} were asked for at once)" if asked else ""
    remedy = "take fewer inputs (the first n rows of the embeddings)"
    if len(paths) != 2:
        return f"there is not enough memory{wanted}; {remedy}, or fewer --jobs"
    if len(loaded) < 2:
        return f"{paths[len(loaded)]}: there is not enough memory to read it{wanted}; {remedy}"
    a, b = loaded
    dims = f"{a.dim:,}" if a.dim == b.dim else f"{a.dim:,} and {b.dim:,}"
    return (
        f"{files}: there is not enough memory for N = {a.num_inputs:,} inputs, K = {a.num_labels:,} labels, "
        f"M = {dims} dimensions{wanted}; {remedy}, or fewer labels with --labels"
    )
