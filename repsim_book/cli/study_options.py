"""What is typed of a study: which part of its grid, how it is trained, where its results lie."""

from collections.abc import Callable
from typing import Any, NoReturn

import click

from repsim_book.cli.command import Whole, folder, option_name
from repsim_core.errors import InputError
from repsim_core.studies.catalogue import STUDIES, declare_study, study_kind
from repsim_core.studies.study import MOST_VALUES
from repsim_core.studies.width_study import VARIANTS
from repsim_core.training.recipes import OWN_BATCHES, RECIPES


class Numbers(click.ParamType):
    """`4,6` or `0-19` or `0-4,10` as integers."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        numbers: list[int] = []
        for part in str(value).split(","):
            first, dash, last = part.strip().partition("-")
            if not _is_number(first) or (dash and not _is_number(last)):
                _refuse(
                    value,
                    "expected numbers and ranges such as 4,6 or 0-19, without zeros in front",
                    param,
                    ctx,
                )
            span = range(int(first), int(last if dash else first) + 1)
            if len(numbers) + span.stop - span.start > MOST_VALUES:
                _refuse(value, f"expected at most {MOST_VALUES} numbers", param, ctx)
            numbers += span
        if not numbers:
            _refuse(value, "which holds no number", param, ctx)
        return numbers


def _is_number(text: str) -> bool:
    """Whether these are digits without zeros in front, and not more than could mean anything."""
    return text.isascii() and text.isdecimal() and len(text) < 100 and (text == "0" or text[0] != "0")


def _refuse(
    value: object, expected: str, param: click.Parameter | None, ctx: click.Context | None
) -> NoReturn:
    name = "" if param is None else f"{option_name(param)}: "
    raise click.UsageError(f"{name}found {str(value)!r}, {expected}", ctx)


class Names(click.ParamType):
    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        return [part.strip() for part in str(value).split(",")]


# The axes of the studies' grids: how an option is read, what its help says, and `declare`'s argument of that meaning.
_AXES: dict[str, tuple[click.ParamType, str, str]] = {
    "k": (Numbers(), "4,6", "Numbers of classes"),
    "widths": (Numbers(), "16,32", "Of the hidden layers"),
    "variant": (Names(), "NAME", ", ".join(VARIANTS) + "; several with commas"),
    "recipe": (
        Names(),
        "NAME",
        f"{', '.join(RECIPES)}; several with commas; NAME{OWN_BATCHES}: no mini-batches in common",
    ),
    "m": (Numbers(), "2,3", "Dimensions of the representations"),
}
_ARGUMENTS = {"k": "classes", "widths": "widths", "variant": "variants", "recipe": "recipes", "m": "dims"}

_Function = Callable[..., Any]


def _options(*options: Callable[[_Function], _Function]) -> Callable[[_Function], _Function]:
    """Several options as one decorator; help lists them in this order."""

    def add(function: _Function) -> _Function:
        for option in reversed(options):
            function = option(function)
        return function

    return add


def part_options(*studies: str) -> Callable[[_Function], _Function]:
    """The options that choose a part of these studies' grids."""
    of: dict[str, list[str]] = {}
    for name in studies:
        for axis in study_kind(name).declared.OPTIONS:
            of.setdefault(axis, []).append(name)
    axes = []
    for axis, names in of.items():
        kind, metavar, text = _AXES[axis]
        said = text if len(studies) == 1 else f"{text} ({', '.join(names)})"
        axes.append(click.option(f"--{axis}", type=kind, metavar=metavar, help=f"{said}."))
    seeds = click.option("--seeds", type=Numbers(), metavar="0-19", help="Numbers and ranges, with commas.")
    return _options(*axes, seeds)


def _refuse_profile(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        raise click.UsageError(f"--profile: a study has grids; found {value}, expected --grid NAME", ctx)


declaration = _options(
    click.option("--grid", default="paper", metavar="NAME", help="A declared grid; default: paper."),
    click.option("--profile", hidden=True, expose_value=False, callback=_refuse_profile),
    click.option("--steps", type=Whole(), metavar="N", help="Training steps."),
    click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Where to train; default: cpu."),
)
cache_option = click.option(
    "--cache",
    type=folder(),
    metavar="DIR",
    help="Finished parts; default: runs/STUDY-study (check: runs/STUDY-check).",
)
workers = _options(
    click.option("--jobs", type=Whole(), metavar="N", help="Processes, one thread each; default: 1."),
    click.option("--scheduler", metavar="tcp://HOST:PORT", help="Compute on this Dask cluster instead."),
    click.option("--estimate", "only_estimate", is_flag=True, help="Say what it needs, and stop."),
)
record_option = click.option("--record", type=folder(), metavar="DIR", help="Default: book/records/STUDY.")
study_name = click.argument(
    "name",
    metavar="STUDY",
    shell_complete=lambda _ctx, _param, text: [each for each in STUDIES if each.startswith(text)],
)


def wanted_axes(name: str, axes: dict[str, Any]) -> dict[str, Any]:
    """The values given for the axes of the study's grid, by option.

    Raises:
        InputError: there is no such study, or an axis of another one is given.
    """
    own = study_kind(name).declared.OPTIONS
    for axis, values in axes.items():
        if axis not in own and values is not None:
            raise InputError(f"{axis}: the study {name} has no such axis, expected one of {', '.join(own)}")
    return {axis: axes[axis] for axis in own}


def declared_study(
    name: str, grid: str, seeds: list[int] | None, steps: int | None, device: str | None, **axes: Any
) -> Any:
    wanted = {_ARGUMENTS[axis]: values for axis, values in wanted_axes(name, axes).items()}
    return declare_study(name, grid, seeds=seeds, steps=steps, device=device, **wanted)
