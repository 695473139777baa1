"""Serving: the pages at the address that is printed, until Ctrl-C; ports that cannot be had."""

import re
import signal
import socket
import subprocess
import sys
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from processes import HANG, running

from repsim_book.pages.serving import serve
from repsim_book.ports import HIGHEST, HOST
from repsim_core.errors import InputError

SERVE = (
    "import sys, pathlib; from repsim_book.pages.serving import serve; serve(pathlib.Path(sys.argv[1]), 0)"
)


def test_pages_are_served_where_it_says_until_ctrl_c(tmp_path):
    (tmp_path / "index.html").write_text("the book", encoding="utf-8")
    (tmp_path / "404.html").write_text("not here", encoding="utf-8")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with running([sys.executable, "-c", SERVE, tmp_path], **pipes) as server:
        found = re.fullmatch(r"(http://127\.0\.0\.1:[1-9]\d*)  \(Ctrl\+C ends\)\n", server.stdout.readline())
        assert found, server.communicate()[1]
        with urlopen(f"{found[1]}/") as answer:
            assert answer.read() == b"the book"
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{found[1]}/a/b.html")
        with refused.value as answer:
            assert (answer.code, answer.read()) == (404, b"not here")
        with socket.create_connection((HOST, int(found[1].rpartition(":")[2]))) as leaving:
            leaving.sendall(b"GET / HTTP/1.0\r\n")
        server.send_signal(signal.SIGINT)
        assert server.communicate(timeout=HANG) == ("", ""), "it says no more"
        assert server.returncode == 0


def test_a_port_that_cannot_be_had_is_named(tmp_path, capsys):
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(InputError, match=rf"^port: {taken} is in use; type another, --port {taken + 1} "):
            serve(tmp_path, taken)
    with pytest.raises(InputError, match=f"^port: found {HIGHEST + 1}, expected"):
        serve(tmp_path, HIGHEST + 1)
    assert capsys.readouterr().out == ""
