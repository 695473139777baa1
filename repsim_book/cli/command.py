"""What the commands share: options, commands that are loaded when asked for, and errors in the command's own words.

A module of commands is imported when one of them is asked for, so that `repsim --help` and each command load only what
they need. Every command is a function decorated with `@command()` in place of `@click.command()`. What goes wrong is
raised as one of the errors of `repsim_core.errors`; `main` turns them into messages and exit codes, nobody else does.
"""

import errno
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from repsim_book.processes import held
from repsim_core.errors import InputError, RepsimError, nearest
from repsim_core.texts import shown


@dataclass
class Typed:
    """What was typed, for messages and records; the context's object.

    Attributes:
        line: the command as it was typed, quoted for a shell.
    """

    line: str


class Command(click.Command):
    """A command that refuses an option given twice, and whose errors and warnings speak of its options."""

    def make_parser(self, ctx: click.Context) -> Any:
        parser = super().make_parser(ctx)
        parse = parser.parse_args

        def parse_once(args: list[str]) -> Any:
            try:
                values, rest, order = parse(args)
            except click.UsageError as error:
                error.ctx = error.ctx or ctx  # for the hint at this command's help
                raise
            once = [
                p for p in order if isinstance(p, click.Option) and not (p.multiple or p.is_flag or p.count)
            ]
            for parameter in once:
                if once.count(parameter) > 1:
                    raise click.UsageError(f"{option_name(parameter)} is given twice", ctx)
            return values, rest, order

        parser.parse_args = parse_once
        return parser

    def invoke(self, ctx: click.Context) -> Any:
        def say(message: Warning | str, *_: Any, **__: Any) -> None:
            print(f"repsim: warning: {in_words(str(message), self.params)}", file=sys.stderr)

        try:
            with warnings.catch_warnings():
                warnings.showwarning = say
                return super().invoke(ctx)
        except InputError as error:
            said = in_words(str(error), self.params)
            if said == str(error):
                raise
            raise InputError(said) from error


class Group(click.Group):
    """A group whose commands are imported when they are asked for.

    Args:
        later: by name, the module of a command and its line in the list.
    """

    command_class = Command

    def __init__(self, *given: Any, later: dict[str, tuple[str, str]] | None = None, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.later = later or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.later, *(name for name in self.commands if name not in self.later)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.later and cmd_name not in self.commands:
            with held():  # an import that is interrupted can ignore it, or leave half a library
                module = import_module(self.later[cmd_name][0])
            self.commands[cmd_name] = getattr(module, cmd_name)
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            raise click.UsageError(
                f"there is no command {args[0]}; {nearest(args[0], self.list_commands(ctx))}", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        lines = {name: known.get_short_help_str(100) for name, known in self.commands.items()}
        lines |= {name: line for name, (_, line) in self.later.items()}
        rows = [(name, lines[name]) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def command(*given: Any, **settings: Any) -> Callable[[Callable[..., Any]], Command]:
    """`click.command` of this package's class."""
    return click.command(*given, cls=Command, **settings)


def option_name(parameter: click.Parameter) -> str:
    """What a person types for it: the long form of an option, an argument's name in capitals."""
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return (parameter.metavar or parameter.name or "").upper()


# What click says of values, and what is said here.
_CLICK = (
    (r"'(.*)' is not a valid float\.?", r"found \1, expected a number"),
    (r"'(.*)' is not one of (.*)\.?", r"found \1, expected one of \2"),
    (r"'(.*)' is not '(.*)'\.?", r"found \1, expected \2"),
)


def usage(error: click.UsageError) -> str:
    """What is wrong with what was typed, and whose help tells more."""
    said = error.format_message().rstrip(".")
    if type(error) is click.BadParameter and error.param is not None:
        said = error.message.rstrip(".")
        for pattern, form in _CLICK:
            said = re.sub(f"^{pattern}$", form, said, flags=re.DOTALL)
        said = f"{option_name(error.param)}: {said}"
    path = error.ctx.command_path if error.ctx else "repsim"
    return f"{said} ({path} --help)"


def in_words(text: str, parameters: Sequence[click.Parameter]) -> str:
    """A message about the arguments of a function, said of the options that set them.

    `left_out="none"` becomes `--left-out none`, and `seed: found ...` becomes `--seed: found ...`.
    """
    for parameter in parameters:
        name = parameter.name
        option = option_name(parameter)
        if not isinstance(parameter, click.Option) or not name or not option.startswith("--"):
            continue
        # No names of files, nor code.
        value = r"""(?:"([^"]*)"|'([^']*)'|(-?\d+(?:\.\d+)?|None|True|False)(?![\w./\\(\[-]))"""
        text = re.sub(
            rf"(?<![\w-]){name}={value}",
            lambda m, option=option: f"{option} {next(g for g in m.groups() if g is not None)}",
            text,
        )
        text = re.sub(rf"^{name}(?=:)", option, text)
        if "_" in name:
            text = re.sub(rf"(?<![\w-]){name}(?!\w)", option, text)
    return text


class Whole(click.ParamType):
    """A whole number, written as chapters' values are: digits with no zero in front and nothing between them.

    Args:
        least, most: of its range, if it has one.
    """

    name = "integer"

    def __init__(self, least: int | None = None, most: int | None = None) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if not isinstance(value, int) and not re.fullmatch(r"-?(?:0|[1-9][0-9]{0,18})", str(value)):
            self.fail(f"found {shown(str(value))}, expected a whole number, in digits as in 12", param, ctx)
        number = int(value)
        if (self.least is not None and number < self.least) or (self.most is not None and number > self.most):
            self.fail(f"found {number}, expected {self.least} to {self.most}", param, ctx)
        return number


class _Place(click.Path):
    """A folder or a file; it has a name, and one that a system can have."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        name = "" if param is None else f"{option_name(param)}: "
        if not os.fspath(value):
            raise click.UsageError(f"{name}found an empty name, expected that of a folder or file", ctx)
        try:
            os.stat(value)
        except ValueError:
            raise click.UsageError(f"{name}found a name with a NUL in it, expected none", ctx) from None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                found = f"found a name of {len(os.fsencode(value))} bytes, expected a shorter one"
                raise click.UsageError(f"{name}{found}", ctx) from None
        return super().convert(value, param, ctx)


def folder(**settings: Any) -> click.Path:
    """The type of an option that names a folder or file."""
    return _Place(path_type=Path, **settings)


def root_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--root`, the book's folder."""
    return click.option(
        "--root", type=folder(), metavar="DIR", help="The book's folder, which holds notebooks/."
    )(function)


def course_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--course`, the folder of a course."""
    return click.option(
        "--course", type=folder(), default="course", metavar="DIR", help="Its folder (default: course)."
    )(function)


def profile_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--profile`, values by chapter."""
    return click.option(
        "--profile",
        default="default",
        metavar="NAME",
        help="Values by chapter: a name in notebooks/profiles/, or a .yml file.",
        shell_complete=_profiles,
    )(function)


def timeout_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--timeout`, for a cell."""
    return click.option(
        "--timeout",
        type=Whole(1, 10_000_000),
        metavar="SECONDS",
        help="That a cell may take; default: no limit.",
    )(function)


def typed(ctx: click.Context | None = None) -> str:
    """The command as it was typed."""
    found = (ctx or click.get_current_context()).find_object(Typed)
    return "" if found is None else found.line


def _profiles(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    from repsim_book.paths import PROFILES, find_root

    try:
        root = find_root(ctx.params.get("root"))
    except RepsimError:
        return []
    return [path.stem for path in sorted((root / PROFILES).glob("*.yml")) if path.stem.startswith(incomplete)]
