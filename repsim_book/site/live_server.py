"""Live code on one's own machine: a Jupyter server that serves the pages and executes their cells."""

import logging
import signal
import sys
from pathlib import Path
from typing import Any

from repsim_book.paths import JOINED, THEBE, build_folder
from repsim_book.ports import HOST, free_port
from repsim_book.processes import ENDING, Stopped
from repsim_book.site.thebe import thebe_files
from repsim_core.errors import InputError
from repsim_core.extras import require
from repsim_core.files import write_atomic

# By it `live.js` knows that the server of the page has a Python.
MARK = b"window.repsimServer = true;\n"
# Ports that are tried, one after the other.
TRIES = 50


def serve(root: Path, html: Path, port: int, *, open_browser: bool) -> None:
    """Serve a book that has been built, with live code, until interrupted.

    Args:
        root: the folder of the book. Cells are executed in its `notebooks/`.
        html: the folder of its pages.
        port: of 127.0.0.1; if it is in use, the next free one is taken, which is said. 0 for any that is free.
        open_browser: whether to open the book in a browser.

    Raises:
        Stopped: a signal other than Ctrl-C has ended it.
        InputError: there is no book yet, the port is none, none can be had, or a package of the extra `live` is
            missing.
        ChapterError: Thebe cannot be fetched.
    """
    if not (html / "index.html").is_file():
        raise InputError(f"there is no book yet at {html}: run 'make book' first")
    require("live code", "jupyter_server")
    free = free_port(port, TRIES)
    if free != port:
        print(f"repsim: port {port} is in use: {free} is taken", file=sys.stderr)
    from jupyter_server.base.handlers import JupyterHandler
    from jupyter_server.serverapp import ServerApp
    from tornado.web import authenticated

    class Entrance(JupyterHandler):
        """From the address with the token, which leaves a cookie, to the first page."""

        @authenticated
        def get(self) -> None:
            self.xsrf_token  # noqa: B018  Reading it sets another cookie, without which no kernel starts.
            self.redirect("/static/index.html")

    before = build_folder(root) / "live"  # the server looks here first
    for name, data in thebe_files(root).items():
        write_atomic(before / THEBE / name, data)
    for script in (html / JOINED).glob("*.js"):
        write_atomic(before / JOINED / script.name, MARK + script.read_bytes())
    settings: dict[str, Any] = {
        "root_dir": str(root / "notebooks"),
        "extra_static_paths": [str(before), str(html)],
        "default_url": "/book",
        "ip": HOST,
        "port": free,
        "open_browser": open_browser,
        "answer_yes": True,  # Ctrl+C ends it without a question
        "allow_root": True,  # as every other command of this package; containers have no other user
    }
    app = ServerApp.instance(**settings)
    app.initialize(argv=[], find_extensions=False)
    app.log.setLevel(logging.CRITICAL + 1)  # it would say the address again, in seven lines
    app.web_app.add_handlers(".*", [("/book", Entrance)])
    stopped: list[int] = []

    def stop(number: int, _: object) -> None:
        stopped.append(number)
        app.stop(from_signal=True)

    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
    print(f"{app.display_url.split()[0]}  (Ctrl+C ends)", flush=True)
    app.start()
    if stopped:
        raise Stopped(stopped[0])
