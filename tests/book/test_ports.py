"""Ports: which are refused, which are taken, and what is said."""

import errno
import os
import re
import socket
from collections.abc import Iterator

import pytest

from repsim_book import ports
from repsim_book.site import live_server
from repsim_core.errors import InputError


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as other:
        other.bind((ports.HOST, 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize("number", [-1, ports.HIGHEST + 1, 10**9])
def test_what_is_no_port_is_refused(number):
    with pytest.raises(InputError, match=rf"^port: found {number}, expected 1024 to 65535, or 0"):
        ports.free_port(number)


def test_a_port_that_is_in_use_is_named_and_another(taken):
    with pytest.raises(InputError, match=rf"^port: {taken} is in use; type another, --port {taken + 1} "):
        ports.free_port(taken)


def test_the_next_free_one_is_taken(taken):
    assert taken < ports.free_port(taken, tries=live_server.TRIES) < taken + live_server.TRIES
    assert ports.free_port(0, tries=live_server.TRIES) == 0


def test_where_all_are_in_use_the_search_ends(monkeypatch):
    tried = []

    def bind(_, address):
        tried.append(address[1])
        raise OSError(errno.EADDRINUSE, "in use")

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(InputError, match=rf"^port: {ports.HIGHEST - 1} to {ports.HIGHEST} are in use; "):
        ports.free_port(ports.HIGHEST - 1, tries=10)
    assert tried == [ports.HIGHEST - 1, ports.HIGHEST]


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (80, errno.EACCES, "80 may not be listened on, ports below 1024 are the system's; type another, --"),
        (9000, errno.EACCES, "9000 may not be listened on, the system keeps it; type another, --"),
        (9000, errno.EADDRNOTAVAIL, f"9000 cannot be listened on, {os.strerror(errno.EADDRNOTAVAIL)}; type"),
    ],
)
def test_a_port_that_the_system_refuses_is_named(monkeypatch, number, code, said):
    def bind(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(InputError, match=re.escape(said)) as caught:
        ports.free_port(number, tries=3)
    assert str(caught.value).startswith("port: ")
