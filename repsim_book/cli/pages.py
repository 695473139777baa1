"""The commands about a book that is built: `serve` and `live` show it, `pdf` prints it, `publish` gives it away."""

from pathlib import Path

import click

from repsim_book.cli.command import Whole, command, folder, profile_option, root_option
from repsim_book.cli.progress import ProgressLine
from repsim_book.paths import find_root, pages_folder
from repsim_book.profiles import find_profile
from repsim_core.errors import InputError
from repsim_core.extras import require


def _pages(root: Path | None, profile: str) -> tuple[Path, Path]:
    """The book's folder and that of its pages, which are there."""
    book = find_root(root)
    html = pages_folder(book, find_profile(book, profile)[0])
    if not (html / "index.html").is_file():
        raise InputError(f"there is no book yet at {html}: run `make book` first")
    return book, html


@command()
@profile_option
@click.option("--port", type=Whole(), default=8000, help="Of this machine; default 8000.")
@root_option
def serve(profile: str, port: int, root: Path | None) -> None:
    """Serve the built book on this machine, until Ctrl-C."""
    from repsim_book.pages.serving import serve as serve_pages

    serve_pages(_pages(root, profile)[1], port)


@command()
@profile_option
@click.option(
    "--port", type=Whole(), default=8888, help="Of this machine; the next free one is taken; default 8888."
)
@click.option("--no-browser", is_flag=True, help="Do not open the book in a browser.")
@root_option
def live(profile: str, port: int, no_browser: bool, root: Path | None) -> None:
    """Serve the built book, with code that runs in its pages, until Ctrl-C."""
    from repsim_book.site.live_server import serve as serve_live

    serve_live(*_pages(root, profile), port, open_browser=not no_browser)


@command()
@profile_option
@click.option(
    "--browser", type=folder(), metavar="PROGRAM", help="Chromium or Chrome; default: one that is installed."
)
@root_option
def pdf(profile: str, browser: Path | None, root: Path | None) -> None:
    """Print the built book into one PDF, among its pages.

    It is there until the pages are built anew. The home page leads to it, and `publish` takes it along.
    """
    require("pdf", "bs4", "pypdf", "yaml")
    from repsim_book.pages.pdf_edition import STEPS, make

    book, html = _pages(root, profile)
    line, done = ProgressLine("pdf", "steps"), iter(range(1, len(STEPS) + 1))
    line.show(0, len(STEPS))
    try:
        path, count = make(
            book,
            find_profile(book, profile)[0],
            html,
            browser=browser,
            step=lambda step: line.show(next(done), len(STEPS), step),
        )
    finally:
        line.end()
    print(f"the book on paper: {path} ({count} pages, {path.stat().st_size / 1e6:.1f} MB)")


@command()
@root_option
def publish(root: Path | None) -> None:
    """Add the built pages to the branch gh-pages of origin.

    They have to be the pages of the commit that is checked out, with all its chapters. Where nothing has changed
    nothing is added.
    """
    from repsim_book.pages.publishing import publish as publish_pages

    print(publish_pages(find_root(root)))
