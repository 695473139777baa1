"""Ports of this machine: which one to listen on, and what to type where one cannot be had."""

import errno
import socket

from repsim_core.errors import InputError

HOST = "127.0.0.1"
HIGHEST = 65535
# Below it ports are the system's: not every user may listen there.
ORDINARY = 1024


def check_port(port: int) -> None:
    """Refuse what is no port.

    Args:
        port: a number; 0 for any port that is free.

    Raises:
        InputError: it is no port's.
    """
    if not 0 <= port <= HIGHEST:
        raise InputError(
            f"port: found {port}, expected {ORDINARY} to {HIGHEST}, or 0 for one that the system chooses"
        )


def free_port(port: int, tries: int = 1) -> int:
    """The first port that can be listened on, from this one on; 0 stays 0.

    Args:
        port: where the search begins; 0 for any port that is free.
        tries: how many are tried.

    Raises:
        InputError: `port` is none, nobody but the system may listen there, or all that were tried are in use.
    """
    check_port(port)
    last = min(port + tries - 1, HIGHEST)
    for each in range(port, last + 1):
        with socket.socket() as trial:
            try:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind((HOST, each))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise refusal(each, error) from error
            else:
                return each
    used = f"{port} to {last} are" if last > port else f"{port} is"
    raise InputError(f"port: {used} in use; {_another(last)}")


def refusal(port: int, error: OSError) -> InputError:
    """What to say of a port that the system refuses."""
    if error.errno == errno.EADDRINUSE:
        return InputError(f"port: {port} is in use; {_another(port)}")
    if error.errno == errno.EACCES:
        below = f"ports below {ORDINARY} are the system's" if port < ORDINARY else "the system keeps it"
        return InputError(f"port: {port} may not be listened on, {below}; {_another(8000 - 1)}")
    return InputError(f"port: {port} cannot be listened on, {error.strerror or error}; {_another(port)}")


def _another(port: int) -> str:
    """What to type instead."""
    following = port + 1 if port < HIGHEST else 8000
    return f"type another, --port {following} (with make, PORT={following}), or --port 0 for any that is free"
