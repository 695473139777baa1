"""Processes that end with the one that started them, and signals that wait until what is made has a name."""

import signal
import subprocess
import sys
import threading

import pytest

from repsim_book.processes import Stopped, child, end, held, last_signal, signals_interrupt

LISTENING = """
from repsim_book.processes import end_with_parent, first_line
words = first_line()
end_with_parent(lambda: print("cleared", flush=True))
print(words.decode(), end="", flush=True)
import threading
threading.Event().wait()
"""


def test_a_child_hears_its_first_line_and_ends_when_it_is_let_go():
    with child(["-c", LISTENING], first=b"hello\n") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"hello\n"
        assert process.poll() is None
        end(process)
        assert process.stdout.read() == b"cleared\n"
    assert process.returncode not in (None, 0)


def test_a_child_ends_where_its_block_is_left():
    with child(["-c", LISTENING], first=b"x\n") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"x\n"
    assert process.returncode is not None


def test_a_child_ends_when_its_parent_is_killed():
    """The parent's output, which its child has too, ends when both have."""
    parent = f"""
import os, sys
from repsim_book.processes import child
with child(["-c", {LISTENING!r}], first=b"x\\n", stdout=1) as process:
    import threading
    threading.Event().wait()
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"x\n"
        process.kill()
        assert process.stdout.read() == b"cleared\n"


def test_standard_input_of_a_child_is_empty_for_what_runs_in_it():
    code = "from repsim_book.processes import end_with_parent; end_with_parent()"
    code += "; import sys; print(repr(sys.stdin.read()))"
    with child(["-c", code]) as process:
        assert process.stdout is not None
        assert process.stdout.read() == b"''\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_an_interruption(number):
    with pytest.raises(KeyboardInterrupt) as raised, signals_interrupt(last=False):
        signal.raise_signal(number)
    if number == signal.SIGINT:
        assert not isinstance(raised.value, Stopped)
    else:
        assert isinstance(raised.value, Stopped)
        assert (raised.value.number, str(raised.value)) == (number, number.name)


def test_a_signal_waits_while_something_gets_its_name():
    done = []

    def make() -> None:
        with held():
            with held():
                signal.raise_signal(signal.SIGTERM)
                done.append("inner")
            done.append("outer")
        done.append("never")

    with signals_interrupt(last=False), pytest.raises(Stopped):
        make()
    assert done == ["inner", "outer"]


def test_signals_that_come_together_are_one():
    with signals_interrupt(last=False):
        assert last_signal() is None
        with pytest.raises(Stopped):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
        found = last_signal()
        assert found is not None
        assert found.number == signal.SIGTERM


def test_handlers_are_as_before():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with signals_interrupt(last=False):
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_other_threads_hold_nothing():
    with held():
        pass
    thread = threading.Thread(target=lambda: held().__enter__())
    thread.start()
    thread.join()
    with pytest.raises(Stopped), signals_interrupt(last=False):
        signal.raise_signal(signal.SIGTERM)


def test_the_end_of_the_pipe_is_what_counts():
    """Without a parent that holds the pipe a process ends at once."""
    code = "from repsim_book.processes import end_with_parent; end_with_parent()"
    code += "; import threading; threading.Event().wait()"
    done = subprocess.run([sys.executable, "-c", code], start_new_session=True, stdin=subprocess.DEVNULL)
    assert done.returncode != 0
