"""The command `compare`: two models by every measure of the paper."""

import re
import sys
import warnings
from typing import Any

import click

from repsim_book.cli.command import Whole, command
from repsim_core.errors import InputError
from repsim_core.files import to_json


class _LeftOut(click.ParamType):
    name = "label"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        try:
            return value if value == "none" else int(str(value))
        except ValueError:
            self.fail(f"found {value}, expected a label, or none", param, ctx)


class _InputSet(click.ParamType):
    name = "set"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        try:
            text = str(value)
            return text if text == "exact" else [int(item) for item in text.strip("[]").split(",")]
        except ValueError:
            self.fail(f"found {value}, expected exact, or numbers of inputs i,j,k", param, ctx)


@command()
@click.argument("a")
@click.argument("b")
@click.option("--json", "as_json", is_flag=True, help="For machines; NaN and infinity are strings.")
@click.option("--weight", type=float, metavar="W", help="Of two of d_LLV's terms; default 1e-5.")
@click.option("--pivot", type=Whole(), metavar="Y", help="The pivot label; default: by search.")
@click.option(
    "--left-out", type=_LeftOut(), metavar="Y", help="The label left out, or none; default: by search."
)
@click.option(
    "--input-set", type=_InputSet(), metavar="SET", help="exact, or M + 1 inputs i,j,k; default: sampled."
)
@click.option("--num-samples", type=Whole(), metavar="N", help="Sampled input sets; default 200.")
@click.option("--seed", type=Whole(), help="Of the sampling; default 0.")
def compare(a: str, b: str, as_json: bool, **options: Any) -> None:
    """Compare two models by every measure of the paper.

    A and B are files of representations, .npz or .safetensors, of the same inputs and labels.
    """
    import repsim_core

    given = {name: value for name, value in options.items() if value is not None}
    for name in ("num_samples", "seed"):
        if name in given and "input_set" in given:
            raise InputError(
                f"{name}: found {given[name]}, expected none beside --input-set: nothing is sampled"
            )
    try:
        with warnings.catch_warnings(record=True) as warned:
            models = _loaded(a), _loaded(b)
            comparison = repsim_core.compare(*models, **given)
    except (ValueError, TypeError) as error:  # they name the argument
        raise InputError(_with_files(str(error), a, b)) from error
    for warning in warned:
        print(f"repsim: warning: {_with_files(str(warning.message), a, b)}", file=sys.stderr)
    print(to_json(comparison.to_dict()) if as_json else f"{comparison}\n", end="")


def _loaded(path: str) -> Any:
    """The model in a file; what is wrong with it names the file alone."""
    import repsim_core

    try:
        return repsim_core.load(path)
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except (ValueError, TypeError) as error:
        said = str(error).removeprefix("path: ").removeprefix("in ")
        raise InputError(said if path in said else f"{path}: {said}") from error


def _with_files(message: str, a: str, b: str) -> str:
    """The message with files in place of the names that functions have for the two models."""
    files = {"a": a, "b": b, "z": f"the embeddings of {a}", "w": f"the embeddings of {b}"}
    message = re.sub(
        r"^([abzw])(?=: |\.(?:embeddings|unembeddings|labels)\b)", lambda m: files[m[1]], message
    )
    return re.sub(r"\b(as in|of|and) ([ab])(?=$|[ ,;:)])", lambda m: f"{m[1]} {files[m[2]]}", message)
