"""The `repsim` command: reads arguments, calls the rest of the package, prints."""

import argparse
import os
import shlex
import sys
import textwrap
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from repsim_book.chapters import Chapter, find_chapter, find_profile, list_chapters, load_profile
from repsim_book.execution import sweeps
from repsim_book.execution.chapter import run_chapter, run_directory
from repsim_book.parameters import written
from repsim_book.paths import find_root, pages_folder
from repsim_core.errors import ExecutionError, InputError
from repsim_core.extras import explained, require
from repsim_core.files import to_json

DESCRIPTION = "Execute the chapters of the book with your own parameters, compare two models, build the book."
EXIT_CODES = """\
exit codes:
  0    done
  1    a chapter or the book failed while it was executed or built
  2    input that cannot be used: options, parameters, files; nothing was executed
  130  interrupted

A chapter is executed with one thread and so gives the same numbers on any number of cores; OMP_NUM_THREADS
allows it more.
"""
RUN_HELP = """\
Execute a copy of a chapter with other parameters (`repsim chapters` lists them). Values come from the
chapter, then from the profile, then from -p. The folder receives NN_name.ipynb, results/ (results.json and a
CSV file for each table) and with --html NN_name.html. A run that fails leaves NN_name.partial.ipynb and
earlier files as they were.

  repsim run 02 -p classes=9 -p permutation=0,3,1,4,2

With --sweep the chapter is executed for each value (with several: for each combination), and the runs are
compared on one page, comparison/comparison.html in the sweep's folder. Runs that are there already are kept.

  repsim run 02 --sweep rho_max=5,10,20 --jobs 2
  repsim run 05 --sweep "widths=[16];[16,64]"
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (sys.argv's by default); the exit code, as documented in `--help`."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        options = _parser(given[:1]).parse_args(given)
        options.typed = shlex.join(["repsim", *given])
        return options.action(options)
    except SystemExit as stop:  # argparse's way to end after --help, or after a message
        return stop.code if isinstance(stop.code, int) else 2
    except KeyboardInterrupt:
        print("repsim: interrupted", file=sys.stderr)
        return 130
    except ExecutionError as error:
        print(f"repsim: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader has left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (InputError, OSError) as error:
        print(f"repsim: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"repsim: {explained(error, given[0])}", file=sys.stderr)
        return 2


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; `given` is the command that is asked for, if any."""
    layout = argparse.RawDescriptionHelpFormatter
    parser = _Parser("repsim", description=DESCRIPTION, epilog=EXIT_CODES, formatter_class=layout)
    parser.add_argument("--version", action="version", version=f"repsim {version('repsim-core')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common = _Parser(add_help=False)
    common.add_argument("--root", type=Path, help="the book's folder, which holds notebooks/")
    profile = _Parser(add_help=False)
    profile.add_argument(
        "--profile",
        default="default",
        help="values by chapter: a name in notebooks/profiles/, or a .yml file",
    )

    command = commands.add_parser("chapters", parents=[common], help="list the chapters and their parameters")
    command.add_argument("--json", action="store_true", help="for machines")
    command.set_defaults(action=_chapters)

    command = commands.add_parser(
        "run",
        parents=[common, profile],
        help="execute a chapter with other parameters",
        description=RUN_HELP,
        formatter_class=layout,
    )
    command.add_argument("chapter", help="its number, name or path: 02, 02_theorem, notebooks/02_theorem.md")
    command.add_argument(
        "-p", dest="given", metavar="NAME=VALUE", action="append", default=[], help="a value; repeatable"
    )
    command.add_argument("--out", type=Path, metavar="DIR", help="default: runs/NN_name-HASH")
    command.add_argument("--html", action="store_true", help="also leave a stand-alone page")
    command.add_argument(
        "--sweep",
        metavar="NAME=V,V,...",
        action="append",
        default=[],
        help="values to go through; repeatable",
    )
    command.add_argument("--jobs", type=int, default=2, metavar="N", help="runs of a sweep side by side")
    command.set_defaults(action=_run)

    command = commands.add_parser("compare", help="compare two models by every measure of the paper")
    command.add_argument("a", metavar="A", help="a file of representations, .npz or .safetensors")
    command.add_argument("b", metavar="B", help="another, of the same inputs and labels")
    command.add_argument("--json", action="store_true", help="for machines; NaN and infinity are strings")
    command.add_argument("--weight", type=float, metavar="W", help="of two of d_LLV's terms; default 1e-5")
    command.add_argument("--pivot", type=int, metavar="Y", help="the pivot label; default: by search")
    command.add_argument(
        "--left-out", type=_left_out, metavar="Y", help="the label left out, or `none`; default: by search"
    )
    command.add_argument(
        "--input-set", type=_input_set, metavar="SET", help="`exact`, or M + 1 inputs i,j,k; default: sampled"
    )
    command.add_argument("--num-samples", type=int, metavar="N", help="sampled input sets; default 200")
    command.add_argument("--seed", type=int, help="of the sampling; default 0")
    command.set_defaults(action=_compare)

    command = commands.add_parser(
        "book", parents=[common, profile], help="execute all chapters and build the HTML book"
    )
    command.add_argument("--force", action="store_true", help="execute and build also what has not changed")
    command.set_defaults(action=_book)

    command = commands.add_parser(
        "live", parents=[common, profile], help="serve the built book, with code that runs in its pages"
    )
    command.add_argument("--port", type=int, default=8888, help="of this machine; the next free one is taken")
    command.add_argument("--no-browser", action="store_true", help="do not open the book in a browser")
    command.set_defaults(action=_live)

    if given == ["study"]:  # imported only then: what trains networks takes seconds to import
        from repsim_book.cli.study import add_commands

        add_commands(commands)
    else:
        commands.add_parser("study", help="train and compare a grid of models; resumable")
    if given == ["classroom"]:
        from repsim_book.cli.classroom import add_commands

        add_commands(commands)
    else:
        commands.add_parser("classroom", help="release, collect and grade the assignments")
    return parser


def _chapters(options: argparse.Namespace) -> int:
    found = list_chapters(find_root(options.root))
    if options.json:
        entries = [
            {
                "name": chapter.name,
                "title": chapter.title,
                "parameters": [
                    {"name": p.name, "type": p.type, "default": p.default, "meaning": p.meaning}
                    for p in chapter.parameters.values()
                ],
            }
            for chapter in found
        ]
        print(to_json(entries), end="")
    else:
        print("\n\n".join(map(_describe, found)) or "no chapters yet")
    return 0


def _describe(chapter: Chapter) -> str:
    """A chapter's title and a table of its parameters."""
    rows = [(p.name, p.type, written(p.default), p.meaning) for p in chapter.parameters.values()]
    head = [f"{chapter.name}: {chapter.title}"]
    if not rows:
        return "\n".join([*head, "  (no parameters)"])
    rows.insert(0, ("parameter", "type", "default", "meaning"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    indent = " " * (sum(widths) + 8)
    for row in rows:
        start = "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=False)) + "  "
        head.append(textwrap.fill(start + row[3], 110, subsequent_indent=indent, break_on_hyphens=False))
    return "\n".join(head)


def _run(options: argparse.Namespace) -> int:
    require("run", "jupytext", "papermill")
    root = find_root(options.root)
    chapter = find_chapter(root, options.chapter)
    own: dict[str, object] = {}
    for item in options.given:
        name, sign, value = item.partition("=")
        if not sign:
            raise InputError(f"-p {item}: expected NAME=VALUE")
        own[name.strip()] = value
    profile = load_profile(root, options.profile).get(chapter.name, {})
    if options.sweep:
        return _sweep(options, root, chapter, profile, own)
    values = chapter.values({**profile, **own})
    directory = options.out or run_directory(chapter, values)
    progress = {"desc": chapter.name, "unit": "cell", "leave": False} if sys.stderr.isatty() else False
    run = run_chapter(chapter, values, directory, progress)
    for warning in run.warnings_said():
        print(f"repsim: {warning}", file=sys.stderr)
    paths = [run.notebook, *run.results]
    if options.html:
        from repsim_book.pages.standalone import standalone_page

        paths.append(standalone_page(root, chapter.path, run.notebook))
    print("\n".join(map(str, paths)))
    return 0


def _sweep(
    options: argparse.Namespace,
    root: Path,
    chapter: Chapter,
    profile: Mapping[str, object],
    own: Mapping[str, object],
) -> int:
    swept = sweeps.read_grid(chapter, options.sweep)
    if options.jobs < 1:
        raise InputError(f"--jobs: found {options.jobs}, expected at least 1")
    if twice := own.keys() & swept.keys():
        raise InputError(f"--sweep {min(twice)}: a value is given by -p as well")
    given = {name: value for name, value in {**profile, **own}.items() if name not in swept}
    directory = options.out or sweeps.sweep_directory(chapter, given, swept)
    notebook, failures = sweeps.run_sweep(root, chapter, given, swept, directory, jobs=options.jobs)
    for failure in failures:
        print(f"repsim: {failure}", file=sys.stderr)
    from repsim_book.pages.standalone import standalone_page

    print(standalone_page(root, sweeps.TEMPLATE, notebook))
    return 1 if failures else 0


def _compare(options: argparse.Namespace) -> int:
    import repsim_core

    names = ("weight", "pivot", "left_out", "input_set", "num_samples", "seed")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    try:
        comparison = repsim_core.compare(repsim_core.load(options.a), repsim_core.load(options.b), **given)
    except (ValueError, TypeError) as error:  # they name the argument
        raise InputError(str(error)) from error
    print(to_json(comparison.to_dict()) if options.json else f"{comparison}\n", end="")
    return 0


def _left_out(text: str) -> str | int:
    try:
        return text if text == "none" else int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a label or none") from None


def _input_set(text: str) -> str | list[int]:
    try:
        return text if text == "exact" else [int(item) for item in text.strip("[]").split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected exact or inputs i,j,k") from None


class _Parser(argparse.ArgumentParser):
    """A parser to which `--cach` is no `--cache`; the parsers of its commands are like it."""

    def __init__(self, *names: Any, **settings: Any) -> None:
        super().__init__(*names, **{"allow_abbrev": False, **settings})


def _book(options: argparse.Namespace) -> int:
    require("book", "jupyter_book", "papermill", "jupytext")
    from repsim_book.pages import book  # what makes pages draws figures, and not every installation can

    book.build(find_root(options.root), options.profile, force=options.force)
    return 0


def _live(options: argparse.Namespace) -> int:
    from repsim_book.site.live_server import serve

    root = find_root(options.root)
    name, _ = find_profile(root, options.profile)
    serve(root, pages_folder(root, name), options.port, open_browser=not options.no_browser)
    return 0
