"""Serving the pages on this machine, for reading: nothing runs in them."""

import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from repsim_book.ports import HOST, check_port, refusal
from repsim_book.processes import Stopped


class _Server(ThreadingHTTPServer):
    """One that says nothing of readers who leave before a page has come."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # pyright: ignore[reportArgumentType]


class _Quiet(SimpleHTTPRequestHandler):
    """One that does not say what is asked for, and has the book's own page for what is not there."""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = Path(self.directory) / "404.html"
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        data = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def serve(html: Path, port: int) -> None:
    """Serve a folder of pages on this machine, and say where, until Ctrl-C.

    Args:
        html: the folder of the pages.
        port: of 127.0.0.1; 0 for one that is free.

    Raises:
        InputError: the port is none, is in use, or may not be listened on.
    """
    check_port(port)
    try:
        server = _Server((HOST, port), partial(_Quiet, directory=str(html)))
    except OSError as error:
        raise refusal(port, error) from error
    with server:
        print(f"http://{HOST}:{server.server_port}  (Ctrl+C ends)", flush=True)
        try:
            server.serve_forever()
        except Stopped:  # by another signal, of which the exit code tells
            raise
        except KeyboardInterrupt:
            pass
