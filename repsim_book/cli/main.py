"""The command `repsim`: what was typed becomes a call, what comes of it an exit code.

Here alone it is decided which error ends with which code, and what is said.
"""

import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version

import click

from repsim_book.cli.command import Group, Typed, usage
from repsim_book.cli.plain_text import as_text, spell_what_is_missing
from repsim_book.processes import Stopped, last_signal, signals_interrupt
from repsim_core.errors import ExecutionError, InputError
from repsim_core.extras import explained

_RUN, _PAGES = "repsim_book.cli.run", "repsim_book.cli.pages"
COMMANDS = {
    "chapters": (_RUN, "List the chapters and their parameters."),
    "run": (_RUN, "Execute a chapter with other parameters, or over several values."),
    "runs": (_RUN, "List what was run, or show how two runs differ."),
    "compare": ("repsim_book.cli.compare", "Compare two models, or all pairs of many, by every measure."),
    "book": ("repsim_book.cli.book", "Execute all chapters and build the HTML book."),
    "serve": (_PAGES, "Serve the built book on this machine."),
    "live": (_PAGES, "The same, with code that runs in its pages."),
    "pdf": (_PAGES, "Print the built book into one PDF."),
    "publish": (_PAGES, "Add the built pages to the branch that is published."),
    "study": ("repsim_book.cli.study", "Train and compare a grid of models; resumable."),
    "classroom": ("repsim_book.cli.classroom", "Release, collect and grade the assignments."),
}
EPILOG = """\b
Exit codes:
  0    done
  1    it ran, and failed: a chapter, a study, a file that cannot be written
  2    refused before anything ran: options, parameters, files
  129  the terminal was closed (SIGHUP)
  130  interrupted with Ctrl-C (SIGINT)
  143  told to end (SIGTERM)

Whatever ends a command, what it has started ends with it, files appear whole or not at all, and the same command goes
on or begins anew. A chapter is executed with one thread and so gives the same numbers on any number of cores;
OMP_NUM_THREADS allows it more.
"""
# By which an environment asks for completions, as click has it.
_COMPLETE = "_REPSIM_COMPLETE"


@click.group(cls=Group, later=COMMANDS, epilog=EPILOG, context_settings={"max_content_width": 110})
@click.version_option(version("repsim-core"), prog_name="repsim", message="%(prog)s %(version)s")
def repsim() -> None:
    """Execute the chapters of the book with your own parameters, compare two models, build the book."""


@repsim.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what makes a shell complete this command: eval "$(repsim completion bash)"."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(repsim, {}, "repsim", _COMPLETE).source())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (sys.argv's by default); the exit code, as documented in `--help`."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    spell_what_is_missing()
    try:
        with signals_interrupt(last=arguments is None):
            code = _run(given)
            if code == 0 and (unheard := last_signal()) is not None:
                code = _say(f"ended by {unheard}", 128 + unheard.number)
            if sys.stdout is not None:  # a shell can close it
                sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader has left, as `head` does
        _close_output()
        return 0
    except OSError as error:  # of standard output itself
        _close_output()
        return _say(f"cannot write to standard output: {error.strerror or error}", 1)


def _run(given: Sequence[str]) -> int:
    try:
        os.getcwd()
    except OSError:
        return _say("the folder where this is typed is no more", 2)
    try:
        if instruction := os.environ.get(_COMPLETE):
            from click.shell_completion import shell_complete

            return shell_complete(repsim, {}, "repsim", _COMPLETE, instruction)
        typed = Typed(shlex.join(["repsim", *map(as_text, given)]))
        with repsim.make_context("repsim", list(given), obj=typed) as context:
            code = repsim.invoke(context)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return 2
    except click.UsageError as error:
        return _say(usage(error), 2)
    except Stopped as stop:
        return _say(f"ended by {stop}", 128 + stop.number)
    except KeyboardInterrupt:
        return _say("interrupted", 130)
    except InputError as error:
        return _say(str(error), 2)
    except ExecutionError as error:
        return _say(str(error), 1)
    except ModuleNotFoundError as error:
        return _say(str(explained(error, given[0] if given else "repsim")), 2)
    except MemoryError:
        return _say("there is not enough memory for this", 1)
    except BrokenPipeError:
        raise
    except OSError as error:
        # All files are written by functions that name them (`WriteError`).
        return _say(f"{error.filename or 'standard output'}: {error.strerror or error}", 1)


def _say(message: str, code: int) -> int:
    """A message, and the exit code that goes with it."""
    with suppress(OSError):  # it cannot be said; the code tells
        print(f"repsim: {message}", file=sys.stderr)
    return code


def _close_output() -> None:
    """Nothing more goes to standard output, not even at the end what is still in its buffer."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
