"""The process of the tests: it has a submission executed in other processes and looks at what came of it.

The tests' code, released and hidden, runs here; no code of a student does. What a test reads of the notebook comes as
values; a function is called where it is, and what it returns comes as a value. So nothing that the student's process
does to `assert`, to NumPy or to comparisons can matter, and hidden tests are not there to be read.

A value of a kind that cannot be passed is no mistake: the test then waits for a person.
"""

from __future__ import annotations

import ast
import builtins
import io
import linecache
import signal
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any

from repsim_book.classroom.apart.channel import EndedError
from repsim_book.classroom.apart.names import Given, asked_of, compiled, read
from repsim_book.classroom.apart.values import UnsupportedError, decode, encode

_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
# The function of repsim_core.assignments by which a test says that it is about a function written by hand.
BY_HAND = "is_own"
# Characters of what a test says; values of a student are in it.
_TEXT = 5000


class WaitsError(BaseException):
    """A person has to grade this: the text says why. No `except Exception` of a test catches it."""


class StoppedError(BaseException):
    """A test could not be evaluated to its end.

    Attributes:
        name: of the error that stands in its place.
    """

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


@dataclass
class Verdict:
    """What came of a test.

    Attributes:
        outputs: of its cell; an error among them costs its points.
        waits: why a person has to grade it; "" where it is decided.
        line: of the test in which it failed; 0 where it did not.
        by_hand: whether it is about functions that have to do without repsim_core.
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    waits: str = ""
    line: int = 0
    by_hand: bool = False


def visible(source: str) -> str:
    """The part of a test that students have."""
    kept, hidden = [], False
    for line in source.splitlines():
        begins, ends = (mark in line for mark in _HIDDEN)
        hidden = (hidden or begins) and not ends
        if not hidden and not ends:
            kept.append(line)
    return "\n".join(kept)


def error_output(name: str, text: str, lines: list[str] | None = None) -> dict[str, Any]:
    """An error among the outputs of a cell."""
    trace = [*(lines or []), f"{name}: {text}"]
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": trace}


class Function:
    """A function of a student, called where it is.

    Args:
        name: of the function.
        ask: what sends a request to its process and returns the answer.
    """

    __module__ = "__main__"

    def __init__(self, name: str, ask: Callable[[dict[str, Any]], Any]) -> None:
        self.__name__, self._ask = name, ask

    def __call__(self, *given: object, **named: object) -> Any:
        name = self.__name__
        try:
            args = [encode(value) for value in given]
            kwargs = {key: encode(value) for key, value in named.items()}
        except UnsupportedError as error:
            raise WaitsError(f"{name} gets a {error}, which is not passed on") from None
        answer = self._ask({"call": name, "args": args, "kwargs": kwargs})
        if not isinstance(answer, Mapping):
            raise StoppedError("NotExecuted", f"{name} gave no answer")
        if "unsupported" in answer:
            raise WaitsError(f"{name} returns a {_short(answer['unsupported'])}, which tests cannot look at")
        if "raised" in answer:
            raise _rebuilt(answer["raised"])
        try:
            return decode(answer.get("value"))
        except UnsupportedError as error:
            raise WaitsError(f"{name} returns a {error}") from None

    def __getattr__(self, name: str) -> Any:
        if name == "func" or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(name)
        raise WaitsError(f"the test asks for {self.__name__}.{name}, and a function is only called")


def _short(text: object) -> str:
    return " ".join(str(text).split())[:100]


def _rebuilt(told: Any) -> Exception:
    """What a student's function raised, as an exception of Python's own or of a class made of one."""
    if not isinstance(told, Mapping):
        told = {}
    name, text = _short(told.get("name", "Exception")), str(told.get("text", ""))
    base = getattr(builtins, str(told.get("base")), None)
    if not (isinstance(base, type) and issubclass(base, Exception)):
        base = RuntimeError
    try:
        error = type(name, (base,), {})(text)
    except Exception:  # a class that wants other arguments
        error = type(name, (Exception,), {})(text)
    error.add_note(str(told.get("trace", "")))
    return error


class Judge:
    """Evaluates the tests of one submission.

    Args:
        given: what the assignment itself defines.
        ask: sends a request to the student's kernel and returns the answer.
        ask_by_hand: the same where `repsim_core` cannot be imported.
        seconds: that a test may take.
    """

    def __init__(
        self,
        given: Given,
        ask: Callable[[dict[str, Any]], Any],
        ask_by_hand: Callable[[dict[str, Any]], Any],
        seconds: int,
    ) -> None:
        self.given, self.ask, self.ask_by_hand, self.seconds = given, ask, ask_by_hand, seconds

    def verdict(self, name: str, source: str) -> Verdict:
        """Evaluate a test.

        Args:
            name: of its cell.
            source: with its hidden part.
        """
        verdict, said, file = Verdict(), io.StringIO(), f"<{name}>"
        linecache.cache[file] = len(source), None, source.splitlines(True), file
        before = signal.signal(signal.SIGALRM, self._too_long)
        signal.alarm(self.seconds)
        try:
            with redirect_stdout(said):
                value = self._evaluated(source, file, verdict)
            if value is not None:
                data = {"text/plain": repr(value)}
                verdict.outputs.append(
                    {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None}
                )
        except WaitsError as error:
            verdict.waits = str(error)
            verdict.outputs.append(error_output("NeedsGrading", f"{error}; a person grades this"))
        except StoppedError as error:
            verdict.outputs.append(error_output(error.name, str(error)))
        except EndedError:
            raise
        except BaseException as error:
            verdict.outputs.append(_error(error, file))
            frames = traceback.extract_tb(error.__traceback__)
            verdict.line = next((frame.lineno or 0 for frame in frames if frame.filename == file), 0)
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
        if text := said.getvalue():
            verdict.outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": text})
        return verdict

    def _too_long(self, *_: object) -> None:
        raise StoppedError("Timeout", f"interrupted after {self.seconds} s")

    def _evaluated(self, source: str, file: str, verdict: Verdict) -> Any:
        """Execute a test; what its last line comes to, if that is an expression."""
        tree = ast.parse(source)
        code = compiled(tree.body, file)
        namespace: dict[str, Any] = {"__name__": "__main__"}
        own = asked_of(tree, BY_HAND)
        verdict.by_hand = bool(own)
        missing = self.given.define(read(code) - own, namespace)
        self._fetch(missing, self.ask, namespace)
        self._fetch(own, self.ask_by_hand, namespace)
        if lost := sorted(own - set(namespace)):
            raise StoppedError(
                "NotByHand",
                f"{lost[0]}: found none where repsim_core cannot be imported, expected your own function",
            )
        *body, last = tree.body or [ast.Pass()]
        if not isinstance(last, ast.Expr):
            exec(code, namespace)
            return None
        exec(compiled(body, file), namespace)
        expression = ast.Expression(last.value)
        return eval(compile(expression, file, "eval", dont_inherit=True, optimize=0), namespace)

    def _fetch(
        self, names: set[str], ask: Callable[[dict[str, Any]], Any], namespace: dict[str, Any]
    ) -> None:
        """Put what the notebook calls by these names into a namespace."""
        if not names:
            return
        answer = ask({"names": sorted(names)})
        if not isinstance(answer, Mapping):
            raise StoppedError("NotExecuted", "the notebook's values could not be read")
        for name in names:
            entry = answer.get(name)
            if not isinstance(entry, Mapping):
                continue
            if entry.get("kind") == "function":
                namespace[name] = Function(name, ask)
            elif "unsupported" in entry:
                raise WaitsError(f"{name} is a {_short(entry['unsupported'])}, which tests cannot look at")
            else:
                try:
                    namespace[name] = decode(entry.get("value"))
                except UnsupportedError as error:
                    raise WaitsError(f"{name} is a {error}") from None


def _error(error: BaseException, file: str) -> dict[str, Any]:
    """What a test raised, with its lines that led there and what a student's function had to say."""
    lines = [
        f"{frame.name}, line {frame.lineno}: {frame.line}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == file
    ]
    lines += [note for note in getattr(error, "__notes__", ()) if note]
    return error_output(type(error).__name__, str(error)[:_TEXT], lines)
