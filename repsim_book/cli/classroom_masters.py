"""The `repsim classroom` commands around masters: to release them, to seal them, to open what is sealed.

nbgrader and cryptography are imported only where they are used.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from repsim_book.claims import claimed
from repsim_book.cli.command import command, course_option, folder, root_option
from repsim_book.paths import find_root
from repsim_core.errors import InputError

_OPEN = (
    "anybody can read the solutions and hidden tests of {}: they are in every copy of the book. For points that count "
    "write masters of your own, and keep them to yourself or seal them: repsim classroom seal --help"
)
KEY_VARIABLE = "REPSIM_MASTERS_KEY"


def _key_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--key",
        type=folder(),
        envvar=KEY_VARIABLE,
        metavar="FILE",
        help=f"Of the key (default: the file that {KEY_VARIABLE} names, else DIR/masters.key).",
    )(function)


def _warn_of_open(names: Sequence[str]) -> None:
    if names:
        print(f"repsim: warning: {_OPEN.format(', '.join(names))}", file=sys.stderr)


@command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@course_option
@click.option(
    "--masters",
    type=folder(),
    metavar="PATH",
    help="Your own masters NN_name.md: a folder, a .zip or a sealed file.",
)
@_key_option
@click.option("--force", is_flag=True, help="Overwrite files that were changed.")
@click.option("--as-released", is_flag=True, help="Leave alone what was handed in with other cells.")
@click.option("--replace", is_flag=True, help="Put the new assignment in its place; all is graded again.")
@root_option
def release(
    names: Sequence[str],
    course: Path,
    masters: Path | None,
    key: Path | None,
    force: bool,
    as_released: bool,
    replace: bool,
    root: Path | None,
) -> None:
    """Make the notebooks for students, of all assignments or of those named.

    The book's masters are an open example set: their solutions and hidden tests are in every copy of it. Masters of
    your own come from PATH, or from the folder masters/ of the course. What was sealed (`repsim classroom seal`) is
    opened in memory. From which masters an assignment is stands in DIR/masters.json. What hidden tests draw depends on
    DIR/secret.txt, which the first release makes; keep it to yourself, and take it along where you grade.

    A master that has got or lost cells after something was handed in is refused until you choose. With --as-released
    the assignment stays as it was handed out, and is graded so. With --replace the new one is released. The next
    `grade` then executes all again; points given by hand stay where the answer is the same, and a question that a
    notebook lacks has 0 points, unless you withdraw it.
    """
    from repsim_book.classroom.course import PRIVATE, Course
    from repsim_book.classroom.masters import masters as find_masters
    from repsim_book.classroom.release import release_from, require_no_open_masters
    from repsim_book.classroom.rerelease import changed_cells, replaced

    if as_released and replace:
        raise click.UsageError("--as-released and --replace exclude each other")
    found, chosen = Course(course), list(names)
    used = find_masters(find_root(root), found.directory, masters, key)
    with claimed(course, mode=PRIVATE):
        if not force:
            require_no_open_masters(used, found, chosen or [*used.texts])
        changed = changed_cells(used, found, chosen)
        if changed and not (as_released or replace):
            said = "\n".join(f"  {name}: {cells}" for name, cells in changed.items())
            raise InputError(
                f"found cells that differ from those that students have handed in:\n{said}\n"
                "--as-released leaves these assignments as they were handed out, and grades them so; --replace puts "
                "the new ones in their place, and all is graded again"
            )
        if as_released:
            chosen = [name for name in (chosen or used.texts) if name not in changed]
            if not chosen:
                return
        with replaced(found, list(changed) if replace else []):
            released = release_from(used, found, chosen, force=force)
    print(f"repsim: from {released.origin}", file=sys.stderr)
    _warn_of_open(released.open)
    print("\n".join(map(str, released.notebooks)))


@command()
@click.argument("masters", metavar="FOLDER", type=folder())
@click.option("--to", type=folder(), metavar="FILE", help="The sealed file (default: FOLDER.sealed).")
@_key_option
@course_option
@root_option
def seal(masters: Path, to: Path | None, key: Path | None, course: Path, root: Path | None) -> None:
    """Encrypt a folder of masters into one file, which may lie in a public place.

    All files of FOLDER go into it; hidden ones stay out. A key is made where there is none, in a file that only you
    can read, and is never overwritten: keep a copy of it, since nobody opens the sealed file without. Whoever is to
    release from the file gets the key, by another way than the file. Masters that are the book's open ones as they
    stand are named: to seal them hides nothing.

    \b
      repsim classroom seal my-masters --to masters.sealed
      repsim classroom release --masters masters.sealed

    A file notebooks/assignments/masters.sealed takes the place of the book's open masters.
    """
    from repsim_book.classroom.course import made
    from repsim_book.classroom.masters import seal_masters
    from repsim_book.classroom.sealed import KEY, SUFFIX
    from repsim_core.files import write_atomic

    place = to or masters.with_name(masters.resolve().name + SUFFIX)
    if key is None and not (course / ".gitignore").exists():  # no repository takes the key
        made(course)
        write_atomic(course / ".gitignore", b"*\n")
    done = seal_masters(masters, key or course / KEY, place, _book(root))
    if done.new:
        print(
            f"repsim: a new key, {done.key.path}: keep a copy; nobody opens the file without", file=sys.stderr
        )
    print(f"repsim: {', '.join(done.names)}: only {done.key.path} opens them", file=sys.stderr)
    _warn_of_open(done.open)
    print(place)


def _book(root: Path | None) -> Path | None:
    """The book's folder; None where there is none and none was named."""
    try:
        return find_root(root)
    except InputError:
        if root is not None:
            raise
        return None


@command()
@click.argument("sealed", metavar="FILE", type=folder())
@click.option("--to", type=folder(), metavar="DIR", help="A new folder (default: FILE without .sealed).")
@_key_option
@course_option
def unseal(sealed: Path, to: Path | None, key: Path | None, course: Path) -> None:
    """Open a sealed file into a folder, to read or to change the masters.

    Only you can read the folder, and git leaves it out. Seal it again when you are done.
    """
    from repsim_book.classroom.masters import key_for
    from repsim_book.classroom.sealed import SUFFIX, read_key
    from repsim_book.classroom.sealed import unseal as open_into

    if to is None and sealed.suffix != SUFFIX:
        raise InputError(f"to: found none, expected the folder into which {sealed} is opened")
    files = open_into(sealed, read_key(key_for(sealed, key, course)), to or sealed.with_suffix(""))
    print("\n".join(map(str, files)))
